"""The way in, words in place of a page one may not see, and who is logged in."""

import urllib.request

import streamlit as st

from dashboard import access, config, frame, wording
from dashboard.access import Access
from dashboard.config import DashboardSettings
from dashboard.login.oidc import PROVIDER, TWITCH, check_address, host
from dashboard.markup import row, span, tag
from warehouse.errors import AppError, NotAuthorised

_TIMEOUT_S = 5
_TROUBLE = "login_trouble"


def admits() -> bool:
    """True if pages may be drawn; else draws what is to be said or done. Shows who is here."""
    try:
        settings = config.settings()
        check_address(settings, st.get_option("server.address"))
        who = access.current()
    except NotAuthorised:
        _ask(settings)
        return False
    except AppError as exc:
        frame.put(frame.say(wording.plain(str(exc), 400)))
        return False
    if not settings.has_login:
        return True
    _who(who)
    if who.channels == ():
        _stranger(who)
        return False
    return True


def _ask(settings: DashboardSettings) -> None:
    where = "Twitch" if host(settings) == TWITCH else host(settings)
    _page("Log in to see the dashboard", f"It asks {where} who you are, and for nothing else.")
    _, middle, _ = st.columns([2, 1, 2])
    middle.button(
        f"Log in with {where}", on_click=_begin, args=(settings.oidc_metadata_url, where),
        key="log-in", type="primary", icon=":material/login:", width="stretch",
    )  # fmt: skip
    if trouble := st.session_state.pop(_TROUBLE, ""):
        middle.warning(trouble, icon=":material/cloud_off:")


def _begin(url: str, where: str) -> None:
    """Off to the provider, if it is there: Streamlit itself would only say "error"."""
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S):
            pass
    except (OSError, ValueError):
        st.session_state[_TROUBLE] = f"{where} does not answer. Try again in a minute."
        return
    st.login(PROVIDER)


def _stranger(who: Access) -> None:
    _page(
        "There is nothing for you here",
        f"You are logged in as {wording.plain(who.name, 40)}, and no channel that is read here is "
        "yours. Whoever runs this dashboard can add it, or put you on the list of analysts.",
    )


def _page(title: str, text: str) -> None:
    frame.put(row(row(title, cls="t"), row(text), cls="dld-empty"))


def _who(who: Access) -> None:
    """Who is logged in, small, and the way out."""
    sees = "every channel" if who.sees_all else "own channel" if who.channels else "no channel"
    with st.container(key="dld-who", horizontal=True, vertical_alignment="center"):
        frame.put(span(tag("b", wording.plain(who.name, 30)), f" · {sees}", cls="dld-fresh"))
        st.button("Log out", on_click=st.logout, key="log-out", type="tertiary")

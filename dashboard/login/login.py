"""Words in place of a page that one may see no longer; who is logged in, and the way out."""

import streamlit as st

from dashboard import access, config, frame, wording
from dashboard.login import script_tokens
from dashboard.login.oidc import PROVIDER, check_address
from dashboard.login.way_in import provider
from dashboard.markup import row, span, tag
from dashboard.rights import Access
from warehouse.errors import AppError, NotAuthorised


def admits() -> bool:
    """True if pages may be drawn; else draws what is to be said or done. Shows who is here.

    The gate lets nobody else come this far; but a login ends while its pages are open.
    """
    try:
        settings = config.settings()
        check_address(settings, st.get_option("server.address"))
        who = access.current()
    except NotAuthorised:
        frame.put(row(row("Your login is over", cls="t"), cls="dld-empty"))
        _, middle, _ = st.columns([2, 1, 2])
        middle.button(
            f"Log in with {provider(settings)}", on_click=st.login, args=(PROVIDER,),
            key="log-in", type="primary", icon=":material/login:", width="stretch",
        )  # fmt: skip
        return False
    except AppError as exc:
        frame.put(frame.say(wording.plain(str(exc), 400)))
        return False
    if not settings.has_login:
        return True
    _who(who)
    if who.channels == ():
        frame.put(frame.say("No channel that is read here is yours any more."))
    return who.channels != ()


def _who(who: Access) -> None:
    """Who is logged in, small, and the way out."""
    sees = "every channel" if who.sees_all else "own channel" if who.channels else "no channel"
    with st.container(key="dld-who", horizontal=True, vertical_alignment="center"):
        frame.put(span(tag("b", wording.plain(who.name, 30)), f" · {sees}", cls="dld-fresh"))
        script_tokens.window(who)
        st.button("Log out", on_click=st.logout, key="log-out", type="tertiary")

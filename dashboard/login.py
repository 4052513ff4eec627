"""The login: Streamlit's own (OpenID Connect), fed from our settings, and the page in its place.

Off where no provider is set. Then the dashboard listens on this machine alone, unless it is told
to be open.
"""

import ipaddress
import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from pydantic import ValidationError

from dashboard import access, frame, words
from dashboard.access import Access
from dashboard.config import DashboardSettings
from dashboard.markup import row, span, tag
from warehouse.errors import AppError, BadInput, NotAuthorised

PROVIDER = "oidc"
TWITCH = "id.twitch.tv"
_TIMEOUT_S = 5
_TROUBLE = "login_trouble"
# Twitch tells the name only where it is asked for, in the id token
_CLAIMS = {"id_token": {"preferred_username": None}}


def secrets() -> dict[str, Any]:
    """What Streamlit wants in secrets.toml, from the environment: nothing is written.

    Exits with a sentence where the settings are wrong, or would show all to everybody.
    """
    try:
        settings = DashboardSettings()
        check_address(settings, st.get_option("server.address"))
    except ValidationError as exc:
        raise SystemExit(f"error: {exc.errors()[0]['msg'].removeprefix('Value error, ')}") from exc
    except AppError as exc:
        raise SystemExit(f"error: {exc}") from exc
    return {"auth": _auth(settings)} if settings.has_login else {}


def _auth(settings: DashboardSettings) -> dict[str, Any]:
    provider = {
        "client_id": settings.oidc_client_id,
        "client_secret": settings.oidc_client_secret.get_secret_value(),
        "server_metadata_url": settings.oidc_metadata_url,
        "authorize_params": {"claims": json.dumps(_CLAIMS)},
        # the only way that Twitch takes the secret; it knows no scope but openid
        "client_kwargs": {
            "scope": "openid" if _host(settings) == TWITCH else "openid profile",
            "token_endpoint_auth_method": "client_secret_post",
        },
    }
    return {
        "redirect_uri": settings.oidc_redirect_uri,
        "cookie_secret": settings.oidc_cookie_secret.get_secret_value(),
        PROVIDER: provider,
    }


def check_address(settings: DashboardSettings, address: str | None) -> None:
    """Raises BadInput where anybody on the network could look without a login."""
    if settings.has_login or settings.open or _is_local(address or ""):
        return
    raise BadInput(
        f"the dashboard would show everything to whoever reaches {address or 'this machine'}: set "
        "up a login (docs/dashboard-login.md), or say DLD_DASHBOARD_OPEN=true if that is meant"
    )


def _is_local(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def admits() -> bool:
    """Whether pages may be drawn; else what is to be said or done is drawn. Shows who is here."""
    try:
        settings = DashboardSettings()
        check_address(settings, st.get_option("server.address"))
        who = access.current()
    except NotAuthorised:
        _ask(settings)
        return False
    except AppError as exc:
        frame.put(frame.say(words.plain(str(exc), 400)))
        return False
    if not settings.has_login:
        return True
    _who(who)
    if who.channels == ():
        _stranger(who)
        return False
    return True


def _ask(settings: DashboardSettings) -> None:
    where = "Twitch" if _host(settings) == TWITCH else _host(settings)
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
        f"You are logged in as {words.plain(who.name, 40)}, whose channel is not read here. "
        "Whoever runs this dashboard can add it, or put you on the list of analysts.",
    )


def _page(title: str, text: str) -> None:
    frame.put(row(row(title, cls="t"), row(text), cls="dld-empty"))


def _who(who: Access) -> None:
    """Who is logged in, small, and the way out."""
    sees = "every channel" if who.sees_all else "own channel"
    with st.container(key="dld-who", horizontal=True, vertical_alignment="center"):
        frame.put(span(tag("b", words.plain(who.name, 30)), f" · {sees}", cls="dld-fresh"))
        st.button("Log out", on_click=st.logout, key="log-out", type="tertiary")


def _host(settings: DashboardSettings) -> str:
    return urlsplit(settings.oidc_metadata_url).hostname or ""

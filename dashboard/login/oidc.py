"""The login is Streamlit's own (OpenID Connect), fed from our settings. Nothing that is cached is
imported here: the server asks before it runs.

Off where no provider is set. Then the dashboard listens on this machine alone, unless it is told
to be open.
"""

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from pydantic import ValidationError

from dashboard.config import ApiSettings, DashboardSettings
from warehouse.config import PublicSettings, UploadSettings, refused_settings
from warehouse.errors import AppError, BadInput
from warehouse.hosts import Hosts, concrete

PROVIDER = "oidc"
TWITCH = "id.twitch.tv"
# Twitch tells the name only where it is asked for, in the id token
_CLAIMS = {"id_token": {"preferred_username": None}}


def secrets() -> dict[str, Any]:
    """What Streamlit wants in secrets.toml, from the environment: nothing is written.

    Exits with a sentence where the settings are wrong, or would show all to everybody.
    """
    try:
        settings = DashboardSettings()
        check_address(settings, st.get_option("server.address"))
        hosts()  # these are asked for at each start, so that what is wrong is told here
        UploadSettings()
        ApiSettings()
    except ValidationError as exc:
        raise SystemExit(f"error: {_sentence(exc)}") from exc
    except AppError as exc:
        raise SystemExit(f"error: {exc}") from exc
    return {"auth": _auth(settings)} if settings.has_login else {}


def hosts() -> Hosts:
    """The names that the dashboard is asked by: the one that the provider sends readers back to,
    those that are set, and an address that it listens on."""
    back = urlsplit(DashboardSettings().oidc_redirect_uri).hostname
    listening = concrete(st.get_option("server.address"))
    return Hosts([*([back] if back else []), *PublicSettings().hosts, *listening])


def _sentence(exc: ValidationError) -> str:
    """The first fault, with the setting's name; it quotes no value."""
    name, reason = refused_settings(exc)[0]
    return f"{name}: " * bool(name) + reason.removeprefix("Value error, ")


def _auth(settings: DashboardSettings) -> dict[str, Any]:
    provider = {
        "client_id": settings.oidc_client_id,
        "client_secret": settings.oidc_client_secret.get_secret_value(),
        "server_metadata_url": settings.oidc_metadata_url,
        "authorize_params": {"claims": json.dumps(_CLAIMS)},
        # the only way that Twitch takes the secret; it knows no scope but openid
        "client_kwargs": {
            "scope": "openid" if host(settings) == TWITCH else "openid profile",
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


def host(settings: DashboardSettings) -> str:
    """Of the provider."""
    return urlsplit(settings.oidc_metadata_url).hostname or ""

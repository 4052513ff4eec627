"""After a login, back to the address that was asked for; Streamlit itself opens the first page.

The browser tells with the way to the login where it comes from (Referer). That is kept in a
cookie until the provider has sent the reader back.
"""

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "dld_asked"
_LIFE_S = 900  # to log in
_LONGEST = 2000
_LOGIN, _BACK = "/auth/login", "/oauth2callback"


class BackToWhatWasAsked:
    """ASGI middleware around Streamlit's two routes of the login; all else goes through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path.endswith(_LOGIN):
            send = _changed(send, _keep, Headers(scope=scope), scope["scheme"])
        elif path.endswith(_BACK):
            send = _changed(send, _go_back, Headers(scope=scope), path.removesuffix(_BACK))
        await self._app(scope, receive, send)


def place(address: str, host: str) -> str:
    """Path and query of an address on this host; '' for any other, or one that could lead away."""
    parts = urlsplit(address)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if parts.netloc != host or not _stays(target) or parts.path.endswith((_LOGIN, _BACK)):
        return ""
    return target


def _stays(target: str) -> bool:
    """True for an address within a host: browsers take // and /\\ for another one."""
    plain = target.isascii() and target.isprintable() and " " not in target and "\\" not in target
    return (
        plain and target.startswith("/") and not target.startswith("//") and len(target) < _LONGEST
    )


def _changed(send: Send, change: Any, *values: Any) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 302:
            change(MutableHeaders(scope=message), *values)
        await send(message)

    return sent


def _keep(headers: MutableHeaders, request: Headers, scheme: str) -> None:
    target = place(request.get("referer", ""), request.get("host", ""))
    if target:
        headers.append("set-cookie", _cookie(quote(target, safe=""), _LIFE_S, scheme))


def _go_back(headers: MutableHeaders, request: Headers, base: str) -> None:
    target = unquote(cookie_parser(request.get("cookie", "")).get(_COOKIE, ""))
    if not target or headers.get("location") != f"{base}/":
        return
    if _stays(target):  # whoever can write cookies must not send anybody elsewhere
        headers["location"] = target
    headers.append("set-cookie", _cookie("", 0, "http"))


def _cookie(value: str, life_s: int, scheme: str) -> str:
    secure = "; Secure" if scheme == "https" else ""
    return f"{_COOKIE}={value}; Max-Age={life_s}; Path=/; HttpOnly; SameSite=Lax{secure}"

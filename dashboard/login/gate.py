"""The gate before Streamlit's own server: by which name it may be asked, and who is let in.

Whoever is not reaches the login and whether the process is well. Nothing else answers them: no
session, upload, media or metric of Streamlit's, which keeps them all in memory.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard import access, config
from dashboard.login import oidc, way_in
from dashboard.rights import Access
from dashboard.uploads.upload_room import UploadRoom
from warehouse.errors import AppError, NotAuthorised

HEALTH, LOGIN, LOGOUT, BACK = "/_stcore/health", "/auth/login", "/auth/logout", "/oauth2callback"
UPLOADS = "/_stcore/upload_file/"
_NO_PAGES = ("/_stcore/", "/media/", "/component/", "/static/", "/app/static/")
_MOST_LOGINS = 20  # under way at once; each asks the provider
_MOST_OPEN, _MOST_OF_ALL = 20, 300  # pages of one person, and of all, at this process
_TIMEOUT_S = 5
_FRAMES = (b"content-security-policy", f"frame-src 'self' {config.PLAYER}".encode())
_GRACE_S = 600  # after a login's hours are over, for its pages to say so


class Gate:
    """ASGI middleware around all of the dashboard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._hosts, self._settings = app, oidc.hosts(), config.settings()
        self._base = f"/{st.get_option('server.baseUrlPath')}".rstrip("/")  # of all addresses
        self._logins = 0
        self._open: Counter[str] = Counter()
        self._room = UploadRoom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), _FRAMES]}
            await send(message)

        await self._answer(scope, receive, framed)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_health(scope):
            await self._app(scope, receive, send)
        elif refusal := self._hosts.refusal(scope["headers"]):
            await _refused(scope, receive, send, *refusal)
        elif not self._settings.has_login or self._path(scope) == LOGOUT:
            await self._app(scope, receive, send)
        elif self._path(scope) in (LOGIN, BACK):
            await self._log_in(scope, receive, send)
        else:
            await self._let_in(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        """Without what all begin with; '' for a websocket, which is no page."""
        path: str = scope["path"] if scope["type"] == "http" else ""
        return path.removeprefix(self._base) if path.startswith(f"{self._base}/") else path

    def _is_health(self, scope: Scope) -> bool:
        """Of load balancers, too, that ask by an address; there is nothing to learn."""
        return self._path(scope) == HEALTH and scope["method"] in ("GET", "HEAD")

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """On to the provider, or back from it; what fails is a sentence, and no line of the log."""
        answer: ASGIApp = self._app
        self._logins += 1
        try:
            if self._logins > _MOST_LOGINS:
                answer = self._asks("Many are logging in just now. Try again in a minute.", 503)
            elif self._path(scope) == BACK:
                if "error" in HTTPConnection(scope).query_params:
                    answer = self._asks("The login was not completed. Try again.", 403)
            elif await self._provider_answers():
                token = encode_provider_token(oidc.PROVIDER)
                scope = {**scope, "query_string": f"provider={token}".encode()}
            else:
                where = way_in.provider(self._settings)
                answer = self._asks(f"{where} does not answer. Try again in a minute.", 503)
            await answer(scope, receive, send)
        finally:
            self._logins -= 1

    async def _provider_answers(self) -> bool:
        """Streamlit itself would only say "error"."""
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                return (await client.get(self._settings.oidc_metadata_url)).is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            return False

    def _asks(self, trouble: str = "", status: int = 200) -> Response:
        return way_in.asks(self._settings, f"{self._base}{LOGIN}", trouble, status)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        claims = claims_of(scope, self._settings.oidc_cookie_secret.get_secret_value())
        try:
            who = await run_in_threadpool(access.of_claims, claims)
        except NotAuthorised:
            await self._not_let_in(self._asks(), scope, receive, send)
            return
        except AppError as exc:
            await self._not_let_in(way_in.says(str(exc)), scope, receive, send)
            return
        if who.channels == ():
            page = way_in.stranger(who.name, f"{self._base}{LOGOUT}")
            await self._not_let_in(page, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._session(who, claims, scope, receive, send)
        elif self._path(scope).startswith(UPLOADS) and scope["method"] == "PUT":
            await self._upload(who, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _not_let_in(self, page: Response, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if is_page and not self._path(scope).startswith(_NO_PAGES):
            await page(scope, receive, send)
        else:
            await _refused(scope, receive, send, 401, "log in first: open the dashboard's page")

    async def _session(
        self, who: Access, claims: dict[str, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self._open[who.name] >= _MOST_OPEN or self._open.total() >= _MOST_OF_ALL:
            await _refused(scope, receive, send, 429, "too many pages are open: close some")
            return
        ends = claims["iat"] + timedelta(hours=self._settings.oidc_hours).total_seconds() + _GRACE_S

        async def received() -> Any:
            message = await receive()
            return message if time.time() < ends else {"type": "websocket.disconnect", "code": 1008}

        with self._counted(who.name):
            await self._app(scope, received, send)

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            self._open += Counter()  # without those that are at 0

    async def _upload(self, who: Access, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._path(scope).removeprefix(UPLOADS).partition("/")[0]
        with self._room.taken(who.name, session) as reason:
            if reason:
                await _refused(scope, receive, send, 429, reason)
            else:
                await self._app(scope, receive, send)


def claims_of(scope: Scope, secret: str) -> dict[str, Any]:
    """What the cookies of a login say; nothing where they are not signed by us."""
    cookies = HTTPConnection(scope).cookies

    def signed(name: str) -> bytes | None:
        return decode_signed_value(secret, name, cookies.get(name, "").encode("latin-1", "replace"))

    try:
        claims = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


async def _refused(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    """Nothing of a body is read; a websocket is 403 before it begins."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = PlainTextResponse(
        f"{reason}\n", status, {"cache-control": "no-store", "connection": "close"}
    )
    await answer(scope, receive, send)

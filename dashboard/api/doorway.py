"""The doorway before every answer: whose name is asked, from whose page; headers; a 500."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.errors import DETAILS, failure
from warehouse.hosts import Hosts

log = logging.getLogger(__name__)

HEALTH = "/healthz"  # load balancers ask by address; there is nothing to learn
HEADERS = (
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Doorway:
    """ASGI middleware around all of it."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        refusal = None if scope["path"] == HEALTH else self._hosts.refusal(scope["headers"])
        try:
            if refusal:
                await failure(*refusal)(scope, receive, dressed)
            else:
                await self._app(scope, receive, dressed)
        except Exception:
            log.exception("request failed")
            if begun:
                raise  # too late to answer: the server drops the connection
            await failure(500, DETAILS[500])(scope, receive, dressed)

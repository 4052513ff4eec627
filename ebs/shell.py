"""What wraps every answer: security headers, metrics, and a 500 in the one shape."""

import logging
from collections.abc import Iterable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ebs.errors import broken
from ebs.metrics import Metrics

log = logging.getLogger(__name__)

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# Twitch's rules for an extension's files: no inline script, no eval, nothing from elsewhere.
PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    b"connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
    b"form-action 'none'",
)
PAGES = "/preview"


class Shell:
    """Outside everything but CORS, so that a 500 has these headers as well."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Iterable[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = frozenset(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        policy = PAGE_POLICY if path.startswith(PAGES) else API_POLICY
        begun = perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS, policy]
            await send(message)

        try:
            await self._app(scope, receive, send_dressed)
        except Exception:
            log.exception("request failed route=%s", path if path in self._routes else "other")
            if status:
                raise  # too late to answer: the server drops the connection
            await broken()(scope, receive, send_dressed)
        finally:
            route = path if path in self._routes else "other"
            self._metrics.count(route, status, perf_counter() - begun)

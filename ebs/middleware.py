"""Layers around every answer, outside in: `Shell` (ids, security headers, counting), `Doorway`
(whose name is asked, from whose page), `Cors`, `Guard` (limits, and a 500 in the one shape)."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import perf_counter

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ebs.errors import (
    BadRequest,
    Refused,
    RequestHeaderFieldsTooLarge,
    TooLarge,
    TooMany,
    answer_to,
    broken,
    failure,
    name_of,
)
from ebs.logs import id_of, request_id
from ebs.metrics import Metrics
from warehouse.errors import AppError
from warehouse.hosts import Hosts
from warehouse.limits import Limiter, network

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

MOST_BODY = 1024  # bytes; a login is 25 characters
MOST_HEADERS = 100
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),  # browsers heed it over TLS only
    (b"cross-origin-opener-policy", b"same-origin"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# Twitch's rules for an extension's files: no inline script, no eval, nothing from elsewhere.
PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    b"connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
    b"form-action 'none'",
)
PAGES = ("/preview", "/obs/")
API = "/v1/"
UNLIMITED = ("/healthz", "/readyz", "/metrics")
OF_ANY_NAME = ("/healthz", "/readyz")  # load balancers ask by address; there is nothing to learn


class Shell:
    """Outside everything, so that every answer has an id and these headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Iterable[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = frozenset(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        headers = scope["named_headers"] = dict(scope["headers"])
        name = id_of(headers.get(b"x-request-id"))
        policy = PAGE_POLICY if path.startswith(PAGES) else API_POLICY
        begun = perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own_id = (b"x-request-id", name.encode())
                message["headers"] = [*message["headers"], *HEADERS, policy, own_id]
            await send(message)

        before = request_id.set(name)
        try:
            await self._app(scope, receive, send_dressed)
        finally:
            self._metrics.count(self._route(path), status, perf_counter() - begun)
            request_id.reset(before)

    def _route(self, path: str) -> str:
        """What counts tell of it: never a link."""
        if path.startswith("/obs/"):
            return "/obs/mood" if path.endswith("/mood") else "/obs"
        return path if path in self._routes else "other"


class Doorway:
    """Refuses what is asked by a name that is not ours, or from a page of another site."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OF_ANY_NAME:
            refusal = self._hosts.refusal(scope["headers"])
            if refusal:
                status, detail = refusal
                answer = failure(status, name_of(status), detail, {"connection": "close"})
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Cors(CORSMiddleware):
    """Lets the extension's own pages read answers; refuses the others in the one shape."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return Response(status_code=204, headers=_without_content(response))
        detail = "a page of this origin may not send that: see DLD_EBS_CLIENT_IDS"
        return failure(403, "Forbidden", detail, _without_content(response))


def _without_content(response: Response) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if not k.startswith("content-")}


class Guard:
    """Refuses what no route need look at, answers OPTIONS, and catches what nobody foresaw."""

    def __init__(
        self,
        app: ASGIApp,
        addresses: Limiter,
        methods: Mapping[str, str],
        hot: Mapping[str, Endpoint],
    ) -> None:
        """methods: what each route allows, as an Allow header says it. hot: what GET asks for most,
        by path, answered without the way through the framework: a third of a request's cost."""
        self._app, self._hot = app, hot
        self._addresses = addresses
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        allowed = scope["allowed"] = self._methods.get(scope["path"])
        try:
            self._check(scope)
            if scope["method"] == "OPTIONS" and allowed:
                answer = Response(status_code=204, headers={"allow": allowed})
                await answer(scope, receive, send)
                return
            hot = self._hot.get(scope["path"])
            if hot and scope["method"] in ("GET", "HEAD"):
                await (await hot(Request(scope, receive)))(scope, receive, send_noted)
            else:
                await self._app(scope, receive, send_noted)
        except Refused as exc:
            await exc.response({"connection": "close"})(scope, receive, send)
        except AppError as exc:
            await answer_to(exc)(scope, receive, send)
        except Exception:
            log.exception("request failed route=%s", scope["path"] if allowed else "other")
            if begun:
                raise  # too late to answer: the server drops the connection
            await broken()(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raises Refused."""
        path, headers = scope["path"], scope["named_headers"]
        client = scope.get("client")
        if client and path not in UNLIMITED:
            wait_s = self._addresses.wait_s(network(client[0]))
            if wait_s:
                raise TooMany("too many requests from this address: wait", wait_s)
        if len(scope["headers"]) > MOST_HEADERS:
            raise RequestHeaderFieldsTooLarge(f"the request has more than {MOST_HEADERS} headers")
        length = headers.get(b"content-length")
        if length is not None and (len(length) > 9 or int(length) > MOST_BODY):
            raise TooLarge(f"the body is larger than {MOST_BODY} bytes")
        if path.startswith(API):
            if scope["query_string"]:
                raise BadRequest(
                    "this address takes no query; a token goes into the Authorization header"
                )
            if len(headers) != len(scope["headers"]) and _twice(scope, b"authorization"):
                raise BadRequest("send one Authorization header, not several")


def _twice(scope: Scope, name: bytes) -> bool:
    names = [key for key, _ in scope["headers"]]
    return names.count(name) > 1

"""create_app(settings, data): the routes, and how the parts are joined."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from ebs import errors, preview
from ebs.auth import Doorkeeper, Viewer
from ebs.bodies import Latest, answer, takes_gzip
from ebs.broadcasting.viewers import Audience
from ebs.broadcasting.worker import Keeper
from ebs.config import EbsSettings
from ebs.errors import TooMany
from ebs.metrics import Metrics, newest_age_s
from ebs.middleware import Cors, Doorway, Endpoint, Guard, Shell
from ebs.obs import routes as obs
from ebs.obs.links import links_of
from ebs.openapi import CHANNEL, MOOD, SECURED, WISH, body_of, describe
from ebs.schema import Accepted, Standing
from ebs.signing_keys import secrets_of
from ebs.streamer import ACTIONS, login_of, standing, wish
from warehouse.config import DataFolder, PublicSettings, TwitchAddress
from warehouse.hosts import Hosts, concrete
from warehouse.limits import Limiter
from warehouse.published.folder import PublishedFolder
from warehouse.version import VERSION

WISHES = tuple(f"/v1/channel/{action}" for action in ACTIONS)
METHODS = {
    **dict.fromkeys(("/v1/mood", "/healthz", "/readyz", "/metrics"), "GET, HEAD, OPTIONS"),
    **dict.fromkeys(("/v1/channel", "/openapi.json"), "GET, HEAD, OPTIONS"),
    **dict.fromkeys(WISHES, "POST, OPTIONS"),
}
WISHES_PER_MINUTE = 6  # of a channel
TOKEN_PER_MINUTE = 60  # requests with one token, of each worker; panels send two or three


class Parts:
    """State and services that the routes share."""

    def __init__(self, settings: EbsSettings, data: DataFolder, token_per_minute: int) -> None:
        """Raises BadInput when the settings do not let the EBS start."""
        self.settings, self.data = settings, data
        self.secrets = secrets_of(settings)
        self.latest = Latest(PublishedFolder(data.latest))
        self.doorkeeper = Doorkeeper(self.secrets, audiences=settings.extensions)
        self.tokens = Limiter(token_per_minute)
        self.wishes = Limiter(WISHES_PER_MINUTE)
        self.links = links_of(settings, data)
        self.audience = Audience(data.ebs / "viewers")
        self.metrics = Metrics(lambda: newest_age_s(data.latest), data.mirror)
        self.keeper = Keeper(
            settings, TwitchAddress(), data, self.latest,
            self.secrets, self.doorkeeper, self.audience, self.metrics,
        )  # fmt: skip

    def limit(self, limiter: Limiter, asker: bytes | str) -> None:
        """Raises TooMany."""
        wait_s = limiter.wait_s(asker)
        if wait_s:
            raise TooMany("too many requests: wait as long as Retry-After says", wait_s)

    def broadcaster(self, request: Request) -> Viewer:
        """Raises NotAuthorised, Forbidden, TooMany."""
        viewer = self.doorkeeper.broadcaster(request.scope["named_headers"].get(b"authorization"))
        self.limit(self.tokens, viewer.key)
        return viewer


def create_app(
    settings: EbsSettings, data: DataFolder, token_per_minute: int = TOKEN_PER_MINUTE
) -> FastAPI:
    """The whole EBS. token_per_minute: 0 for no limit. Raises BadInput when the settings do not
    let it start."""
    parts = Parts(settings, data, token_per_minute)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with parts.keeper.running():
            yield

    hot: dict[str, Endpoint] = {}  # by the routes, below
    app = FastAPI(
        title="DLD EBS",
        version=VERSION,
        description="The mood of a Twitch chat, for the extension of its channel.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # it would answer with an address made of the Host header
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
        middleware=[
            Middleware(Shell, metrics=parts.metrics, routes=METHODS),
            Middleware(Doorway, hosts=_hosts(settings)),
            *_cors(settings.origins()),
            Middleware(
                Guard, addresses=Limiter(settings.address_per_minute), methods=METHODS,
                hot=hot,
            ),
        ],
    )  # fmt: skip
    errors.answer_in_one_shape(app)
    hot["/v1/mood"] = _mood(app, parts)
    _channel(app, parts)
    _operations(app, parts)
    obs.add(app, parts.latest, parts.links, parts.tokens)
    describe(app)
    if settings.development:
        preview.add(app, data, parts.links)
    return app


def _hosts(settings: EbsSettings) -> Hosts:
    names = [*concrete(settings.host), *PublicSettings().hosts]
    return Hosts(names, settings.origins())


def _cors(origins: list[str]) -> list[Middleware]:
    """Lets the extension's own pages read answers; with no client id set, no page may."""
    if not origins:
        return []
    return [
        Middleware(
            Cors,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            # the panel keeps time by the server's clock
            expose_headers=["Date", "ETag", "Retry-After", "X-Request-Id"],
            max_age=7200,
        )
    ]


class _PlainRoute(APIRoute):
    """A documented route whose endpoint takes the request and nothing to be solved.

    FastAPI's solving of parameters costs more than all the rest of a mood.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await (await endpoint(Request(scope, receive)))(scope, receive, send)

        self.app = app


def _mood(app: FastAPI, parts: Parts) -> Endpoint:
    router = APIRouter(route_class=_PlainRoute)
    doorkeeper, latest = parts.doorkeeper, parts.latest

    @router.get("/v1/mood", responses=MOOD, response_class=Response, openapi_extra=SECURED)
    async def mood(request: Request) -> Response:
        """The mood of the token's channel: last half hour, now, next five minutes."""
        headers = request.scope["named_headers"]
        viewer = doorkeeper.viewer(headers.get(b"authorization"))
        parts.limit(parts.tokens, viewer.key)
        body, fresh_for_s = latest.of(viewer.channel_id).body(time.time())
        parts.audience.saw(viewer.channel_id)
        is_known = body.known_to(headers.get(b"if-none-match"))
        return answer(body, fresh_for_s, is_known, takes_gzip(headers.get(b"accept-encoding", b"")))

    _also_head(router)
    app.routes.extend(router.routes)
    return mood


def _also_head(router: APIRouter) -> None:
    """HEAD wherever there is GET; the server leaves the body out."""
    for route in list(router.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            router.add_api_route(
                route.path, route.endpoint, methods=["HEAD"], include_in_schema=False
            )


def _channel(app: FastAPI, parts: Parts) -> None:
    router = APIRouter(route_class=_PlainRoute)

    @router.get(
        "/v1/channel", responses=CHANNEL, response_class=Response, openapi_extra=SECURED
    )  # fmt: skip
    async def channel(request: Request) -> Response:
        """How the token's channel stands with DLD. For its broadcaster."""
        viewer = parts.broadcaster(request)
        state = standing(parts.data, parts.latest, viewer.channel_id)
        return _json(200, Standing.model_validate(state).model_dump_json())

    for action in ACTIONS:
        router.post(
            f"/v1/channel/{action}", name=action, status_code=202, responses=WISH,
            response_class=Response, openapi_extra=SECURED | body_of(action),
        )(_wish(parts, action))  # fmt: skip
    _also_head(router)
    app.routes.extend(router.routes)


def _wish(parts: Parts, action: str) -> Endpoint:
    async def ask(request: Request) -> Response:
        """Ask the pipeline for it. 202: it will be applied, or refused; see GET /v1/channel."""
        viewer = parts.broadcaster(request)
        parts.limit(parts.wishes, viewer.channel_id)
        login = await login_of(request, is_needed=action == "opt-in")
        request_id = wish(parts.data, action, viewer.channel_id, login)
        return _json(202, Accepted(id=request_id).model_dump_json())

    return ask


def _json(status: int, body: str) -> Response:
    return Response(body, status, {"cache-control": "no-store"}, "application/json")


def _operations(app: FastAPI, parts: Parts) -> None:
    methods = ["GET", "HEAD"]

    @app.api_route("/healthz", methods=methods, include_in_schema=False)
    async def healthz() -> Response:
        return JSONResponse({"status": "ok", "version": VERSION})

    @app.api_route("/readyz", methods=methods, include_in_schema=False)
    async def readyz() -> Response:
        if parts.latest.ready():
            return Response(b'{"status":"ready"}', media_type="application/json")
        detail = "the published folder cannot be read; is the pipeline running? (make run)"
        return errors.failure(503, "NothingPublished", detail)

    @app.api_route("/metrics", methods=methods, include_in_schema=False)
    async def prometheus() -> Response:
        parts.keeper.count()
        return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4")

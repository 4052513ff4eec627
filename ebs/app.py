"""create_app(settings, data): the routes, and how the parts are joined."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from ebs import errors, preview
from ebs.auth import Doorkeeper
from ebs.config import EbsSettings
from ebs.latest import Latest, answer
from ebs.metrics import Metrics
from ebs.schema import Failure, MoodBody
from ebs.shell import Shell
from warehouse.config import DataFolder

Endpoint = Callable[[Request], Awaitable[Response]]

ROUTES = ("/v1/mood", "/healthz", "/readyz", "/metrics", "/openapi.json")
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {"model": MoodBody},
    304: {"description": "nothing new since the ETag in If-None-Match"},
    401: {"model": Failure},
    404: {"model": Failure},
    500: {"model": Failure},
}


def create_app(settings: EbsSettings, data: DataFolder) -> FastAPI:
    """The whole EBS. Raises BadInput when the settings do not let it start."""
    doorkeeper = Doorkeeper(settings.keys(), settings.leeway_s)
    metrics = Metrics(lambda: len(doorkeeper))
    app = FastAPI(
        title="DLD EBS",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            *_cors(settings.origins()),
            Middleware(Shell, metrics=metrics, routes=ROUTES),
        ],
    )
    errors.answer_in_one_shape(app)
    _mood(app, settings, doorkeeper, Latest(data.latest))
    _operations(app, metrics, Latest(data.latest))
    if settings.development:
        preview.add(app, data.latest)
    return app


def _cors(origins: list[str]) -> list[Middleware]:
    """Lets the extension's own pages read answers; with no client id set, no page may."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET"],
            allow_headers=["Authorization"],
            expose_headers=["Date", "ETag"],  # the panel keeps time by the server's clock
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
            await (await endpoint(Request(scope)))(scope, receive, send)

        self.app = app


def _mood(app: FastAPI, settings: EbsSettings, doorkeeper: Doorkeeper, latest: Latest) -> None:
    router = APIRouter(route_class=_PlainRoute)

    @router.get("/v1/mood", responses=DOCUMENTED, response_class=Response)
    async def mood(request: Request) -> Response:
        """The mood of the token's channel: last half hour, now, next five minutes."""
        asked = dict(request.scope["headers"])
        viewer = doorkeeper.viewer(asked.get(b"authorization"))
        body, fresh_for_s = latest.of(viewer.channel_id).body(time.time(), settings.stale_after_s)
        known = body.known_to(asked.get(b"if-none-match"))
        return answer(body, fresh_for_s, known, b"gzip" in asked.get(b"accept-encoding", b""))

    app.routes.extend(router.routes)


def _operations(app: FastAPI, metrics: Metrics, latest: Latest) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        if latest.ready():
            return Response(b'{"status":"ready"}', media_type="application/json")
        detail = "the published folder cannot be read; is the pipeline running? (make run)"
        return errors.failure(503, "NothingPublished", detail)

    @app.get("/metrics", include_in_schema=False)
    async def prometheus() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

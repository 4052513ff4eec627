"""create_app(settings, data): the data for scripts as one app, and how its parts are joined."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI, Response
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from dashboard.api import routes
from dashboard.api.doorkeeper import Doorkeeper
from dashboard.api.doorway import HEALTH, Doorway
from dashboard.api.errors import answer_in_one_shape
from dashboard.config import ApiSettings
from warehouse.config import DataFolder, PublicSettings
from warehouse.hosts import Hosts, concrete
from warehouse.version import VERSION

_AT_ONCE = 4  # queries; others wait


def create_app(settings: ApiSettings, data: DataFolder) -> FastAPI:
    """All of it. Raises ValidationError for wrong names in DLD_PUBLIC_NAMES."""
    app = FastAPI(
        title="DLD: data for scripts",
        version=VERSION,
        description="What the dashboard shows, read-only: docs/api.md.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # it would answer with an address made of the Host header
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_few_at_once,
        middleware=[
            Middleware(Doorway, hosts=Hosts([*concrete(settings.host), *PublicSettings().hosts])),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4),
        ],
    )  # fmt: skip
    app.state.doorkeeper = Doorkeeper(data, settings.per_minute)
    answer_in_one_shape(app)
    app.include_router(routes.router)
    app.add_api_route(HEALTH, _healthz, include_in_schema=False)
    return app


@asynccontextmanager
async def _few_at_once(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
    yield


async def _healthz() -> Response:
    return Response(b'{"status":"ok"}', media_type="application/json")

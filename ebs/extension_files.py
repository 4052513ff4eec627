"""Files of the extension as the EBS serves them itself: asked for again each time, and with this
very EBS as the one to ask."""

import os
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

EXTENSION = Path(__file__).resolve().parent.parent / "extension"
SAME_ORIGIN = '// Made by the EBS: it is where this page came from.\nexport const EBS = "";\n'


class FreshFiles(StaticFiles):
    """Static files that are asked for again each time: an edit, or an update, shows on reload."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "no-cache"
        return response


class _ScriptsAndStyles(FreshFiles):
    """Those of the extension; its pages need Twitch around them."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.endswith((".js", ".css")) else ("", None)


def add_extension(app: FastAPI, path: str) -> None:
    """Adds the extension's files below `path`."""

    async def settings(_: Request) -> Response:
        no_store = {"cache-control": "no-store"}
        return Response(SAME_ORIGIN, 200, no_store, "text/javascript; charset=utf-8")

    app.router.add_route(f"{path}/settings.js", settings, include_in_schema=False)
    app.mount(path, _ScriptsAndStyles(directory=EXTENSION, check_dir=False))

"""The extension without Twitch, in development: its own files, a frame, a stand-in helper.

Served under /preview/. The views are the real ones and talk to the real EBS; replaced are
Twitch's helper (remote, and it needs Twitch around it) and the address of the EBS.
"""

import base64
import json
import re
import time
from pathlib import Path
from typing import Annotated

import jwt
from fastapi import FastAPI, Query, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from ebs.auth import ROLES
from ebs.bodies import published_channels
from ebs.config import DEVELOPMENT_SECRET
from ebs.extension_files import EXTENSION, FreshFiles, add_extension
from ebs.obs.links import Links
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.published.folder import PublishedFolder
from warehouse.published.progress import Progress
from warehouse.records import CHANNEL_ID

PAGE = Path(__file__).resolve().parent / "preview_page"
HELPER = "https://extension-files.twitch.tv/helper/v1/twitch-ext.min.js"
STAND_IN = "page/twitch-ext.js"
VIEW = re.compile(r"[a-z_]{1,40}")
TOKEN_LIFE_S = 600
NEVER_KEPT = {"cache-control": "no-store"}


def add(app: FastAPI, data: DataFolder, links: Links) -> None:
    """Adds the preview's routes; call it in development only."""
    _pages(app)
    _stand_in(app, data, links)
    app.mount("/preview/page", FreshFiles(directory=PAGE))
    add_extension(app, "/preview")


def _pages(app: FastAPI) -> None:
    @app.get("/preview", include_in_schema=False)
    async def slash() -> Response:
        return RedirectResponse("/preview/")

    @app.get("/preview/", include_in_schema=False)
    def index() -> Response:
        return _html((PAGE / "index.html").read_text("utf-8"))

    @app.get("/preview/{name}.html", include_in_schema=False)
    def view(name: str) -> Response:
        path = EXTENSION / f"{name}.html"
        if not VIEW.fullmatch(name) or not path.is_file():
            raise HTTPException(404)
        return _html(path.read_text("utf-8").replace(HELPER, STAND_IN))


def _html(text: str) -> Response:
    return Response(text, 200, {"cache-control": "no-cache"}, "text/html; charset=utf-8")


def _stand_in(app: FastAPI, data: DataFolder, links: Links) -> None:
    latest = PublishedFolder(data.latest)

    @app.get("/preview/channels", include_in_schema=False)
    def channels() -> Response:
        rows = [row | {"obs": _obs(links, row["channel_id"])} for row in published_channels(latest)]
        coming = Progress.read(data)
        body = json.dumps({"channels": rows, "coming": str(coming or "")})
        return Response(body, 200, NEVER_KEPT, "application/json")

    @app.get("/preview/token", include_in_schema=False)
    async def token(
        _: Request,
        channel_id: Annotated[str, Query(pattern=f"^{CHANNEL_ID.pattern}$")],
        role: Annotated[str, Query(pattern=f"^({'|'.join(sorted(ROLES))})$")] = "viewer",
    ) -> Response:
        answer = {"token": signed_token(channel_id, role), "expires_in": TOKEN_LIFE_S}
        return Response(json.dumps(answer), 200, NEVER_KEPT, "application/json")


def _obs(links: Links, channel_id: str) -> str:
    """Where the channel's source for OBS is; '' where its link is off, or cannot be told."""
    try:
        return f"/obs/{links.token(channel_id)}"
    except (BadInput, OSError):
        return ""


def signed_token(channel_id: str, role: str) -> str:
    """A token like Twitch's for `role` (one of ROLES), signed by the development secret only:

    with a real secret set as well, nothing that this hands out is worth anything elsewhere.
    """
    claims = {
        "exp": int(time.time()) + TOKEN_LIFE_S,
        "opaque_user_id": "APREVIEW",
        "channel_id": channel_id,
        "role": role,
        "is_unlinked": "false",
        "pubsub_perms": {"listen": ["broadcast", "global"]},
    }
    if role != "viewer":  # who may moderate or configure has shared who they are
        claims |= {"opaque_user_id": f"U{channel_id}", "user_id": channel_id}
    return jwt.encode(claims, base64.b64decode(DEVELOPMENT_SECRET), algorithm="HS256")

"""Routes of the browser source for OBS: a page without a background, and the mood that it shows."""

import re
import time
from pathlib import Path

from fastapi import FastAPI, Request, Response

from ebs.bodies import ChannelBody, Latest, answer, takes_gzip
from ebs.errors import PublishedDamaged, TooMany, answer_to
from ebs.extension_files import EXTENSION, FreshFiles, add_extension
from ebs.obs.links import Links
from warehouse.errors import AppError, NothingPublished
from warehouse.limits import Limiter

PAGE = Path(__file__).resolve().parent / "page"
NEVER_KEPT = {"cache-control": "no-store"}  # the address is a secret


def add(app: FastAPI, latest: Latest, links: Links, limiter: Limiter) -> None:
    """Adds them below /obs. limiter: of requests with one link."""

    async def page(request: Request) -> Response:
        status = 200
        try:
            _channel(request, latest, links, limiter)
        except AppError as exc:
            if b"text/html" not in request.scope["named_headers"].get(b"accept", b""):
                raise
            status = answer_to(exc).status_code  # OBS gets the page, which says it and asks again
        return Response(_html(), status, NEVER_KEPT, "text/html; charset=utf-8")

    async def mood(request: Request) -> Response:
        headers = request.scope["named_headers"]
        body, fresh_for_s = _channel(request, latest, links, limiter).body(time.time())
        is_known = body.known_to(headers.get(b"if-none-match"))
        return answer(body, fresh_for_s, is_known, takes_gzip(headers.get(b"accept-encoding", b"")))

    add_extension(app, "/obs/extension")
    app.mount("/obs/page", FreshFiles(directory=PAGE))
    app.router.add_route("/obs/{link}", page, include_in_schema=False)
    app.router.add_route("/obs/{link}/mood", mood, include_in_schema=False)


def _html() -> str:
    """The page; what the panel's modules load is loaded before they ask for it."""
    panel = (EXTENSION / "panel.html").read_text("utf-8")
    modules = re.findall(r'<link rel="modulepreload" href="([^"]+)">', panel)
    loads = "".join(f'<link rel="modulepreload" href="extension/{name}">' for name in modules)
    page = (PAGE / "index.html").read_text("utf-8")
    return page.replace("<!-- modules of the panel -->", loads)


def _channel(request: Request, latest: Latest, links: Links, limiter: Limiter) -> ChannelBody:
    """What the link leads to. Raises NothingPublished, always the same and after the same work;
    TooMany; PublishedDamaged."""
    link = request.path_params["link"]
    channel_id, is_right = links.check(link)
    try:
        body = latest.of(channel_id)
    except PublishedDamaged:
        if is_right:
            raise
    except NothingPublished:
        is_right = False
    if not is_right:
        raise NothingPublished(
            "this link leads to no channel, or no more: `python -m ebs link CHANNEL` tells the "
            "channel's link"
        )
    if wait_s := limiter.wait_s(link):
        raise TooMany("too many requests with this link: wait as long as Retry-After says", wait_s)
    return body

"""A document has something to see before any script has come."""

import asyncio
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from streamlit import file_util

from dashboard.skeleton import WHOLE, Skeleton

ROOT = '<div id="root"></div>'
LONG = f"<!DOCTYPE html><body>{ROOT}{'x' * 3000}</body>"
DOCUMENT = {"accept": "text/html,*/*"}


async def page(_: Request) -> Response:
    return HTMLResponse(LONG)


def got(path: str, headers: dict[str, str]) -> httpx.Response:
    routes = [Route("/", page)]
    app = Skeleton(GZipMiddleware(Starlette(routes=routes)))

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dld") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(answer())


def test_a_document_comes_with_it_and_with_its_length() -> None:
    answer = got("/", DOCUMENT)
    assert WHOLE.decode() in answer.text and ROOT not in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_what_scripts_ask_for_goes_by() -> None:
    assert ROOT in got("/", {"accept": "*/*"}).text
    assert got("/gone", DOCUMENT).status_code == 404


def test_streamlit_has_the_root_that_it_stands_in() -> None:
    assert ROOT in (Path(file_util.get_static_dir()) / "index.html").read_text()

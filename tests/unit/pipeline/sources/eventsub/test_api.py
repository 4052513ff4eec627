"""Helix as it pages its lists, and answers that are none."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from aiohttp import web

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.standins.served import Served
from warehouse.config import TwitchAddress

HEADERS = dict[str, str]


class Helix(Served):
    """answer: of a cursor, '' for none, what Helix tells; asked: the cursors that came."""

    def __init__(self, answer: Callable[[str], Any], status: int = 200) -> None:
        self.answer, self.status, self.asked = answer, status, list[str]()
        self.headers: HEADERS = {}

    async def __aenter__(self) -> Self:
        async def told(request: web.Request) -> web.Response:
            self.asked.append(request.query.get("after", ""))
            content = self.answer(self.asked[-1])
            return web.json_response(content, status=self.status, headers=self.headers)

        app = web.Application()
        app.router.add_get("/helix/{path:.*}", told)
        self.base = await self.serve(app)
        return self


def extension_live(helix: Helix, folder: Path) -> list[str]:
    async def run() -> list[str]:
        async with helix:
            file, address = TokenFile(folder), TwitchAddress(twitch_url=helix.base)
            file.save(Token("access", "refresh", "7", "reader", "client", (), time.time() + 9999))
            api = Api(TwitchSettings(client_id="client", extension_id="ext"), file, address)
            try:
                return await api.extension_live()
            finally:
                await api.close()

    return asyncio.run(run())


def page(names: str, after: Any) -> dict[str, Any]:
    return {"data": [{"broadcaster_id": name} for name in names], "pagination": after}


def test_a_page_that_is_empty_is_not_the_last_while_it_has_a_cursor(tmp_path: Path) -> None:
    pages = {
        "": page("", "a"), "a": page("12", {"cursor": "b"}), "b": page("", "c"), "c": page("3", ""),
    }  # fmt: skip
    helix = Helix(pages.__getitem__)
    assert extension_live(helix, tmp_path) == ["1", "2", "3"]
    assert helix.asked == ["", "a", "b", "c"]


@pytest.mark.parametrize("end", [None, {}, {"cursor": ""}, {"cursor": None}, "", 5, []])
def test_no_cursor_is_the_end_however_it_is_said(end: Any, tmp_path: Path) -> None:
    helix = Helix(lambda _: page("1", end))
    assert (extension_live(helix, tmp_path), len(helix.asked)) == (["1"], 1)


def test_a_cursor_that_comes_again_is_the_end(tmp_path: Path) -> None:
    helix = Helix(lambda cursor: page("1", "b" if cursor == "a" else "a"))
    assert (extension_live(helix, tmp_path), helix.asked) == (["1"], ["", "a", "b"])


def test_a_list_without_an_end_is_left(tmp_path: Path) -> None:
    helix = Helix(lambda cursor: page("", f"{cursor}x"))
    assert (extension_live(helix, tmp_path), len(helix.asked)) == ([], 50)


@pytest.mark.parametrize("none", [{}, {"data": None}, {"data": {}}, [], None, 5])
def test_an_answer_without_data_is_no_empty_list(none: Any, tmp_path: Path) -> None:
    with pytest.raises(TwitchRefused) as refused:
        extension_live(Helix(lambda _: none), tmp_path)
    assert refused.value.is_passing


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Ratelimit-Reset": "1795000030", "Date": "Wed, 18 Nov 2026 11:06:40 GMT"}, 30.0),
        ({"Ratelimit-Reset": "soon"}, 0.0),
        ({"Ratelimit-Reset": "1795000030"}, 0.0),
        ({"Ratelimit-Reset": "9" * 400}, 300.0),
        ({}, 0.0),
    ],
)
def test_a_refusal_tells_how_long_to_wait_by_twitchs_clock(
    headers: HEADERS, waits: float, tmp_path: Path
) -> None:
    helix = Helix(lambda _: {"message": "the access token is spent"}, 429)
    helix.headers = headers
    with pytest.raises(TwitchRefused) as refused:
        extension_live(helix, tmp_path)
    assert (refused.value.status, refused.value.wait_s) == (429, waits)


def test_a_refusal_repeats_nothing_of_what_was_sent(tmp_path: Path) -> None:
    helix = Helix(lambda _: {"message": "Bearer access is not of client"}, 400)
    with pytest.raises(TwitchRefused, match="not of client"):
        extension_live(helix, tmp_path)  # too short to be a secret
    helix = Helix(lambda _: {"message": "extension ext of <b>"}, 400)
    with pytest.raises(TwitchRefused, match="no reason given"):
        extension_live(helix, tmp_path)

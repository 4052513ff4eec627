"""Requests to Twitch's login server: refusals in our words, whatever it says or leaves out."""

import asyncio
from typing import Self

import pytest
from aiohttp import web

from pipeline.sources.eventsub.calls import TwitchRefused, post
from tests.helpers.standins.served import Served
from warehouse.config import TwitchAddress


class Answering(Served):
    """A login server that answers with the same again and again."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text

    async def __aenter__(self) -> Self:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=self.status, text=self.text)

        app = web.Application()
        app.router.add_post("/oauth2/token", answer)
        self.base = await self.serve(app)
        return self


def posted(status: int, text: str) -> dict[str, object]:
    async def run() -> dict[str, object]:
        async with Answering(status, text) as server:
            return await post(TwitchAddress(twitch_url=server.base), "oauth2/token", {"a": "b"})

    return asyncio.run(run())


@pytest.mark.parametrize("text", ["", "\n", "{}", "[]"])
def test_a_refusal_that_says_nothing_is_one(text: str) -> None:
    with pytest.raises(TwitchRefused) as refused:
        posted(400, text)
    assert (refused.value.status, refused.value.is_passing) == (400, False)


def test_what_is_no_answer_may_work_in_a_moment() -> None:
    with pytest.raises(TwitchRefused) as refused:
        posted(400, "<html>")
    assert (refused.value.status, refused.value.is_passing) == (0, True)


def test_an_answer_is_its_object() -> None:
    assert posted(200, '{"expires_in": 3}') == {"expires_in": 3}

"""The emote catalogues on loopback: BTTV, FFZ, 7TV and Twitch's own, with whatever may go wrong."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web

from tests.helpers.standins.served import Served
from warehouse.config import TwitchAddress

ROOM = "42"
# a catalogue's first part of the path, and its name here
_PROVIDERS = {"3": "bttv", "v1": "ffz", "v3": "7tv", "helix": "helix"}


def answers() -> dict[str, Any]:
    """What is told, by path: a global emote of each provider, and one of the channel's."""
    return {
        "/bttv/cached/emotes/global": [{"id": "1", "code": "bttvGlobal"}],
        f"/bttv/cached/users/twitch/{ROOM}": {
            "channelEmotes": [{"code": "bttvOwn"}],
            "sharedEmotes": [{"code": "bttvShared"}],
        },
        "/ffz/set/global": {
            "default_sets": [3],
            "sets": {
                "3": {"emoticons": [{"name": "ffzGlobal"}]},
                "4": {"emoticons": [{"name": "ffzSomePeoples"}]},
            },
        },
        f"/ffz/room/id/{ROOM}": {"sets": {"9": {"emoticons": [{"name": "ffzOwn"}]}}},
        "/7tv/emote-sets/global": {"emotes": [{"name": "seventvGlobal"}]},
        f"/7tv/users/twitch/{ROOM}": {"emote_set": {"emotes": [{"name": "seventvOwn"}]}},
        "/helix/chat/emotes/global": {"data": [{"name": "Kappa"}]},
        f"/helix/chat/emotes?broadcaster_id={ROOM}": {"data": [{"name": "demoOwn"}]},
    }


@dataclass
class EmoteServer(Served):
    """asked: paths in order. told: what each path answers, as JSON or as bytes. faults: by
    provider (bttv, ffz, 7tv, helix): a status, 'never', 'huge', or bytes in the answer's place.
    """

    told: dict[str, Any] = field(default_factory=answers)
    faults: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0  # requests under way
    most_at_once: int = 0
    etags: dict[str, str] = field(default_factory=dict)
    more: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{rest:.*}", self._answer)
        self.address = TwitchAddress(twitch_url=await self.serve(app))
        return self

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        first, _, rest = request.path_qs.removeprefix("/").partition("/")
        provider = _PROVIDERS[first]
        self.asked.append(f"/{provider}/{rest}")
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._told(request, provider)
        finally:
            self.at_once -= 1

    async def _told(self, request: web.Request, provider: str) -> web.StreamResponse:
        path = self.asked[-1]
        fault = self.faults.get(provider)
        if fault == "never":
            await asyncio.Event().wait()
        if fault == "huge":
            return web.Response(body=b"[" + b" " * (17 << 20) + b"]")
        if isinstance(fault, bytes):
            return web.Response(body=fault)
        if isinstance(fault, int):
            return web.Response(status=fault, headers=self.more[provider])
        told = self.told.get(path)
        if told is None:
            return web.Response(status=404)
        etag = self.etags.get(path, "")
        if etag and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        headers = {"ETag": etag} if etag else {}
        return web.Response(body=orjson.dumps(told), headers=headers)

"""Extension PubSub on loopback: checks what an EBS sends as Twitch would, counts, and answers as it
is told."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self

import jwt
import orjson
from aiohttp import web

from tests.helpers.standins.served import Served

PATH = "/helix/extensions/pubsub"


@dataclass(frozen=True)
class Told:
    """A broadcast that arrived. at: seconds, monotonic."""

    channel_id: str
    message: str
    at: float

    def body(self) -> Any:
        """As a viewer's panel reads it."""
        return orjson.loads(self.message)


@dataclass
class PubSubServer(Served):
    """keys: those that a token may be signed with. answers: what the next requests are answered,
    (status, headers), with `says` as the message; 204 once there are none. told: what was taken;
    tries: every request."""

    keys: list[bytes]
    client_id: str = "abc123"
    owner_id: str = "42"
    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    told: list[Told] = field(default_factory=list)
    tries: int = 0
    wrong: list[str] = field(default_factory=list)
    says: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post(PATH, self._answer)
        self.address = await self.serve(app)
        self.url = self.address + PATH
        return self

    async def _answer(self, request: web.Request) -> web.Response:
        self.tries += 1
        if self.answers:
            status, headers = self.answers.popleft()
            if status != 204:
                told = {"error": "-", "status": status, "message": self.says}
                return web.json_response(told, status=status, headers=headers)
        body = orjson.loads(await request.read())
        why = self._fault(request, body)
        if why:
            self.wrong.append(why)
            return web.Response(status=422 if "long" in why else 401, text=why)
        self.told.append(Told(body["broadcaster_id"], body["message"], time.monotonic()))
        return web.Response(status=204)

    def _fault(self, request: web.Request, body: dict[str, Any]) -> str:
        """'' for what Twitch would take."""
        claims = self._claims(request.headers.get("Authorization", ""))
        if claims is None:
            return "the token is not signed by a secret of the extension"
        wanted = {
            "user_id": self.owner_id,
            "role": "external",
            "channel_id": body["broadcaster_id"],
            "pubsub_perms": {"send": ["broadcast"]},
        }
        if {name: claims.get(name) for name in wanted} != wanted:
            return f"the token's claims are {sorted(claims)}"
        if not 0 < claims["exp"] - time.time() <= 180:
            return "the token lives too long"
        if request.headers.get("Client-Id") != self.client_id:
            return "the Client-Id is not the extension's"
        if sorted(body) != ["broadcaster_id", "is_global_broadcast", "message", "target"]:
            return f"the body has {sorted(body)}"
        if body["target"] != ["broadcast"] or body["is_global_broadcast"] is not False:
            return "the target is not broadcast"
        if len(body["message"].encode()) > 5 * 1024:
            return "the message is too long"
        return ""

    def _claims(self, authorization: str) -> dict[str, Any] | None:
        token = authorization.removeprefix("Bearer ")
        for key in self.keys:
            try:
                return dict(jwt.decode(token, key, algorithms=["HS256"]))
            except jwt.InvalidTokenError:
                continue
        return None

"""A webhook like Discord's on loopback, with whatever may go wrong."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web

from tests.helpers.standins.served import Served

SECRET = "s3cr3t-t0ken"


@dataclass
class WebhookServer(Served):
    """got: messages taken, in order, be they JSON or a form as Discord takes it; pictures: files of
    those. faults: what happens to the next ones, each once: a status,
    (a status, Retry-After), 'never', 'break', or bytes as the answer's body."""

    got: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    tries: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self.address = f"{await self.serve(app)}/api/webhooks/1/{SECRET}"
        return self

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.tries += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "never":
            await asyncio.Event().wait()
        if fault == "break":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(fault, tuple):
            return web.Response(status=fault[0], headers={"Retry-After": fault[1]})
        if isinstance(fault, int):
            away = {"Location": "/elsewhere"} if 300 <= fault < 400 else {}
            return web.Response(status=fault, headers=away)
        if request.method != "POST":
            return web.Response(status=405)
        if request.content_type == "multipart/form-data":
            form = await request.post()
            self.got.append(orjson.loads(form["payload_json"]))
            self.pictures.append(form["files[0]"].file.read())
        else:
            self.got.append(orjson.loads(await request.read()))
        if isinstance(fault, bytes):
            return web.Response(body=fault)
        return web.Response(status=204)

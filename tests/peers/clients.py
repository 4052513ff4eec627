"""Real clients of Twitch, each a process that prints what it hears as lines of JSON."""

import asyncio
import json
import os
import shutil
import sys
from typing import Any, Self

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S

INSTALLED = ROOT / "build/peers"  # by `make peers`
HERE = ROOT / "tests/peers"
PACKAGES = {"tmi": "node_modules/tmi.js", "twurple": "node_modules/@twurple/chat"}
PACKAGES |= {"twitch_api": "python/twitchAPI"}


def needs(kind: str) -> None:
    """Skips where the client is not installed."""
    if kind != "twitch_api" and not shutil.which("node"):
        pytest.skip(f"{kind}: no node on this machine")
    if not (INSTALLED / PACKAGES[kind]).exists():
        pytest.skip(f"{kind} is not installed: make peers (tmi and twurple need npm)")


class Client:
    """A client of a kind that reads channels at an address. events: all it told so far."""

    def __init__(self, kind: str, url: str, *channels: str) -> None:
        needs(kind)
        self.kind, self.url, self.channels = kind, url, channels
        self.events: list[dict[str, Any]] = []
        self._taken = 0

    async def __aenter__(self) -> Self:
        given = {"PEER_URL": self.url, "PEER_CHANNELS": ",".join(self.channels)}
        paths = {"PYTHONPATH": str(INSTALLED / "python")}
        self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            cwd=INSTALLED,
            env=os.environ | paths | given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._reading
        await self._process.wait()

    def _command(self) -> list[str]:
        if self.kind == "twitch_api":
            return [sys.executable, str(HERE / "twitch_api.py")]
        # as text: its imports are then looked for where the packages are
        return ["node", "--input-type=module", "--eval", (HERE / f"{self.kind}.mjs").read_text()]

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                self.events.append({"event": "printed", "text": line.decode().rstrip()})

    def again(self) -> None:
        """What it told is asked for from the beginning."""
        self._taken = 0

    async def next(self, event: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next of its kind that was not asked for yet, without the name of the kind."""
        try:
            async with asyncio.timeout(within_s):
                while self._taken < len(self.events) or not self._reading.done():
                    while self._taken < len(self.events):
                        self._taken += 1
                        if (told := self.events[self._taken - 1])["event"] == event:
                            return {key: value for key, value in told.items() if key != "event"}
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        heard = "\n".join(map(str, self.events[-20:])) or "nothing"
        pytest.fail(f"{self.kind} never told of {event!r}; it told of:\n{heard}")

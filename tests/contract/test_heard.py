"""Troubles of reading live chat, from the source to the log, the pages and the commands."""

import asyncio
import logging
import re
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Self

import pytest

from pipeline.cli.channels import states
from pipeline.doctor import command
from pipeline.doctor.finding import PROBLEM, Finding
from pipeline.engine.engine import Engine
from pipeline.sources.channel_list import save_channels
from pipeline.sources.irc.source import Irc
from pipeline.sources.live.shared import Limits
from tests.contract.test_irc import FAST
from tests.helpers import commands
from tests.helpers.build import settings
from tests.helpers.pages import open_at, text_of
from tests.helpers.standins.irc import IrcServer
from warehouse.config import DataFolder
from warehouse.published.reading import Trouble, published_troubles
from warehouse.store.store import Store

LOOK = "look at the connection, a firewall or DLD_TWITCH_URL, it is tried again by itself"


class Daemon:
    """A source that is read into an engine in the background. wanted: may be changed."""

    def __init__(self, folder: DataFolder, store: Store, url: str, *channels: str, **more: Any):
        self.folder, self.wanted = folder, list(channels)
        save_channels(folder.channels, channels)
        self.engine = Engine(folder, settings(), "live", store)
        self.engine.know([])
        self.source = Irc(lambda: self.wanted, url, Limits(**FAST | more))

    async def __aenter__(self) -> Self:
        self.task = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.engine.finish()

    async def _read(self) -> None:
        async for batch in self.source.batches():
            self.engine.feed(batch)

    async def until(self, holds: Callable[[], bool], within_s: float = 15) -> None:
        """Wait until something is so."""
        end = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < end, self.troubles()
            assert not self.task.done(), self.task.result()
            await asyncio.sleep(0.05)

    def troubles(self) -> dict[str, Trouble]:
        return published_troubles(self.folder, time.time())

    def says(self, what: str, *words: str) -> bool:
        found = self.troubles().get(what)
        return found is not None and all(word in found.says for word in words)


def run(test: Awaitable[None]) -> None:
    asyncio.run(asyncio.wait_for(test, 40))


@pytest.fixture
def nowhere() -> str:
    """An address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"ws://127.0.0.1:{unused.getsockname()[1]}"


def spaced(text: str) -> str:
    return " ".join(re.sub(r"[│┃]", " ", text).split())


def page(patch: pytest.MonkeyPatch, folder: DataFolder, name: str) -> str:
    """All words of it."""
    drawn = open_at(patch, datetime.now(UTC), name, folder.root, {})
    assert not drawn.exception
    return text_of(drawn)


def doctor(patch: pytest.MonkeyPatch, folder: DataFolder) -> list[Finding]:
    """What it finds of reading, with a pipeline running."""
    patch.setenv("DLD_DATA", str(folder.root))
    patch.setattr(command, "is_running", lambda _: True)
    return [finding for finding in command.examine() if finding.check == "reading"]


def test_no_connection_at_all_is_said_everywhere_and_is_over_when_it_is(
    folder: DataFolder,
    store: Store,
    nowhere: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    async def story() -> None:
        async with Daemon(folder, store, nowhere, "demo") as daemon, IrcServer() as server:
            await daemon.until(lambda: daemon.says("", "Twitch is not reached", "refused"))
            await daemon.until(lambda: caplog.text.count("attempt") >= 5)
            since = f"{daemon.troubles()[''].since:%H:%M}"
            live, health = page(monkeypatch, folder, "live"), page(monkeypatch, folder, "health")
            for text in (live, health):
                assert f"since {since}" in text and "Twitch is not reached" in text
            assert "closes within a minute" not in live
            assert "Lag – nothing is read" in health
            assert f"Connection lost now since {since}" in health
            assert [(f.status, f.do) for f in doctor(monkeypatch, folder)] == [(PROBLEM, LOOK)]
            row = states(folder, time.time())[0]
            assert (row["state"], row["since"][11:16]) == ("not read", since)
            assert f"not read since {since}" in spaced(commands.run("channels", "list").out)
            next(iter(daemon.source.slots)).url = server.url
            await daemon.until(lambda: daemon.troubles() == {})

    caplog.set_level(logging.INFO)
    run(story())
    assert "Twitch is not reached" not in page(monkeypatch, folder, "live")
    assert caplog.text.count("Twitch is not reached") == 1

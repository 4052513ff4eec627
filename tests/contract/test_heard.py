"""Troubles of reading live chat, from the source to the log, the pages and the commands."""

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self

import pytest

from pipeline.cli.channels import states
from pipeline.doctor import command
from pipeline.doctor.finding import PROBLEM, WARNING, Finding
from pipeline.engine.engine import Engine
from pipeline.sources.channel_list import save_channels
from pipeline.sources.irc.source import Irc
from pipeline.sources.live.shared import Limits
from tests.contract.test_irc import FAST, Listening
from tests.helpers import commands
from tests.helpers.build import settings
from tests.helpers.pages import open_at, text_of
from tests.helpers.patience import eventually, play
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

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so."""

        def goes_on() -> bool:
            assert not self.task.done(), self.task.result()
            return holds()

        await eventually(goes_on, self.troubles)

    def troubles(self) -> dict[str, Trouble]:
        return published_troubles(self.folder, time.time())

    def says(self, what: str, *words: str) -> bool:
        found = self.troubles().get(what)
        return found is not None and all(word in found.says for word in words)


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
    play(story())
    assert "Twitch is not reached" not in page(monkeypatch, folder, "live")
    assert caplog.text.count("Twitch is not reached") == 1


@pytest.mark.parametrize(
    ("said", "hangs_up"),
    [
        ("Login unsuccessful", True),
        ("Login authentication failed", False),
        ("Improperly formatted auth", True),
        ("Invalid NICK", False),
    ],
)
def test_a_login_that_is_refused_is_said_and_tried_again(
    said: str, hangs_up: bool, folder: DataFolder, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with IrcServer() as server:
            server.no_login, server.hangs_up = said, hangs_up
            async with Daemon(folder, store, server.url, "demo", "other", backoff_s=0.2) as daemon:
                await daemon.until(lambda: server.connects >= 6)
                assert daemon.says("", "Twitch refuses our login", said)
                assert daemon.troubles().keys() == {""}  # no channel has "no answer"
                assert caplog.text.count(said) == 1 and "connection lost" not in caplog.text
                server.no_login = ""
                await daemon.until(lambda: daemon.troubles() == {})
                assert len({peer.nick for peer in server.all_peers}) > 1  # another name each time

    play(story())


@pytest.mark.parametrize("verb", ["NAK", ""])
def test_without_tags_nothing_is_read_and_that_is_said(
    verb: str, folder: DataFolder, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with IrcServer() as server:
            server.verb = verb
            limits = {"backoff_s": 0.2, "connect_timeout_s": 0.3}
            async with Daemon(folder, store, server.url, "demo", **limits) as daemon:
                await daemon.until(lambda: server.connects >= 4)
                assert daemon.says("", "Twitch does not grant", "tags")
                assert server.joins == []
                server.verb = "ACK"
                await daemon.until(lambda: daemon.troubles() == {})

    play(story())
    assert caplog.text.count("Twitch does not grant") == 1


REFUSALS = {
    "msg_channel_suspended": "suspended",
    "msg_banned": "banned",
    "tos_ban": "closed",
    "msg_room_not_found": "no such channel",
    "msg_requires_verified_phone_number": "verified phone number",
    "msg_verified_email": "verified e-mail",
    "msg_channel_blocked": "blocks us",
    "msg_of_a_kind_that_is_new": 'Twitch says "Not today, my friend??[31m"',
}


def test_each_refusal_of_a_join_is_said_in_its_own_words_and_the_others_go_on(
    folder: DataFolder,
    store: Store,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        async with IrcServer() as server:
            server.notices = {f"chan{k}": name for k, name in enumerate(REFUSALS)}
            server.notices["harmless"] = "followers_on"
            server.words["chan7"] = "Not today; my friend\a\x1b[31m"
            async with Daemon(folder, store, server.url, "demo", *server.notices) as daemon:
                await daemon.until(lambda: len(daemon.troubles()) == len(REFUSALS) + 1)
                found = {name: trouble.says for name, trouble in daemon.troubles().items()}
                assert "no answer from Twitch" in found.pop("harmless")
                for k, words in enumerate(REFUSALS.values()):
                    assert words in found[f"chan{k}"]
                listed = {row["channel"]: row for row in states(folder, time.time())}
                assert "banned" in listed["chan1"]["trouble"]
                assert listed["demo"]["state"] != "not read"
                live = page(monkeypatch, folder, "live")
                assert "chan1 not read since" in live and "banned" in live
                findings = doctor(monkeypatch, folder)
                assert {f.status for f in findings} == {WARNING}
                assert any("banned" in f.says for f in findings)
                daemon.wanted.remove("chan1")
                await daemon.until(lambda: "chan1" not in daemon.troubles())

    play(story())
    assert caplog.text.count("banned") == 1


def test_a_limit_of_joins_that_others_use_up_makes_no_channel_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        names = [f"chan{k:02}" for k in range(12)]
        async with IrcServer({*names}) as server:
            server.room_s = 0.5  # of 20 that are sent in 2 s, four are heard
            limits = {"joins_per_s": 2.0, "join_timeout_s": 1.0}
            async with Listening(server, *names, "typo", **limits) as chat:
                troubles = chat.source.shared.troubles
                await chat.until(lambda: server.joined() == {*names})
                await chat.until(lambda: "is there such a channel" in caplog.text)
                assert troubles.keys() == {"typo"}
                assert chat.source.shared.pace.most == 20  # in full again

    play(story())
    missing = [r for r in caplog.records if "is there such a channel" in r.getMessage()]
    assert {r.getMessage().split()[0] for r in missing} == {"channel=typo"}
    assert "limit of joins" in caplog.text


def test_channels_that_were_on_air_are_joined_first(folder: DataFolder, store: Store) -> None:
    async def story() -> None:
        names = [f"chan{k:02}" for k in range(24)]
        async with IrcServer() as server:
            on_air = ["chan20", "chan21", "chan05", "chan11", "left"]
            limits = {"channels": 10, "joins_per_s": 1.0, "joins": 8}
            daemon = Daemon(folder, store, server.url, *names, **limits)
            daemon.source.shared.first.update(on_air)
            async with daemon:
                await daemon.until(lambda: len(server.joins) == len(names))
            assert {channel for _, channel in server.joins[:4]} == set(on_air) - {"left"}

    play(story())


def test_a_connection_that_is_lost_for_long_is_said(folder: DataFolder, store: Store) -> None:
    async def story() -> None:
        async with IrcServer() as server, Daemon(folder, store, server.url, "demo") as daemon:
            await daemon.until(lambda: server.joined() == {"demo"})
            server.refuse = True
            server.peers[0].drop()
            await daemon.until(lambda: daemon.says("", "Twitch is not reached"))
            server.refuse = False
            await daemon.until(lambda: daemon.troubles() == {})

    play(story())

"""Every source of the registry keeps the contract of pipeline/chat/message.py.

Live ones are read from a stand-in of what they read, which has to be named in LIVE.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.sources.eventsub.tokens import Token, TokenFile
from pipeline.sources.opening import Opening
from pipeline.sources.registry import SOURCES, open_source
from tests.helpers.build import T, chat_rows, intake, parquet
from tests.helpers.patience import PATIENCE_S
from tests.helpers.standins.irc import IrcServer
from tests.helpers.standins.twitch import READER, TwitchServer
from warehouse.config import DataFolder
from warehouse.consent import OptOut

SECONDS = 2 * 3600  # of chat that is looked at
KINDS = {"simulated", "replay", "live"}
LIVE: dict[str, Any] = {"irc": IrcServer, "eventsub": TwitchServer}
WANTED = ("demo", "other")
MOVED = "replay, moved to now"
# a queue tells what another source told: tests/unit/pipeline/queue/test_equal.py
RUNS = (*(name for name, kind in SOURCES.items() if not kind.is_queue), MOVED)
PAST = [name for name in RUNS if name == MOVED or not SOURCES[name].is_live]


class Clock:
    """A wall clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = T

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


class Nothing:
    """What the last run left: nothing."""

    def meta(self, name: str) -> None:
        return None

    def write(self, tables: Mapping[str, Any], meta: Mapping[str, str]) -> None:
        return None


@dataclass
class Told:
    """What a source told. names: of its channels."""

    kind: str
    names: list[str]
    batches: list[Batch]

    @property
    def clocked(self) -> list[tuple[float, Batch]]:
        """Batches with the source's clock, from when it knows what time it is."""
        return [(batch.at, batch) for batch in self.batches if batch.at is not None]

    @property
    def items(self) -> list[Item]:
        return [item for batch in self.batches for item in batch.items]


def told(run: str, root: Path) -> Told:
    """All that a source tells, opened as `run` opens it: of two hours of chat at most."""
    name, clock = run.partition(",")[0], Clock()
    options: dict[str, Any] = {"clock": clock, "sleep": clock.sleep}
    if SOURCES[name].needs_file:
        rows = [*chat_rows(n=300, step=3), *chat_rows(stream="2", n=50)]
        rows += chat_rows("other", "x", n=200)
        options |= {"file": parquet(root / "chat.parquet", rows), "speed": 0}
    if run == MOVED:
        options |= {"speed": 5, "to_now": True}
    if SOURCES[name].is_live:
        options = {"channels": WANTED}
    opening = Opening(DataFolder(root), OptOut(), Nothing(), **options)
    return asyncio.run((live if SOURCES[name].is_live else played)(name, opening))


async def played(name: str, opening: Opening) -> Told:
    source = open_source(name, opening)
    batches: list[Batch] = []
    async for batch in source.batches():
        batches.append(batch)
        assert batch.at is not None and batches[0].at is not None
        if batch.at > batches[0].at + SECONDS:
            batches.pop()
            break
    return Told(source.kind, [info.channel for info in source.channels()], batches)


async def live(name: str, opening: Opening) -> Told:
    """Five messages in each of two channels, once it is watched."""
    scopes, until = ("user:read:chat",), time.time() + 9999
    token = Token("access-0", "refresh-0", READER, "reader", "client", scopes, until)
    TokenFile(opening.folder.root).save(token)
    async with LIVE[name]() as server, asyncio.timeout(PATIENCE_S):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DLD_TWITCH_URL", server.base)
            patch.setenv("DLD_TWITCH_CLIENT_ID", "client")
            source = open_source(name, opening)
        seen = Told(source.kind, [], [])
        async with aclosing(source.batches()) as batches:  # type: ignore[type-var]
            async for batch in batches:
                seen.batches.append(batch)
                for item in batch.items:
                    for k in range(5 if isinstance(item, Watch) else 0):
                        await server.say(item.channel, f"line {k}")
                if sum(isinstance(item, Message) for item in seen.items) == 10:
                    break
    seen.names = [info.channel for info in seen.items if isinstance(info, ChannelInfo)]
    return seen


@pytest.fixture(scope="module")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """What a run tells, made once."""
    return cache(lambda run: told(run, tmp_path_factory.mktemp("run")))


@pytest.fixture(params=RUNS)
def chat(request: pytest.FixtureRequest, tell: Callable[[str], Told]) -> Told:
    """Of every source."""
    return tell(request.param)


@pytest.fixture(params=PAST)
def past(request: pytest.FixtureRequest, tell: Callable[[str], Told]) -> Told:
    """Of those that are not live: they know of streams, and wait for nobody."""
    return tell(request.param)


def test_it_says_what_it_is_and_of_whom_it_speaks(chat: Told) -> None:
    assert chat.kind in KINDS
    assert chat.names
    assert len(set(chat.names)) == len(chat.names)
    assert all(re.fullmatch("[a-z0-9_]{1,25}", name) for name in chat.names)
    assert {item.channel for item in chat.items} <= set(chat.names)


def test_its_clock_never_goes_back_and_nothing_is_said_ahead_of_it(chat: Told) -> None:
    times = [at for at, _ in chat.clocked]
    assert times == sorted(times)
    assert all(item.at <= at for at, batch in chat.clocked for item in batch.items)
    assert max((b - a for a, b in pairwise(times[:-1])), default=0) <= 30
    early = [item for batch in chat.batches if batch.at is None for item in batch.items]
    assert all(isinstance(item, ChannelInfo) for item in early)


def test_what_it_says_comes_no_more_than_a_batch_late(past: Told) -> None:
    for (before, _), (_, batch) in pairwise(past.clocked):
        times = [i.at for i in batch.items if isinstance(i, Message | Happening)]
        assert all(at >= before for at in times)


def test_every_message_has_an_id_of_its_own(chat: Told) -> None:
    ids = [item.id for item in chat.items if isinstance(item, Message)]
    assert len(ids) > (9 if chat.kind == "live" else 100)
    assert len(set(ids)) == len(ids)
    assert "" not in ids


def test_streams_begin_before_they_end_and_have_names_of_their_own(past: Told) -> None:
    on: dict[str, str] = {}
    names: list[str] = []
    for item in past.items:
        if isinstance(item, StreamStart):
            assert item.channel not in on
            on[item.channel] = item.stream_id
            names.append(item.stream_id)
        elif isinstance(item, StreamEnd):
            assert on.pop(item.channel, None) is not None
        elif isinstance(item, Message):
            assert item.channel in on
    assert names
    assert len(set(names)) == len(names)


def test_it_hears_only_where_it_watches(chat: Told) -> None:
    since: dict[str, float] = {}
    for item in chat.items:
        if isinstance(item, Watch):
            since[item.channel] = item.at
        elif isinstance(item, Lost):
            since.pop(item.channel)
        elif isinstance(item, Heard):
            assert item.at >= since[item.channel]


@pytest.mark.parametrize("run", PAST)
def test_it_tells_the_same_twice(run: str, tell: Callable[[str], Told], tmp_path: Path) -> None:
    assert told(run, tmp_path) == tell(run)


def test_every_message_is_counted_in_one_window(chat: Told) -> None:
    target = intake()
    n = 0
    for batch in chat.batches:
        for item in batch.items:
            target.take(item)
        closed = target.close(batch.at) if batch.at is not None else []
        n += sum(c.window.n_messages + c.window.n_filtered for c in closed)
    n += sum(c.window.n_messages + c.window.n_filtered for c in target.drain())
    counts = target.counts
    assert n == counts.messages + counts.filtered
    assert (counts.late, counts.dropped, counts.duplicates) == (0, 0, 0)

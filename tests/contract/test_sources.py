"""Every source keeps the contract of pipeline/chat/message.py, and tells the same twice."""

import asyncio
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import (
    Batch,
    Happening,
    Heard,
    Lost,
    Message,
    Source,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from pipeline.sources.registry import SOURCES
from pipeline.sources.replay import Replay
from pipeline.sources.simulation.source import Simulate
from tests.helpers.build import T, chat_rows, intake, parquet

SECONDS = 2 * 3600  # of chat that is looked at
KINDS = {"simulated", "replay", "live"}


class Clock:
    """A wall clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = T

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


def simulate(folder: Path, clock: Clock) -> Source:
    return Simulate(now=T, past_days=SECONDS / 86400, clock=clock, sleep=clock.sleep)


def replay(folder: Path, clock: Clock, **more: Any) -> Source:
    table = [
        *chat_rows(n=300, step=3), *chat_rows(stream="2", n=50), *chat_rows("other", "x", n=200),
    ]  # fmt: skip
    path = parquet(folder / "chat.parquet", table)
    chat = ChatTable(path, folder / "scratch")
    placed = place(chat.streams())
    return Replay(chat, placed, clock=clock, sleep=clock.sleep, **more)


def shifted(folder: Path, clock: Clock) -> Source:
    return replay(folder, clock, speed=5, to_now=True)


MAKERS: dict[str, Callable[[Path, Clock], Source]] = {
    "simulate": simulate,
    "replay": replay,
    "replay, moved to now": shifted,
}


def told(source: Source) -> list[Batch]:
    """Its batches, of two hours of chat at most."""

    async def read() -> list[Batch]:
        found: list[Batch] = []
        async for batch in source.batches():
            if found and batch.at > found[0].at + SECONDS:
                break
            found.append(batch)
        return found

    return asyncio.run(read())


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Source]:
    return lambda: MAKERS[request.param](tmp_path, Clock())


def test_every_source_in_the_registry_is_tested_here() -> None:
    assert {name for name, kind in SOURCES.items() if not kind.is_live} <= set(MAKERS)


def test_it_says_what_it_is_and_of_whom_it_speaks(make: Callable[[], Source]) -> None:
    source = make()
    assert source.kind in KINDS
    names = [info.channel for info in source.channels()]
    assert names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9_]{1,25}", name) for name in names)
    assert {i.channel for b in told(source) for i in b.items} <= set(names)


def test_its_clock_never_goes_back_and_nothing_is_said_ahead_of_it(
    make: Callable[[], Source],
) -> None:
    batches = told(make())
    assert all(a.at <= b.at for a, b in pairwise(batches))
    assert all(item.at <= batch.at for batch in batches for item in batch.items)
    assert max(b.at - a.at for a, b in pairwise(batches[:-1])) <= 30


def test_what_it_says_comes_no_more_than_a_batch_late(make: Callable[[], Source]) -> None:
    for before, batch in pairwise(told(make())):
        said = [i.at for i in batch.items if isinstance(i, Message | Happening)]
        assert all(at >= before.at for at in said)


def test_every_message_has_an_id_of_its_own(make: Callable[[], Source]) -> None:
    ids = [i.id for b in told(make()) for i in b.items if isinstance(i, Message)]
    assert len(ids) > 100
    assert len(set(ids)) == len(ids)
    assert "" not in ids


def test_streams_begin_before_they_end_and_have_names_of_their_own(
    make: Callable[[], Source],
) -> None:
    on: dict[str, str] = {}
    names: list[str] = []
    for item in (i for b in told(make()) for i in b.items):
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


def test_it_hears_only_where_it_watches(make: Callable[[], Source]) -> None:
    since: dict[str, float] = {}
    for item in (i for b in told(make()) for i in b.items):
        if isinstance(item, Watch):
            since[item.channel] = item.at
        elif isinstance(item, Lost):
            since.pop(item.channel)
        elif isinstance(item, Heard):
            assert item.at >= since[item.channel]


def test_it_tells_the_same_twice(make: Callable[[], Source]) -> None:
    assert told(make()) == told(make())


def test_every_message_is_counted_in_one_window(make: Callable[[], Source]) -> None:
    target = intake()
    n = 0
    for batch in told(make()):
        for item in batch.items:
            target.take(item)
        n += sum(c.window.n_messages + c.window.n_filtered for c in target.close(batch.at))
    n += sum(c.window.n_messages + c.window.n_filtered for c in target.drain())
    counts = target.counts
    assert n == counts.messages + counts.filtered
    assert (counts.late, counts.dropped, counts.duplicates) == (0, 0, 0)

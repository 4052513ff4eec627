"""Replay: as it happened, faster, or as fast as it goes; then, or as if it were now."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import Batch, Message, StreamEnd, StreamStart
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from pipeline.sources.replay import Replay
from pipeline.sources.replay_start import began, ended, placement
from tests.helpers.build import T, chat_rows, intake, parquet
from warehouse.store.store import Store

DAY = 1_767_225_600.0  # 2026-01-01


class Clock:
    """A wall clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = T, 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def replay(folder: Path, clock: Clock, **more: Any) -> list[Batch]:
    rows = more.pop("rows", chat_rows(n=61, step=10))  # ten minutes and a message
    table = ChatTable(parquet(folder / "a.parquet", rows), folder / "scratch")
    source = Replay(table, place(table.streams()), clock=clock, sleep=clock.sleep, **more)

    async def read() -> list[Batch]:
        return [batch async for batch in source.batches()]

    found = asyncio.run(read())
    table.close()
    return found


def messages(batches: list[Batch]) -> list[Message]:
    return [i for b in batches for i in b.items if isinstance(i, Message)]


@pytest.mark.parametrize(("speed", "seconds"), [(0, 0), (1, 600), (10, 60), (100, 6)])
def test_it_takes_the_time_its_speed_says(tmp_path: Path, speed: float, seconds: float) -> None:
    clock = Clock()
    found = messages(replay(tmp_path, clock, speed=speed))
    assert [m.at for m in found] == [DAY + 10 * k for k in range(61)]
    assert clock.slept == pytest.approx(seconds, abs=max(1, seconds / 15))


def test_at_its_own_speed_a_batch_comes_every_second(tmp_path: Path) -> None:
    batches = replay(tmp_path, Clock(), speed=1)
    assert len(batches) == pytest.approx(602, abs=31)


def test_moved_to_now_at_full_speed_it_ends_now(tmp_path: Path) -> None:
    batches = replay(tmp_path, Clock(), speed=0, to_now=True)
    (end,) = [i for b in batches for i in b.items if isinstance(i, StreamEnd)]
    assert end.at == pytest.approx(T, abs=30)
    assert messages(batches)[-1].at <= T


def test_moved_to_now_at_its_own_speed_it_begins_now(tmp_path: Path) -> None:
    batches = replay(tmp_path, Clock(), speed=1, to_now=True)
    (start,) = [i for b in batches for i in b.items if isinstance(i, StreamStart)]
    assert start.at == pytest.approx(T, abs=30)
    assert start.stream_id.startswith("demo:1@20260101T1")  # another time, another stream


def test_the_time_between_streams_is_passed_over(tmp_path: Path) -> None:
    rows = [*chat_rows(n=10), *chat_rows(stream="2", date="2026-03-01", n=10)]
    clock = Clock()
    replay(tmp_path, clock, speed=1, rows=rows)
    assert clock.slept < 600


def test_streams_one_after_the_other_stay_two_when_they_are_moved(tmp_path: Path) -> None:
    rows = [*chat_rows(n=31, step=10), *chat_rows(stream="2", n=31, step=10)]  # of one day
    clock = Clock()
    clock.now += 17
    target = intake(grace_s=0)
    found = {}
    for batch in replay(tmp_path, clock, speed=0, to_now=True, rows=rows):
        for item in batch.items:
            target.take(item)
        for c in target.close(batch.at):
            name = str(c.window.stream_id).split("@")[0]
            found[name] = found.get(name, 0) + c.window.n_messages + c.window.n_filtered
    assert sum(found.values()) == 62
    assert set(found) == {"demo:1", "demo:2"}


@pytest.mark.parametrize("speed", [0, 1])
@pytest.mark.parametrize("grace_s", [0, 5, 60])
def test_the_last_windows_close_before_it_ends(
    tmp_path: Path, grace_s: float, speed: float
) -> None:
    target = intake(grace_s=grace_s)
    n = 0
    for batch in replay(tmp_path, Clock(), speed=speed):
        for item in batch.items:
            target.take(item)
        n += sum(c.window.n_messages + c.window.n_filtered for c in target.close(batch.at))
    assert n == 61


def test_a_run_done_again_is_put_where_it_was_and_catches_up(tmp_path: Path) -> None:
    first = messages(replay(tmp_path, Clock(), speed=1, to_now=True))
    clock = Clock()
    clock.now += 300  # killed, and started again five minutes after it began
    again = replay(tmp_path, clock, speed=1, to_now=True, began=T)
    assert messages(again) == first
    assert clock.slept == pytest.approx(300, abs=31)
    assert clock.now == pytest.approx(T + 600, abs=31)


def test_a_placement_is_kept_until_its_run_has_ended(tmp_path: Path, store: Store) -> None:
    file = parquet(tmp_path / "a.parquet", [*chat_rows(), *chat_rows(stream="2")])
    table = ChatTable(file, tmp_path / "scratch")
    both = placement(file, table.streams(), 1)
    one = placement(file, table.streams(streams=["2"]), 1)
    table.close()
    assert (began(store, both, T), began(store, both, T + 100)) == (T, T)
    assert began(store, one, T + 200) == T + 200  # another choice
    ended(store, both)
    assert began(store, both, T + 300) == T + 300
    assert began(store, one, T + 400) == T + 200
    parquet(file, chat_rows(n=3))
    assert placement(file, [], 1) != both


def test_a_replay_says_when_it_has_come_to_its_end(tmp_path: Path) -> None:
    table = ChatTable(parquet(tmp_path / "a.parquet", chat_rows()), tmp_path / "scratch")
    source = Replay(table, place(table.streams()))

    async def read() -> float:
        async for batch in source.batches():
            last = batch.at
        return last

    assert source.ends_at is None
    assert asyncio.run(read()) == source.ends_at
    table.close()

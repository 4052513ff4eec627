"""The daemon: it ends with its source, stops when told, and waits for space."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from pipeline.chat.message import Batch, ChannelInfo, Message, Source, StreamEnd, StreamStart
from pipeline.engine import daemon
from pipeline.engine import engine as engines
from pipeline.engine.commit import publish
from pipeline.engine.engine import Engine
from tests.helpers.build import settings, stored
from tests.helpers.patience import PATIENCE_S, STORY_S, eventually, play
from warehouse.config import DataFolder
from warehouse.errors import BadInput, StorageFull
from warehouse.published.compact import plan
from warehouse.records import utc, window_start
from warehouse.store.store import Store


class Told(Source):
    """A source that says what it is given; between batches it runs `then`."""

    kind = "live"

    def __init__(
        self, *batches: Batch, then: Callable[[int], Awaitable[None]] | None = None
    ) -> None:
        self.said, self.then = batches, then

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("demo")]

    async def batches(self) -> AsyncIterator[Batch]:
        for number, batch in enumerate(self.said):
            yield batch
            if self.then:
                await self.then(number)


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 600))


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    yield Engine(folder, settings(), "live", store)


@pytest.fixture
def turns(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """Batches that the engine has taken in, so far."""
    feed, taken = engine.feed, list[Batch]()

    def fed(batch: Batch) -> None:
        feed(batch)
        taken.append(batch)

    monkeypatch.setattr(engine, "feed", fed)
    return taken


async def for_ever() -> None:
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The daemon takes over SIGTERM and Ctrl-C; the test run wants them back."""
    before = [(n, signal.getsignal(n)) for n in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def stream(t0: float, n: int = 4) -> list[Batch]:
    first = (StreamStart("demo", t0, "s1"), Message("0", "demo", t0, "ann", "great"))
    more = [
        Batch(t0 + 30 * k + 31, (Message(f"{k}", "demo", t0 + 30 * k, "ann", "great"),))
        for k in range(1, n)
    ]
    return [Batch(t0 + 31, first), *more]


def counted(engine: Engine) -> int:
    return int(stored(engine.state.store, "SELECT coalesce(sum(n_messages), 0) FROM windows")[0][0])


def test_a_source_that_ends_ends_the_daemon_with_all_windows_kept(
    engine: Engine, t0: float
) -> None:
    end = Batch(t0 + 200, (StreamEnd("demo", t0 + 120),))
    asyncio.run(daemon.run(engine, Told(*stream(t0), end)))
    assert counted(engine) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_what_was_taken_in_is_kept(
    engine: Engine, turns: list[Batch], t0: float, number: int
) -> None:
    async def stop(batch: int) -> None:
        if batch == 2:
            await eventually(lambda: len(turns) == 3)
            os.kill(os.getpid(), number)
            await for_ever()

    play(daemon.run(engine, Told(*stream(t0, 9), then=stop)))
    assert counted(engine) == 2
    kept = [m.id for m in engine.state.buffer.since(0) if isinstance(m, Message)]
    assert kept == ["0", "1", "2"]


def test_a_source_that_fails_is_one_error_after_all_is_kept(
    engine: Engine, turns: list[Batch], t0: float
) -> None:
    async def fail(batch: int) -> None:
        if batch == 2:
            await eventually(lambda: len(turns) == 3)
            raise BadInput("the table turned out unreadable")

    with pytest.raises(BadInput, match="turned out unreadable"):
        asyncio.run(daemon.run(engine, Told(*stream(t0), then=fail)))
    assert counted(engine) == 2


def test_a_source_that_fails_while_a_turn_is_taken_waits_for_its_end(
    engine: Engine, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, inside, failed = engine.feed, list[str](), threading.Event()

    def slow(batch: Batch) -> None:
        inside.append("in")
        assert failed.wait(PATIENCE_S)
        time.sleep(0.3)
        feed(batch)
        inside.append("out")

    finish = engine.finish

    def finished() -> None:
        inside.append("finish")
        finish()

    monkeypatch.setattr(engine, "feed", slow)
    monkeypatch.setattr(engine, "finish", finished)

    async def fail(batch: int) -> None:
        await eventually(lambda: inside)
        failed.set()
        raise BadInput("the table turned out unreadable")

    with pytest.raises(BadInput):
        asyncio.run(daemon.run(engine, Told(*stream(t0), then=fail)))
    assert inside == ["in", "out", "finish"]


def test_a_full_disk_pauses_it_until_there_is_space(
    engine: Engine, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_RETRY_S", 0.05)
    write, failures = engine.state.store.write, iter(range(4))

    def full_at_first(*args: object, **kwargs: object) -> object:
        if next(failures, None) is not None:
            raise StorageFull("no space")
        return write(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.state.store, "write", full_at_first)
    end = Batch(t0 + 200, (StreamEnd("demo", t0 + 120),))
    asyncio.run(daemon.run(engine, Told(*stream(t0), end)))
    assert counted(engine) == 4


def test_it_stops_when_told_even_while_the_disk_is_full(
    engine: Engine, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_RETRY_S", 2 * STORY_S)
    tried = []

    def full(*args: object, **kwargs: object) -> None:
        tried.append(args)
        raise StorageFull("no space")

    monkeypatch.setattr(engine, "feed", full)

    async def stop(batch: int) -> None:
        await eventually(lambda: tried)
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)
        await for_ever()

    play(daemon.run(engine, Told(*stream(t0), then=stop)))


def test_files_of_past_hours_are_merged_beside_the_turns(
    engine: Engine, turns: list[Batch], t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_COMPACT_S", 0.02)
    old = window_start(t0 - 7200) // 3600 * 3600.0

    monkeypatch.setattr(engines, "_COMMIT_S", 0.0)

    async def wait(batch: int) -> None:
        """Until the turn has been taken, and all that can be merged at a time has been."""
        await eventually(lambda: len(turns) > batch)
        groups = len(plan(engine.state.publisher.manifest, utc(time.time())))
        await eventually(lambda: len(engine.state.merged) >= min(groups, daemon._MERGES))

    asyncio.run(daemon.run(engine, Told(*stream(old, 6), then=wait)))
    publish(engine.state)
    assert len(engine.state.publisher.manifest.tables["windows"]) <= 3
    assert plan(engine.state.publisher.manifest, utc(old)) == []
    assert counted(engine) == 5


def test_a_merge_that_cannot_be_done_now_stops_nothing(
    engine: Engine, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_COMPACT_S", 0.02)
    tried = []

    def full(*args: object) -> None:
        tried.append(args)
        raise StorageFull("no space")

    monkeypatch.setattr(daemon.compact, "merge", full)
    monkeypatch.setattr(daemon.compact, "plan", lambda *args: [("windows", [])])

    async def wait(batch: int) -> None:
        await eventually(lambda: len(tried) > batch)

    asyncio.run(daemon.run(engine, Told(*stream(t0), then=wait)))
    assert counted(engine) == 3

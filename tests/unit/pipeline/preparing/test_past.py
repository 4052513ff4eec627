"""The past made in one go is the past that would have been chatted live."""

import asyncio
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import Message
from pipeline.config import PipelineSettings
from pipeline.engine.engine import Engine
from pipeline.preparing import gathering
from pipeline.preparing import past as preparing
from pipeline.preparing.past import make_past
from pipeline.sources.simulation.source import Simulate
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.errors import ProcessKilled, StorageFull
from warehouse.published.progress import Progress
from warehouse.store.store import Store

HOURS = 1.1  # so that it reaches into two hours of the clock
SETTINGS = PipelineSettings(_env_file=None)
Rows = list[dict[str, Any]]


class Clock:
    """A clock that goes on when somebody sleeps."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def until() -> float:
    return time.time() // 1 - 5


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, until: float) -> Iterator[Engine]:
    """An engine on a past that was made in one go."""
    folder = DataFolder(tmp_path_factory.mktemp("made"))
    with Store(folder.warehouse) as store:
        source = source_to(until)
        past = make_past(folder, SETTINGS, store, OptOut(), source)
        assert source.start == until
        engine = Engine(folder, SETTINGS, "simulated", store)
        past.adopt(engine.state)
        yield engine


@pytest.fixture(scope="module")
def chatted(tmp_path_factory: pytest.TempPathFactory, until: float) -> Iterator[Engine]:
    """An engine that was told the same second by second."""
    folder = DataFolder(tmp_path_factory.mktemp("chatted"))
    (folder.root / "salt").write_bytes(bytes(range(16)))
    clock = Clock(until - HOURS * 3600)
    source = Simulate(past_days=0, clock=clock, sleep=clock.sleep)

    async def tell(engine: Engine) -> None:
        async for batch in source.batches():
            if batch.at is not None and batch.at > until:
                return
            engine.feed(batch)

    with Store(folder.warehouse) as store:
        engine = Engine(folder, SETTINGS, "simulated", store)
        engine.know(source.channels())
        asyncio.run(tell(engine))
        engine.finish()
        yield engine


def source_to(until: float) -> Simulate:
    return Simulate(now=until, past_days=HOURS / 24, clock=lambda: until)


def rows(engine: Engine, table: str) -> Rows:
    found = engine.state.store.table(table).to_pylist()
    return sorted(found, key=lambda row: [str(row[name]) for name in row if name in _KEYS])


_KEYS = ("channel", "start", "term", "cutoff", "event_id", "stream_id")


@pytest.mark.parametrize("table", ["windows", "window_terms", "streams", "events", "channels"])
def test_tables_are_the_same_as_if_it_had_been_chatted_live(
    made: Engine, chatted: Engine, table: str
) -> None:
    assert len(rows(chatted, table)) >= 2
    assert rows(made, table) == rows(chatted, table)


def test_forecasts_are_the_same_as_if_it_had_been_chatted_live(
    made: Engine, chatted: Engine
) -> None:
    ours, theirs = rows(made, "forecasts"), rows(chatted, "forecasts")
    assert [row["cutoff"] for row in ours] == [row["cutoff"] for row in theirs]
    assert [row["five_q50"] for row in ours] == pytest.approx(
        [r["five_q50"] for r in theirs], abs=2e-4
    )


def test_what_is_known_of_the_past_is_known_to_the_engine(made: Engine, chatted: Engine) -> None:
    ours, theirs = made.state.intake, chatted.state.intake
    assert ours.counts == theirs.counts and ours.counts.messages > 100
    assert {name: r.share for name, r in ours.readable.items()} == {
        name: r.share for name, r in theirs.readable.items()
    }
    said = [engine.state.vocabulary.said()[0] for engine in (made, chatted)]
    assert said[0] == said[1] > 0


def test_lines_of_the_past_are_published_and_in_the_buffer(made: Engine) -> None:
    state = made.state
    files = [file for file in state.publisher.manifest.tables["samples"] if file.rows]
    assert sum(file.rows for file in files) > 10
    assert all(file.min[:13] == file.max[:13] for file in files)  # text leaves by the hour
    messages = [item for item in state.buffer.since(0) if isinstance(item, Message)]
    assert len({message.id for message in messages}) == len(messages) > 100


def test_a_start_that_was_killed_leaves_nothing_twice(
    tmp_path: Path, until: float, made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path)

    def killed(*_: object) -> Any:
        raise StorageFull("no space left")

    with Store(folder.warehouse) as store:
        with monkeypatch.context() as broken:
            broken.setattr(gathering, "_rows", killed)  # the buffer is there, and no row
            with pytest.raises(StorageFull):
                make_past(folder, SETTINGS, store, OptOut(), source_to(until))
        assert not store.table("windows").num_rows and any(folder.buffer.glob("*.jsonl"))
        past = make_past(folder, SETTINGS, store, OptOut(), source_to(until))
        engine = Engine(folder, SETTINGS, "simulated", store)
        past.adopt(engine.state)
        assert rows(engine, "windows") == rows(made, "windows")
        kept = [item.id for item in engine.state.buffer.since(0) if isinstance(item, Message)]
        assert (
            len(set(kept))
            == len(kept)
            == engine.state.intake.counts.messages + (engine.state.intake.counts.filtered)
        )
    assert not (folder.scratch / "past").exists()


def test_it_is_told_how_far_it_is(tmp_path: Path, until: float) -> None:
    folder, shares = DataFolder(tmp_path), list[float]()

    class Told(Progress):
        def tell(self, folder: DataFolder) -> None:
            super().tell(folder)
            found = Progress.read(folder)
            assert found is not None and found.what == "past"
            shares.append(found.share)

    with Store(folder.warehouse) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "Progress", Told)
        patch.setattr(preparing, "_LOOK_S", 0.001)
        make_past(folder, SETTINGS, store, OptOut(), source_to(until))
    assert shares == sorted(shares) and shares[0] == 0 and 0.8 < shares[-1] < 1
    assert len({round(share, 1) for share in shares}) >= 4


def test_a_process_that_is_killed_ends_the_start_with_what_to_do(
    tmp_path: Path, until: float
) -> None:
    folder = DataFolder(tmp_path)

    class Killer(Progress):
        def tell(self, folder: DataFolder) -> None:
            for child in active_children()[:1]:
                child.kill()

    with Store(folder.warehouse) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "Progress", Killer)
        with pytest.raises(ProcessKilled, match="free some and start again"):
            make_past(folder, SETTINGS, store, OptOut(), source_to(until))
        assert not store.table("windows").num_rows
    assert not active_children() and not (folder.scratch / "past").exists()

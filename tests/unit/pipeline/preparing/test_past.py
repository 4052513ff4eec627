"""The past made in one go is the past that would have been chatted live."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.config import PipelineSettings
from pipeline.engine.engine import Engine
from pipeline.preparing.past import make_past
from pipeline.sources.simulation.source import Simulate
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.store.store import Store

HOURS = 0.75
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
        source = Simulate(now=until, past_days=HOURS / 24, clock=lambda: until)
        past = make_past(folder, SETTINGS, store, OptOut(), source, processes=2)
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
        engine.commit()
        engine.state.buffer.close()
        yield engine


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

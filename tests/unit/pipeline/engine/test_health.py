"""What the daemon tells of itself: small, bounded, and true."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import orjson
import pytest

from pipeline.chat.message import Batch, Message, StreamStart
from pipeline.engine import health
from pipeline.engine.commit import publish
from pipeline.engine.engine import Engine
from pipeline.engine.health import EVERY_S, write_health
from pipeline.requests import upkeep
from pipeline.windows.buffer import Buffer
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.store.store import Store
from warehouse.version import VERSION


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    engine = Engine(folder, settings(retention_h=12), "live", store)
    yield engine
    engine.finish()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The wall clock of health alone, to be set."""
    now = [1_800_000_300.0]

    class Time:
        time = staticmethod(lambda: now[0])

    monkeypatch.setattr(health, "time", Time)
    return now


def told(store: Store) -> dict[str, tuple[float, Any]]:
    found = stored(store, 'SELECT name, value, detail FROM health ORDER BY "at"')
    return {name: (value, detail and orjson.loads(detail)) for name, value, detail in found}


def test_a_row_a_name_in_ten_minutes_however_often_it_is_told(
    engine: Engine, store: Store, clock: list[float]
) -> None:
    for later in (0, 60, 299, 300):
        clock[0] = 1_800_000_300.0 + later
        write_health(engine.state)
    found = stored(store, "SELECT \"at\", value FROM health WHERE name = 'told_at' ORDER BY 1")
    assert found == [
        (datetime(2027, 1, 15, 8), 1_800_000_599.0),
        (datetime(2027, 1, 15, 8, 10), 1_800_000_600.0),
    ]
    assert EVERY_S == 600


def test_what_is_older_than_a_week_goes_out_of_published_too(
    engine: Engine, folder: DataFolder, store: Store, clock: list[float]
) -> None:
    for day in range(12):
        clock[0] = 1_800_000_300.0 + 86400 * day
        write_health(engine.state)
        publish(engine.state)
    days = 'SELECT count(DISTINCT "at"), min("at") FROM health'
    assert stored(store, days) == [(8, datetime(2027, 1, 19, 8))]
    assert rows(folder, days) == [(8, datetime(2027, 1, 19, 8))]


def test_storage_is_what_lies_on_disk(engine: Engine, folder: DataFolder, store: Store) -> None:
    t0 = time.time() - 90
    said = Message("1", "demo", t0 + 1, "ann", "great")
    engine.feed(Batch(t0 + 80, (StreamStart("demo", t0, "s1"), said)))
    write_health(engine.state)
    value, parts = told(store)["storage"]
    files = engine.state.publisher.manifest.tables["windows"]
    size = sum((folder.published / file.path).stat().st_size for file in files)
    assert parts["tables"]["windows"] == [sum(f.rows for f in files), size]
    assert parts["buffer"] == sum(p.stat().st_size for p in folder.buffer.rglob("*") if p.is_file())
    published = sum(size for _, size in parts["tables"].values())
    assert value == parts["warehouse"] + parts["buffer"] + published
    text, in_parts = told(store)["text"]
    assert text == in_parts["buffer"] + in_parts["samples"] > 0


def test_versions_and_retention_are_told(engine: Engine, store: Store) -> None:
    write_health(engine.state)
    found = told(store)
    _, versions = found["versions"]
    assert versions["DuckDB"] == duckdb.__version__
    assert versions["DLD"] == VERSION
    assert versions["lexicon"].startswith("vader")
    assert found["retention_h"] == (12.0, None)


def test_files_that_have_just_gone_count_nothing(engine: Engine, folder: DataFolder) -> None:
    assert upkeep._bytes([folder.root / "gone"]) == 0
    assert Buffer(folder.root / "empty", 3600).size() == 0

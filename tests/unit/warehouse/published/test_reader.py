"""Reading what is published: one manifest at a time, with no lock and by many at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pyarrow.parquet as pq
import pytest

from tests.helpers.browser.rows import forecast, score
from tests.helpers.build import T, put, sample_row, samples, window_row
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.manifest import read_manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader, by_age
from warehouse.records import Forecast, utc
from warehouse.store.store import Store

NAMES = [f.name for f in fields(Forecast)]
FIVE = {f.name for f in fields(Forecast) if f.default is None} | {"volume_hits80"}
EMOTES = {"basis", "n_laughs", "laughs_of", "n_capitals"}


def test_nothing_published_is_said_so(folder: DataFolder) -> None:
    with pytest.raises(NothingPublished):
        Reader(folder).query("vocabulary_current")


def test_a_named_query_gives_its_rows(folder: DataFolder, store: Store) -> None:
    row = {"term": "LUL", "channel": "", "kind": "emote", "n": 9, "n_channels": 1,
           "status": "proposed"}  # fmt: skip
    put(store, vocabulary=[row, {**row, "term": "no", "status": "rejected"}])
    Publisher(folder, store, "live").publish()
    found = Reader(folder).query("vocabulary_current").to_pylist()
    assert [(r["term"], r["n"], r["status"]) for r in found] == [("LUL", 9, "proposed")]


def test_a_reader_sees_the_next_manifest_by_itself(folder: DataFolder, store: Store) -> None:
    publisher, reader = Publisher(folder, store, "live"), Reader(folder)
    publisher.publish()
    for n in range(1, 4):
        put(store, windows=[window_row(30 * n)])
        publisher.publish()
        assert reader.run("SELECT count(*) AS n FROM windows").to_pylist() == [{"n": n}]


def test_many_threads_share_one_reader_while_it_is_published(
    folder: DataFolder, store: Store
) -> None:
    publisher, reader = Publisher(folder, store, "live"), Reader(folder)
    publisher.publish()

    def read(_: int) -> int:
        found = reader.run("SELECT count(*) AS n, count(DISTINCT start) AS keys FROM windows")
        (row,) = found.to_pylist()
        assert row["n"] == row["keys"]
        return int(row["n"])

    with ThreadPoolExecutor(4) as pool:
        reads = pool.map(read, range(60))
        for k in range(12):
            put(store, windows=[window_row(30 * (k // 2), mean=k / 100)])
            publisher.publish(samples(sample_row(30 * k)))
        assert max(reads) <= 6


def test_a_file_that_left_while_a_query_was_planned_is_looked_for_in_the_next_manifest(
    folder: DataFolder, store: Store
) -> None:
    publisher, reader = Publisher(folder, store, "live"), Reader(folder)
    publisher.publish(samples(sample_row(0, text="old")))
    query = "SELECT text FROM samples"
    assert reader.run(query).to_pylist() == [{"text": "old"}]
    manifest = reader.manifest
    stale = [manifest()]
    publisher.publish(samples(sample_row(7200, text="new")), "2026-01-01T12:00:01Z")
    reader.manifest = lambda: stale.pop() if stale else manifest()  # type: ignore[method-assign]
    assert reader.run(query).to_pylist() == [{"text": "new"}]


def test_a_manifest_is_read_again_only_when_it_was_replaced(
    folder: DataFolder, store: Store
) -> None:
    publisher, reader = Publisher(folder, store, "live"), Reader(folder)
    first = publisher.publish().version
    assert reader.manifest().version == first
    assert reader.manifest() is reader.manifest()
    put(store, windows=[window_row(0)])
    second = publisher.publish().version
    assert reader.manifest().version == second > first


def test_files_of_every_age_are_read_and_each_row_once(folder: DataFolder, store: Store) -> None:
    publisher, reader = Publisher(folder, store, "live"), Reader(folder)
    day = 86400
    for start in (0, 30 * day, 45 * day, 46 * day - 30, 46 * day, 46 * day + 60):
        put(store, windows=[window_row(start)])
        publisher.publish()
    assert "UNION ALL" in by_age(folder.published, reader.manifest().tables["windows"], "start")
    counted = "SELECT count(*) AS n, count(DISTINCT start) AS keys FROM windows"
    assert reader.run(counted).to_pylist() == [{"n": 6, "keys": 6}]


def test_a_table_that_came_later_is_empty_in_what_an_earlier_version_published(
    folder: DataFolder, store: Store
) -> None:
    Publisher(folder, store, "live").publish()
    found = read_manifest(folder.manifest)
    older = {name: files for name, files in found.tables.items() if name != "clips"}
    today = Reader(folder).run("FROM clips")
    write_manifest(folder.manifest, replace(found, tables=older, version=found.version + 1))
    assert Reader(folder).run("FROM clips").schema.equals(today.schema)


def as_of_before(folder: DataFolder, later: set[str]) -> None:
    """What is published loses columns that came later."""
    for path in folder.published.rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        pq.write_table(rows.drop_columns([*later & {*rows.column_names}]), path)


def test_what_an_earlier_version_published_is_read_as_chat_by_words(
    folder: DataFolder, store: Store
) -> None:
    put(store, windows=[window_row(30 * n) for n in (0, 1, 200)])
    Publisher(folder, store, "live").publish()
    as_of_before(folder, EMOTES | FIVE)
    reader = Reader(folder)
    assert reader.query("sources").num_rows == 0  # none is of a channel: it answers
    for table, n in (("windows", 3), ("window_hours", 2), ("forecasts", 0), ("term_days", 0)):
        found = reader.run(f"SELECT count(*) AS n, max(basis) AS basis FROM {table}").to_pylist()
        assert found == [{"n": n, "basis": "words" if n else None}]
    (laughs,) = reader.run("SELECT max(n_laughs) AS n FROM windows").to_pylist()
    assert laughs == {"n": None}


@pytest.mark.parametrize("before", [FIVE, FIVE | EMOTES], ids=["five minutes", "emote moods"])
def test_forecasts_that_an_earlier_version_published_say_nothing_of_the_five_minutes(
    folder: DataFolder, store: Store, before: set[str]
) -> None:
    made = {**forecast("demo", utc(T), "lstm-1", 0.1), **dict.fromkeys(FIVE & {*NAMES}, 0.5)}
    put(store, forecasts=[made], forecast_scores=[score("demo", utc(T).date(), "lstm-1", 1, 2.0)])
    Publisher(folder, store, "live").publish()
    said = "SELECT five_q50, chance_drop, basis FROM forecasts"
    (today,) = Reader(folder).run(said).to_pylist()
    assert today == {"five_q50": 0.5, "chance_drop": 0.5, "basis": "words"}
    as_of_before(folder, before)
    reader = Reader(folder)
    (found,) = reader.run(said).to_pylist()
    assert found == {"five_q50": None, "chance_drop": None, "basis": "words"}
    (whole,) = reader.run("FROM forecasts").to_pylist()
    assert whole.keys() == {*NAMES, "rev"} and whole["q50"] == [0.1] * 10
    assert reader.run("SELECT volume_hits80 AS n FROM forecast_scores").to_pylist() == [{"n": None}]


def test_capitals_are_unknown_in_windows_that_an_earlier_version_published(
    folder: DataFolder, store: Store
) -> None:
    put(store, windows=[window_row(0, n_capitals=2)])
    Publisher(folder, store, "live").publish()
    asked = "SELECT n_capitals FROM windows"
    assert Reader(folder).run(asked).to_pylist() == [{"n_capitals": 2}]
    as_of_before(folder, {"n_capitals"})
    assert Reader(folder).run(asked).to_pylist() == [{"n_capitals": None}]

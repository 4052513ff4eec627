"""Reading what is published: one manifest at a time, with no lock and by many at once."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
import pytest

from tests.helpers.build import put, sample_row, samples, window_row
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader, by_age
from warehouse.store.store import Store


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


def _as_of_before(folder: DataFolder) -> None:
    """What is published loses the columns that came with emote moods."""
    later = {"basis", "n_laughs", "laughs_of"}
    for path in folder.published.rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        pq.write_table(rows.drop_columns([*later & {*rows.column_names}]), path)


def test_what_an_earlier_version_published_is_read_as_chat_by_words(
    folder: DataFolder, store: Store
) -> None:
    put(store, windows=[window_row(30 * n) for n in (0, 1, 200)])
    Publisher(folder, store, "live").publish()
    _as_of_before(folder)
    reader = Reader(folder)
    assert reader.query("sources").num_rows == 0  # none is of a channel: it answers
    for table, n in (("windows", 3), ("window_hours", 2), ("forecasts", 0), ("term_days", 0)):
        found = reader.run(f"SELECT count(*) AS n, max(basis) AS basis FROM {table}").to_pylist()
        assert found == [{"n": n, "basis": "words" if n else None}]
    (laughs,) = reader.run("SELECT max(n_laughs) AS n FROM windows").to_pylist()
    assert laughs == {"n": None}

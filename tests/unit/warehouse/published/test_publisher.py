"""Publishing: what is in the manifest is what is in the warehouse, once, whatever happened."""

import errno
import time
from pathlib import Path

import orjson
import pytest

from tests.helpers.build import (
    T,
    put,
    republish,
    rows,
    sample_row,
    samples,
    stored,
    stream_row,
    term_row,
    window_row,
)
from warehouse.config import DataFolder
from warehouse.erase import erase_channel
from warehouse.errors import StorageFull
from warehouse.published import files as published_files
from warehouse.published import publisher as publishing
from warehouse.published.compact import merge, plan
from warehouse.published.files import _slices
from warehouse.published.manifest import PublishedFile, read_manifest
from warehouse.published.publisher import LINGER_S, Publisher
from warehouse.published.reader import Reader
from warehouse.records import iso, utc
from warehouse.store.store import Store
from warehouse.tables import TABLES

WINDOWS = "SELECT epoch(start) - 1767268800, mean_compound FROM windows ORDER BY start"


@pytest.fixture
def publisher(folder: DataFolder, store: Store) -> Publisher:
    return Publisher(folder, store, "live")


def files(publisher: Publisher, table: str = "windows") -> tuple[PublishedFile, ...]:
    return tuple(file for file in publisher.manifest.tables[table] if file.rows)


def test_an_empty_warehouse_publishes_every_table_as_one_empty_file(
    folder: DataFolder, publisher: Publisher
) -> None:
    publisher.publish()
    manifest = read_manifest(folder.manifest)
    assert set(manifest.tables) == set(TABLES)
    assert all([f.rows for f in found] == [0] for found in manifest.tables.values())
    assert rows(folder, "SELECT count(*) FROM samples") == [(0,)]


def test_the_manifest_says_what_the_contract_says(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(30), window_row(0)])
    publisher.publish()
    raw = orjson.loads(folder.manifest.read_bytes())
    assert (raw["v"], raw["source"], raw["published_at"][-1]) == (1, "live", "Z")
    (file,) = raw["tables"]["windows"]
    assert (file["rows"], file["min"], file["max"]) == (
        2, "2026-01-01T12:00:00Z", "2026-01-01T12:00:30Z",
    )  # fmt: skip
    assert (folder.published / file["path"]).is_file()


def test_a_cycle_adds_one_file_of_the_new_rows(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0, mean=0.1)])
    publisher.publish()
    first = files(publisher)
    put(store, windows=[window_row(30, mean=0.2), window_row(60, mean=0.3)])
    publisher.publish()
    assert files(publisher)[:1] == first
    assert [f.rows for f in files(publisher)] == [1, 2]
    assert rows(folder, WINDOWS) == [(0, 0.1), (30, 0.2), (60, 0.3)]


def test_nothing_new_leaves_the_manifest_alone(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0)])
    publisher.publish()
    before = folder.manifest.read_bytes()
    publisher.publish()
    assert folder.manifest.read_bytes() == before


def test_a_replaced_row_is_in_the_manifest_once(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0, mean=0.1), window_row(30, mean=0.2)])
    put(store, window_terms=[term_row(0, "good"), term_row(0, "bad")])
    publisher.publish()
    put(store, windows=[window_row(0, mean=0.9)], window_terms=[term_row(0, "fine")])
    publisher.publish()
    assert rows(folder, WINDOWS) == [(0, 0.9), (30, 0.2)]
    assert rows(folder, "SELECT term FROM window_terms") == [("fine",)]


def test_an_event_told_again_at_another_time_changes_no_file(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for at in (0, 40 * 86400, -40 * 86400):
        event = {"event_id": "e1", "channel": "demo", "at": utc(T + at), "kind": "raid"}
        put(store, events=[event])
        publisher.publish()
    assert [file.rows for file in files(publisher, "events")] == [1]
    assert rows(folder, 'SELECT epoch("at") FROM events') == [(T,)]


def test_a_small_table_is_one_file_made_anew_when_it_changes(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, streams=[stream_row(0, None)])
    publisher.publish()
    put(store, streams=[stream_row(0, 600), stream_row(900, None, "demo:2")])
    publisher.publish()
    assert len(files(publisher, "streams")) == 1
    found = rows(folder, "SELECT stream_id, ended_at IS NULL FROM streams ORDER BY 1")
    assert found == [("demo:1", False), ("demo:2", True)]


def test_a_file_never_spans_months(store: Store, publisher: Publisher) -> None:
    day = 86400
    put(store, windows=[window_row(day * k) for k in range(40)])
    publisher.publish()
    assert [(f.min[:7], f.max[:7], f.rows) for f in files(publisher)] == [
        ("2026-01", "2026-01", 31),
        ("2026-02", "2026-02", 9),
    ]


def test_a_stale_month_is_made_anew_from_the_warehouse(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0, mean=0.1), window_row(40 * 86400, mean=0.4)])
    publisher.publish()
    later = files(publisher)[1]
    store.cursor().execute("DELETE FROM windows WHERE month(start) = 1")
    put(store, windows=[window_row(60, mean=0.6)])
    store.touched("windows", months=["2026-01"])
    publisher.publish()
    assert later in files(publisher)
    assert rows(folder, WINDOWS) == [(60, 0.6), (40 * 86400, 0.4)]


def test_a_stale_month_that_is_empty_now_leaves_an_empty_table(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0)])
    publisher.publish()
    store.cursor().execute("DELETE FROM windows")
    store.touched("windows", months=["2026-01"])
    store.write({})
    publisher.publish()
    assert rows(folder, WINDOWS) == []


# -- compaction beside publishing ----------------------------------------------------------


def test_merging_keeps_every_row_once_and_sorts_it(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for k in (3, 1, 2, 0):
        put(store, windows=[window_row(30 * k, mean=k / 10)])
        publisher.publish()
    before = rows(folder, WINDOWS)
    ((table, group),) = plan(publisher.manifest, utc(T + 3900))
    merged = merge(folder, table, group)
    assert publisher.swap_merged(table, {f.path for f in group}, merged)
    assert files(publisher) == (merged,)
    assert (merged.rows, merged.min, merged.max) == (4, iso(utc(T)), iso(utc(T + 90)))
    assert rows(folder, WINDOWS) == before == [(0, 0.0), (30, 0.1), (60, 0.2), (90, 0.3)]


def test_files_too_long_to_sort_at_once_are_sorted_in_slices(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_files, "SLICED_ROWS", 3)
    for k in (3, 1, 2, 0):
        put(store, windows=[window_row(30 * k, channel=c) for c in ("b", "a", "c")])
    publisher = Publisher(folder, store, "live")
    publisher.publish()
    expected = [(c, 30.0 * k) for c in "abc" for k in range(4)]
    every = "SELECT channel, epoch(start) - 1767268800 FROM windows"
    assert rows(folder, every) == expected
    (whole,) = files(publisher)
    put(store, windows=[window_row(120, channel="b")])
    publisher.publish()
    merged = merge(folder, "windows", list(files(publisher)))
    assert publisher.swap_merged("windows", {f.path for f in files(publisher)}, merged)
    assert (merged.rows, merged.min, merged.max) == (13, whole.min, iso(utc(T + 120)))
    assert rows(folder, every) == sorted([*expected, ("b", 120.0)])


def test_a_long_month_made_anew_is_a_file_a_day(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_files, "SLICED_ROWS", 3)
    put(store, windows=[window_row(43200 * k, mean=k / 10) for k in (0, 1, 2, 3)])
    publisher = Publisher(folder, store, "live")
    publisher.publish()
    assert [(f.min[:13], f.max[:13], f.rows) for f in files(publisher)] == [
        ("2026-01-01T12", "2026-01-01T12", 1),
        ("2026-01-02T00", "2026-01-02T12", 2),
        ("2026-01-03T00", "2026-01-03T00", 1),
    ]
    assert rows(folder, WINDOWS) == [(43200 * k, k / 10) for k in (0, 1, 2, 3)]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(9, [("a", "d")]), (4, [("a", "b"), ("c", "c"), ("d", "d")]), (1, [(c, c) for c in "abcd"])],
)
def test_slices_are_neighbours_with_few_enough_rows_or_one_value(
    most: int, expected: list[tuple[str, str]]
) -> None:
    assert list(_slices([("a", 2), ("b", 2), ("c", 4), ("d", 1)], most)) == expected


def test_rows_committed_before_a_merged_file_is_put_in_are_published_too(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for k in range(2):
        put(store, windows=[window_row(30 * k, mean=0.1)])
        publisher.publish()
    ((table, group),) = plan(publisher.manifest, utc(T + 3900))
    merged = merge(folder, table, group)
    put(store, windows=[window_row(60, mean=0.6)])
    publisher.swap_merged(table, {f.path for f in group}, merged)
    publisher.publish()
    assert rows(folder, WINDOWS) == [(0, 0.1), (30, 0.1), (60, 0.6)]


def test_a_merge_of_a_file_that_was_rewritten_meanwhile_is_thrown_away(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for k in range(2):
        put(store, windows=[window_row(30 * k, mean=0.1)])
        publisher.publish()
    ((table, group),) = plan(publisher.manifest, utc(T + 3900))
    merged = merge(folder, table, group)
    put(store, windows=[window_row(0, mean=0.9)])
    publisher.publish()
    assert not publisher.swap_merged(table, {f.path for f in group}, merged)
    assert not (folder.published / merged.path).exists()
    assert rows(folder, WINDOWS) == [(0, 0.9), (30, 0.1)]


def test_a_reader_in_mid_query_survives_a_swap_for_ten_minutes(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(30 * k, mean=0.1) for k in range(5000)])
    publisher.publish()
    reader = Reader(folder)
    cursor, _ = reader._cursor()
    stream = cursor.sql("SELECT mean_compound FROM windows").to_arrow_reader(100)
    first = stream.read_next_batch().num_rows
    old = {folder.published / f.path for f in files(publisher)}
    put(store, windows=[window_row(0, mean=0.9)])
    publisher.publish()
    publisher.collect_garbage(time.time() + LINGER_S - 5)
    assert first + sum(batch.num_rows for batch in stream) == 5000
    assert rows(folder, "SELECT max(mean_compound) FROM windows") == [(0.9,)]
    publisher.collect_garbage(time.time() + LINGER_S + 5)
    assert not any(path.exists() for path in old)


# -- samples: text that has to go ------------------------------------------------------------


def test_samples_go_at_once_when_their_time_is_over(
    folder: DataFolder, publisher: Publisher
) -> None:
    publisher.publish(samples(sample_row(0, text="old words")))
    publisher.publish(samples(sample_row(3600, text="new words")))
    old, new = (folder.published / f.path for f in files(publisher, "samples"))
    publisher.publish(drop_samples_before=iso(utc(T + 1)))
    assert rows(folder, "SELECT text FROM samples") == [("new words",)]
    assert (old.exists(), new.exists()) == (False, True)
    publisher.publish(drop_samples_before=iso(utc(T + 4000)))
    assert rows(folder, "SELECT text FROM samples") == []
    assert not new.exists()


def test_samples_of_a_window_made_again_replace_those_before(
    folder: DataFolder, publisher: Publisher
) -> None:
    publisher.publish(samples(sample_row(0, 1, "first"), sample_row(0, 2), sample_row(30, 1)))
    publisher.publish(samples(sample_row(0, 1, "made again")))
    found = rows(folder, "SELECT epoch(start) - 1767268800, rank, text FROM samples ORDER BY ALL")
    assert found == [(0, 1, "made again"), (30, 1, "nice one")]


def test_samples_outlive_a_manifest_that_has_to_be_made_anew(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    publisher.publish(samples(sample_row(0)))
    put(store, windows=[window_row(0)])  # and killed before it was published
    republish(folder, store)
    assert rows(folder, "SELECT text FROM samples") == [("nice one",)]
    assert rows(folder, WINDOWS) == [(0, 0.5)]


# -- published/ is derived ---------------------------------------------------------------------


def test_a_kill_before_publishing_costs_only_what_was_committed_since(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(30 * k, mean=0.1) for k in range(4)])
    publisher.publish()
    old = {file.path for file in files(publisher)}
    put(store, windows=[window_row(200_000, mean=0.2)], window_terms=[term_row(200_000, "a", 0.2)])
    publisher.publish()
    put(store, windows=[window_row(200_000, mean=0.3), window_row(200_030, mean=0.4)])
    store.take_touched()  # only the process that was killed knew
    republish(folder, store)
    kept = {file.path for file in read_manifest(folder.manifest).tables["windows"]}
    assert old <= kept
    found = [(0, 0.1), (30, 0.1), (60, 0.1), (90, 0.1), (200_000, 0.3), (200_030, 0.4)]
    assert rows(folder, WINDOWS) == found


def test_what_was_erased_before_a_kill_is_not_published_again(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0, channel="one"), window_row(0, channel="two")])
    publisher.publish()
    erase_channel(store, "one")
    store.take_touched()
    put(store, windows=[window_row(30, channel="two")])
    republish(folder, store)
    assert rows(folder, "SELECT DISTINCT channel FROM windows") == [("two",)]
    assert rows(folder, "SELECT count(*) FROM windows") == [(2,)]


def test_a_restart_goes_on_from_the_manifest_that_fits(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0)])
    publisher.publish()
    again = Publisher(folder, store, "live")
    again.publish()
    assert files(again) == files(publisher)
    assert again.manifest.version > publisher.manifest.version


def test_a_crash_between_commit_and_publish_shows_no_row_twice(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(
        store,
        windows=[window_row(0, mean=0.1), window_row(30, mean=0.2)],
        streams=[stream_row(0, None)],
    )
    publisher.publish()
    put(
        store,
        windows=[window_row(30, mean=0.9), window_row(60, mean=0.3)],
        streams=[stream_row(0, 90)],
    )
    store.take_touched()  # the process that knew is gone
    republish(folder, store)
    assert rows(folder, WINDOWS) == [(0, 0.1), (30, 0.9), (60, 0.3)]
    assert rows(folder, "SELECT stream_id, ended_at IS NULL FROM streams") == [("demo:1", False)]


def test_readers_see_the_old_state_until_the_new_one_is_whole(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, windows=[window_row(0, mean=0.1)])
    publisher.publish()
    put(store, windows=[window_row(30, mean=0.2)])
    again = Publisher(folder, store, "live")
    assert rows(folder, WINDOWS) == [(0, 0.1)]
    again.publish()
    assert rows(folder, WINDOWS) == [(0, 0.1), (30, 0.2)]
    assert again.manifest.version > publisher.manifest.version


@pytest.mark.parametrize("damage", ["deleted", "cut", "emptied", "nonsense", "manifest", "all"])
def test_published_files_lost_or_damaged_are_made_again_at_start(
    folder: DataFolder, store: Store, publisher: Publisher, damage: str
) -> None:
    put(store, windows=[window_row(0, mean=0.1), window_row(30, mean=0.2)])
    publisher.publish()
    _damage(folder, publisher, damage)
    republish(folder, store)
    assert rows(folder, WINDOWS) == [(0, 0.1), (30, 0.2)]
    assert len(list((folder.published / "windows").glob("*.parquet"))) <= 3


def _damage(folder: DataFolder, publisher: Publisher, how: str) -> None:
    path = folder.published / files(publisher)[0].path
    if how == "deleted":
        path.unlink()
    elif how == "manifest":
        folder.manifest.write_text('{"v": 1, "tables": ')
    elif how == "all":
        for found in sorted(folder.published.rglob("*"), reverse=True):
            found.rmdir() if found.is_dir() else found.unlink()
        folder.published.rmdir()
    else:
        data = path.read_bytes()
        cut = {"cut": data[: len(data) // 2], "emptied": b"", "nonsense": b"x" * len(data)}
        path.write_bytes(cut[how])


@pytest.mark.parametrize("damage", ["deleted", "cut", "all"])
def test_published_files_lost_under_a_running_publisher_are_made_again(
    folder: DataFolder, store: Store, publisher: Publisher, damage: str
) -> None:
    put(store, windows=[window_row(0, mean=0.1), window_row(30, mean=0.2)])
    publisher.publish()
    _damage(folder, publisher, damage)
    put(store, windows=[window_row(0, mean=0.9)])
    publisher.publish()
    publisher.put_latest("42", b"{}")
    assert rows(folder, WINDOWS) == [(0, 0.9), (30, 0.2)]
    assert (folder.latest / "42.json").read_bytes() == b"{}"


def test_files_no_manifest_names_are_removed_at_start(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    publisher.publish()
    stray = folder.published / "windows" / "stray.parquet"
    stray.write_bytes(b"")
    Publisher(folder, store, "live")
    assert not stray.exists()


def test_a_command_keeps_the_source_that_is_shown(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    publisher.publish()
    assert Publisher(folder, store, "replay", keep_source=True).manifest.source == "live"
    assert Publisher(folder, store, "replay").manifest.source == "replay"


# -- a full disk ---------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_last_manifest_and_no_half_files(
    folder: DataFolder, store: Store, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, windows=[window_row(0, mean=0.1)])
    publisher.publish()
    before = folder.manifest.read_bytes(), sorted(folder.published.rglob("*.parquet"))
    put(store, windows=[window_row(0, mean=0.9), window_row(30, mean=0.2)])

    def full(path: Path, manifest: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_manifest", full)
        with pytest.raises(StorageFull, match="no space left"):
            publisher.publish()
    assert (folder.manifest.read_bytes(), sorted(folder.published.rglob("*.parquet"))) == before
    publisher.publish()
    assert rows(folder, WINDOWS) == [(0, 0.9), (30, 0.2)]


def test_a_full_disk_is_said_when_a_body_cannot_be_written(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("warehouse.published.folder.replace_file", full)
    with pytest.raises(StorageFull):
        publisher.put_latest("42", b"{}")


def test_the_published_rows_are_the_stored_rows(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(
        store,
        windows=[window_row(0), window_row(30, n=0)],
        streams=[stream_row(0, None)],
        window_terms=[term_row(0)],
    )
    publisher.publish()
    for table in ("windows", "streams", "window_terms"):
        assert rows(folder, f"SELECT * FROM {table}") == stored(store, f"SELECT * FROM {table}")

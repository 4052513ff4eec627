"""Views over several shards: what readers see is what one folder with all the rows shows."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.build import T, put, rows, term_row, window_row
from warehouse.config import DataFolder
from warehouse.published.files import tidy
from warehouse.published.manifest import Manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.records import utc
from warehouse.store.store import Store
from warehouse.tables import TABLES

HOUR, DAY = 3600.0, 86_400.0
ROLLUPS = ("window_hours", "term_days")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    """Those of two shards, and of one machine with everything."""
    with ExitStack() as stack:
        names = ("s0", "s1", "one")
        yield [stack.enter_context(Store(tmp_path / n / "warehouse.duckdb")) for n in names]


def put_both(stores: list[Store], shard: int, **tables: list[Any]) -> None:
    """Rows into a shard, and into the one machine."""
    put(stores[shard], **tables)
    put(stores[2], **tables)


def published(tmp_path: Path, stores: list[Store]) -> DataFolder:
    """What the shards publish, as a mirror lays it together."""
    reader = DataFolder(tmp_path / "reader")
    tables: dict[str, Any] = {}
    for number, name in enumerate(("s0", "s1", "one")):
        folder = DataFolder(tmp_path / name)
        manifest = Publisher(folder, stores[number], "live").publish()
        if name != "one":
            shutil.copytree(folder.published, reader.published / f"shard-{number}")
            for table, files in manifest.tables.items():
                moved = tuple(replace(f, path=f"shard-{number}/{f.path}") for f in files)
                tables[table] = tidy((*tables.get(table, ()), *moved))
    write_manifest(reader.manifest, Manifest(1, 0, utc(T), "live", tables))
    return reader


def same(reader: DataFolder, one: DataFolder, table: str, columns: str = "* EXCLUDE (rev)") -> None:
    query = f"SELECT {columns} FROM {table} ORDER BY ALL"
    assert rows(reader, query) == rows(one, query) != []


def chat(channel: str, *at: float) -> dict[str, list[Any]]:
    return {
        "windows": [window_row(a, n=3 + int(a) % 7, channel=channel) for a in at],
        "window_terms": [term_row(a, channel=channel) for a in at],
    }


@pytest.mark.parametrize("ends", [0.0, 2 * HOUR, 30 * HOUR, 40 * DAY])
def test_rollups_are_right_where_the_shards_newest_periods_differ(
    tmp_path: Path, stores: list[Store], ends: float
) -> None:
    put_both(stores, 0, **chat("a", 0, 30, HOUR, DAY))
    put_both(stores, 1, **chat("b", 30, DAY, DAY + ends))
    reader = published(tmp_path, stores)
    for table in (*ROLLUPS, "windows", "window_terms"):
        same(reader, DataFolder(tmp_path / "one"), table)


def test_a_shard_without_rows_is_no_part_of_the_rollups(
    tmp_path: Path, stores: list[Store]
) -> None:
    put_both(stores, 0, **chat("a", 0, HOUR, DAY))
    reader = published(tmp_path, stores)
    for table in ROLLUPS:
        same(reader, DataFolder(tmp_path / "one"), table)


def test_who_may_see_some_channels_sees_no_row_beside_them(
    tmp_path: Path, stores: list[Store]
) -> None:
    for shard, name in enumerate("ab"):
        put(stores[shard], **chat(name, 0, HOUR, DAY), health=[health("lag_s", 5, at=0)])
    reader = published(tmp_path, stores)
    for table in (*ROLLUPS, "windows", "window_terms"):
        found = Reader(reader, ["b"]).run(f"SELECT DISTINCT channel FROM {table}").to_pylist()
        assert found == [{"channel": "b"}]
    for table, n in (("health", 1), ("shard_health", 0)):
        found = Reader(reader, ["b"]).run(f"SELECT count(*) AS n FROM {table}").to_pylist()
        assert found == [{"n": n}]


def test_every_table_is_there_where_nothing_is_in_any(tmp_path: Path, stores: list[Store]) -> None:
    reader = published(tmp_path, stores)
    for table in TABLES:
        assert rows(reader, f"SELECT count(*) FROM {table}") == [(0,)]


def term(**more: Any) -> dict[str, Any]:
    return {
        "term": "POG", "channel": "", "kind": "emote", "n": 9, "n_channels": 2, "n_chatters": 30,
        "n_scored": 5, "first_seen": utc(T), "last_seen": utc(T + 60), "valence": 1.5,
        "status": "proposed", **more,
    }  # fmt: skip


def test_a_term_of_several_shards_is_one(tmp_path: Path, stores: list[Store]) -> None:
    more = {"n": 20, "valence": 2.5, "first_seen": utc(T - 60), "last_seen": utc(T)}
    put(stores[0], vocabulary=[term(), term(term="KEKW"), term(channel="a", n=1)])
    put(stores[1], vocabulary=[term(**more), term(channel="b", n=2)])
    reader = published(tmp_path, stores)
    found = rows(
        reader,
        "SELECT term, channel, n, n_channels, n_chatters, n_scored, valence, "
        "epoch(first_seen)::BIGINT - 1767268800, epoch(last_seen)::BIGINT - 1767268800 "
        "FROM vocabulary ORDER BY term, channel",
    )
    assert found == [
        ("KEKW", "", 9, 2, 30, 5, 1.5, 0, 60),
        ("POG", "", 29, 4, 50, 10, 2.5, -60, 60),
        ("POG", "a", 1, 2, 30, 5, 1.5, 0, 60),
        ("POG", "b", 2, 2, 30, 5, 1.5, 0, 60),
    ]


def test_a_decision_tells_a_terms_valence_before_it_is_everywhere(
    tmp_path: Path, stores: list[Store]
) -> None:
    decided = {"status": "accepted", "valence": -1.0, "decided_by": "me", "decided_at": utc(T)}
    put(stores[0], vocabulary=[term(**decided)])
    put(stores[1], vocabulary=[term(n=100)])
    reader = published(tmp_path, stores)
    assert rows(reader, "SELECT status, valence, n FROM vocabulary") == [("accepted", -1.0, 109)]


def test_an_alert_that_several_shards_raised_is_one(tmp_path: Path, stores: list[Store]) -> None:
    alert = {"alert_id": "new:POG", "channel": None, "at": utc(T), "kind": "new_term"}
    put(stores[0], alerts=[{**alert, "at": utc(T + 9), "detail": "b"}])
    put(stores[1], alerts=[{**alert, "detail": "a"}, {**alert, "alert_id": "x", "channel": "c"}])
    reader = published(tmp_path, stores)
    assert rows(reader, "SELECT alert_id, detail FROM alerts ORDER BY 1") == [
        ("new:POG", "a"), ("x", None),
    ]  # fmt: skip


def test_a_login_that_passed_on_to_another_shards_channel_is_that_ones(
    tmp_path: Path, stores: list[Store]
) -> None:
    def channel(key: str, login: str | None) -> dict[str, Any]:
        return {"channel": key, "channel_id": "", "login": login, "source": "live"}

    put(stores[0], channels=[channel("x", "x"), channel("y", None)])
    put(stores[1], channels=[channel("new", "x"), channel("z", "z")])
    reader = published(tmp_path, stores)
    assert rows(reader, "SELECT channel, login FROM channels ORDER BY 1") == [
        ("new", "x"), ("x", None), ("y", None), ("z", "z"),
    ]  # fmt: skip


def health(name: str, value: float | None, at: float, detail: Any = None) -> dict[str, Any]:
    text = None if detail is None else json.dumps(detail)
    return {"name": name, "at": utc(T + at), "value": value, "detail": text}


def test_health_is_told_as_of_one_daemon_and_by_shard(tmp_path: Path, stores: list[Store]) -> None:
    def told(lag: float, n: int, began: float, at: float, **more: Any) -> list[dict[str, Any]]:
        trouble = [{"channel": f"c{n}", "since": "2026-01-01T00:00:00Z", "says": "it's off"}]
        sizes = {"tables": {"windows": [n, 10], f"t{n}": [1, 1]}, "warehouse": n, "buffer": 1}
        return [
            health("lag_s", lag, at), health("messages", n, at), health("began_at", began, at),
            health("reading", 1, at, trouble), health("storage", 5, at, sizes),
            health("clock_offset_s", more.get("off", 0), at),
        ]  # fmt: skip

    put(stores[0], health=told(1, 10, 100, 0) + told(2, 11, 100, 600))
    put(stores[1], health=told(7, 20, 90, 0, off=-9))  # has not told since
    reader = published(tmp_path, stores)
    found = {r["name"]: r for r in Reader(reader).query("dash_health").to_pylist()}
    assert {name: row["value"] for name, row in found.items()} == {
        "lag_s": 7, "messages": 31, "began_at": 90, "reading": 2, "storage": 10,
        "clock_offset_s": -9,
    }  # fmt: skip
    assert [t["channel"] for t in json.loads(found["reading"]["detail"])] == ["c11", "c20"]
    assert json.loads(found["storage"]["detail"]) == {
        "tables": {"windows": [31, 20], "t11": [1, 1], "t20": [1, 1]}, "warehouse": 31, "buffer": 2,
    }  # fmt: skip
    by_shard = rows(reader, "SELECT shard, count(*) FROM shard_health GROUP BY 1 ORDER BY 1")
    assert by_shard == [(0, 12), (1, 6)]
    assert rows(DataFolder(tmp_path / "s1"), "SELECT DISTINCT shard FROM shard_health") == [(0,)]


def test_a_shard_that_is_silent_for_long_is_no_part_of_the_newest_health(
    tmp_path: Path, stores: list[Store]
) -> None:
    put(stores[0], health=[health("messages", 10, 0), health("messages", 12, HOUR)])
    put(stores[1], health=[health("messages", 20, 0)])
    reader = published(tmp_path, stores)
    assert rows(reader, 'SELECT value FROM health ORDER BY "at"') == [(30,), (12,)]

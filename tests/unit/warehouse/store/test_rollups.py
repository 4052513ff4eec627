"""Rollups say what the windows say, whatever was written, replaced or imported, and when."""

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import data
from tests.helpers.build import T, put, republish, rows, stored, stream_row, term_row, window_row
from warehouse.config import DataFolder
from warehouse.published.compact import merge, plan
from warehouse.published.manifest import read_manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.published.rollup_views import series_query
from warehouse.records import utc
from warehouse.sql import migrations, sql
from warehouse.store.import_files import TABLES, ImportFiles, apply_import
from warehouse.store.store import Store, table_schemas

HOUR, DAY = 3600, 86400
MIDNIGHT = T - 12 * HOUR

# said apart from the queries under test, on purpose
HOURS = """
SELECT channel, epoch(time_bucket(INTERVAL 1 HOUR, start)) AS hour, count(*) AS windows,
    sum((n_messages > 0)::INTEGER) AS chat_windows,
    sum((n_messages = 0 AND observed_s > 0)::INTEGER) AS silent_windows,
    sum((n_messages = 0 AND observed_s = 0)::INTEGER) AS unobserved_windows,
    sum(observed_s) AS observed_s, sum(n_messages) AS n_messages,
    max(n_chatters) AS most_chatters, sum(n_filtered) AS n_filtered, sum(n_late) AS n_late,
    sum(CASE WHEN n_messages > 0 THEN n_messages * mean_compound ELSE 0 END) AS sum_mean,
    sum(CASE WHEN n_messages > 0 THEN n_messages * mean_compound * mean_compound ELSE 0 END)
        AS sum_square,
    sum(CASE WHEN n_messages > 1 THEN (n_messages - 1) * sd_compound * sd_compound ELSE 0 END)
        AS sum_within,
    sum(CASE WHEN n_messages > 1 THEN n_messages - 1 ELSE 0 END) AS freedom,
    sum(CASE WHEN n_messages > 0 THEN n_messages * share_positive ELSE 0 END) AS sum_positive,
    sum(CASE WHEN n_messages > 0 THEN n_messages * share_negative ELSE 0 END) AS sum_negative,
    sum(CASE WHEN n_messages > 0 THEN n_messages * share_scored ELSE 0 END) AS sum_scored,
    sum(CASE WHEN n_messages > 0 THEN n_messages * share_emote ELSE 0 END) AS sum_emote,
    min(mean_compound) AS min_mean, max(mean_compound) AS max_mean,
    sum(CASE WHEN source = 'import' THEN 0 ELSE 30 - observed_s END) AS gap_s, basis,
    sum(CASE WHEN n_laughs IS NULL THEN 0 ELSE n_laughs END) AS n_laughs,
    sum(CASE WHEN n_laughs IS NULL THEN 0 ELSE n_messages END) AS laughs_of
FROM windows GROUP BY channel, hour, basis ORDER BY 1, 2, basis
"""
ROLLED_HOURS = (
    "SELECT * EXCLUDE (rev) REPLACE (epoch(hour) AS hour) FROM window_hours "
    "ORDER BY channel, hour, basis"
)
DAYS = """
SELECT channel, epoch(day) AS day, term, kind, sum(n) AS n, count(*) AS windows, sum(x) AS part,
    basis
FROM (SELECT channel, time_bucket(INTERVAL 1 DAY, start) AS day, term, kind, n,
    contribution * (SELECT any_value(n_messages) FROM windows w
        WHERE w.channel = t.channel AND w.start = t.start) AS x,
    (SELECT any_value(basis) FROM windows w
        WHERE w.channel = t.channel AND w.start = t.start) AS basis
    FROM window_terms t)
GROUP BY channel, day, term, kind, basis ORDER BY 1, 2, 3, 4, basis
"""
ROLLED_DAYS = (
    "SELECT * EXCLUDE (rev) REPLACE (epoch(day) AS day) FROM term_days "
    "ORDER BY channel, day, term, kind, basis"
)


def same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> bool:
    """Equal but for the order in which doubles were added."""
    return len(found) == len(expected) and all(
        a == b
        or (isinstance(b, float | int) and a is not None and math.isclose(a, b, abs_tol=1e-9))
        for one, other in zip(found, expected, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def check(folder: DataFolder, store: Store) -> None:
    """Published rollups equal what the windows say; the warehouse's hold the settled part."""
    for rolled, unrolled in ((ROLLED_HOURS, HOURS), (ROLLED_DAYS, DAYS)):
        expected = stored(store, unrolled)
        assert same(rows(folder, rolled), expected)
        settled = stored(store, rolled)
        last = settled[-1:] and max(row[1] for row in settled)
        assert same(settled, [row for row in expected if settled and row[1] <= last])


def both(*at: float, **more: Any) -> dict[str, Any]:
    """Windows and a term in each, `at` seconds after T."""
    return {
        "windows": [window_row(a, **more) for a in at],
        "window_terms": [term_row(a, "good", 0.25) for a in at],
    }


@pytest.fixture
def publisher(folder: DataFolder, store: Store) -> Publisher:
    return Publisher(folder, store, "live")


def test_an_hour_is_rolled_up_once_the_next_begins(store: Store) -> None:
    put(store, **both(0, 30, n=4, mean=0.5))
    assert stored(store, "SELECT count(*) FROM window_hours") == [(0,)]
    put(store, **both(HOUR))
    found = stored(
        store, "SELECT epoch(hour), windows, n_messages, sum_mean, freedom, rev FROM window_hours"
    )
    assert found == [(T, 2, 8, 4.0, 6, 2)]
    assert stored(store, "SELECT count(*) FROM term_days") == [(0,)]
    put(store, **both(DAY))
    found = stored(store, "SELECT day::VARCHAR, term, kind, n, windows, part FROM term_days")
    assert found == [("2026-01-01", "good", "word", 3, 3, 0.25 * (4 + 4 + 3))]


def test_readers_see_the_open_hour_and_day_too(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for at in (0, 30, HOUR, HOUR + 30, DAY, DAY + HOUR):
        put(store, **both(at))
        publisher.publish()
        check(folder, store)
    assert len(rows(folder, "SELECT * FROM window_hours")) == 4


def test_what_words_said_and_what_emotes_said_are_never_one_sum(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, **both(0, 30, mean=0.5))
    put(store, **both(60, mean=-0.5, n=2, basis="emotes", n_laughs=1))
    put(store, **both(DAY))
    publisher.publish()
    check(folder, store)
    by_basis = "SELECT basis, n_messages, sum_mean, n_laughs FROM window_hours ORDER BY hour, basis"
    assert rows(folder, by_basis)[:2] == [("emotes", 2, -1.0, 1), ("words", 6, 3.0, 0)]
    parts = "SELECT basis, windows, part FROM term_days ORDER BY day, basis"
    assert rows(folder, parts)[:2] == [("emotes", 1, 0.5), ("words", 2, 1.5)]
    put(store, windows=[window_row(0, n=5, mean=0.25), window_row(60, n=4, basis="emotes")])
    publisher.publish()
    check(folder, store)


def test_an_empty_warehouse_has_empty_rollups(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    publisher.publish()
    assert rows(folder, ROLLED_HOURS) == rows(folder, ROLLED_DAYS) == []


def test_a_late_message_changes_the_hour_and_day_that_had_settled(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, **both(0, 30, HOUR, DAY))
    publisher.publish()
    put(store, windows=[window_row(30, n=9, mean=-0.5)], window_terms=[term_row(30, "bad", -0.5)])
    publisher.publish()
    assert stored(store, "SELECT n_messages, min_mean FROM window_hours ORDER BY hour") == [
        (12, -0.5),
        (3, 0.5),
    ]
    check(folder, store)


def test_a_window_alone_changes_its_terms_weight(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, **both(0, DAY))
    put(store, windows=[window_row(0, n=8)])
    publisher.publish()
    assert stored(store, "SELECT part FROM term_days") == [(2.0,)]
    check(folder, store)


def test_only_the_groups_that_changed_are_made_again(store: Store) -> None:
    put(store, **both(0, HOUR, DAY), channels=[])
    put(store, windows=[window_row(0, channel="other"), window_row(HOUR, n=7)])
    found = stored(store, "SELECT channel, epoch(hour) - 1767268800, rev FROM window_hours")
    assert sorted(found) == [("demo", 0, 1), ("demo", HOUR, 2), ("other", 0, 2)]


def test_a_write_that_fails_leaves_the_rollups(folder: DataFolder, store: Store) -> None:
    put(store, **both(0, HOUR))
    with pytest.raises(duckdb.ConstraintException):
        put(store, windows=[window_row(DAY), window_row(0, observed_s=99.0)])
    put(store, **both(HOUR + 30))
    republish(folder, store)
    check(folder, store)
    assert stored(store, "SELECT count(*) FROM window_hours") == [(1,)]


def test_rollups_go_on_after_a_restart(folder: DataFolder) -> None:
    for at in (0, HOUR - 30, HOUR, DAY, DAY + 30, 2 * DAY):
        with Store(folder.warehouse) as store:
            put(store, **both(at))
            republish(folder, store)
            check(folder, store)


def test_the_order_of_windows_does_not_matter(folder: DataFolder, store: Store) -> None:
    for at in (3 * DAY, 0, DAY, 30, DAY + HOUR, 2 * DAY):
        put(store, **both(at))
    republish(folder, store)
    check(folder, store)


def test_compacted_rollups_say_the_same(folder: DataFolder, store: Store) -> None:
    publisher = Publisher(folder, store, "live")
    for k in range(5):
        put(store, **both(k * DAY, k * DAY + HOUR))
        publisher.publish()
    while groups := plan(publisher.manifest, utc(T + 90 * DAY)):
        for table, files in groups:
            merged = merge(folder, table, files)
            publisher.swap_merged(table, {file.path for file in files}, merged)
    assert [len(publisher.manifest.tables[t]) for t in ("window_hours", "term_days")] == [1, 1]
    check(folder, store)


# -- imports ---------------------------------------------------------------------------------


def an_import(folder: DataFolder, first: int, count: int, step: int, n: int) -> ImportFiles:
    """Windows and terms of one imported stream, `step` seconds apart from `first` after T."""
    files = ImportFiles(folder.root / "import")
    files.folder.mkdir(parents=True, exist_ok=True)
    at = [first + step * k for k in range(count)]
    name = f"demo:import:{first}"
    tables: dict[str, list[Any]] = {
        "streams": [stream_row(first, at[-1] + 30, name, source="import")],
        "channels": [],
        "windows": [window_row(a, n, source="import", stream_id=name) for a in at],
        "window_terms": [term_row(a, f"t{a % 7}", 0.1) for a in at if n],
    }
    for table in TABLES:
        schema = table_schemas()[table]
        pq.write_table(pa.Table.from_pylist(tables[table], schema=schema), files.path(table))
    return files


def test_an_import_elsewhere_takes_its_hours_and_days_of_before_away(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    put(store, **both(30, 9 * DAY))
    name = "demo:import:60"
    for count, moved in ((80, ()), (3, ()), (3, (name,))):  # a log that is shorter takes none away
        apply_import(store, an_import(folder, 60, count, HOUR, 5), {}, moved, replace=bool(moved))
        publisher.publish()
        check(folder, store)
        expected = 3 if moved else 80
        assert stored(store, "SELECT count(*) FROM window_hours") == [(expected,)]


step = st.integers(0, 3 * DAY // 1800).map(lambda k: k * 1800)
written = st.tuples(
    st.just("write"),
    st.lists(step, min_size=1, max_size=4, unique=True),
    st.integers(0, 9),
    st.sampled_from(["demo", "other"]),
)
imported = st.tuples(st.just("import"), step, st.integers(1, 30), st.integers(0, 9))


@settings(max_examples=12)
@given(st.lists(st.one_of(written, imported), min_size=1, max_size=7), st.data())
def test_whatever_is_written_rollups_equal_the_unrolled_query(
    steps: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as place:
        folder = DataFolder(Path(place))
        with Store(folder.warehouse) as store:
            publisher = Publisher(folder, store, "live")
            for what, at, count, more in steps:
                if what == "import":
                    apply_import(store, an_import(folder, at, count, 5400, more), {})
                else:
                    _write(store, at, count, more)
                if data.draw(st.booleans()):
                    publisher.publish()
                    check(folder, store)
            publisher.publish()
            check(folder, store)


def _write(store: Store, at: list[int], n: int, channel: str) -> None:
    put(
        store,
        windows=[window_row(a, n, mean=(n - 4) / 10, channel=channel) for a in at],
        window_terms=[
            term_row(a, f"t{(a + k) % 3}", k / 10, channel=channel)
            for a in at
            for k in range(n % 3)
        ],
    )


# -- migration -------------------------------------------------------------------------------


def _first_schema(path: Path) -> duckdb.DuckDBPyConnection:
    """A database as the first DLD made it."""
    path.parent.mkdir(parents=True)
    con = duckdb.connect(str(path))
    con.execute("SET TimeZone='UTC'")
    con.execute(dict(migrations())[1])
    con.execute(sql("set_meta"), {"names": ["schema"], "contents": ["1"]})
    return con


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: list[Any]) -> None:
    known = {
        name for (name,) in con.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()
    }
    schema = pa.schema([column for column in table_schemas()[table] if column.name in known])
    con.register("incoming", pa.Table.from_pylist(values, schema=schema))
    con.execute(f"INSERT INTO {table} BY NAME SELECT *, 7 AS rev FROM incoming")
    con.unregister("incoming")


@pytest.fixture
def old(folder: DataFolder) -> Iterator[DataFolder]:
    with _first_schema(folder.warehouse) as con:
        at = [30 * k * 31 for k in range(400)]  # four days
        _insert(con, "windows", [window_row(a, a // 930 % 4, mean=a / 1e6) for a in at])
        _insert(con, "window_terms", [term_row(a, f"t{a % 7}", 0.1) for a in at if a // 930 % 4])
        con.execute(sql("set_meta"), {"names": ["revision"], "contents": ["7"]})
    yield folder


def test_a_warehouse_of_the_first_schema_gets_its_rollups_filled(old: DataFolder) -> None:
    with Store(old.warehouse) as store:
        assert int(store.meta("schema") or 0) >= 2
        assert stored(store, "SELECT count(*) > 90 FROM window_hours") == [(True,)]
        republish(old, store)
        check(old, store)
        end = 30 * 31 * 399
        put(store, **both(end + 30, end + HOUR, end + DAY, 0))
        republish(old, store)
        check(old, store)


def test_what_an_older_dld_published_gets_its_rollups_too(old: DataFolder) -> None:
    with Store(old.warehouse) as store:
        republish(old, store)
        manifest = read_manifest(old.manifest)
        for name in ("window_hours", "term_days"):
            del manifest.tables[name]
        write_manifest(old.manifest, manifest)
        republish(old, store)
        check(old, store)


def test_an_empty_warehouse_of_the_first_schema_migrates_too(folder: DataFolder) -> None:
    _first_schema(folder.warehouse).close()
    with Store(folder.warehouse) as store:
        put(store, **both(0, HOUR, DAY))
        republish(folder, store)
        check(folder, store)


def test_the_migration_rolls_up_as_the_store_does(old: DataFolder, tmp_path: Path) -> None:
    with Store(old.warehouse) as store, Store(tmp_path / "new.duckdb") as other:
        for table in ("windows", "window_terms"):
            values = store.cursor().sql(f"SELECT * EXCLUDE (rev) FROM {table}").to_arrow_table()
            other.write({table: values})
        for rolled in (ROLLED_HOURS, ROLLED_DAYS):
            assert same(stored(store, rolled), stored(other, rolled))
        for name in ("open_window_hours", "open_term_days"):
            assert store.meta(name) == other.meta(name)
            assert store.meta(name) is not None


def test_an_open_period_costs_a_write_nothing(store: Store) -> None:
    put(store, **both(0))
    before = store._con.execute("SELECT count(*) FROM touched").fetchall()
    assert before == [(2,)]
    put(store, **both(30, 60))
    assert store._con.execute("SELECT count(*) FROM touched").fetchall() == before


def test_a_reader_without_rollups_in_the_manifest_still_reads(
    folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    publisher.publish()
    raw = folder.manifest.read_text().replace('"window_hours"', '"other"')
    folder.manifest.write_text(raw)
    assert Reader(folder).run("SELECT count(*) FROM windows").num_rows == 1


@pytest.mark.parametrize(
    "step_s, offset_s, minutes, name",
    [
        (3600, 0, 0, "dash_series_hours"),
        (86400, -7200, 0, "dash_series_hours"),
        (1800, 0, 0, "dash_series"),
        (3600, 19800, 0, "dash_series"),
        (3600, 0, 30, "dash_series"),
    ],
)
def test_a_series_of_full_hours_reads_the_rollup(
    folder: DataFolder, store: Store, step_s: int, offset_s: int, minutes: int, name: str
) -> None:
    since, until = utc(T - DAY + minutes * 60), utc(T + 3 * DAY)
    assert series_query(since, until, step_s, offset_s) == name
    put(store, **both(0, 30, HOUR, 7 * HOUR, DAY, n=5), channels=[])
    put(store, windows=[window_row(60, 0, None)])
    republish(folder, store)
    values = {"channels": ["demo"], "step_s": step_s, "offset_s": offset_s, "basis": "words"}
    values |= {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    found, plain = (Reader(folder).query(q, **values).to_pylist() for q in (name, "dash_series"))
    assert same([tuple(row.values()) for row in found], [tuple(row.values()) for row in plain])
    assert len(found) >= 2


@pytest.mark.parametrize(
    ("step_s", "offset_s", "expected"),
    [
        (3600, 0, ("dash_series_hours", "11:00", "14:00")),
        (3600, 19800, ("dash_series", "11:00", "14:00")),
        (300, 0, ("dash_series", "11:10", "13:00")),
    ],
)
def test_the_dashboard_asks_for_whole_hours_where_points_stand_for_hours(
    step_s: int, offset_s: int, expected: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def query(name: str, **values: Any) -> None:
        asked.append((name, *(f"{values[end]:%H:%M}" for end in ("since", "until"))))

    monkeypatch.setattr(data, "query", query)
    until = datetime(2026, 1, 3, 13, 30 if step_s == 3600 else 0)
    data.series(["demo"], datetime(2026, 1, 1, 11, 10), until, step_s, offset_s)
    assert asked == [expected]

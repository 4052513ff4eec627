"""The warehouse: keys stay unique, one writer, and every way to fail says what to do."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.helpers.browser.rows import forecast, score
from tests.helpers.build import T, put, stored, stream_row, term_row, window_row
from warehouse.config import DataFolder
from warehouse.errors import AppError, WarehouseBroken, WarehouseLocked
from warehouse.records import utc
from warehouse.sql import migrations
from warehouse.store import store as stores
from warehouse.store.store import Store, table_schemas
from warehouse.tables import TABLES, UNPUBLISHED


def test_a_row_of_the_same_key_replaces_the_one_before(store: Store) -> None:
    put(store, windows=[window_row(0, mean=0.1), window_row(30, mean=0.2)])
    put(store, windows=[window_row(30, mean=0.9), window_row(60, mean=0.3)])
    found = stored(store, "SELECT epoch(start), mean_compound FROM windows ORDER BY start")
    assert found == [(T, 0.1), (T + 30, 0.9), (T + 60, 0.3)]


def test_a_windows_terms_are_replaced_as_a_whole(store: Store) -> None:
    put(store, window_terms=[term_row(0, "good"), term_row(0, "bad"), term_row(30, "good")])
    put(store, window_terms=[term_row(0, "fine")])
    found = stored(store, "SELECT epoch(start), term FROM window_terms ORDER BY ALL")
    assert found == [(T, "fine"), (T + 30, "good")]


def test_replaced_keys_are_handed_over_once(store: Store) -> None:
    put(store, windows=[window_row(0)])
    assert store.take_touched() == {"windows": ([], set())}
    put(store, windows=[window_row(0), window_row(30)])
    replaced = [("demo", utc(T).replace(tzinfo=None))]
    assert store.take_touched() == {"windows": (replaced, set())}
    assert store.take_touched() == {}


@pytest.mark.parametrize(("table", "key"), [("events", "event_id"), ("alerts", "alert_id")])
def test_of_what_is_told_twice_the_first_telling_stays(store: Store, table: str, key: str) -> None:
    rows = [
        {key: "e1", "channel": "demo", "at": utc(T + at), "kind": "raid", "detail": detail}
        for at, detail in ((0, "first"), (-9e6, "earlier"), (9e6, "later"))
    ]
    for some in ([rows[0]], [rows[1]], [rows[2], rows[1]]):
        put(store, **{table: some})
    assert stored(store, f'SELECT epoch("at"), detail FROM {table}') == [(T, "first")]
    put(store, **{table: [{**rows[2], key: "e2"}, {**rows[0], key: "e2"}]})
    assert stored(store, f"SELECT detail FROM {table} ORDER BY ALL") == [("first",), ("later",)]


def test_a_row_is_found_by_its_key_alone() -> None:
    assert all(s.time in (None, *s.replace) or s.first_wins for s in TABLES.values())


def test_a_write_that_fails_keeps_nothing_of_it(store: Store) -> None:
    bad = window_row(30, n=0, mean=None, observed_s=31.0)
    with pytest.raises(duckdb.ConstraintException):
        put(store, streams=[stream_row(0, None)], windows=[window_row(0), bad])
    assert stored(store, "SELECT count(*) FROM streams") == [(0,)]
    assert stored(store, "SELECT count(*) FROM windows") == [(0,)]
    assert store.revision == 0
    put(store, windows=[window_row(0)])
    assert store.revision == 1


@pytest.mark.parametrize("wrong", [{"n": 0, "mean": 0.0}, {"n": 2, "mean": None}])
def test_silence_is_never_zero_and_chat_never_null(store: Store, wrong: dict[str, Any]) -> None:
    row = {**window_row(0), "n_messages": wrong["n"], "mean_compound": wrong["mean"]}
    with pytest.raises(duckdb.ConstraintException):
        put(store, windows=[row])


def test_aware_times_are_stored_as_utc(store: Store) -> None:
    put(store, windows=[window_row(0)])
    assert stored(store, "SELECT start FROM windows") == [(utc(T).replace(tzinfo=None),)]


def test_the_revision_counts_writes_and_survives(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        put(store, windows=[window_row(0)])
        store.write({}, {"clock": "1.5"})
    with Store(folder.warehouse) as store:
        assert (store.revision, store.meta("clock"), store.meta("none")) == (2, "1.5", None)


def test_every_stored_table_has_an_arrow_schema_without_rev() -> None:
    schemas = table_schemas()
    assert set(schemas) == {n for n, spec in TABLES.items() if spec.stored} | set(UNPUBLISHED)
    for name, schema in schemas.items():
        assert "rev" not in schema.names
        assert set({**TABLES, **UNPUBLISHED}[name].replace) <= set(schema.names)


_HOLD = """
import sys
from pathlib import Path
from warehouse.store.store import Store
with Store(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_and_told_why(folder: DataFolder) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdin and other.stdout
        assert other.stdout.readline() == "open\n"
        with pytest.raises(WarehouseLocked, match="in use by another process; stop that one"):
            Store(folder.warehouse)
        other.stdin.close()
    with Store(folder.warehouse) as store:
        assert store.revision == 0


def test_a_file_that_is_no_database_is_broken(folder: DataFolder) -> None:
    folder.root.mkdir()
    folder.warehouse.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(WarehouseBroken, match="restore a backup, or move it away"):
        Store(folder.warehouse)


def test_a_database_cut_short_is_broken(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        put(store, windows=[window_row(30 * k) for k in range(2000)])
    whole = folder.warehouse.read_bytes()
    folder.warehouse.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(WarehouseBroken), Store(folder.warehouse) as store:
        store.query("recent_windows", source="live")


def test_a_database_damaged_inside_is_broken(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        put(store, windows=[window_row(30 * k, mean=k / 9000) for k in range(9000)])
    whole = bytearray(folder.warehouse.read_bytes())
    whole[20_000:] = bytes(len(whole) - 20_000)
    folder.warehouse.write_bytes(whole)
    with pytest.raises(WarehouseBroken), Store(folder.warehouse) as store:
        store.query("recent_windows", source="live")


def test_a_torn_write_ahead_log_loses_only_what_was_torn(folder: DataFolder) -> None:
    code = f"""
import os, signal
from pathlib import Path
from tests.helpers.build import put, window_row
from warehouse.store.store import Store
store = Store(Path({str(folder.warehouse)!r}))
for k in range(3):
    put(store, windows=[window_row(30 * k)])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    log = folder.root / "warehouse.duckdb.wal"
    log.write_bytes(log.read_bytes()[:-7])
    with Store(folder.warehouse) as store:
        assert stored(store, "SELECT count(*) FROM windows") == [(2,)]
        assert store.revision == 2


def test_a_newer_schema_is_refused_with_both_numbers(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        store.write({}, {"schema": "99"})
    with pytest.raises(WarehouseBroken, match="schema 99, this DLD knows"):
        Store(folder.warehouse)


def columns_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of every table."""
    found: dict[str, list[str]] = {}
    text = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    for table, column in con.execute(text).fetchall():
        found.setdefault(table, []).append(column)
    return found


def narrowed(schemas: dict[str, pa.Schema], known: dict[str, list[str]]) -> dict[str, pa.Schema]:
    """The schemas as they were when only those columns were known."""
    return {
        table: pa.schema([column for column in schemas[table] if column.name in columns])
        for table, columns in known.items()
        if table in schemas
    }


def rows_of(table: str, known: dict[str, list[str]]) -> str:
    columns = ", ".join(f'"{column}"' for column in known[table])
    return f'SELECT {columns} FROM "{table}" ORDER BY ALL'


@pytest.mark.parametrize("first", [number for number, _ in migrations()])
def test_a_database_of_any_earlier_schema_is_brought_forward_with_its_rows(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    steps = migrations()
    with duckdb.connect() as con:
        for _, text in steps[:first]:
            con.execute(text)
        known = columns_of(con)
    schemas = narrowed(table_schemas(), known)
    with monkeypatch.context() as earlier:
        earlier.setattr(stores, "migrations", lambda: steps[:first])
        if "window_hours" not in known:
            earlier.setattr(stores, "Rolling", NoRollups)
        earlier.setattr(stores, "table_schemas", lambda: schemas)
        with Store(folder.warehouse) as store:
            put(
                store,
                windows=[window_row(0), window_row(30, n=0, mean=None)],
                window_terms=[term_row(0)],
                streams=[stream_row(0, 60)],
            )
            before = {name: stored(store, rows_of(name, known)) for name in known}
            assert store.meta("schema") == str(first)
    with Store(folder.warehouse) as store:
        assert store.meta("schema") == str(steps[-1][0])
        kept = {name: stored(store, rows_of(name, known)) for name in known}
        for rows in (before, kept):
            rows["meta"] = [row for row in rows["meta"] if row[0] == "revision"]
        assert kept == before
        put(store, windows=[window_row(86400)])  # a day on: what was there is rolled up
        assert stored(store, "SELECT sum(windows), sum(n_messages) FROM window_hours") == [(2, 3)]


def test_windows_in_which_somebody_spoke_were_observed(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = migrations()
    with duckdb.connect() as con:
        for _, text in steps[:7]:
            con.execute(text)
        schemas = narrowed(table_schemas(), columns_of(con))
    with monkeypatch.context() as earlier:
        earlier.setattr(stores, "migrations", lambda: steps[:7])
        earlier.setattr(stores, "table_schemas", lambda: schemas)
        with Store(folder.warehouse) as store:
            spoken = [window_row(30 * k, n=k, observed_s=float(k > 1)) for k in range(3)]
            put(store, windows=spoken)
    with Store(folder.warehouse) as store:
        found = "SELECT n_messages, observed_s FROM windows ORDER BY 1"
        assert stored(store, found) == [(0, 0.0), (1, 0.001), (2, 1.0)]
        with pytest.raises(duckdb.ConstraintException):
            put(store, windows=[window_row(90, n=1, observed_s=0.0)])
        put(store, windows=[window_row(90, n=0, observed_s=0.0)])
        assert stored(store, found)[1:] == [(0, 0.0), (1, 0.001), (2, 1.0)]


def test_a_record_of_before_stays_and_takes_the_five_minutes(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = migrations()
    with duckdb.connect() as con:
        for _, text in steps[:9]:
            con.execute(text)
        schemas = narrowed(table_schemas(), columns_of(con))
    row = score("demo", utc(T).date(), "lstm-1", 10, 2.0)
    with monkeypatch.context() as earlier:
        earlier.setattr(stores, "migrations", lambda: steps[:9])
        earlier.setattr(stores, "table_schemas", lambda: schemas)
        with Store(folder.warehouse) as store:
            made = forecast("demo", utc(T), "lstm-1", 0.1)
            put(store, forecast_scores=[row], forecasts=[made])
    with Store(folder.warehouse) as store:
        assert stored(store, "SELECT q50[10], five_q50, usual FROM forecasts") == [
            (0.1, None, None)
        ]
        put(store, forecast_scores=[{**row, "step": 0, "volume_hits80": 7}])
        found = "SELECT step, squared_error, volume_hits80 FROM forecast_scores ORDER BY step"
        assert stored(store, found) == [(0, 2.0, 7), (10, 2.0, None)]
        with pytest.raises(duckdb.ConstraintException):
            put(store, forecast_scores=[{**row, "step": 11}])


class NoRollups:
    """Before rollups there were none."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.open: dict[str, Any] = {}

    def is_needed(self, rows: Any) -> bool:
        return False


@pytest.mark.parametrize("what", ["a file in the way", "a folder in its place"])
def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path, what: str) -> None:
    path = tmp_path / "data" / "warehouse.duckdb"
    if what == "a file in the way":
        path.parent.write_text("")
    else:
        path.mkdir(parents=True)
    with pytest.raises(AppError):
        Store(path)


def test_what_a_killed_process_had_put_aside_goes(folder: DataFolder) -> None:
    aside = folder.warehouse.with_name(f"{folder.warehouse.name}.tmp")
    aside.mkdir(parents=True)
    left = aside / "duckdb_temp_10875_0_storage_S64K-0.tmp"
    left.write_bytes(b"rows of a channel that is forgotten")
    os.utime(left, (T, T))
    with Store(folder.warehouse):
        assert not left.exists()
        left.write_bytes(b"of the process that has the lock")
        with pytest.raises(WarehouseLocked):
            Store(folder.warehouse)
        assert left.exists()


def test_opened_anew_it_has_what_it_had_and_takes_more(store: Store) -> None:
    put(store, windows=[window_row(0)])
    beside = store.cursor()
    store.reopen()
    put(store, windows=[window_row(30)])
    count = "SELECT count(*) FROM windows"
    assert stored(store, count) == beside.execute(count).fetchall() == [(2,)]


def test_a_command_that_was_quicker_is_waited_for_when_it_is_opened_anew(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach, held = stores._attach, list[subprocess.Popen[str]]()

    def quicker(*values: Any) -> Any:
        if not held:  # the file is closed just now
            command = [sys.executable, "-c", _HOLD, str(folder.warehouse)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            held.append(subprocess.Popen(command, **pipes))  # type: ignore[call-overload]
            assert held[0].stdout.readline() == "open\n"
        return attach(*values)

    def let_go(_: float) -> None:
        held[0].communicate("\n")

    put(store, windows=[window_row(0)])
    monkeypatch.setattr(stores, "_attach", quicker)
    monkeypatch.setattr(stores.time, "sleep", let_go)
    store.reopen()
    assert held[0].returncode == 0
    assert stored(store, "SELECT count(*) FROM windows") == [(1,)]


_FILL = """
import resource, sys
from pathlib import Path
from tests.helpers.build import put, window_row
from warehouse.errors import StorageFull
from warehouse.store.store import Store

with Store(Path(sys.argv[1])) as store:
    put(store, windows=[window_row(0)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
    kept = 1
    try:
        for k in range(1, 500):
            put(store, windows=[window_row(30 * (100 * k + j), stream_id=f"{k * j}" * 30)
                                for j in range(100)])
            kept += 100
    except StorageFull as exc:
        print(f"full: {exc}")
    assert kept < 49_901, "it was never full"
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    put(store, windows=[window_row(-30)])
    print(kept + 1, store.cursor().execute("SELECT count(*) FROM windows").fetchall()[0][0])
with Store(Path(sys.argv[1])) as store:
    print(store.cursor().execute("SELECT count(*) FROM windows").fetchall()[0][0])
"""


@pytest.mark.parametrize("limit", [300_000, 2_000_000])
def test_a_full_disk_is_said_and_writing_goes_on_once_there_is_space(
    folder: DataFolder, limit: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(folder.warehouse), str(limit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said, counts, reopened = done.stdout.splitlines() or [done.stderr, "", ""]
    assert said == f"full: no space left for {folder.warehouse}; free some and it goes on"
    expected, found = counts.split()
    assert found == expected == reopened


def test_a_warehouse_that_cannot_be_made_for_want_of_space_says_so(folder: DataFolder) -> None:
    code = f"""
import resource
from pathlib import Path
from warehouse.errors import StorageFull
from warehouse.store.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
try:
    Store(Path({str(folder.warehouse)!r}))
except StorageFull as exc:
    print("full")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "full\n", done.stderr


def test_rows_of_one_broadcaster_under_two_logins_go_to_the_key_met_first(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every version stored them up to schema 6."""
    with duckdb.connect() as con:
        for _, text in migrations()[:6]:
            con.execute(text)
        schemas = narrowed(table_schemas(), columns_of(con))
    with monkeypatch.context() as earlier:
        earlier.setattr(stores, "migrations", lambda: migrations()[:6])
        earlier.setattr(stores, "table_schemas", lambda: schemas)
        with Store(folder.warehouse) as store:
            put(
                store,
                windows=[
                    window_row(0, channel="zoe"), window_row(30, n=1, channel="zoe"),
                    window_row(30, n=4, channel="amy"), window_row(60, channel="amy"),
                    window_row(60, channel="ben"),
                ],
                window_terms=[term_row(30, channel="zoe"), term_row(60, channel="amy")],
                streams=[stream_row(0, 60, channel="amy")],
                channels=[
                    {"channel": name, "channel_id": id, "source": "live"}
                    for name, id in (("zoe", "11"), ("amy", "11"), ("ben", "91234567890"))
                ],
            )  # fmt: skip
    with Store(folder.warehouse) as store:
        assert stored(store, "SELECT channel, login FROM channels ORDER BY channel") == [
            ("ben", "ben"), ("zoe", "amy"),
        ]  # fmt: skip
        counts = "SELECT channel, epoch(start)::INT % 86400, n_messages FROM windows ORDER BY ALL"
        assert [(c, n) for c, _, n in stored(store, counts)] == [
            ("ben", 3), ("zoe", 3), ("zoe", 4), ("zoe", 3),
        ]  # fmt: skip
        assert stored(store, "SELECT DISTINCT channel FROM window_terms") == [("zoe",)]
        assert stored(store, "SELECT DISTINCT channel FROM streams") == [("zoe",)]
        assert store.query("moved_channels").to_pylist() == [{"name": "moved amy", "value": "zoe"}]


def test_rest_lets_go_of_what_was_read_and_written_and_keeps_every_row(store: Store) -> None:
    rows = [window_row(30 * k) for k in range(3000)]
    put(store, windows=rows)
    with store.cursor() as con:  # somebody reads meanwhile
        con.execute("BEGIN").execute("SELECT count(*) FROM windows").fetchall()
        store.rest()
    store.rest()
    used = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag <> 'ART_INDEX'"
    with store.cursor() as con:
        assert con.execute(used).fetchall()[0][0] < 500_000
        assert con.execute("SELECT count(*) FROM windows").fetchall() == [(3000,)]
        assert con.execute("SELECT current_setting('memory_limit')").fetchall() == [("122.0 MiB",)]


def test_row_groups_are_small_for_duckdb_merges_them_in_memory(store: Store) -> None:
    put(store, windows=[window_row(30 * k) for k in range(20_000)])
    store.rest()
    sizes = "SELECT sum(count) FROM pragma_storage_info('windows') WHERE column_name = 'start' " \
        "AND segment_type <> 'VALIDITY' GROUP BY row_group_id"  # fmt: skip
    found = [n for (n,) in stored(store, sizes)]
    assert sum(found) == 20_000 and max(found) <= 8192


def test_a_store_that_was_reopened_goes_on(store: Store) -> None:
    put(store, windows=[window_row(0)])
    with store.cursor() as con:  # of before
        con.execute("SELECT count(*) FROM windows").fetchall()
        store.reopen()
        put(store, windows=[window_row(3600), window_row(7200)])  # hours settle: it rolls
        assert con.execute("SELECT count(*) FROM windows").fetchall() == [(3,)]
    assert stored(store, "SELECT count(*) FROM window_hours") == [(2,)]


def test_a_store_that_somebody_reads_is_not_reopened_unnoticed(store: Store) -> None:
    put(store, windows=[window_row(30 * k) for k in range(5000)])
    with store.cursor() as con:
        con.execute("SELECT * FROM windows").fetchone()
        with pytest.raises(WarehouseLocked):
            store.reopen()

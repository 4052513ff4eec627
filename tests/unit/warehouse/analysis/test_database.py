"""The DuckDB file of views: what a reader sees, now and later, in any program."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers.browser import two_shards
from tests.helpers.browser.rows import window
from tests.helpers.build import put, stream_row, term_row, window_row
from tests.helpers.paths import ROOT
from tests.unit.warehouse.analysis.test_question import ask
from warehouse.analysis.database import FILES, write_database
from warehouse.analysis.schema_columns import SHARD_HEALTH
from warehouse.config import DataFolder
from warehouse.errors import BadInput, NothingPublished
from warehouse.published.manifest import read_manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.store.store import Store
from warehouse.tables import TABLES

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def publisher(folder: DataFolder, store: Store) -> Publisher:
    """Two hours of windows with terms, published."""
    put(
        store,
        streams=[stream_row(0, 9000)],
        windows=[window_row(1800 * n) for n in range(5)],
        window_terms=[term_row(1800 * n, "LUL") for n in range(5)],
    )
    made = Publisher(folder, store, "live")
    made.publish()
    return made


@pytest.fixture
def out(folder: DataFolder, publisher: Publisher, tmp_path: Path) -> Path:
    """The file, in a folder whose name has a quote and a space."""
    made = tmp_path / "Ann's files" / "dld.duckdb"
    made.parent.mkdir()
    write_database(folder, made)
    return made


@pytest.fixture
def other(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Another program, which has opened it."""
    with duckdb.connect(str(out), read_only=True) as con:
        yield con


def same(con: duckdb.DuckDBPyConnection, folder: DataFolder) -> None:
    """Every table, in the file and as a reader has it."""
    reader = Reader(folder)
    for table in (*TABLES, SHARD_HEALTH):
        expected = reader.run(f"FROM {table} ORDER BY ALL")
        found = con.sql(f"FROM {table} ORDER BY ALL").to_arrow_table()
        assert found.select(expected.column_names).to_pylist() == expected.to_pylist(), table


def test_it_shows_every_table_as_a_reader_has_it(
    other: duckdb.DuckDBPyConnection, folder: DataFolder
) -> None:
    assert len(other.sql("FROM windows").fetchall()) == 5
    assert len(other.sql("FROM window_hours").fetchall()) == 3  # the last is open
    same(other, folder)


def test_it_follows_the_manifest_where_a_glob_counts_twice(
    other: duckdb.DuckDBPyConnection, folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    for n in range(4, 8):  # the first replaces a window
        put(store, windows=[window_row(1800 * n, n=n)], window_terms=[term_row(1800 * n, "Pog")])
        publisher.publish()
        same(other, folder)
    files = str(folder.published / "windows" / "*.parquet").replace("[", "[[]")
    assert len(duckdb.read_parquet(files).fetchall()) > 8
    assert other.sql("SELECT count(*), count(DISTINCT start) FROM windows").fetchall() == [(8, 8)]


def test_rows_that_it_cannot_see_are_an_error(
    other: duckdb.DuckDBPyConnection, folder: DataFolder, store: Store, publisher: Publisher
) -> None:
    """As when a manifest comes between the plan of a question and its answer."""
    put(store, windows=[window_row(10_800)])
    publisher.publish()
    newest = max(read_manifest(folder.manifest).tables["windows"], key=lambda file: file.max)
    (folder.published / newest.path).unlink()
    with pytest.raises(duckdb.Error, match="ask again"):
        other.sql("SELECT sum(n_messages) FROM windows").fetchall()


def test_several_machines_are_one(tmp_path: Path) -> None:
    at, alert = NOON, {"alert_id": "a", "channel": None, "at": NOON, "kind": "new_term"}
    folder = two_shards.write(
        tmp_path / "data",
        [
            {"windows": [window("one", NOON, 9, 0.5)], "alerts": [alert],
             "health": two_shards.told(at, lag_s=1.0)},
            {"windows": [window("two", NOON, 9, -0.5)], "alerts": [alert],
             "health": two_shards.told(at, lag_s=3.0)},
        ],
    )  # fmt: skip
    write_database(folder, tmp_path / "dld.duckdb")
    with duckdb.connect(str(tmp_path / "dld.duckdb"), read_only=True) as con:
        assert len(con.sql("FROM windows").fetchall()) == 2
        assert len(con.sql("FROM alerts").fetchall()) == 1
        assert len(con.sql("FROM window_hours").fetchall()) == 2
        same(con, folder)


def test_files_of_an_earlier_version_have_what_came_later(
    folder: DataFolder, publisher: Publisher, tmp_path: Path
) -> None:
    manifest = read_manifest(folder.manifest)
    for file in manifest.tables["windows"]:
        place = folder.published / file.path
        rows: pa.Table = pq.read_table(place)
        pq.write_table(rows.drop_columns(["basis", "n_laughs", "n_capitals"]), place)
    rest = {name: files for name, files in manifest.tables.items() if name != "clips"}
    write_manifest(folder.manifest, manifest.next(manifest.revision, rest))
    write_database(folder, tmp_path / "dld.duckdb")
    with duckdb.connect(str(tmp_path / "dld.duckdb"), read_only=True) as con:
        found = con.sql("SELECT DISTINCT basis, n_laughs FROM windows").fetchall()
        assert found == [("words", None)]
        assert con.sql("FROM clips").fetchall() == []


def test_tables_and_columns_are_told_where_programs_show_comments(
    other: duckdb.DuckDBPyConnection,
) -> None:
    found = other.sql(
        "SELECT comment FROM duckdb_columns() WHERE (table_name, column_name) = "
        "('windows', 'mean_compound')"
    ).fetchall()
    assert found == [("Mean of the messages' compounds: the mood. NULL: nobody spoke.",)]
    without = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
    assert other.sql(without).fetchall() == []


def test_it_is_written_anew_over_its_own_and_never_over_anything_else(
    folder: DataFolder, out: Path, tmp_path: Path
) -> None:
    write_database(folder, out)
    text = tmp_path / "text.txt"
    text.write_text("mine")
    with duckdb.connect(str(out)) as con:
        con.execute("CREATE TABLE mine AS SELECT 1 AS a")
    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(str(foreign)) as con:
        con.execute(f"CREATE VIEW {FILES} AS SELECT 1 AS a")
    for file in (text, out, foreign):
        before = file.read_bytes()
        with pytest.raises(BadInput, match="is there already"):
            write_database(folder, file)
        assert file.read_bytes() == before
    assert sorted(path.name for path in out.parent.iterdir()) == [out.name]


def test_a_file_that_had_no_room_is_none(folder: DataFolder, out: Path) -> None:
    """DuckDB itself calls it written, and leaves what it holds in a log beside it."""
    before = out.read_bytes()
    command = ["bash", "-c", 'ulimit -f 100; exec "$@"', "-", sys.executable, "-m", "warehouse"]
    env = {**os.environ, "DLD_DATA": str(folder.root)}
    done = run([*command, "open", str(out)], cwd=ROOT, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"cannot write" in done.stderr
    assert [*out.parent.iterdir()] == [out]
    assert out.read_bytes() == before


def test_the_command_says_what_it_wrote_or_why_not(
    folder: DataFolder,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    made = ask(tmp_path / "dld.duckdb", command="open")
    assert f"views={len(TABLES) + 2}" in made.out
    assert "cannot write" in ask(tmp_path / "no" / "dld.duckdb", command="open").reason
    assert "name another" in ask(tmp_path, command="open").reason
    with pytest.raises(NothingPublished):
        write_database(DataFolder(tmp_path / "nothing"), tmp_path / "other.duckdb")
    assert not (tmp_path / "other.duckdb").exists()

"""A backup is one DuckDB file: every table, and in the schema `backup` what else is needed.

`backup.info` (name, value), `backup.tables` (name, rows, checksum) to check it by, and
`backup.files` (path, data): the salt, the lists of channels, opt-outs and claims, trained
models. No text of chat: the warehouse has none. Whoever has the file has the salt, so only its
owner may read it. What is restored may be anybody's: its rows are copied, never its catalogue.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.config import DataFolder
from warehouse.connections import Config, Connection, open_duckdb
from warehouse.errors import BadInput, StorageFull, WarehouseBroken
from warehouse.records import iso
from warehouse.sql import migrations, quoted
from warehouse.store.built import Built
from warehouse.store.foreign_rows import Columns, checked, refuse_meta, refuse_twice
from warehouse.store.store import is_full

Counts = dict[str, tuple[int, str]]  # table: rows, checksum
Files = Mapping[str, bytes]  # beside the tables, by path
_FILE = re.compile(
    r"salt|(?:optout|channels|claims)\.json|models/serving\.json"
    r"|models/[\w-][\w.-]{0,99}/(?:card\.json|linear\.json|model\.tflite)",
    re.ASCII,
)
_VERSION = 1
_FILE_BYTES, _FILES_BYTES = 64_000_000, 512_000_000
_BOUNDS: Config = {"memory_limit": "512MB", "threads": 2}
_OWN = {  # columns of the schema `backup`
    "info": {"name": "VARCHAR", "value": "VARCHAR"},
    "tables": {"name": "VARCHAR", "rows": "BIGINT", "checksum": "VARCHAR"},
    "files": {"path": "VARCHAR", "data": "BLOB"},
}


def write_backup(con: Connection, folder: DataFolder, path: Path) -> Counts:
    """Copy the warehouse behind `con`, as of now, to `path`, and read it back to compare.

    con: a cursor of its own, so that the writer can go on meanwhile. Raises StorageFull, or
    WarehouseBroken when the copy is not what was copied.
    """
    path.unlink(missing_ok=True)
    try:
        name = con.execute("SELECT current_database()").fetchall()[0][0]
        con.execute(f"ATTACH {quoted(path)} AS copy")
        try:
            con.execute("BEGIN")  # one state of all tables
            con.execute(f'COPY FROM DATABASE "{name}" TO copy')
            counted = _counts(con, str(name))
            con.execute("COMMIT")
            _describe(con, folder, counted)
        finally:
            con.execute("DETACH copy")
    except duckdb.Error as exc:
        path.unlink(missing_ok=True)
        reason = "no space left" if is_full(exc) else str(exc).splitlines()[0][:200]
        raise StorageFull(f"cannot write the backup: {reason}") from exc
    return check_backup(path)


def check_backup(path: Path) -> Counts:
    """Read all of a backup and compare it with what it says of itself; its tables.

    Raises BadInput for what is not a backup, WarehouseBroken for a damaged one. Checksums are
    compared by the DuckDB that made them; another one compares rows, and DuckDB itself has a
    checksum on every block it reads.
    """
    path = path.resolve()  # DuckDB keeps to its own places, and goes by what a link leads to
    with _opened(path) as (con, info):
        return _compared(con, info, path)


def _compared(con: Connection, info: Mapping[str, str], path: Path) -> Counts:
    """Raises WarehouseBroken as `check_backup` does."""
    told = con.execute(
        "SELECT coalesce(name, ''), rows, checksum FROM kept.backup.tables"
    ).fetchall()
    listed = {name: (rows, checksum) for name, rows, checksum in told}
    counts = _counts(con, "kept")
    same = info.get("duckdb") == duckdb.__version__
    wrong = [n for n in {*listed, *counts} if not _agree(listed.get(n), counts.get(n), same)]
    if wrong:
        raise WarehouseBroken(f"{path} is damaged: {min(wrong)[:60]} is not what was backed up")
    return counts


def restore_backup(path: Path, folder: DataFolder, accept: Callable[[Files], None]) -> Counts:
    """Make an empty data folder what it was at the backup; read back before it is in force.

    Rows alone come into our own schema, and files that `accept` does not raise BadInput for.
    Raises BadInput when the folder holds anything, or the file is not a backup.
    """
    path = path.resolve()
    _check_file(path)
    existing = next((p for p in folder.root.rglob("*") if p.is_file()), None)
    if existing is not None:
        raise BadInput(f"{folder.root} is not empty: {existing} is there; set DLD_DATA to another")
    with _opened(path) as (con, info):
        expected = _compared(con, info, path)
        schema = int(info["schema"])
        rows = {name: _rows(con, name, kinds) for name, kinds in _tables_at(schema).items()}
        refuse_meta(con, "kept.main.meta", schema)
        files = _files(con)
    accept(files)
    try:
        with Built(folder, schema, reach=[path, _log(path)]) as con:
            con.execute(f"ATTACH {quoted(path)} AS kept (READ_ONLY)")
            for name, select in rows.items():
                con.execute(f'INSERT INTO main."{name}" BY NAME {select}')
            if _counts(con, _name(con)) != expected:
                raise WarehouseBroken(f"{path} could not be restored: what was read back differs")
            con.execute("DETACH kept")
            for name, data in files.items():
                private_folder((folder.root / name).parent)
                replace_file(folder.root / name, data, lasting=True)
    except BaseException as exc:
        for name in files:
            (folder.root / name).unlink(missing_ok=True)
        if isinstance(exc, duckdb.Error):
            if is_full(exc):
                raise StorageFull(f"no space left to restore {path}; free some") from exc
            reason = str(exc).splitlines()[0][:200]
            raise BadInput(f"{path} cannot be restored: {reason}") from exc
        raise
    return expected


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Connection, dict[str, str]]]:
    """A connection that has the backup as `kept`, with nothing in it but tables of ours, and what
    it says of itself. Raises BadInput for what is none."""
    _check_file(path)
    try:
        with (
            TemporaryDirectory() as spill,  # the keys of a year do not fit into memory
            open_duckdb(reach=[path, _log(path)], scratch=Path(spill), config=_BOUNDS) as con,
        ):
            con.execute(f"ATTACH {quoted(path)} AS kept (READ_ONLY)")
            info = _info(con, path)
            if _catalogue(con, "kept") != {**_tables_at(int(info["schema"])), **_prefixed()}:
                raise BadInput(f"{path} is not a backup of DLD: it has other tables or columns")
            yield con, info
    except duckdb.OutOfMemoryException as exc:
        raise BadInput(f"{path} has more in it than fits beside it in memory and TMPDIR") from exc
    except (duckdb.Error, ValueError, KeyError, MemoryError) as exc:
        raise BadInput(f"{path} cannot be read as a backup: not one, or damaged") from exc


def _info(con: Connection, path: Path) -> dict[str, str]:
    """What the backup says of itself; before it is asked, that it has tables alone."""
    kinds = con.execute(_OTHERS, {"d": "kept"}).fetchall()
    if kinds:
        raise BadInput(f"{path} is not a backup of DLD: it has a {kinds[0][0]} in it")
    rows = con.execute(
        "SELECT name, value FROM kept.backup.info WHERE length(value) <= 100 LIMIT 100"
    ).fetchall()
    info, newest = dict(rows), migrations()[-1][0]
    if int(info["version"]) != _VERSION or not 1 <= int(info["schema"]) <= newest:
        raise BadInput(f"{path} was made by a newer DLD; update DLD and try again")
    return info


# what no backup of ours has: a view, a macro ... is code of whoever made the file
_OTHERS = """SELECT 'view' FROM duckdb_views() WHERE database_name = $d AND NOT internal
UNION ALL SELECT 'macro' FROM duckdb_functions() WHERE database_name = $d AND NOT internal
UNION ALL SELECT 'type' FROM duckdb_types() WHERE database_name = $d AND NOT internal
UNION ALL SELECT 'sequence' FROM duckdb_sequences() WHERE database_name = $d
UNION ALL SELECT 'index' FROM duckdb_indexes() WHERE database_name = $d
UNION ALL SELECT 'generated column' FROM duckdb_tables()
    WHERE database_name = $d AND NOT internal AND contains(sql, 'GENERATED ALWAYS')
UNION ALL SELECT 'schema' FROM duckdb_schemas()
    WHERE database_name = $d AND NOT internal AND schema_name <> 'backup'"""
if not duckdb.__version__.startswith("1."):  # which knows no triggers, nor such a file
    _OTHERS += "\nUNION ALL SELECT 'trigger' FROM duckdb_triggers() WHERE database_name = $d"


def _catalogue(con: Connection, database: str) -> dict[str, dict[str, str]]:
    """Columns and their types by table; of other schemas than main its name is before a dot."""
    found = con.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = $d AND NOT internal",
        {"d": database},
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in found:
        name = table if schema == "main" else f"{schema}.{table}"
        tables.setdefault(name, {})[column] = kind
    return tables


@cache
def _tables_at(schema: int) -> dict[str, dict[str, str]]:
    """Columns and their types by table, as the migrations up to that one make them."""
    with open_duckdb() as con:
        for _, text in (step for step in migrations() if step[0] <= schema):
            con.execute(text)
        return _catalogue(con, _name(con))


def _prefixed() -> dict[str, dict[str, str]]:
    return {f"backup.{name}": columns for name, columns in _OWN.items()}


def _rows(con: Connection, table: str, columns: Columns) -> str:
    """SQL of the table's rows, which were looked at. Raises BadInput."""
    source = f'kept.main."{table}"'
    refuse_twice(con, table, source)
    return checked(con, table, source, columns)


def _files(con: Connection) -> dict[str, bytes]:
    """The files beside the tables. Raises BadInput."""
    sizes = con.execute(
        "SELECT coalesce(path, ''), coalesce(octet_length(data), 0) FROM kept.backup.files "
        "LIMIT 10000"
    ).fetchall()
    for name, _ in sizes:
        if not _FILE.fullmatch(name):
            raise BadInput(f"the backup has other files in it: {name[:60]!r}")
    most = max((size for _, size in sizes), default=0)
    if most > _FILE_BYTES or sum(size for _, size in sizes) > _FILES_BYTES:
        raise BadInput(f"the backup has a file of {most} bytes in it")
    found = con.execute("SELECT path, data FROM kept.backup.files LIMIT 10000").fetchall()
    return {name: data or b"" for name, data in found}


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{path} is not a file")
    if _log(path).exists():
        raise BadInput(f"{path.name}.wal is beside {path}: it was written to since it was made")


def _log(path: Path) -> Path:
    """Where DuckDB keeps what it has not put into the database's file yet."""
    return path.with_name(f"{path.name}.wal")


def _name(con: Connection) -> str:
    return str(con.execute("SELECT current_database()").fetchall()[0][0])


def _counts(con: Connection, database: str) -> Counts:
    """Rows and checksum of every table; the sum of hashes does not ask for an order."""
    names = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = $d "
        "AND schema_name = 'main' ORDER BY table_name",
        {"d": database},
    ).fetchall()
    counts: Counts = {}
    for (name,) in names:
        table = f'"{database}".main."{name}"'
        rows, checksum = con.execute(
            f"SELECT count(*), coalesce(sum(hash(t)), 0)::VARCHAR FROM {table} t"
        ).fetchall()[0]
        counts[str(name)] = (int(rows), str(checksum))
    return counts


def _describe(con: Connection, folder: DataFolder, counted: Counts) -> None:
    con.execute("CREATE SCHEMA copy.backup")
    con.execute("CREATE TABLE copy.backup.info (name VARCHAR, value VARCHAR)")
    con.execute("CREATE TABLE copy.backup.tables (name VARCHAR, rows BIGINT, checksum VARCHAR)")
    con.execute("CREATE TABLE copy.backup.files (path VARCHAR, data BLOB)")
    info = {
        "version": str(_VERSION),
        "made_at": iso(datetime.now(UTC)),
        "duckdb": duckdb.__version__,
        "schema": str(migrations()[-1][0]),
    }
    for pair in info.items():
        con.execute("INSERT INTO copy.backup.info VALUES (?, ?)", pair)
    for name, (rows, checksum) in counted.items():
        con.execute("INSERT INTO copy.backup.tables VALUES (?, ?, ?)", (name, rows, checksum))
    places = (folder.root.glob("*"), folder.models.glob("*"), folder.models.glob("*/*"))
    for path in (path for paths in places for path in sorted(paths)):
        name = path.relative_to(folder.root).as_posix()
        if path.is_file() and _FILE.fullmatch(name) and _is_wanted(path, folder):
            con.execute("INSERT INTO copy.backup.files VALUES (?, ?)", (name, read_file(path)))


def _is_wanted(path: Path, folder: DataFolder) -> bool:
    """True if it is no result: a backtest's predictions would fill the daemon's memory."""
    place = path.parent
    return place in (folder.root, folder.models) or (place / "card.json").is_file()


def _agree(one: tuple[int, str] | None, two: tuple[int, str] | None, same: bool) -> bool:
    if one is None or two is None:
        return False
    return one == two if same else one[0] == two[0]

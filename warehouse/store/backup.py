"""A backup is one DuckDB file: every table, and in the schema `backup` what else is needed.

`backup.info` (name, value), `backup.tables` (name, rows, checksum) to check it by, and
`backup.files` (path, data): the salt, the lists of channels, opt-outs and claims, trained
models. No text of chat: the warehouse has none. Whoever has the file has the salt, so only its
owner may read it.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder
from warehouse.connections import open_duckdb
from warehouse.errors import BadInput, StorageFull, WarehouseBroken
from warehouse.records import iso
from warehouse.sql import migrations, quoted
from warehouse.store.store import Store, is_full

Counts = dict[str, tuple[int, str]]  # table: rows, checksum
_FILE = re.compile(
    r"salt|(?:optout|channels|claims)\.json|models/serving\.json|models/[\w.-]{1,100}/[\w.-]{1,100}"
)
_VERSION = 1


def write_backup(con: duckdb.DuckDBPyConnection, folder: DataFolder, path: Path) -> Counts:
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
    try:
        with open_duckdb(reach=[path]) as con:
            con.execute(f"ATTACH {quoted(path)} AS kept (READ_ONLY)")
            info = dict(con.execute("SELECT name, value FROM kept.backup.info").fetchall())
            listed = {n: (r, c) for n, r, c in con.execute("FROM kept.backup.tables").fetchall()}
            _check_shape(con, info, path)
            counts = _counts(con, "kept")
    except duckdb.CatalogException as exc:
        raise BadInput(f"{path} is not a backup of DLD") from exc
    except (duckdb.Error, UnicodeDecodeError, ValueError) as exc:
        raise BadInput(f"{path} cannot be read as a backup: not one, or damaged") from exc
    same = info.get("duckdb") == duckdb.__version__
    wrong = [n for n in {*listed, *counts} if not _agree(listed.get(n), counts.get(n), same)]
    if wrong:
        raise WarehouseBroken(f"{path} is damaged: {sorted(wrong)[0]} is not what was backed up")
    return counts


def restore_backup(path: Path, folder: DataFolder) -> Counts:
    """Make an empty data folder what it was at the backup; read back before it is in force.

    Raises BadInput when the folder holds anything, or the file is not a backup.
    """
    if not path.is_file():
        raise BadInput(f"{path} is not a file")
    existing = next((p for p in folder.root.rglob("*") if p.is_file()), None)
    if existing is not None:
        raise BadInput(f"{folder.root} is not empty: {existing} is there; set DLD_DATA to another")
    expected = check_backup(path)
    private_folder(folder.root)
    aside = folder.root / ".restored.duckdb"
    try:
        files = _copy_out(path, aside)
        with open_duckdb(reach=[aside]) as con:
            con.execute(f"ATTACH {quoted(aside)} AS restored (READ_ONLY)")
            counts = _counts(con, "restored")
        if counts != expected:
            raise WarehouseBroken(f"{path} could not be restored: what was read back differs")
        for name, data in files.items():
            _put(folder.root / name, data)
        aside.replace(folder.warehouse)
    finally:
        aside.unlink(missing_ok=True)
    with Store(folder.warehouse):  # brings an older schema up to date
        return counts


def _counts(con: duckdb.DuckDBPyConnection, database: str) -> Counts:
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


def _describe(con: duckdb.DuckDBPyConnection, folder: DataFolder, counted: Counts) -> None:
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
            con.execute("INSERT INTO copy.backup.files VALUES (?, ?)", (name, path.read_bytes()))


def _is_wanted(path: Path, folder: DataFolder) -> bool:
    """True if it is no result: a backtest's predictions would fill the daemon's memory."""
    place = path.parent
    return place in (folder.root, folder.models) or (place / "card.json").is_file()


def _check_shape(con: duckdb.DuckDBPyConnection, info: dict[str, str], path: Path) -> None:
    """Nothing in it but tables we know of."""
    newest = migrations()[-1][0]
    if int(info.get("version", 0)) != _VERSION or int(info.get("schema", 0)) > newest:
        raise BadInput(f"{path} was made by a newer DLD; update DLD and try again")
    views = con.execute(
        "SELECT count(*) FROM duckdb_views() WHERE NOT internal AND database_name = 'kept'"
    ).fetchall()
    if views != [(0,)]:
        raise BadInput(f"{path} is not a backup of DLD: it has views")
    for (name,) in con.execute("SELECT path FROM kept.backup.files").fetchall():
        if not _FILE.fullmatch(name) or ".." in name:
            raise BadInput(f"{path} is not a backup of DLD: it has other files in it")


def _agree(one: tuple[int, str] | None, two: tuple[int, str] | None, same: bool) -> bool:
    if one is None or two is None:
        return False
    return one == two if same else one[0] == two[0]


def _copy_out(path: Path, aside: Path) -> dict[str, bytes]:
    """The tables as a database of their own; the files beside them."""
    with open_duckdb(reach=[path, aside.parent]) as con:
        con.execute(f"ATTACH {quoted(path)} AS kept (READ_ONLY)")
        con.execute(f"ATTACH {quoted(aside)} AS restored")
        con.execute("COPY FROM DATABASE kept TO restored")
        con.execute("DROP SCHEMA restored.backup CASCADE")
        files = con.execute("SELECT path, data FROM kept.backup.files").fetchall()
        con.execute("DETACH restored")
    return {str(name): bytes(data) for name, data in files}


def _put(path: Path, data: bytes) -> None:
    private_folder(path.parent)
    replace_file(path, data, lasting=True)

"""The one writer of warehouse.duckdb: open, migrate, replace rows in transactions."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from warehouse.atomic import keep_private, private_folder
from warehouse.connections import GIVES_BACK, OWN_CONFIG, Config, Connection, open_duckdb
from warehouse.errors import AppError, BadInput, StorageFull, WarehouseBroken, WarehouseLocked
from warehouse.sql import migrations, quoted, sql
from warehouse.store.foreign_rows import broken_meta
from warehouse.store.rollups import Rolling
from warehouse.tables import TABLES, UNPUBLISHED, Keys, TableSpec

ERASED = "erased"  # meta: the last revision that took rows away without putting others there
MEMORY_LIMIT = "128MB"  # of DuckDB inside the daemon, whose whole budget is 256 MB
AWAITED = "awaited "  # meta: before the path of a published file that is in the bucket alone
_NAME = "warehouse"  # what the database is attached as
_ROWS = 8192  # of a row group: in each checkpoint DuckDB puts small ones together, in memory
_NOTHING = "1B"
_PATIENCE_S, _RETRY_S = 60.0, 0.05  # with a command that came between closing and opening
CONFIG: Config = {
    "memory_limit": MEMORY_LIMIT,
    "threads": 1,  # of two the sums would differ in their last digits, by chance
    "enable_external_file_cache": False,  # an entry for every file ever read, and none ever goes
    "allowed_configs": [OWN_CONFIG, "memory_limit"],  # of what is locked: `rest` sets it
    **GIVES_BACK,
}


class Store:
    """An open warehouse. Use it as a context manager; a second process is refused.

    It remembers which rows of before are no longer so, for the publisher to make the files that
    hold them again (`touched`, `take_touched`).
    """

    def __init__(self, path: Path) -> None:
        keep_private()
        self._path = path
        self._con = _connect(path)
        self._replaced: dict[str, Keys] = {}
        self._stale: dict[str, set[str]] = {}
        try:
            _migrate(self._con, path)
            self._revision = int(self.meta("revision") or 0)
            if self.meta(ERASED) is None:
                _set_meta(self._con, {ERASED: str(self._revision)})
            self._rolling = Rolling(self._con)
        except duckdb.Error as exc:
            self._con.close()
            raise _full(path) if is_full(exc) else _broken(path) from exc
        except BaseException:
            self._con.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; DuckDB closes its cursors too."""
        self._con.close()

    @property
    def revision(self) -> int:
        """The number of the last write."""
        return self._revision

    def write(
        self,
        tables: Mapping[str, pa.Table],
        meta: Mapping[str, str] | None = None,
        before: Iterable[tuple[str, Mapping[str, Any]]] = (),
    ) -> list[int]:
        """Replace rows of the same key, or keep them where the first wins (tables.py), all
        tables in one transaction.

        tables: rows by table name, with the table's columns but `rev`. meta: values to keep
        with them. before: (query name, parameters) to run first, in the same transaction;
        one that names `$rev` gets the revision this write makes, and one that changes windows
        has them in `touched` (rollups.py). Returns their row counts.
        Raises StorageFull when the disk refuses, WarehouseBroken when the file is damaged,
        duckdb.Error for rows the schema refuses; nothing of the write is then kept.
        """
        replaced: dict[str, Keys] = {}
        before = list(before)
        touching = [tables[name] for name in ("windows", "window_terms") if name in tables]
        rolls = bool(before) or self._rolling.is_needed(touching)
        opens = self._rolling.open
        names = TABLES if before else [name for name, rows in tables.items() if rows.num_rows]
        with self.transaction(names) as (con, revision):
            if rolls:
                self._rolling.begin(touching)
            counts = [_run(con, name, values, revision) for name, values in before]
            for name, rows in tables.items():
                if rows.num_rows and name in TABLES:
                    replaced[name] = _put(con, TABLES[name], rows, revision)
                elif rows.num_rows:
                    _put(con, UNPUBLISHED[name], rows, revision)
            if rolls:
                rolled, opens = self._rolling.roll(revision)
                replaced |= rolled
            erased = {ERASED: str(revision)} if before else {}
            _set_meta(con, {**(meta or {}), **erased, **self._opened(opens)})
        self._rolling.open = opens
        for name, keys in replaced.items():
            self.touched(name, keys)
        return counts

    @contextmanager
    def transaction(self, tables: Iterable[str] = TABLES) -> Iterator[tuple[Connection, int]]:
        """The connection to write through and the revision that is made; kept at its end, all
        of it or nothing. tables: the published ones that it may change. Raises as `write` does.
        """
        revision = self._revision + 1
        try:
            self._con.execute("BEGIN")
            yield self._con, revision
            _set_meta(self._con, {"revision": str(revision)})
            self._con.execute("COMMIT")
        except duckdb.Error as exc:
            _rollback(self._con)
            raise _as_ours(exc, self._path) from exc
        except BaseException:
            _rollback(self._con)
            raise
        self._revision = revision
        for name in tables:
            self.touched(name)

    def _opened(self, opens: Mapping[str, datetime]) -> dict[str, str]:
        """The open periods that are others now, as `meta` has them."""
        return {f"open_{k}": str(at) for k, at in opens.items() if self._rolling.open.get(k) != at}

    def rows(self, table: str, values: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Dictionaries as an Arrow table of `table`'s columns; absent keys are NULL."""
        return pa.Table.from_pylist(list(values), schema=table_schemas()[table])

    def columns(self, table: str, values: Mapping[str, Any]) -> pa.Table:
        """Columns as an Arrow table of `table`'s; what is masked is NULL."""
        return pa.table(dict(values), schema=table_schemas()[table])

    def query(self, name: str, **values: Any) -> pa.Table:
        """Result of the named query over the warehouse's own tables. Raises WarehouseBroken."""
        try:
            return self._con.sql(sql(name), params=values).to_arrow_table()
        except duckdb.Error as exc:
            raise _as_ours(exc, self._path) from exc

    def table(self, name: str) -> pa.Table:
        """All rows of a table, as `write` takes them; of a small store. Raises WarehouseBroken."""
        try:
            columns = ", ".join(f'"{column}"' for column in table_schemas()[name].names)
            return self._con.table(name).select(columns).to_arrow_table()
        except duckdb.Error as exc:
            raise _as_ours(exc, self._path) from exc

    def rest(self) -> None:
        """Give back the memory that DuckDB keeps of what it has read and written.

        Else its blocks of the past fill all of its limit, and the list of what it might let go
        holds a quarter of a million that it has let go long since.
        """
        try:
            self._con.execute("CHECKPOINT")
            with suppress(duckdb.OutOfMemoryException):  # as there is always something in use
                self._con.execute(f"SET memory_limit = '{_NOTHING}'")
            self._con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        except duckdb.TransactionException:  # a backup reads; there is a next time
            return
        except duckdb.Error as exc:
            raise _as_ours(exc, self._path) from exc

    def reopen(self) -> None:
        """Close the file and open it again, in 20 ms. Nobody may read through a cursor meanwhile.

        DuckDB keeps some 20 KB of each row group that it has met; this, and nothing else, lets
        them go. A command that was quicker is waited for. Raises as opening does; the store is
        then of no use.
        """
        with _told(self._path):
            self._con.execute("USE memory")
            self._con.execute(f"DETACH {_NAME}")
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with _told(self._path):
                    _attach(self._con, self._path)
                return
            except WarehouseLocked:
                if time.monotonic() > until:
                    raise
            time.sleep(_RETRY_S)

    def run(self, name: str) -> None:
        """Run the named statement on what lasts as long as the connection: no table of ours."""
        self._con.execute(sql(name))

    def meta(self, name: str) -> str | None:
        """A value kept by `write(meta=...)`, or None."""
        rows = self._con.execute(sql("get_meta"), {"name": name}).fetchall()
        return str(rows[0][0]) if rows else None

    def awaited(self) -> dict[str, tuple[str, str]]:
        """Published files with rows that are not in yet, after a takeover: by path the table, and
        the day before which its rows are to come."""
        rows = self.query("awaited").to_pylist()
        told = {row["name"].removeprefix(AWAITED): row["value"].split() for row in rows}
        return {path: (table, day) for path, (table, day) in told.items()}

    def cursor(self) -> Connection:
        """A connection of its own, for reading beside the writes: publishing, a backup."""
        return _at_home(self._con.cursor())

    def touched(
        self, table: str, keys: Iterable[tuple[Any, ...]] = (), months: Iterable[str] = ()
    ) -> None:
        """The table has changed since it was published.

        keys: of published rows that are no longer so, though no write replaces them, in the
        order of the table's `replace`. months: 2026-11; so much of them changed that their
        files are to be made anew.
        """
        self._replaced.setdefault(table, []).extend(keys)
        self._stale.setdefault(table, set()).update(months)

    def take_touched(self) -> dict[str, tuple[Keys, set[str]]]:
        """(keys, months) by table that has changed, since the last call."""
        replaced, stale = self._replaced, self._stale
        self._replaced, self._stale = {}, {}
        return {name: (keys, stale[name]) for name, keys in replaced.items()}


def schema_numbers(path: Path) -> tuple[int, int]:
    """(the file's schema, the newest this DLD knows), without writing to it.

    Raises WarehouseLocked while somebody writes, WarehouseBroken when it cannot be opened.
    """
    with _connect(path, read_only=True) as con:
        return _schema_number(con, path), migrations()[-1][0]


def _connect(path: Path, read_only: bool = False) -> Connection:
    try:
        private_folder(path.parent)
    except OSError as exc:
        raise BadInput(
            f"{path.parent} cannot be made: {exc.strerror}; set DLD_DATA to another folder"
        ) from exc
    if any(p.exists() and not p.is_file() for p in (path, path.with_name(f"{path.name}.wal"))):
        raise _broken(path)  # a pipe would be waited for, for ever
    # imports, published files and backups lie in its folder
    spill, began = path.with_name(f"{path.name}.tmp"), time.time()
    with _told(path):
        con = open_duckdb(reach=[path.parent], scratch=spill, config=CONFIG)
        try:
            _attach(con, path, read_only)
        except BaseException:
            con.close()
            raise
    if not read_only:
        _clear(spill, began)
    return con


def _clear(spill: Path, began: float) -> None:
    """Rows that a killed process had put aside go: whoever has the lock is alone there."""
    for left in spill.glob("duckdb_temp_*"):
        with suppress(OSError):
            if left.stat().st_mtime < began:
                left.unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What DuckDB says while it opens the file, as ours."""
    try:
        yield
    except (duckdb.Error, UnicodeDecodeError) as exc:
        # "set lock" alone: 1.5 says "block" of damaged files; the other of one in this process
        if any(said in str(exc).lower() for said in ("set lock on file", "file handle conflict")):
            raise WarehouseLocked(
                f"{path} is in use by another process; stop that one, "
                "or set DLD_DATA to another folder"
            ) from exc
        raise _full(path) if is_full(exc) else _broken(path) from exc


def _attach(con: Connection, path: Path, read_only: bool = False) -> Connection:
    """The connection with the database; DuckDB takes a size of row groups no other way."""
    how = "READ_ONLY" if read_only else f"ROW_GROUP_SIZE {_ROWS}"
    con.execute(f"ATTACH {quoted(path)} AS {_NAME} ({how})")
    return _at_home(con)


def _at_home(con: Connection) -> Connection:
    """The connection, in which tables are those of the warehouse."""
    con.execute(f"USE {_NAME}")
    return con


def _as_ours(exc: duckdb.Error, path: Path) -> AppError | duckdb.Error:
    """What DuckDB says of the disk or of a damaged file as ours; else the error itself."""
    if is_full(exc):
        return _full(path)
    fatal = isinstance(exc, duckdb.FatalException | duckdb.InternalException)
    ours = isinstance(exc, duckdb.IOException | duckdb.SerializationException)
    return _broken(path) if fatal or (ours and path.name in str(exc)) else exc


def _full(path: Path) -> StorageFull:
    return StorageFull(f"no space left for {path}; free some and it goes on")


def _broken(path: Path) -> WarehouseBroken:
    return WarehouseBroken(
        f"{path} cannot be opened as a DuckDB database: damaged, or made by a newer DuckDB; "
        "restore a backup, or move it away to start anew"
    )


def _migrate(con: Connection, path: Path) -> None:
    have = _schema_number(con, path)
    steps = migrations()
    if have > steps[-1][0]:
        raise WarehouseBroken(
            f"{path} has schema {have}, this DLD knows {steps[-1][0]}; update DLD "
            "(git pull, make run) or set DLD_DATA to another folder"
        )
    for number, text in steps:
        if number > have:
            con.execute("BEGIN")
            con.execute(text)
            _set_meta(con, {"schema": str(number)})
            con.execute("COMMIT")


def _set_meta(con: Connection, values: Mapping[str, str]) -> None:
    if values:
        lists = {"names": list(values), "contents": list(values.values())}
        con.execute(sql("set_meta"), lists)


def _run(con: Connection, name: str, values: Mapping[str, Any], revision: int) -> int:
    """Rows that the named statement changed; it gets the revision where it names it."""
    rev = {"rev": revision} if "$rev" in sql(name) else {}
    return int(con.execute(sql(name), {**values, **rev}).fetchall()[0][0])


def _schema_number(con: Connection, path: Path) -> int:
    try:
        if name := broken_meta(con):
            raise WarehouseBroken(
                f"{path} is damaged: {name} in it cannot be what it says; "
                "restore a backup, or move it away to start anew"
            )
        rows = con.execute(sql("get_meta"), {"name": "schema"}).fetchall()
    except duckdb.CatalogException:  # no such table: it has been through no migration
        return 0
    return int(rows[0][0]) if rows else 0


@cache
def table_schemas() -> dict[str, pa.Schema]:
    """Arrow schema of every stored table's columns but rev, as the migrations make them."""
    with open_duckdb() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        specs = {**TABLES, **UNPUBLISHED}
        return {name: _schema(con, name) for name, spec in specs.items() if spec.stored}


def _schema(con: Connection, table: str) -> pa.Schema:
    """Identifiers come from TABLES alone."""
    schema = con.sql(f"SELECT * EXCLUDE (rev) FROM {table} LIMIT 0").to_arrow_table().schema
    return pa.schema(list(schema))


def _put(con: Connection, spec: TableSpec, rows: pa.Table, revision: int) -> Keys:
    """Add the rows; returns the keys of those that they replace."""
    con.register("incoming", rows)
    gone = [] if spec.first_wins else _delete(con, spec)
    con.execute(
        f"INSERT INTO {spec.name} BY NAME SELECT *, {revision} AS rev FROM incoming"
        + (" ON CONFLICT DO NOTHING" if spec.first_wins else "")
    )
    con.unregister("incoming")
    return gone


def _delete(con: Connection, spec: TableSpec) -> Keys:
    """Delete rows with the key of one that comes, and return the keys.

    The range over a time that is part of the key lets DuckDB skip all but the newest row groups.
    """
    same = " AND ".join(f't."{c}" = i."{c}"' for c in spec.replace)
    keys = ", ".join(f'"{c}"' for c in spec.replace)
    span = (
        f't."{spec.time}" BETWEEN (SELECT min("{spec.time}") FROM incoming)'
        f' AND (SELECT max("{spec.time}") FROM incoming) AND '
        if spec.time in spec.replace
        else ""
    )
    gone = con.execute(
        f"DELETE FROM {spec.name} t WHERE {span}"
        f"EXISTS (SELECT 1 FROM incoming i WHERE {same}) RETURNING {keys}"
    ).fetchall()
    return sorted(set(gone))


def _rollback(con: Connection) -> None:
    try:
        con.execute("ROLLBACK")
    except duckdb.Error:  # DuckDB rolls back by itself on some errors
        return


def is_full(exc: Exception) -> bool:
    """True if DuckDB or the system says that the disk takes no more."""
    text = str(exc).lower()
    return any(sign in text for sign in ("no space left", "disk quota", "file too large"))

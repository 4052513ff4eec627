"""The one writer of warehouse.duckdb: open, migrate, replace rows in transactions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from warehouse.errors import AppError, BadInput, StorageFull, WarehouseBroken, WarehouseLocked
from warehouse.sql import migrations, sql
from warehouse.store.rollups import Rolling
from warehouse.tables import TABLES, UNPUBLISHED, TableSpec

ERASED = "erased"  # meta: the last revision that took rows away without putting others there
MEMORY_LIMIT = "128MB"  # of DuckDB inside the daemon, whose whole budget is 256 MB
_FLUSH = "1MB"  # freed memory beyond this goes back to the system: 20 MB after a day
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY_LIMIT,
    "threads": 2,
    "allocator_flush_threshold": _FLUSH,
    "allocator_bulk_deallocation_flush_threshold": _FLUSH,
}


class Store:
    """An open warehouse. Use it as a context manager; a second process is refused.

    replaced: per table, the keys of rows that a write replaced since `take_replaced`;
    the publisher rewrites the files that hold them. stale: per table, months (2026-11) in
    which so much was replaced that their files are made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.con = _connect(path)
        self.replaced: dict[str, list[tuple[Any, ...]]] = {}
        self.stale: dict[str, set[str]] = {}
        try:
            _migrate(self.con, path)
            self.revision = int(self.meta("revision") or 0)
            if self.meta(ERASED) is None:
                self.con.execute(sql("set_meta"), {"name": ERASED, "value": str(self.revision)})
            self._rolling = Rolling(self.con)
        except duckdb.Error as exc:
            self.con.close()
            raise _told(exc, path) from exc
        except BaseException:
            self.con.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.con.close()

    def write(
        self,
        tables: Mapping[str, pa.Table],
        meta: Mapping[str, str] | None = None,
        before: Iterable[tuple[str, Mapping[str, Any]]] = (),
    ) -> list[int]:
        """Replace rows of the same key, all tables in one transaction.

        tables: rows by table name, with the table's columns but `rev`. meta: values to keep
        with them. before: (query name, parameters) to run first, in the same transaction;
        one that names `$rev` gets the revision this write makes, and one that changes windows
        has them in `touched` (rollups.py). Returns their row counts.
        Raises StorageFull when the disk refuses, WarehouseBroken when the file is damaged,
        duckdb.Error for rows the schema refuses; nothing of the write is then kept.
        """
        revision = self.revision + 1
        replaced: dict[str, list[tuple[Any, ...]]] = {}
        counts = []
        before = list(before)
        touching = [tables[name] for name in ("windows", "window_terms") if name in tables]
        rolls = bool(before) or self._rolling.is_needed(touching)
        opens = self._rolling.open
        try:
            self.con.execute("BEGIN")
            if rolls:
                self._rolling.begin(touching)
            for name, values in before:
                rev = {"rev": revision} if "$rev" in sql(name) else {}
                changed = self.con.execute(sql(name), {**values, **rev}).fetchall()
                counts.append(int(changed[0][0]))
            for name, rows in tables.items():
                if rows.num_rows and name in TABLES:
                    replaced[name] = _replace(self.con, TABLES[name], rows, revision)
                elif rows.num_rows:
                    _replace(self.con, UNPUBLISHED[name], rows, revision)
            if rolls:
                rolled, opens = self._rolling.roll(revision)
                replaced |= rolled
            if before:
                meta = {**(meta or {}), ERASED: str(revision)}
            for key, value in self._kept(meta, revision, opens).items():
                self.con.execute(sql("set_meta"), {"name": key, "value": value})
            self.con.execute("COMMIT")
        except duckdb.Error as exc:
            _rollback(self.con)
            raise _told(exc, self.path) from exc
        self.revision, self._rolling.open = revision, opens
        for name, keys in replaced.items():
            self.replaced.setdefault(name, []).extend(keys)
        return counts

    def _kept(
        self, meta: Mapping[str, str] | None, revision: int, opens: Mapping[str, datetime]
    ) -> dict[str, str]:
        moved = {f"open_{k}": str(at) for k, at in opens.items() if self._rolling.open.get(k) != at}
        return {**(meta or {}), **moved, "revision": str(revision)}

    def rows(self, table: str, values: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Dictionaries as an Arrow table of `table`'s columns; absent keys are NULL."""
        return pa.Table.from_pylist(list(values), schema=table_schemas()[table])

    def query(self, name: str, **values: Any) -> pa.Table:
        """Result of the named query over the warehouse's own tables. Raises WarehouseBroken."""
        try:
            return self.con.sql(sql(name), params=values).to_arrow_table()
        except duckdb.Error as exc:
            raise _told(exc, self.path) from exc

    def meta(self, name: str) -> str | None:
        """A value kept by `write(meta=...)`, or None."""
        rows = self.con.execute(sql("get_meta"), {"name": name}).fetchall()
        return str(rows[0][0]) if rows else None

    def take_replaced(self) -> tuple[dict[str, list[tuple[Any, ...]]], dict[str, set[str]]]:
        """(replaced, stale) since the last call."""
        taken = self.replaced, self.stale
        self.replaced, self.stale = {}, {}
        return taken


def schema_numbers(path: Path) -> tuple[int, int]:
    """(the file's schema, the newest this DLD knows), without writing to it.

    Raises WarehouseLocked while somebody writes, WarehouseBroken when it cannot be opened.
    """
    with _connect(path, read_only=True) as con:
        return _schema_number(con), migrations()[-1][0]


def _connect(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise BadInput(
            f"{path.parent} cannot be made: {exc.strerror}; set DLD_DATA to another folder"
        ) from exc
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
    except duckdb.IOException as exc:
        if "set lock on file" in str(exc).lower():  # 1.5 says "block" of damaged files
            raise WarehouseLocked(
                f"{path} is in use by another process; stop that one, "
                "or set DLD_DATA to another folder"
            ) from exc
        raise _full(path) if is_full(exc) else _broken(path) from exc
    except (duckdb.Error, UnicodeDecodeError) as exc:
        raise _broken(path) from exc
    con.execute("SET TimeZone='UTC'")  # or aware values are stored shifted
    return con


def _told(exc: duckdb.Error, path: Path) -> AppError | duckdb.Error:
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


def _migrate(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    have = _schema_number(con)
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
            con.execute(sql("set_meta"), {"name": "schema", "value": str(number)})
            con.execute("COMMIT")


def _schema_number(con: duckdb.DuckDBPyConnection) -> int:
    if con.execute(sql("has_meta")).fetchall() == [(0,)]:
        return 0
    rows = con.execute(sql("get_meta"), {"name": "schema"}).fetchall()
    return int(rows[0][0]) if rows else 0


@cache
def table_schemas() -> dict[str, pa.Schema]:
    """Arrow schema of every stored table's columns but rev, as the migrations make them."""
    with duckdb.connect() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        specs = {**TABLES, **UNPUBLISHED}
        return {name: _schema(con, name) for name, spec in specs.items() if spec.stored}


def _schema(con: duckdb.DuckDBPyConnection, table: str) -> pa.Schema:
    """Identifiers come from TABLES alone."""
    schema = con.sql(f"SELECT * EXCLUDE (rev) FROM {table} LIMIT 0").to_arrow_table().schema
    return pa.schema(list(schema))


def _replace(
    con: duckdb.DuckDBPyConnection, spec: TableSpec, rows: pa.Table, revision: int
) -> list[tuple[Any, ...]]:
    """Delete rows with the same key, insert, and return the keys that were there.

    The range over the time column lets DuckDB skip all but the newest row groups.
    """
    con.register("incoming", rows)
    same = " AND ".join(f't."{c}" = i."{c}"' for c in spec.replace)
    keys = ", ".join(f'"{c}"' for c in spec.replace)
    span = (
        f't."{spec.time}" BETWEEN (SELECT min("{spec.time}") FROM incoming)'
        f' AND (SELECT max("{spec.time}") FROM incoming) AND '
        if spec.time
        else ""
    )
    gone = con.execute(
        f"DELETE FROM {spec.name} t WHERE {span}"
        f"EXISTS (SELECT 1 FROM incoming i WHERE {same}) RETURNING {keys}"
    ).fetchall()
    con.execute(f"INSERT INTO {spec.name} BY NAME SELECT *, {revision} AS rev FROM incoming")
    con.unregister("incoming")
    return sorted(set(gone))


def _rollback(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("ROLLBACK")
    except duckdb.Error:  # DuckDB rolls back by itself on some errors
        return


def is_full(exc: Exception) -> bool:
    """Whether DuckDB or the system says that the disk takes no more."""
    text = str(exc).lower()
    return any(sign in text for sign in ("no space left", "disk quota", "file too large"))

"""An import as it waits beside its request: a Parquet file a table, applied in one transaction."""

import glob
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.atomic import private_folder
from warehouse.connections import Connection
from warehouse.errors import BadInput
from warehouse.foreign_files import check_plain, is_folder
from warehouse.identities import Identities
from warehouse.records import KEY, numeric_id
from warehouse.row_groups import RowWriter, batches, row_writer
from warehouse.sql import scan
from warehouse.store.foreign_rows import checked, refuse_twice, types
from warehouse.store.store import Store, table_schemas

TABLES = ("streams", "channels", "windows", "window_terms")
_EVENTS = "events"  # which an import may have
_LARGEST = 4_000_000_000  # bytes of a file
_ROWS = {"streams": 1_000_000, "channels": 100_000}  # at most; the others are never held whole


@contextmanager
def _readable() -> Iterator[None]:
    """Raises BadInput for what Arrow cannot read; a fault of the disk has a number."""
    try:
        yield
    except (OSError, pa.ArrowException) as exc:
        if isinstance(exc, OSError) and exc.errno:
            raise
        raise BadInput("the import's files cannot be read") from exc


@dataclass(frozen=True)
class ImportFiles:
    """The folder of an import: a Parquet file of each of `tables`."""

    folder: Path

    def path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of which it has rows: those of older versions have no events."""
        return (*TABLES, _EVENTS) if os.path.lexists(self.path(_EVENTS)) else TABLES

    def writer(self, table: str) -> AbstractContextManager[RowWriter]:
        """A writer of rows with the table's columns."""
        return row_writer(self.path(table), table_schemas()[table])

    def channels(self) -> set[str]:
        """Every channel named in the files. Raises BadInput when one cannot be read."""
        self.check()
        names = set[Any]()
        with _readable():
            for table in self.tables:
                for batch in batches(self.path(table), ["channel"]):
                    names.update(batch.column(0).unique().to_pylist())
        return _checked(names)

    @_readable()
    def by_key(self, identities: Identities) -> "ImportFiles":
        """The same under the keys of its channels: a log may have a login of long ago. The files
        stay as they are, so that it can be done again."""
        rows = pq.read_table(self.path("channels")).to_pylist()
        _checked([row["channel"] for row in rows])
        _checked([row["login"] for row in rows if row["login"]])
        if not all(map(numeric_id, filter(None, (row["channel_id"] for row in rows)))):
            raise BadInput("the import's files have a channel_id that is no id of Twitch's")
        keys = {
            row["channel"]: identities.key_then(row["login"] or row["channel"], row["channel_id"])
            for row in rows
        }
        keyed = ImportFiles(self.folder / "keyed")
        private_folder(keyed.folder)
        for table in self.tables:
            if all(name == key for name, key in keys.items()):
                shutil.copyfile(self.path(table), keyed.path(table))
                continue
            with keyed.writer(table) as writer:
                for batch in batches(self.path(table)):
                    writer.write_table(_under(pa.Table.from_batches([batch]), keys))
        known = [
            {**row, "channel": keys[row["channel"]], "login": _login(row, keys, identities)}
            for row in rows
        ]
        with keyed.writer("channels") as writer:
            writer.write_table(pa.Table.from_pylist(known, schema=table_schemas()["channels"]))
        return keyed

    @_readable()
    def of(self, has: Callable[[str], bool]) -> "ImportFiles":
        """The rows of some channels. The files stay as they are."""
        some = ImportFiles(self.folder / "some")
        private_folder(some.folder)
        for table in self.tables:
            with some.writer(table) as writer:
                for batch in batches(self.path(table)):
                    rows = pa.Table.from_batches([batch])
                    kept = [has(name) for name in rows.column("channel").to_pylist()]
                    writer.write_table(rows.filter(pa.array(kept, pa.bool_())))
        return some

    def check(self) -> None:
        """Raises BadInput when a file is missing, is no plain one or has other columns than its
        table."""
        for table in self.tables:
            try:
                if not is_folder(self.folder):
                    raise FileNotFoundError(self.folder)
                check_plain(self.path(table).lstat(), _LARGEST)
                file = pq.read_metadata(self.path(table))
            except (OSError, pa.ArrowException) as exc:
                raise BadInput(f"the import's {table}.parquet cannot be read") from exc
            names = file.schema.to_arrow_schema().names
            if names != table_schemas()[table].names:
                raise BadInput(f"the import's {table}.parquet has other columns: {names}"[:500])
            if file.num_rows > _ROWS.get(table, file.num_rows):
                raise BadInput(f"the import's {table}.parquet has {file.num_rows} rows")


def _login(row: dict[str, Any], keys: Mapping[str, str], who: Identities) -> str | None:
    """The login of the row's channel: the log's, where Twitch's id says whose it is and it is not
    another's; else the key, where that is not."""
    key, login = keys[row["channel"]], row["login"] or row["channel"]
    has = who.resolve(login)
    if row["channel_id"] and "~" not in login and (has == key or not who.knows(has)):
        return str(login)
    return key if "~" not in key and who.resolve(key) == key else None


def _checked(names: Collection[object]) -> set[str]:
    """The names of channels. Raises BadInput for what is none."""
    found = {name for name in names if isinstance(name, str) and KEY.fullmatch(name)}
    if not found.issuperset(names):
        raise BadInput("the import's files name what is no channel: a-z, 0-9 and _, at most 25")
    return found


def _under(rows: pa.Table, keys: Mapping[str, str]) -> pa.Table:
    names = rows.column("channel").to_pylist()
    column = rows.schema.get_field_index("channel")
    return rows.set_column(
        column, "channel", pa.array([keys.get(n, n) for n in names], pa.string())
    )


def apply_import(
    store: Store,
    files: ImportFiles,
    meta: dict[str, str],
    moved: Sequence[str] = (),
    replace: bool = False,
) -> list[dict[str, Any]]:
    """Take in what is new, and what holds as much as earlier imports of the same time; observed
    windows stay. Returns what became of windows that were there: import_told.sql.

    meta: kept in the same transaction, so that a request is applied once. moved: streams that
    begin at another time than they did. replace: less may take the place of more. Raises
    BadInput for files whose rows are not what the tables take.
    """
    files.check()
    try:
        with store.cursor() as con:
            _check_rows(con, files)
        return _apply(store, files, meta, {"moved": list(moved)}, replace)
    except duckdb.Error as exc:
        reason = str(exc).splitlines()[0][:200]
        raise BadInput(f"the import's rows cannot be taken: {reason}") from exc


def _check_rows(con: Connection, files: ImportFiles) -> None:
    for table in files.tables:
        columns = {k: v for k, v in types(con, table).items() if k != "rev"}
        rows = scan([files.path(table)])
        try:
            checked(con, table, rows, columns)
            refuse_twice(con, table, rows)
        except BadInput as exc:
            raise BadInput(f"the import's {exc}") from exc


def _apply(
    store: Store,
    files: ImportFiles,
    meta: dict[str, str],
    moved: dict[str, list[str]],
    replace: bool,
) -> list[dict[str, Any]]:
    paths = {table: glob.escape(str(files.path(table))) for table in files.tables}
    streams, windows = {"streams": paths["streams"]}, {"windows": paths["windows"]}
    terms = {"terms": paths["window_terms"]}
    store.write(
        {},
        meta,
        before=[
            ("import_fates", {**windows, **moved, "replace": replace}),
            ("import_touch", {}),
            ("import_merge_terms", {**windows, **terms}),
            ("import_clear_terms", {}),
            ("import_merge_windows", windows),
            ("import_clear_windows", {}),
            ("import_windows", windows),
            ("import_terms", terms),
            *([("import_events", {"events": paths[_EVENTS]})] if _EVENTS in paths else ()),
            ("import_streams", {**streams, **moved}),
            ("import_shrink_streams", {}),
            ("import_drop_streams", streams),
            ("import_channels", {"channels": paths["channels"], **streams}),
        ],
    )
    months = store.query("import_months").column("month").to_pylist()
    for table in ("windows", "window_terms"):  # their published files are to be made again
        store.touched(table, months=months)
    told: list[dict[str, Any]] = store.query("import_told").to_pylist()
    store.run("import_end")
    return told

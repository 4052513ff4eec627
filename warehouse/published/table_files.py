"""Files of the published tables, written from the rows of an open store."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse.atomic import private_folder
from warehouse.published.files import (
    Files,
    days_of,
    months_since,
    most_rows,
    overlaps,
    rows_of_day,
    rows_of_month,
    tidy,
    time_text,
    write_sorted,
    written_aside,
)
from warehouse.published.manifest import PublishedFile
from warehouse.sql import quoted, scan
from warehouse.store.store import Store
from warehouse.tables import TABLES, Keys, TableSpec


class TableFiles:
    """Writer of immutable files below `published`; which of them are in force others decide.

    written: paths of all files since the list was last emptied.
    """

    def __init__(self, store: Store, published: Path) -> None:
        self.published = published
        self.written: list[str] = []
        self._con = store.cursor()

    def keys_since(self, spec: TableSpec, revision: int) -> Keys:
        """Keys of the rows written after the revision."""
        keys = ", ".join(f'"{c}"' for c in spec.replace)
        query = f"SELECT DISTINCT {keys} FROM {spec.name} WHERE rev > $since"
        return self._con.execute(query, {"since": revision}).fetchall()

    def empty(self, name: str) -> PublishedFile:
        """A file without rows: every table is listed, an empty one with one of these."""
        if name == "samples":
            return self._write_samples(samples_schema().empty_table())
        path, target = self._place(name)
        with written_aside(target) as aside:
            query = f"COPY (SELECT * FROM {name} LIMIT 0) TO {quoted(aside)} (FORMAT parquet)"
            self._con.execute(query).fetchall()
        return PublishedFile(path, 0, "", "")

    def table(
        self, spec: TableSpec, files: Files, since: int, replaced: Keys, stale: set[str]
    ) -> Files:
        """The table's files, after those of revision `since`.

        replaced: keys of rows that are no longer so. stale: months (2026-11) to be made anew.
        """
        if spec.time is None:
            return self._small_table(spec, files, since)
        files = tuple(file for file in files if file.min[:7] not in stale)
        if replaced:
            files = tuple(self._without(spec, files, replaced))
        months = self._con.execute(months_since(spec), {"since": since}).fetchall()
        since_by_month = {f"{month:%Y-%m}": since for (month,) in months} | dict.fromkeys(stale, 0)
        new = [
            file
            for month, after in sorted(since_by_month.items())
            for file in self._month(spec, f"{month}-01", after)
        ]
        return tidy((*files, *new)) or (self.empty(spec.name),)

    def samples(self, files: Iterable[PublishedFile], new: pa.Table | None, dropped: Keys) -> Files:
        """The files of samples with the new rows, without those of the dropped windows."""
        spec = TABLES["samples"]
        keys = set(dropped)
        if new is not None:
            keys.update(zip(*(new.column(n).to_pylist() for n in spec.replace), strict=True))
        if keys:
            files = self._without(spec, files, sorted(keys))
        added = (self._write_samples(new),) if new is not None and new.num_rows else ()
        return tidy((*files, *added)) or (self.empty("samples"),)

    def _small_table(self, spec: TableSpec, files: Files, since: int) -> Files:
        highest, count = self._one(f"SELECT coalesce(max(rev), 0), count(*) FROM {spec.name}")
        if highest <= since and count == sum(file.rows for file in files):
            return files
        return (self._write(spec, f"SELECT * FROM {spec.name}", {}),)

    def _month(self, spec: TableSpec, month: str, since: int) -> Iterable[PublishedFile]:
        """A file of the month's rows written since; a long month, made anew, in days.

        Days are neighbours in the warehouse, channels are not: to pick a channel's rows out of
        a month means to read the month. Compaction makes a month of the days.
        """
        query, values = rows_of_month(spec), {"since": since, "month": month}
        if not self._is_long(spec, query, values):
            yield self._write(spec, query, values, is_short=True)
            return
        for (day,) in self._con.execute(days_of(spec, query), values).fetchall():
            yield self._write(spec, rows_of_day(spec), {"since": since, "day": day})

    def _without(
        self, spec: TableSpec, files: Iterable[PublishedFile], keys: Keys
    ) -> Iterable[PublishedFile]:
        """The files, those that hold one of the keys rewritten without them."""
        columns = zip(*keys, strict=True)
        dropped = pa.table(
            {name: list(column) for name, column in zip(spec.replace, columns, strict=True)}
        )
        self._con.register("dropped", dropped)
        same = " AND ".join(f't."{c}" = d."{c}"' for c in spec.replace)
        for file in files:
            if not file.rows or not overlaps(file, spec, keys):
                yield file
                continue
            source = scan([self.published / file.path])
            rest = f"FROM {source} t WHERE NOT EXISTS (SELECT 1 FROM dropped d WHERE {same})"
            (rows,) = self._one(f"SELECT count(*) {rest}")
            yield file if rows == file.rows else self._write(spec, f"SELECT t.* {rest}", {})
        self._con.unregister("dropped")

    def _write_samples(self, rows: pa.Table) -> PublishedFile:
        self._con.register("new_samples", rows)
        try:
            return self._write(TABLES["samples"], "SELECT * FROM new_samples", {})
        finally:
            self._con.unregister("new_samples")

    def _write(
        self, spec: TableSpec, query: str, values: dict[str, Any], is_short: bool = False
    ) -> PublishedFile:
        path, target = self._place(spec.name)
        with written_aside(target) as aside:
            if not is_short and self._is_long(spec, query, values):
                write_sorted(self._con, query, values, spec, aside)
            else:
                order = ", ".join(f'"{c}"' for c in spec.order)
                rows = f"SELECT * FROM ({query}) ORDER BY {order}"
                copy = f"COPY ({rows}) TO {quoted(aside)} (FORMAT parquet)"
                self._con.execute(copy, values or None).fetchall()
        return self._describe(spec, path)

    def _place(self, table: str) -> tuple[str, Path]:
        """Path of a file to write, in the manifest and on the disk."""
        path = f"{table}/{uuid.uuid4().hex}.parquet"
        target = self.published / path
        private_folder(target.parent)
        self.written.append(path)
        return path, target

    def _is_long(self, spec: TableSpec, query: str, values: dict[str, Any]) -> bool:
        """True for a month or day from its start that has too many rows to sort at once."""
        if values.get("since", 1) > 0:
            return False
        (rows,) = self._one(f"SELECT count(*) FROM ({query})", values)
        return bool(rows > most_rows(spec))

    def _describe(self, spec: TableSpec, path: str) -> PublishedFile:
        span = f'min("{spec.time}"), max("{spec.time}")' if spec.time else "NULL, NULL"
        source = scan([self.published / path])
        rows, first, last = self._one(f"SELECT count(*), {span} FROM {source}")
        return PublishedFile(path, rows, time_text(first), time_text(last))

    def _one(self, query: str, values: dict[str, Any] | None = None) -> tuple[Any, ...]:
        return tuple(self._con.execute(query, values).fetchall()[0])


def samples_schema() -> pa.Schema:
    """Columns of the samples table (records.Sample)."""
    return pa.schema(
        [
            ("channel", pa.string()),
            ("start", pa.timestamp("us")),
            ("rank", pa.int32()),
            ("text", pa.string()),
            ("compound", pa.float64()),
        ]
    )

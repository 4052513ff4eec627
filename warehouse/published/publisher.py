"""Publishing: what changed in the warehouse goes out as immutable Parquet files.

One cycle adds one file a table that has new rows, rewrites files whose rows were replaced,
and replaces the manifest last. Everything here is derived: lost files are made again.
"""

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.config import DataFolder
from warehouse.errors import AppError, StorageFull
from warehouse.published.files import (
    SLICED_ROWS,
    Files,
    Keys,
    days_of,
    is_whole,
    months_since,
    overlaps,
    remove_strays,
    rows_of_day,
    rows_of_month,
    tidy,
    time_text,
    write_sorted,
)
from warehouse.published.folder import Published, PublishedFolder
from warehouse.published.manifest import Manifest, PublishedFile, read_manifest, write_manifest
from warehouse.sql import quoted, scan
from warehouse.store.store import ERASED, Store, is_full
from warehouse.tables import TABLES, TableSpec

LINGER_S = 600  # old files stay for readers in mid-query


class Publisher:
    """Keeps published/ in step with an open store. `source` is shown to people.

    keep_source: a manifest that is there keeps its own, as when a command adds to it.
    """

    def __init__(
        self, folder: DataFolder, store: Store, source: str, keep_source: bool = False
    ) -> None:
        self.folder = folder
        self.store = store
        self._con = store.cursor()
        self.leaving: list[tuple[float, str]] = []  # (when to unlink, path)
        self._written: list[str] = []  # in the cycle under way
        self.latest: Published = PublishedFolder(folder.latest)
        self._published: Published = PublishedFolder(folder.published)
        folder.latest.mkdir(parents=True, exist_ok=True)
        try:
            self.manifest = self._start(source, keep_source)
        except (duckdb.Error, OSError) as exc:
            raise self._refused(exc) from exc

    def publish(
        self,
        samples: pa.Table | None = None,
        drop_samples_before: str = "",
        drop_samples_of: Keys | None = None,
    ) -> Manifest:
        """One cycle; returns the manifest now in force.

        samples: new rows of that table, which the warehouse does not keep.
        drop_samples_before: ISO time; sample files with older lines go at once.
        drop_samples_of: (channel, start) of windows whose lines go before new ones come.
        Raises StorageFull, and leaves the previous manifest in force. Published files that
        were lost or damaged meanwhile are made again.
        """
        gone = drop_samples_of or []
        try:
            return self._cycle(samples, drop_samples_before, gone)
        except (duckdb.Error, OSError) as exc:
            if is_full(exc):
                raise self._refused(exc) from exc
        try:
            self.manifest = self._anew(self.manifest, self.manifest.source)
            return self._cycle(samples, drop_samples_before, gone)
        except (duckdb.Error, OSError) as exc:
            raise self._refused(exc) from exc

    def put_latest(self, channel_id: str, body: bytes) -> None:
        """Replace what the EBS serves for a channel. Raises StorageFull."""
        try:
            self.latest.put(f"{channel_id}.json", body)
        except OSError as exc:
            raise self._refused(exc) from exc

    def swap_merged(self, table: str, old: set[str], merged: PublishedFile) -> bool:
        """Put a merged file in the place of its parts; False when a part has changed since."""
        files = self.manifest.tables[table]
        if not old <= {file.path for file in files}:
            self._unlink(merged.path)
            return False
        kept = tuple(file for file in files if file.path not in old)
        try:
            # rows committed since are not in it: the revision stays what it was
            self._swap({**self.manifest.tables, table: (*kept, merged)}, self.manifest.revision)
        except OSError as exc:
            self._unlink(merged.path)
            raise self._refused(exc) from exc
        return True

    def collect_garbage(self, now: float | None = None) -> None:
        """Unlink files that left the manifest more than ten minutes ago."""
        now = time.time() if now is None else now
        for at, path in self.leaving:
            if at <= now:
                self._unlink(path)
        self.leaving = [(at, path) for at, path in self.leaving if at > now]

    def _start(self, source: str, keep_source: bool) -> Manifest:
        """The manifest found, if it fits the warehouse; else one to be filled by `publish`."""
        try:
            found = read_manifest(self.folder.manifest)
        except AppError:
            found = None
        if found is not None and keep_source:
            source = found.source
        remove_strays(self.folder.published, found.paths() if found else set())
        if found is None or not self._fits(found):
            return self._anew(found, source)
        self._catch_up(found.revision)
        tables = {name: found.tables[name] for name in TABLES}
        manifest = Manifest(found.version + 1, found.revision, datetime.now(UTC), source, tables)
        write_manifest(self.folder.manifest, manifest)
        return manifest

    def _fits(self, found: Manifest) -> bool:
        # a migration fills new tables with rows of old revisions; what was erased has no row
        # that would tell of it
        if not found.tables.keys() >= TABLES.keys():
            return False
        if not int(self.store.meta(ERASED) or 0) <= found.revision <= self.store.revision:
            return False
        return all(
            is_whole(self.folder.published, file)
            for files in found.tables.values()
            for file in files
        )

    def _catch_up(self, since: int) -> None:
        """After a kill between a commit and its publishing: any row written since may have
        replaced one that is published."""
        for spec in TABLES.values():
            if spec.stored and spec.time and since < self.store.revision:
                keys = ", ".join(f'"{c}"' for c in spec.replace)
                query = f"SELECT DISTINCT {keys} FROM {spec.name} WHERE rev > $since"
                self.store.touched(spec.name, self._con.execute(query, {"since": since}).fetchall())

    def _anew(self, found: Manifest | None, source: str) -> Manifest:
        """A manifest of nothing but samples, which no warehouse holds; not yet in force."""
        tables: dict[str, Files] = {name: (self._empty(name),) for name in TABLES}
        version = int(time.time())
        if found is not None:
            version = max(version, found.version + 1)
            files = found.tables.get("samples", ())
            whole = tuple(file for file in files if is_whole(self.folder.published, file))
            tables["samples"] = tidy((*whole, *tables["samples"]))
            self._leave(found.paths() - {file.path for file in whole})
        return Manifest(version, -1, datetime.now(UTC), source, tables)

    def _empty(self, name: str) -> PublishedFile:
        if name == "samples":
            return self._write_samples(samples_schema().empty_table())
        return self._write(TABLES[name], f"SELECT * FROM {name} LIMIT 0", {})

    def _cycle(self, samples: pa.Table | None, drop_before: str, gone: Keys) -> Manifest:
        touched = self.store.take_touched()
        self._written = []
        expired = {
            file.path
            for file in self.manifest.tables["samples"]
            if file.rows and file.min < drop_before
        }
        try:
            tables = {
                spec.name: self._table(spec, *touched.get(spec.name, ([], set())))
                for spec in TABLES.values()
                if spec.stored
            }
            tables["samples"] = self._samples(samples, expired, gone)
            self._swap(tables, self.store.revision)
        except BaseException:
            for path in self._written:
                self._unlink(path)
            for name, (keys, months) in touched.items():  # they are still to be done
                self.store.touched(name, keys, months)
            raise
        finally:
            for path in expired:  # text past its time goes at once, in use or not
                self._unlink(path)
        return self.manifest

    def _table(self, spec: TableSpec, replaced: Keys, stale: set[str]) -> Files:
        files = self.manifest.tables[spec.name]
        if spec.time is None:
            (highest,) = self._one(f"SELECT coalesce(max(rev), 0) FROM {spec.name}")
            (count,) = self._one(f"SELECT count(*) FROM {spec.name}")
            if highest <= self.manifest.revision and count == sum(f.rows for f in files):
                return files
            return (self._write(spec, f"SELECT * FROM {spec.name}", {}),)
        files = tuple(file for file in files if file.min[:7] not in stale)
        if replaced:
            files = tuple(self._without(spec, files, replaced))
        since = self.manifest.revision
        months = self._con.execute(months_since(spec), {"since": since}).fetchall()
        wanted = {f"{month:%Y-%m}": since for (month,) in months} | dict.fromkeys(stale, 0)
        new = [
            file
            for month, after in sorted(wanted.items())
            for file in self._month(spec, f"{month}-01", after)
        ]
        return tidy((*files, *new)) or (self._empty(spec.name),)

    def _month(self, spec: TableSpec, month: str, since: int) -> Iterable[PublishedFile]:
        """A file of the month's rows written since; a long month, made anew, in days.

        Days are neighbours in the warehouse, channels are not: to pick a channel's rows out of
        a month means to read the month. Compaction makes a month of the days.
        """
        query, values = rows_of_month(spec), {"since": since, "month": month}
        if not self._is_long(query, values):
            yield self._write(spec, query, values)
            return
        for (day,) in self._con.execute(days_of(spec, query), values).fetchall():
            yield self._write(spec, rows_of_day(spec), {"since": since, "day": day})

    def _without(
        self, spec: TableSpec, files: Iterable[PublishedFile], keys: Keys
    ) -> Iterable[PublishedFile]:
        """The files, those that hold one of the keys rewritten without them."""
        columns = zip(*keys, strict=True)
        gone = pa.table(
            {name: list(column) for name, column in zip(spec.replace, columns, strict=True)}
        )
        self._con.register("gone", gone)
        same = " AND ".join(f't."{c}" = g."{c}"' for c in spec.replace)
        for file in files:
            if not file.rows or not overlaps(file, spec, keys):
                yield file
                continue
            source = scan([self.folder.published / file.path])
            keep = f"FROM {source} t WHERE NOT EXISTS (SELECT 1 FROM gone g WHERE {same})"
            (left,) = self._one(f"SELECT count(*) {keep}")
            if left == file.rows:
                yield file
            else:
                yield self._write(spec, f"SELECT t.* {keep}", {})
        self._con.unregister("gone")

    def _write(self, spec: TableSpec, query: str, values: dict[str, Any]) -> PublishedFile:
        path = f"{spec.name}/{uuid.uuid4().hex}.parquet"
        target = self.folder.published / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self._written.append(path)
        if self._is_long(query, values):
            write_sorted(self._con, query, values, spec.order, target)
            return self._describe(spec, path)
        order = ", ".join(f'"{c}"' for c in spec.order)
        self._con.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY {order}) TO {quoted(target)} (FORMAT parquet)",
            values or None,
        ).fetchall()
        return self._describe(spec, path)

    def _is_long(self, query: str, values: dict[str, Any]) -> bool:
        """Whether a month or day is made from its start, and has too many rows to sort at once."""
        if values.get("since", 1) > 0:
            return False
        found = self._con.execute(f"SELECT count(*) FROM ({query})", values).fetchall()
        return int(found[0][0]) > SLICED_ROWS

    def _describe(self, spec: TableSpec, path: str) -> PublishedFile:
        span = f'min("{spec.time}"), max("{spec.time}")' if spec.time else "NULL, NULL"
        source = scan([self.folder.published / path])
        count, first, last = self._one(f"SELECT count(*), {span} FROM {source}")
        return PublishedFile(path, count, time_text(first), time_text(last))

    def _samples(self, new: pa.Table | None, expired: set[str], gone: Keys) -> Files:
        kept: Iterable[PublishedFile] = (
            file for file in self.manifest.tables["samples"] if file.path not in expired
        )
        spec = TABLES["samples"]
        keys = set(gone)
        if new is not None:
            keys.update(zip(*(new.column(n).to_pylist() for n in spec.replace), strict=True))
        if keys:
            kept = tuple(self._without(spec, kept, sorted(keys)))
        if new is not None and new.num_rows:
            kept = (*kept, self._write_samples(new))
        return tidy(tuple(kept)) or (self._empty("samples"),)

    def _write_samples(self, rows: pa.Table) -> PublishedFile:
        self._con.register("new_samples", rows)
        try:
            return self._write(TABLES["samples"], "SELECT * FROM new_samples", {})
        finally:
            self._con.unregister("new_samples")

    def _swap(self, tables: dict[str, Files], revision: int) -> None:
        if tables == self.manifest.tables and revision == self.manifest.revision:
            return
        old = self.manifest.paths()
        manifest = self.manifest.next(revision, tables)
        write_manifest(self.folder.manifest, manifest)  # last: its files are all there
        self.manifest = manifest
        self._leave(old - manifest.paths())

    def _leave(self, paths: Iterable[str]) -> None:
        leave_at = time.time() + LINGER_S
        for path in paths:
            if path.startswith("samples/"):  # text never outlives its row
                self._unlink(path)
            else:
                self.leaving.append((leave_at, path))

    def _unlink(self, path: str) -> None:
        self._published.drop(path)

    def _refused(self, exc: Exception) -> StorageFull:
        reason = "no space left" if is_full(exc) else str(exc).splitlines()[0][:200]
        return StorageFull(
            f"cannot write below {self.folder.published}: {reason}; make it possible and it goes on"
        )

    def _one(self, query: str) -> tuple[Any, ...]:
        return tuple(self._con.execute(query).fetchall()[0])


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

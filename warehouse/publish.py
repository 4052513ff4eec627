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
from warehouse.manifest import (
    Manifest,
    PublishedFile,
    read_manifest,
    replace_file,
    write_manifest,
)
from warehouse.records import iso
from warehouse.store import Store
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
        self.leaving: list[tuple[float, str]] = []  # (when to unlink, path)
        folder.latest.mkdir(parents=True, exist_ok=True)
        self.manifest = self._start(source, keep_source)

    def publish(self, samples: pa.Table | None = None, drop_samples_before: str = "") -> Manifest:
        """One cycle; returns the manifest now in force.

        samples: new rows of that table, which the warehouse does not keep.
        drop_samples_before: ISO time; sample files with older lines go at once.
        Raises StorageFull, and leaves the previous manifest in force.
        """
        tables = dict(self.manifest.tables)
        replaced, stale = self.store.take_replaced()
        try:
            for spec in TABLES.values():
                if spec.stored:
                    name = spec.name
                    tables[name] = self._cycle(spec, replaced.get(name, []), stale.get(name, set()))
            tables["samples"] = self._samples(samples, drop_samples_before)
            self._swap(tables)
        except (duckdb.Error, OSError) as exc:
            for name, keys in replaced.items():  # they are still to be done
                self.store.replaced.setdefault(name, []).extend(keys)
            for name, months in stale.items():
                self.store.stale.setdefault(name, set()).update(months)
            raise StorageFull(
                f"cannot write below {self.folder.published}; free some space and it goes on"
            ) from exc
        return self.manifest

    def put_latest(self, channel_id: str, body: bytes) -> None:
        """Replace what the EBS serves for a channel."""
        replace_file(self.folder.latest / f"{channel_id}.json", body)

    def swap_merged(self, table: str, old: set[str], merged: PublishedFile) -> bool:
        """Put a merged file in the place of its parts; False when a part has changed since."""
        files = self.manifest.tables[table]
        if not old <= {file.path for file in files}:
            (self.folder.published / merged.path).unlink(missing_ok=True)
            return False
        kept = tuple(file for file in files if file.path not in old)
        self._swap({**self.manifest.tables, table: (*kept, merged)})
        return True

    def collect_garbage(self, now: float | None = None) -> None:
        """Unlink files that left the manifest more than ten minutes ago."""
        now = time.time() if now is None else now
        for at, path in list(self.leaving):
            if at <= now:
                (self.folder.published / path).unlink(missing_ok=True)
                self.leaving.remove((at, path))

    def _start(self, source: str, keep_source: bool) -> Manifest:
        """The manifest found, if it fits the warehouse; else an empty one to be filled."""
        empty: dict[str, tuple[PublishedFile, ...]] = {
            spec.name: (self._write(spec, f"SELECT * FROM {spec.name} LIMIT 0", {}),)
            for spec in TABLES.values()
            if spec.stored
        }
        empty["samples"] = (self._write_samples(_no_samples()),)
        found = self._found()
        if found is None:
            manifest = Manifest(int(time.time()), 0, datetime.now(UTC), source, empty)
        else:
            manifest = Manifest(
                found.version + 1,
                found.revision,
                datetime.now(UTC),
                found.source if keep_source else source,
                {name: found.tables.get(name) or empty[name] for name in empty},
            )
        self._remove_strays(manifest)
        write_manifest(self.folder.manifest, manifest)
        return manifest

    def _found(self) -> Manifest | None:
        try:
            found = read_manifest(self.folder.manifest)
        except AppError:
            return None
        whole = all((self.folder.published / path).is_file() for path in found.paths())
        # replaced keys are known only to the process that replaced them: a manifest that
        # lags behind may hold rows twice when caught up, so it is made anew
        return found if whole and found.revision == self.store.revision else None

    def _remove_strays(self, manifest: Manifest) -> None:
        listed = manifest.paths()
        for path in self.folder.published.glob("*/*.parquet"):
            if str(path.relative_to(self.folder.published)) not in listed:
                path.unlink(missing_ok=True)

    def _cycle(
        self, spec: TableSpec, replaced: list[tuple[Any, ...]], stale: set[str]
    ) -> tuple[PublishedFile, ...]:
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
        months = self.store.con.execute(_months(spec), {"since": since}).fetchall()
        wanted = {f"{month:%Y-%m}": since for (month,) in months} | dict.fromkeys(stale, 0)
        new = [
            self._write(spec, _month_of(spec), {"since": after, "month": f"{month}-01"})
            for month, after in sorted(wanted.items())
        ]
        return _tidy((*files, *new))

    def _without(
        self, spec: TableSpec, files: Iterable[PublishedFile], keys: list[tuple[Any, ...]]
    ) -> Iterable[PublishedFile]:
        """The files, those that hold one of the keys rewritten without them."""
        columns = zip(*keys, strict=True)
        gone = pa.table(
            {name: list(column) for name, column in zip(spec.replace, columns, strict=True)}
        )
        self.store.con.register("gone", gone)
        same = " AND ".join(f't."{c}" = g."{c}"' for c in spec.replace)
        for file in files:
            if not file.rows or not _overlaps(file, spec, keys):
                yield file
                continue
            source = f"read_parquet('{self.folder.published / file.path}') t"
            keep = f"FROM {source} WHERE NOT EXISTS (SELECT 1 FROM gone g WHERE {same})"
            (left,) = self._one(f"SELECT count(*) {keep}")
            if left == file.rows:
                yield file
            else:
                yield self._write(spec, f"SELECT t.* {keep}", {})
        self.store.con.unregister("gone")

    def _write(self, spec: TableSpec, query: str, values: dict[str, Any]) -> PublishedFile:
        path = f"{spec.name}/{uuid.uuid4().hex}.parquet"
        target = self.folder.published / path
        target.parent.mkdir(parents=True, exist_ok=True)
        order = ", ".join(f'"{c}"' for c in spec.order)
        self.store.con.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY {order}) TO '{target}' (FORMAT parquet)",
            values or None,
        ).fetchall()
        return self._describe(spec, path)

    def _describe(self, spec: TableSpec, path: str) -> PublishedFile:
        span = f'min("{spec.time}"), max("{spec.time}")' if spec.time else "NULL, NULL"
        source = f"read_parquet('{self.folder.published / path}')"
        count, first, last = self._one(f"SELECT count(*), {span} FROM {source}")
        return PublishedFile(path, count, _text(first), _text(last))

    def _samples(self, new: pa.Table | None, before: str) -> tuple[PublishedFile, ...]:
        kept = []
        for file in self.manifest.tables["samples"]:
            if file.rows and file.min < before:  # text past its time goes at once, in use or not
                (self.folder.published / file.path).unlink(missing_ok=True)
            else:
                kept.append(file)
        if new is not None and new.num_rows:
            kept.append(self._write_samples(new))
        return _tidy(tuple(kept)) or (self._write_samples(_no_samples()),)

    def _write_samples(self, rows: pa.Table) -> PublishedFile:
        self.store.con.register("new_samples", rows)
        try:
            return self._write(TABLES["samples"], "SELECT * FROM new_samples", {})
        finally:
            self.store.con.unregister("new_samples")

    def _swap(self, tables: dict[str, tuple[PublishedFile, ...]]) -> None:
        if tables == self.manifest.tables and self.store.revision == self.manifest.revision:
            return
        old = self.manifest.paths()
        manifest = self.manifest.next(self.store.revision, tables)
        write_manifest(self.folder.manifest, manifest)  # last: its files are all there
        self.manifest = manifest
        leave_at = time.time() + LINGER_S
        self.leaving.extend((leave_at, path) for path in old - manifest.paths())

    def _one(self, query: str) -> tuple[Any, ...]:
        return tuple(self.store.con.execute(query).fetchall()[0])


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


def _no_samples() -> pa.Table:
    return samples_schema().empty_table()


def _months(spec: TableSpec) -> str:
    """A file never spans months, so that it can be compacted into one."""
    return (
        f"SELECT DISTINCT date_trunc('month', \"{spec.time}\") AS m "
        f"FROM {spec.name} WHERE rev > $since ORDER BY m"
    )


def _month_of(spec: TableSpec) -> str:
    return (
        f"SELECT * FROM {spec.name} WHERE rev > $since "
        f"AND date_trunc('month', \"{spec.time}\") = CAST($month AS DATE)"
    )


def _tidy(files: tuple[PublishedFile, ...]) -> tuple[PublishedFile, ...]:
    """Drop empty files, unless nothing else is left."""
    return tuple(file for file in files if file.rows) or files[:1]


def _text(at: Any) -> str:
    if at is None:
        return ""
    if isinstance(at, datetime):
        return iso(at.replace(tzinfo=UTC))
    return f"{at.isoformat()}T00:00:00Z"


def _overlaps(file: PublishedFile, spec: TableSpec, keys: list[tuple[Any, ...]]) -> bool:
    if spec.time not in spec.replace:
        return True
    position = spec.replace.index(spec.time)
    times = [key[position] for key in keys]
    return file.min <= _text(max(times)) and file.max >= _text(min(times))

"""Publishing: what changed in the warehouse goes out as immutable Parquet files.

One cycle adds one file a table that has new rows, rewrites files whose rows were replaced,
and replaces the manifest last. Everything here is derived: lost files are made again.
"""

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from warehouse.atomic import private_folder
from warehouse.config import DataFolder
from warehouse.errors import AppError, StorageFull, WarehouseBroken
from warehouse.published.files import Files, is_whole, remove_strays, tidy
from warehouse.published.folder import Published, PublishedFolder
from warehouse.published.manifest import Manifest, PublishedFile, read_manifest, write_manifest
from warehouse.published.table_files import TableFiles
from warehouse.store.store import ERASED, Store, is_full
from warehouse.tables import TABLES, Keys

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
        self.purged = 0  # how often what left had to go at once
        self._files = TableFiles(store, folder.published)
        self.latest: Published = PublishedFolder(folder.latest)
        self._published: Published = PublishedFolder(folder.published)
        private_folder(folder.latest)
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
        dropped = drop_samples_of or []
        try:
            return self._cycle(samples, drop_samples_before, dropped)
        except (duckdb.Error, OSError) as exc:
            if is_full(exc):
                raise self._refused(exc) from exc
        try:
            self.manifest = self._anew(self.manifest, self.manifest.source)
            return self._cycle(samples, drop_samples_before, dropped)
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
        rest = tuple(file for file in files if file.path not in old)
        try:
            # rows committed since are not in it: the revision stays what it was
            self._swap({**self.manifest.tables, table: (*rest, merged)}, self.manifest.revision)
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

    def purge(self) -> None:
        """Unlink all that left the manifest, in use or not: it has what was forgotten."""
        self.collect_garbage(math.inf)
        self.purged += 1

    def _start(self, source: str, keep_source: bool) -> Manifest:
        """The manifest in force, if it fits the warehouse; else one to be filled by `publish`."""
        try:
            last = read_manifest(self.folder.manifest)
        except AppError:
            last = None
        if last is not None and keep_source:
            source = last.source
        remove_strays(self.folder.published, last.paths() if last else set())
        if last is None or not self._fits(last):
            return self._anew(last, source)
        self._catch_up(last.revision)
        tables = {name: last.tables[name] for name in TABLES}
        manifest = Manifest(last.version + 1, last.revision, datetime.now(UTC), source, tables)
        write_manifest(self.folder.manifest, manifest)
        return manifest

    def _fits(self, last: Manifest) -> bool:
        # a migration fills new tables with rows of old revisions; what was erased has no row
        # that would tell of it
        if not last.tables.keys() >= TABLES.keys():
            return False
        if not int(self.store.meta(ERASED) or 0) <= last.revision <= self.store.revision:
            return False
        elsewhere = self.store.awaited()
        return all(
            is_whole(self.folder.published, file)
            for files in last.tables.values()
            for file in files
            if file.path not in elsewhere
        )

    def _catch_up(self, since: int) -> None:
        """After a kill between a commit and its publishing: any row written since may have
        replaced one that is published."""
        if since < self.store.revision:
            for spec in (spec for spec in TABLES.values() if spec.stored):
                keys = self._files.keys_since(spec, since) if spec.time else []
                self.store.touched(spec.name, keys)

    def _anew(self, last: Manifest | None, source: str) -> Manifest:
        """A manifest of nothing but samples, which no warehouse holds; not yet in force.

        Raises WarehouseBroken while the warehouse has not all rows itself.
        """
        if self.store.awaited():
            raise WarehouseBroken(
                f"files below {self.folder.published} were lost before all of the past was back "
                f"from the bucket; remove {self.folder.warehouse} and start again: it is brought "
                "back anew"
            )
        tables: dict[str, Files] = {name: (self._files.empty(name),) for name in TABLES}
        version = int(time.time())
        if last is not None:
            version = max(version, last.version + 1)
            files = last.tables.get("samples", ())
            whole = tuple(file for file in files if is_whole(self.folder.published, file))
            tables["samples"] = tidy((*whole, *tables["samples"]))
            self._leave(last.paths() - {file.path for file in whole})
        return Manifest(version, -1, datetime.now(UTC), source, tables)

    def _cycle(self, samples: pa.Table | None, drop_before: str, dropped: Keys) -> Manifest:
        touched = self.store.take_touched()
        self._files.written.clear()
        last = self.manifest
        expired = {f.path for f in last.tables["samples"] if f.rows and f.min < drop_before}
        try:
            tables = dict(last.tables)
            for spec in (spec for spec in TABLES.values() if spec.stored):
                if spec.name in touched or last.revision < 0:
                    keys, months = touched.get(spec.name, ([], set()))
                    files = last.tables[spec.name]
                    tables[spec.name] = self._files.table(spec, files, last.revision, keys, months)
            fresh = tuple(file for file in last.tables["samples"] if file.path not in expired)
            tables["samples"] = self._files.samples(fresh, samples, dropped)
            self._swap(tables, self.store.revision)
        except BaseException:
            for path in self._files.written:
                self._unlink(path)
            for name, (keys, months) in touched.items():  # they are still to be done
                self.store.touched(name, keys, months)
            raise
        finally:
            for path in expired:  # text past its time goes at once, in use or not
                self._unlink(path)
        return self.manifest

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

"""The mirror: a reader's folder kept in step with the shards of a bucket.

Readers find one manifest over files below published/shard-K/ and the bodies of all shards in
published/latest, as a pipeline on this machine would leave them. Only files that are whole here are
named, and what left stays ten minutes for queries under way; text goes at once.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

import pyarrow.parquet as pq

from warehouse.atomic import private_folder
from warehouse.bucket.bodies import MirroredBodies
from warehouse.bucket.mirror_state import MirrorState
from warehouse.bucket.objects import Bucket, BucketFailed
from warehouse.bucket.push import AT_ONCE, LINGER_S, shard_folder
from warehouse.bucket.row_check import RowCheck
from warehouse.bucket.shard_copy import TEXT, ShardCopy, Tables
from warehouse.config import DataFolder
from warehouse.errors import AppError, WarehouseBroken
from warehouse.published.files import tidy
from warehouse.published.manifest import Manifest, PublishedFile, read_manifest, write_manifest
from warehouse.published.table_files import samples_schema
from warehouse.records import iso

OF_FIRST = ("models", "trials", "decisions", "lexicon")  # of shard 0, which decides
LOAD_S = 5.0  # of loading, then it looks again: what is new comes before what is old


class Mirror:
    """A folder that follows `shards` shards. months: the newest that it keeps, 0 for all.

    now_s: a monotonic clock.
    """

    def __init__(
        self,
        bucket: Bucket,
        folder: DataFolder,
        shards: int,
        months: int,
        state: MirrorState,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = state
        self._folder, self._months, self._now_s = folder, months, now_s
        self._last = self._shown_last()
        rows = RowCheck(folder.published)
        self.copies = [
            ShardCopy(bucket, shard, folder.published, self._shown_of(shard), rows)
            for shard in range(shards)
        ]
        self._bodies = MirroredBodies(bucket, folder, shards)
        self._leaving: dict[str, float] = {}  # files by when they may go

    def cycle(self, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Look at every shard, load what is new for a while, show what is whole. True once
        nothing is left to load. Raises BucketFailed, and OSError for a folder that takes no more.

        is_over: asked between files.
        """
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._look, self.copies))
                self._bodies.tidy()
                self._load_some(pool, is_over)
        finally:
            self.show()
        self.state.waiting = len(self._missing())
        self.state.shards = [self._told(copy) for copy in self.copies]
        return not self.state.waiting

    def _told(self, copy: ShardCopy) -> dict[str, Any]:
        state = copy.newest.manifest if copy.newest else None
        told = {"version": state.version, "published_at": iso(state.published_at)} if state else {}
        return {"shard": copy.shard, **told}

    # -- loading -----------------------------------------------------------------------------

    def _look(self, copy: ShardCopy) -> None:
        """The shard's newest state, and its bodies: viewers wait for them most."""
        try:
            copy.look()
            if copy.newest is not None:
                self._bodies.take(copy.shard, copy.newest.more)
        except FileNotFoundError:
            if copy.newest is None:
                self.state.trouble(copy.shard, "nothing is pushed yet")
        except WarehouseBroken as exc:
            self.state.trouble(copy.shard, str(exc))

    def _load_some(self, pool: Executor, is_over: Callable[[], bool]) -> None:
        until, todo = self._now_s() + LOAD_S, self._missing()
        while todo and self._now_s() < until and not is_over():
            failures = list(pool.map(self._load, todo[:AT_ONCE]))
            if all(failures):  # one object that cannot be had holds no other back
                raise next(filter(None, failures))
            todo = todo[AT_ONCE:]

    def _missing(self) -> list[tuple[ShardCopy, PublishedFile]]:
        """What is to be loaded, of all shards in turn."""
        month = self._first_month()
        todo = [[(copy, file) for file in copy.missing(month)] for copy in self.copies]
        return [item for turn in zip_longest(*todo) for item in turn if item]

    def _load(self, item: tuple[ShardCopy, PublishedFile]) -> BucketFailed | None:
        """Bring a file; why the bucket did not give it."""
        copy, file = item
        try:
            copy.load(file)
        except FileNotFoundError:
            if not copy.look() and file in copy.missing(self._first_month()):
                self.state.trouble(copy.shard, f"{file.path} is missing in the bucket")
        except WarehouseBroken as exc:
            self.state.trouble(copy.shard, str(exc))
        except BucketFailed as exc:
            self.state.trouble(copy.shard, str(exc))
            return exc
        return None

    def _first_month(self) -> str:
        """The oldest month that is kept, as 2026-01; '' for all."""
        newest = max((c.newest.newest for c in self.copies if c.newest), default="")
        if not self._months or not newest:
            return ""
        count = 12 * int(newest[:4]) + int(newest[5:]) - self._months
        return f"{count // 12:04d}-{count % 12 + 1:02d}"

    # -- showing -----------------------------------------------------------------------------

    def _shown_last(self) -> Manifest | None:
        try:
            return read_manifest(self._folder.manifest)
        except AppError:
            return None

    def _shown_of(self, shard: int) -> Tables:
        """What readers see of the shard by the manifest that is there."""
        tables = self._last.tables if self._last else {}
        home = f"{shard_folder(shard)}/"
        return {
            name: tuple(file for file in files if file.path.startswith(home))
            for name, files in tables.items()
        }

    def show(self) -> None:
        """Show what is here, and let go of the rest. Raises OSError."""
        self._show()
        self._sweep()

    def _show(self) -> None:
        """Replace the manifest where another one follows."""
        for copy in self.copies:
            copy.show(self._first_month())
        tables, last = self._merged(), self._last
        if not tables or (last and last.tables == tables):
            return
        version = max(int(time.time()), last.version + 1 if last else 0)
        states = [copy.newest.manifest for copy in self.copies if copy.newest and copy.shown]
        at = max((state.published_at for state in states), default=datetime.now(UTC))
        source = states[0].source if states else last.source if last else ""
        self._last = Manifest(version, 0, at, source, tables)
        write_manifest(self._folder.manifest, self._last)

    def _merged(self) -> Tables:
        """Tables over the files of all shards that have some."""
        shown = [copy.shown for copy in self.copies if any(copy.shown.values())]
        names = dict.fromkeys(name for tables in shown for name in tables)
        merged: Tables = {}
        for name in names:
            of = shown[:1] if name in OF_FIRST else shown
            merged[name] = tidy(tuple(f for tables in of for f in tables.get(name, ())))
        if merged and not merged.get(TEXT):
            merged[TEXT] = (self._no_text(),)
        return merged

    def _no_text(self) -> PublishedFile:
        """An empty file of samples: every table is listed."""
        path = self._folder.published / "empty" / f"{TEXT}.parquet"
        if not path.exists():
            private_folder(path.parent)
            pq.write_table(samples_schema().empty_table(), path)
        return PublishedFile(str(path.relative_to(self._folder.published)), 0)

    def _sweep(self) -> None:
        """Unlink what left, each in its time."""
        published, month, now = self._folder.published, self._first_month(), self._now_s()
        there = {str(p.relative_to(published)) for p in published.glob("shard-*/*/*.parquet")}
        for copy in self.copies:
            copy.keep(there)
        left = there.difference(*(copy.paths(month) for copy in self.copies))
        self._leaving = {p: self._leaving.get(p, now + _linger_s(p)) for p in left}
        for path in [path for path, at in self._leaving.items() if at <= now]:
            (published / path).unlink(missing_ok=True)
            del self._leaving[path]


def _linger_s(path: str) -> float:
    return 0.0 if path.split("/")[1] == TEXT else LINGER_S

"""Copy of one shard on a reader's disk: which of its files are there, and what of them is shown.

A table's month is shown as a whole, from one state of the shard. What readers look at first comes
first: the newest month of every table. Until a newer state's older month is there, the one before
is shown on; where there is none yet, nothing.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.bucket.beside import MOST_MANIFEST, beside_of
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import MANIFEST, shard_folder
from warehouse.bucket.row_check import RowCheck
from warehouse.errors import WarehouseBroken
from warehouse.published.files import Files, is_whole
from warehouse.published.manifest import Manifest, PublishedFile, parse_manifest
from warehouse.records import iso, utc

TEXT = "samples"  # is shown of the newest state only, and no longer than that says
Tables = dict[str, Files]
Part = tuple[str, str]  # (table, month); of a table that is not cut by time ''


@dataclass(frozen=True)
class PushedState:
    """A manifest as a shard pushed it. more: what it names beside the tables."""

    manifest: Manifest
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> dict[Part, Files]:
        """Its files by table and month, newest month first."""
        return parts_of(self.manifest.tables)

    def without_old_text(self, now: float) -> "PushedState":
        """The state without text that is past its retention, although its shard still names it: it
        may be down, or out of reach. now: epoch seconds."""
        oldest = iso(utc(now - self.more.get("retention_s", 0.0)))
        tables = self.manifest.tables
        kept = tuple(f for f in tables.get(TEXT, ()) if not f.rows or f.min >= oldest)
        return replace(self, manifest=replace(self.manifest, tables={**tables, TEXT: kept}))

    @property
    def newest(self) -> str:
        """The newest month of any table."""
        return max((month for _, month in self.parts), default="")


class ShardCopy:
    """One shard below published/shard-K/. shown: what readers see of it, by table.

    newest: the state of the bucket, as far as it is known; None before.
    """

    def __init__(
        self, bucket: Bucket, shard: int, published: Path, shown: Tables, rows: RowCheck
    ) -> None:
        self.shard, self.name = shard, shard_folder(shard)
        self.published, self._root = published, published / self.name
        self.newest: PushedState | None = None
        self.is_current = False  # the newest state's own parts are all that is shown
        self._bucket, self._rows = bucket, rows
        self._tag: str | None = None
        # what was cut short by a power failure is loaded again
        found = {str(path.relative_to(published)): path for path in self._on_disk()}
        self._there = {name for name, path in found.items() if is_parquet(path)}
        self.shown = {
            name: tuple(f for f in files if f.path in self._there) for name, files in shown.items()
        }

    def _on_disk(self) -> list[Path]:
        for half in self._root.glob("*/.*.part"):
            half.unlink(missing_ok=True)
        return list(self._root.glob("*/*.parquet"))

    def look(self) -> bool:
        """Ask for the newest state; True where it is another. Raises BucketFailed,
        FileNotFoundError where the shard never pushed, WarehouseBroken for what is unreadable."""
        name = f"{self.name}/{MANIFEST}"
        found = self._bucket.get(name, self._tag, MOST_MANIFEST)
        if found is None:
            return False
        raw, tag = found
        manifest = parse_manifest(raw, f"{self._bucket.address}/{name}")
        self.newest = PushedState(self._placed(manifest), beside_of(raw, name))
        self._tag = tag
        return True

    def missing(self, first_month: str) -> Iterator[PublishedFile]:
        """Files to load, those first that are waited for most; none of months before the first."""
        for files in self._wanted(first_month).values():
            yield from (file for file in files if file.path not in self._there)

    def load(self, file: PublishedFile) -> None:
        """Bring a file. Raises BucketFailed, FileNotFoundError where it left the bucket
        meanwhile, WarehouseBroken where it is none."""
        target = self.published / file.path
        aside = target.with_name(f".{target.name}.part")
        try:
            self._bucket.load(file.path, aside)
            if not is_whole(aside.parent, replace(file, path=aside.name)):
                raise WarehouseBroken(f"{self._bucket.address}/{file.path} is damaged")
            self._rows.check(file.path.split("/")[1], aside)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
        self._there.add(file.path)

    def show(self, first_month: str) -> None:
        """Show the newest state as far as it is here, if what is needed of it is; no text of one
        that nobody could be asked for since this process began."""
        if self.newest is None:
            self.shown = {**self.shown, TEXT: ()}
            return
        self.newest = self.newest.without_old_text(time.time())
        wanted = self._wanted(first_month)
        needed = first_parts(self.newest.parts)
        here = {part for part, files in wanted.items() if self._has(files)}
        if not needed <= here:
            self._drop_text()
            return
        before = parts_of(self.shown)
        shown: Tables = {}
        for part, files in wanted.items():
            rows = files if part in here else before.get(part, ())
            shown[part[0]] = (*shown.get(part[0], ()), *rows)
        self.shown, self.is_current = shown, len(here) == len(wanted)

    def _drop_text(self) -> None:
        """Text that its shard does not show any more is shown no longer, whatever else waits."""
        assert self.newest
        kept = set(self.newest.manifest.tables.get(TEXT, ()))
        texts = self.shown.get(TEXT, ())
        empty = tuple(file for file in texts if not file.rows)
        self.shown = {**self.shown, TEXT: tuple(f for f in texts if f in kept) or empty}

    def _wanted(self, first_month: str) -> dict[Part, Files]:
        """Parts of the newest state that are to be here, in the order of their loading."""
        if self.newest is None:
            return {}
        parts = self.newest.parts
        needed = first_parts(parts)
        rest = [part for part in parts if part not in needed and part[1] >= first_month]
        return {part: parts[part] for part in (*sorted(needed), *rest)}

    def _has(self, files: Files) -> bool:
        return all(file.path in self._there for file in files)

    def paths(self, first_month: str) -> set[str]:
        """Files that are shown, or will be."""
        wanted = {file.path for files in self._wanted(first_month).values() for file in files}
        return wanted | {file.path for files in self.shown.values() for file in files}

    def keep(self, on_disk: set[str]) -> None:
        """What somebody else removed is not there."""
        self._there &= on_disk

    def _placed(self, manifest: Manifest) -> Manifest:
        """With paths as they are below published/, and in the bucket. Raises WarehouseBroken."""
        if odd := [n for n, files in manifest.tables.items() if not _are_of(n, files)]:
            raise WarehouseBroken(f"the manifest of {self.name} has files of others in {min(odd)}")
        tables = {
            name: tuple(replace(file, path=f"{self.name}/{file.path}") for file in files)
            for name, files in manifest.tables.items()
        }
        return replace(manifest, tables=tables)


def _are_of(table: str, files: Files) -> bool:
    return all(file.path.startswith(f"{table}/") for file in files)


def parts_of(tables: Mapping[str, Files]) -> dict[Part, Files]:
    """Files by table and month, newest month first."""
    parts: dict[Part, Files] = {}
    for table, files in tables.items():
        for file in files:
            part = table, file.max[:7]
            parts[part] = (*parts.get(part, ()), file)
    return dict(sorted(parts.items(), key=lambda item: item[0][1], reverse=True))


def first_parts(parts: Mapping[Part, Files]) -> set[Part]:
    """Without which a state is not shown: the newest of every table, and all text."""
    newest: dict[str, str] = {}
    for table, month in parts:
        newest.setdefault(table, month)
    return {(table, month) for table, month in parts if table == TEXT or month == newest[table]}


def is_parquet(path: Path) -> bool:
    """True where the file has a footer that can be read."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True

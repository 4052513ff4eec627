"""The manifest: which immutable files make up each published table, in one small JSON file."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import read_file
from warehouse.errors import NothingPublished, WarehouseBroken
from warehouse.published.folder import PublishedFolder
from warehouse.records import iso

FORM = 1  # of the JSON; another where an older reader would take it for something else
_TABLE = re.compile(r"[a-z_]{1,40}")
_PATH = re.compile(r"(?:[a-z0-9_-]{1,40}/){0,2}[\w-]{1,100}\.parquet", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A Parquet file below published/: rows, and the first and last time in it ('' if none)."""

    path: str
    rows: int
    min: str = ""
    max: str = ""


@dataclass(frozen=True)
class Manifest:
    """One published state. A key of a table occurs once over all of its files.

    revision: the store's revision that is in it. source: simulated, replay or live.
    """

    version: int
    revision: int
    published_at: datetime
    source: str
    tables: dict[str, tuple[PublishedFile, ...]] = field(default_factory=dict)

    def next(self, revision: int, tables: dict[str, tuple[PublishedFile, ...]]) -> "Manifest":
        """The state after this one."""
        return replace(
            self,
            version=self.version + 1,
            revision=revision,
            tables=tables,
            published_at=datetime.now(UTC),
        )

    def paths(self) -> set[str]:
        return {file.path for files in self.tables.values() for file in files}


def read_manifest(path: Path) -> Manifest:
    """Raises NothingPublished when there is none, WarehouseBroken when it is not one, or a newer
    DLD's."""
    try:
        raw = read_file(path)
    except FileNotFoundError as exc:
        raise nothing_published(path) from exc
    return parse_manifest(raw, path)


def nothing_published(path: Path) -> NothingPublished:
    """The manifest is not there."""
    return NothingPublished(
        f"nothing published in {path.parent}; is the pipeline running? (make run)"
    )


def parse_manifest(raw: bytes, path: Path) -> Manifest:
    """The manifest that was read at `path`. Raises WarehouseBroken as `read_manifest` does."""
    try:
        return _parse(orjson.loads(raw))
    except (ValueError, KeyError, TypeError) as exc:
        raise WarehouseBroken(
            f"{path} is not a manifest; restart the pipeline and it is made anew"
        ) from exc


def _parse(raw: dict[str, Any]) -> Manifest:
    if raw["v"] != FORM:
        raise _other_form(raw["v"])
    tables = {
        _known(_TABLE, name): tuple(
            PublishedFile(_known(_PATH, f["path"]), int(f["rows"]), str(f["min"]), str(f["max"]))
            for f in files
        )
        for name, files in raw["tables"].items()
    }
    at = datetime.fromisoformat(raw["published_at"])
    return Manifest(raw["version"], raw["revision"], at, raw["source"], tables)


def _known(form: re.Pattern[str], name: str) -> str:
    """The name, if it is one that may be: a bucket's manifest names files that are written here."""
    if not form.fullmatch(name):
        raise ValueError("a table or file that is none of ours")
    return name


def _other_form(form: object) -> Exception:
    if isinstance(form, int) and form > FORM:
        return WarehouseBroken(
            f"what is published is of a newer DLD (manifest v {form}, this one reads {FORM}): "
            "restart this program from that DLD"
        )
    return ValueError("unknown manifest version")


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replace the manifest whole: readers see the old one or the new one."""
    body = {
        "v": FORM,
        "version": manifest.version,
        "revision": manifest.revision,
        "published_at": iso(manifest.published_at),
        "source": manifest.source,
        "tables": manifest.tables,
    }
    PublishedFolder(path.parent).put(path.name, orjson.dumps(body))

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
_TIME = re.compile(r"(?:[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?", re.ASCII)
_MOST = 1 << 40  # rows, versions: any more cannot be
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

    def newest(self, table: str) -> datetime | None:
        """The last time that the table has, aware UTC; None where it has no row."""
        times = [file.max for file in self.tables.get(table, ()) if file.rows]
        return datetime.fromisoformat(max(times)) if times else None

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


def parse_manifest(raw: bytes, path: Path | str) -> Manifest:
    """The manifest that was read at `path`. Raises WarehouseBroken as `read_manifest` does."""
    try:
        return _parse(orjson.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise WarehouseBroken(
            f"{path} is not a manifest; restart the pipeline and it is made anew"
        ) from exc


def _parse(raw: dict[str, Any]) -> Manifest:
    if raw["v"] != FORM:
        raise _other_form(raw["v"])
    tables = {
        _known(_TABLE, name): tuple(map(_file, files)) for name, files in raw["tables"].items()
    }
    at = datetime.fromisoformat(raw["published_at"])
    version, revision = _number(raw["version"]), _number(raw["revision"], least=-1)
    return Manifest(version, revision, at, _known(_TABLE, raw["source"]), tables)


def _file(told: dict[str, Any]) -> PublishedFile:
    path, rows = _known(_PATH, told["path"]), _number(told["rows"])
    return PublishedFile(path, rows, _known(_TIME, told["min"]), _known(_TIME, told["max"]))


def _known(form: re.Pattern[str], text: str) -> str:
    """The text, if it is one that may be: a bucket's manifest names files that are written here."""
    if not form.fullmatch(text):
        raise ValueError("a table, file or time that is none of ours")
    return text


def _number(value: Any, least: int = 0) -> int:
    if type(value) is not int or not least <= value < _MOST:
        raise ValueError("a number that cannot be")
    return value


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

"""A mirrored folder of two invented shards, of which the second is behind or silent."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.helpers.browser import published
from tests.helpers.browser.rows import Row
from warehouse.config import DataFolder
from warehouse.published.files import tidy
from warehouse.published.manifest import Manifest, read_manifest, write_manifest
from warehouse.records import iso, utc


def write(root: Path, shards: Sequence[Mapping[str, Sequence[Row]]]) -> DataFolder:
    """What the shards publish, as a mirror lays it together."""
    folder, tables = DataFolder(root), dict[str, Any]()
    for number, rows in enumerate(shards):
        one = published.write(root / "of-shards" / str(number), rows, "live")
        shutil.copytree(one.published, folder.published / f"shard-{number}")
        for table, files in read_manifest(one.manifest).tables.items():
            moved = [replace(f, path=f"shard-{number}/{f.path}") for f in files]
            tables[table] = tidy((*tables.get(table, ()), *moved))
    write_manifest(folder.manifest, Manifest(1, 0, utc(0), "live", tables))
    return folder


def told(at: datetime, waits_for: Mapping[str, int] | None = None, **values: float) -> list[Row]:
    """What a shard told at that time."""
    named = {"told_at": at.timestamp(), "lag_s": 0.6, "queue": 34.0, "push": 2.0, "requests": 0.0}
    details = {"queue": {"bodies": 35}, "requests": {"waits_for": waits_for or {}}}
    return [
        {"name": name, "at": at - timedelta(minutes=5), "value": float(value),
         "detail": orjson.dumps(details.get(name, {})).decode()}
        for name, value in {**named, **values}.items()
    ]  # fmt: skip


def mirror(folder: DataFolder, at: datetime, **more: Any) -> None:
    """What the mirror tells of itself."""
    shards = [{"shard": k, "version": 3, "published_at": iso(at)} for k in (0, 1)]
    state = {"v": 1, "at": iso(at), "behind_s": 1.4, "waiting": 0, "trouble": "", "shards": shards}
    folder.mirror.write_bytes(orjson.dumps({**state, **more}))

"""Restoring: rows that shards have published, out of the bucket into an empty folder.

A takeover restores the newest days at once; files of before stay in the manifest by reference, and
their rows follow beside the turns (past.py).
"""

import io
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from warehouse.atomic import private_folder, replace_file
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import AT_ONCE, MANIFEST, shard_folder
from warehouse.config import DataFolder
from warehouse.connections import Connection
from warehouse.errors import WarehouseBroken
from warehouse.published.manifest import Manifest, PublishedFile, parse_manifest, write_manifest
from warehouse.records import CHANNEL_ID, WINDOW_SECONDS
from warehouse.sql import migrations, scan
from warehouse.store.built import Built
from warehouse.store.foreign_rows import checked, refuse_meta
from warehouse.store.store import AWAITED
from warehouse.tables import TABLES, TableSpec

RECENT = timedelta(days=8)  # a week of records and of health, and the day that is open
FROM = "buffer_from"  # meta: when the buffer begins, epoch seconds; earlier windows are as they are
_LISTS = ("optout", "claims", "channels")
_WHOLE = ("health", "alerts")  # small, and known by key whenever they were
_GRACE_S = 5.0


@dataclass(frozen=True)
class PushedShard:
    """A shard as it is in the bucket. home: its folder there; meta: of its store."""

    bucket: Bucket
    home: str
    manifest: Manifest
    body: Mapping[str, Any]
    meta: Mapping[str, str]

    @property
    def schema(self) -> int:
        return int(self.meta["schema"])

    def private(self, name: str) -> bytes | None:
        """The object, None where there is none."""
        path = self.body["private"].get(name)
        found = self.bucket.get(f"{self.home}/{path}") if path else None
        return found[0] if found else None


def open_shard(bucket: Bucket, number: int, raw: bytes | None = None) -> PushedShard:
    """raw: its manifest, as it was read. Raises WarehouseBroken for one that cannot be restored
    from, FileNotFoundError where it has pushed nothing."""
    home = shard_folder(number)
    found = (raw, "") if raw is not None else bucket.get(f"{home}/{MANIFEST}")
    assert found
    place = Path(f"{home}/{MANIFEST}")
    manifest, body = parse_manifest(found[0], place), orjson.loads(found[0])
    try:
        meta = bucket.get(f"{home}/{body['private']['meta']}")
        told = {str(k): str(v) for k, v in orjson.loads(meta[0] if meta else b"").items()}
        shard = PushedShard(bucket, home, manifest, body, told)
        newest = migrations()[-1][0]
        if 1 <= shard.schema <= newest and not manifest.tables.keys() <= TABLES.keys():
            raise ValueError("tables that are none of ours")
        if shard.schema <= newest:
            return shard
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise WarehouseBroken(
            f"{bucket.address}/{place} has nothing to restore from; its writer has to push again"
        ) from exc
    raise WarehouseBroken(
        f"{bucket.address}/{home} is of a newer DLD (schema {shard.schema}, this one knows "
        f"{newest}); update this one"
    )


def restore_shard(bucket: Bucket, number: int, raw: bytes, folder: DataFolder) -> None:
    """The shard's newest days into a folder without a warehouse, the rest by reference.

    Of an older DLD everything is restored, and brought up to date when it is opened.
    """
    shard = open_shard(bucket, number, raw)
    is_same = shard.schema == migrations()[-1][0]
    day = _since(shard.manifest) if is_same else ""
    now, later = dict[str, list[PublishedFile]](), dict[str, str]()
    for name, files in shard.manifest.tables.items():
        since = day if _is_cut(name) else ""
        now[name] = [file for file in files if not since or not file.rows or file.max >= since]
        before = [file.path for file in files if file.rows and file.min < since]
        later |= {f"{AWAITED}{path}": f"{name} {since}" for path in before}
    _load(shard, [file.path for files in now.values() for file in files], folder.published)
    meta = {
        **shard.meta,
        "revision": str(shard.manifest.revision),
        **later,
        **begins_at(shard.meta.get("clock")),
    }
    with Built(folder, shard.schema) as con:
        for name, recent in now.items():
            if TABLES[name].stored:
                paths = [folder.published / file.path for file in recent if file.rows]
                insert(con, TABLES[name], paths, day)
        insert_learnt(con, shard)
        set_meta(con, meta, shard.schema)
    write_lists(shard, folder)
    write_bodies(shard, folder)
    write_manifest(folder.manifest, shard.manifest)


def insert(con: Connection, spec: TableSpec, paths: list[Path], since: str) -> None:
    """Rows of the files, of a table that is cut only those from `since` on."""
    if paths:
        where = f"WHERE \"{spec.time}\" >= TIMESTAMP '{since[:10]}'" if _cuts(spec, since) else ""
        conflict = "ON CONFLICT DO NOTHING" if spec.first_wins else ""
        source = scan(paths).removesuffix(")") + ", union_by_name = true)"
        rows = checked(con, spec.name, source)
        con.execute(f"INSERT INTO {spec.name} BY NAME {rows} {where} {conflict}").fetchall()


def _cuts(spec: TableSpec, since: str) -> bool:
    return bool(since) and _is_cut(spec.name)


def _is_cut(name: str) -> bool:
    spec = TABLES[name]
    return spec.time is not None and spec.stored and name not in _WHOLE


def _since(manifest: Manifest) -> str:
    """The day from which on rows are restored at once, as ISO time."""
    newest = max((f.max for f in manifest.tables["windows"] if f.rows), default="")
    at = datetime.fromisoformat(newest) if newest else datetime.now(UTC)
    return f"{(at - RECENT).date().isoformat()}T00:00:00Z"


def begins_at(clock: str | None) -> dict[str, str]:
    """The queue tells again from the first window on that had not closed at the clock."""
    return {FROM: str((float(clock or 0) - _GRACE_S) // WINDOW_SECONDS * WINDOW_SECONDS)}


def _load(shard: PushedShard, paths: Iterable[str], published: Path) -> None:
    """The files into published/."""

    def load(path: str) -> None:
        shard.bucket.load(f"{shard.home}/{path}", published / path)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(load, paths))


def insert_learnt(con: Connection, shard: PushedShard) -> None:
    if raw := shard.private("learnt"):
        con.register("taught", pq.read_table(io.BytesIO(raw)))
        con.execute(f"INSERT INTO learnt BY NAME {checked(con, 'learnt', 'taught')}")
        con.unregister("taught")


def set_meta(con: Connection, meta: Mapping[str, str], schema: int) -> None:
    con.execute("DELETE FROM meta")
    lists = {"names": list(meta), "contents": list(meta.values())}
    con.execute("INSERT INTO meta SELECT unnest($names), unnest($contents)", lists)
    refuse_meta(con, "meta", schema)


def write_lists(shard: PushedShard, folder: DataFolder) -> None:
    for name in _LISTS:
        path, raw = getattr(folder, name), shard.private(name)
        path.unlink(missing_ok=True)
        if raw is not None:
            replace_file(path, raw)


def write_bodies(shard: PushedShard, folder: DataFolder, ids: set[str] | None = None) -> None:
    """What the EBS serves. ids: of the channels that are kept; None for all."""
    private_folder(folder.latest)
    found = shard.bucket.get(f"{shard.home}/{shard.body['bodies']}")
    for channel_id, body in orjson.loads(found[0] if found else b"{}").items():
        if CHANNEL_ID.fullmatch(channel_id) and (ids is None or channel_id in ids):
            replace_file(folder.latest / f"{channel_id}.json", orjson.dumps(body))

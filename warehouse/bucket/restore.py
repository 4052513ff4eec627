"""Restoring: rows that shards have published, out of the bucket into an empty folder.

A takeover restores the newest days at once; files of before stay in the manifest by reference, and
their rows follow beside the turns (past.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from warehouse.atomic import private_folder, replace_file
from warehouse.bucket.beside import MOST_MANIFEST, beside_of
from warehouse.bucket.bodies import LISTS, bodies_in, list_in
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import AT_ONCE, MANIFEST, shard_folder
from warehouse.config import DataFolder
from warehouse.connections import Connection
from warehouse.errors import StorageFull, WarehouseBroken
from warehouse.published.files import is_whole
from warehouse.published.manifest import Manifest, PublishedFile, parse_manifest, write_manifest
from warehouse.records import WINDOW_SECONDS
from warehouse.sql import migrations, scan
from warehouse.store.built import Built
from warehouse.store.foreign_rows import checked, refuse_meta
from warehouse.store.store import AWAITED, is_full
from warehouse.tables import TABLES, TableSpec

RECENT = timedelta(days=8)  # a week of records and of health, and the day that is open
FROM = "buffer_from"  # meta: when the buffer begins, epoch seconds; earlier windows are as they are
SAMPLES = {
    "channel": "VARCHAR", "start": "TIMESTAMP", "rank": "INTEGER", "text": "VARCHAR",
    "compound": "DOUBLE",
}  # fmt: skip
_WHOLE = ("health", "alerts")  # small, and known by key whenever they were
_GRACE_S = 5.0


@dataclass(frozen=True)
class PushedShard:
    """A shard as it is in the bucket. body: what its manifest names beside the tables; meta: of
    its store."""

    bucket: Bucket
    number: int
    manifest: Manifest
    body: Mapping[str, Any]
    meta: Mapping[str, str]

    @property
    def home(self) -> str:
        """Its folder there."""
        return shard_folder(self.number)

    @property
    def schema(self) -> int:
        return int(self.meta["schema"])


def open_shard(bucket: Bucket, number: int, raw: bytes | None = None) -> PushedShard:
    """raw: its manifest, as it was read. Raises WarehouseBroken for one that cannot be restored
    from, FileNotFoundError where it has pushed nothing."""
    home = shard_folder(number)
    place = f"{home}/{MANIFEST}"
    found = (raw, "") if raw is not None else bucket.get(place, None, MOST_MANIFEST)
    assert found
    manifest, body = parse_manifest(found[0], place), beside_of(found[0], place)
    try:
        meta = bucket.get(f"{home}/{body['private']['meta']}")
        told = {str(k): str(v) for k, v in orjson.loads(meta[0] if meta else b"").items()}
        shard, newest = PushedShard(bucket, number, manifest, body, told), migrations()[-1][0]
        if shard.schema == newest and manifest.tables.keys() != TABLES.keys():
            raise ValueError("other tables than ours")
        if 1 <= shard.schema <= newest:
            return shard
        if shard.schema < 1:
            raise ValueError("no schema")
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
    lists, bodies = lists_of(shard), bodies_of(shard)
    _load(shard, [file for files in now.values() for file in files], folder.published)
    with told_of(shard), aside_of(folder) as aside, Built(folder, shard.schema) as con:
        set_meta(con, shard.meta, shard.schema)  # as it is: then it can be reckoned with
        for name, recent in now.items():
            paths = [folder.published / file.path for file in recent if file.rows]
            if TABLES[name].stored:
                insert(con, TABLES[name], paths, day)
            elif paths:
                checked(con, name, scan(paths), SAMPLES)
        insert_learnt(con, shard, aside)
        revision, begins = str(shard.manifest.revision), begins_at(shard.meta.get("clock"))
        set_meta(con, {**shard.meta, "revision": revision, **later, **begins}, shard.schema)
    write_lists(lists, folder)
    write_bodies(bodies, folder)
    write_manifest(folder.manifest, shard.manifest)


@contextmanager
def told_of(shard: PushedShard) -> Iterator[None]:
    """What is wrong with a shard's objects is one line. Raises WarehouseBroken, StorageFull."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as exc:
        place = f"{shard.bucket.address}/{shard.home}"
        if is_full(exc):
            raise StorageFull(f"no space left to restore {place}; free some and try again") from exc
        reason = str(exc).splitlines()[0][:200]
        raise WarehouseBroken(f"{place} cannot be restored: {reason}") from exc


def load_whole(shard: PushedShard, file: PublishedFile, target: Path) -> None:
    """The file, which has as many rows as the manifest says. Raises WarehouseBroken."""
    shard.bucket.load(f"{shard.home}/{file.path}", target)
    if not is_whole(target.parent, replace(file, path=target.name)):
        raise WarehouseBroken(f"{shard.bucket.address}/{shard.home}/{file.path} is damaged")


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
    at = manifest.newest("windows") or datetime.now(UTC)
    return f"{(at - RECENT).date().isoformat()}T00:00:00Z"


def begins_at(clock: str | None) -> dict[str, str]:
    """The queue tells again from the first window on that had not closed at the clock."""
    return {FROM: str((float(clock or 0) - _GRACE_S) // WINDOW_SECONDS * WINDOW_SECONDS)}


def _load(shard: PushedShard, files: Iterable[PublishedFile], published: Path) -> None:
    """The files into published/."""

    def load(file: PublishedFile) -> None:
        load_whole(shard, file, published / file.path)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(load, files))


def insert_learnt(con: Connection, shard: PushedShard, aside: Path) -> None:
    """aside: a place for it on its way."""
    if path := shard.body["private"].get("learnt"):
        shard.bucket.load(f"{shard.home}/{path}", aside)
        con.execute(f"INSERT INTO learnt BY NAME {checked(con, 'learnt', scan([aside]))}")


def set_meta(con: Connection, meta: Mapping[str, str], schema: int) -> None:
    con.execute("DELETE FROM meta")
    lists = {"names": list(meta), "contents": list(meta.values())}
    con.execute("INSERT INTO meta SELECT unnest($names), unnest($contents)", lists)
    refuse_meta(con, "meta", schema)


@contextmanager
def aside_of(folder: DataFolder) -> Iterator[Path]:
    """A place for a file on its way, which may have text: gone at the end, whatever happens."""
    path = folder.root / ".restored.parquet"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def lists_of(shard: PushedShard) -> dict[str, bytes | None]:
    """Lists by name, None where there is none; each is one. Raises WarehouseBroken."""
    paths = {name: shard.body["private"].get(name) for name in LISTS}
    return {n: p and list_in(shard.bucket, shard.number, n, p) for n, p in paths.items()}


def write_lists(lists: Mapping[str, bytes | None], folder: DataFolder) -> None:
    for name, raw in lists.items():
        path: Path = getattr(folder, name)
        path.unlink(missing_ok=True)
        if raw is not None:
            replace_file(path, raw, lasting=True)


def bodies_of(shard: PushedShard) -> dict[str, bytes]:
    """What the EBS serves, by channel id. Raises WarehouseBroken."""
    path = shard.body["bodies"]
    found = shard.bucket.get(f"{shard.home}/{path}") if path else None
    return bodies_in(found[0] if found else b"{}", shard.number)


def write_bodies(
    bodies: Mapping[str, bytes], folder: DataFolder, ids: set[str] | None = None
) -> None:
    """ids: of the channels that are kept; None for all."""
    private_folder(folder.latest)
    for channel_id, body in bodies.items():
        if ids is None or channel_id in ids:
            replace_file(folder.latest / f"{channel_id}.json", body)

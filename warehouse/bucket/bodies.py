"""Bodies of all shards in a mirrored folder, and the lists of consent that shard 0 keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.bucket.beside import MOST_LIST
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import shard_folder
from warehouse.config import DataFolder
from warehouse.consent import check_list
from warehouse.errors import WarehouseBroken
from warehouse.records import CHANNEL_ID

LISTS = ("optout", "claims", "channels")  # of shard 0: readers here look at them, too
_MOST = 100_000  # bytes of a body, which has 5,000


class MirroredBodies:
    """published/latest as the shards' bodies say. What each said last stays beside its files, so
    that after a restart a shard that cannot be asked loses none of its channels."""

    def __init__(self, bucket: Bucket, folder: DataFolder, shards: int) -> None:
        self._bucket, self._folder = bucket, folder
        self._kept = {
            shard: folder.published / shard_folder(shard) / "bodies.json" for shard in range(shards)
        }
        self._ids = {shard: _ids_in(path) for shard, path in self._kept.items()}
        self._taken: dict[tuple[int, str], str] = {}  # names of objects, as they were taken last

    def take(self, shard: int, named: Mapping[str, Any]) -> None:
        """What a shard's manifest names: its bodies, and of shard 0 the lists. Raises BucketFailed,
        WarehouseBroken, and FileNotFoundError where a newer manifest names others."""
        if name := self._new(shard, "bodies", named.get("bodies")):
            self._write(shard, self._get(shard, name))
            self._taken[shard, "bodies"] = name
        if shard == 0:
            private = named.get("private", {})
            for name in LISTS:
                self._take_list(name, private.get(name))

    def tidy(self) -> None:
        """Remove the bodies of channels that are gone. Not while a shard has not told its own."""
        known = [ids for ids in self._ids.values() if ids is not None]
        if len(known) < len(self._ids):
            return
        for path in self._folder.latest.glob("*.json"):
            if not any(path.stem in ids for ids in known):
                path.unlink(missing_ok=True)

    def _new(self, shard: int, what: str, name: str | None) -> str | None:
        """The object's name, None while it is the one that was taken."""
        return None if name == self._taken.get((shard, what)) else name

    def _get(self, shard: int, name: str) -> bytes:
        found = self._bucket.get(f"{shard_folder(shard)}/{name}")
        assert found  # None only where a tag is given
        return found[0]

    def _write(self, shard: int, raw: bytes) -> None:
        bodies = bodies_in(raw, shard)
        private_folder(self._folder.latest)
        for channel_id, body in bodies.items():
            _replace(self._folder.latest / f"{channel_id}.json", body)
        private_folder(self._kept[shard].parent)
        replace_file(self._kept[shard], orjson.dumps(dict.fromkeys(bodies)))
        self._ids[shard] = set(bodies)

    def _take_list(self, name: str, path: str | None) -> None:
        target: Path = getattr(self._folder, name)
        if path is None:
            target.unlink(missing_ok=True)
        elif self._new(0, name, path):
            _replace(target, list_in(self._bucket, 0, name, path))
            self._taken[0, name] = path


def bodies_in(raw: bytes, shard: int) -> dict[str, bytes]:
    """Bodies by their channel's id, as a shard put them. Raises WarehouseBroken."""
    try:
        found = orjson.loads(raw).items()
        bodies = {k: orjson.dumps(v) for k, v in found if CHANNEL_ID.fullmatch(k)}
    except (ValueError, TypeError, AttributeError) as exc:
        raise WarehouseBroken(f"the bodies of shard {shard} cannot be read") from exc
    if not all(body[:1] == b"{" and len(body) <= _MOST for body in bodies.values()):
        raise WarehouseBroken(f"shard {shard} has a body that is none of ours")
    return bodies


def list_in(bucket: Bucket, shard: int, name: str, path: str) -> bytes:
    """The object, which is a shard's list of that name. Raises WarehouseBroken for what is none,
    FileNotFoundError, BucketFailed."""
    found = bucket.get(f"{shard_folder(shard)}/{path}", None, MOST_LIST)
    try:
        check_list(name, found[0] if found else b"")
    except ValueError as exc:
        why = exc if type(exc) is ValueError else "it is no JSON"
        raise WarehouseBroken(f"{name} of shard {shard} is no such list: {why}") from exc
    return found[0] if found else b""


def _replace(path: Path, data: bytes) -> None:
    """Replace the file unless it is the same: who watches it is not to read it again."""
    try:
        if read_file(path) == data:
            return
    except FileNotFoundError:
        pass
    replace_file(path, data)


def _ids_in(path: Path) -> set[str] | None:
    """Channels of the bodies that were taken last; None where none were."""
    try:
        return set(orjson.loads(read_file(path)))
    except (OSError, ValueError, TypeError):
        return None

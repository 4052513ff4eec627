"""Bodies of all shards in a mirrored folder, and the lists of consent that shard 0 keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import shard_folder
from warehouse.config import DataFolder
from warehouse.errors import WarehouseBroken
from warehouse.records import CHANNEL_ID

_LISTS = ("optout", "claims", "channels")  # of shard 0: readers here look at them, too


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
            for name in _LISTS:
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
        try:
            bodies = {k: v for k, v in orjson.loads(raw).items() if CHANNEL_ID.fullmatch(k)}
        except (ValueError, AttributeError) as exc:
            raise WarehouseBroken(f"the bodies of shard {shard} cannot be read") from exc
        private_folder(self._folder.latest)
        for channel_id, body in bodies.items():
            _replace(self._folder.latest / f"{channel_id}.json", orjson.dumps(body))
        private_folder(self._kept[shard].parent)
        replace_file(self._kept[shard], raw)
        self._ids[shard] = set(bodies)

    def _take_list(self, name: str, path: str | None) -> None:
        target: Path = getattr(self._folder, name)
        if path is None:
            target.unlink(missing_ok=True)
        elif self._new(0, name, path):
            _replace(target, self._get(0, path))
            self._taken[0, name] = path


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
    except (OSError, ValueError):
        return None

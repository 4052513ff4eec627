"""Trained models: shard 0's versions, and which of them serves, for all shards.

Objects below shard-0/trained/; a shard takes them when it starts.
"""

import re
from collections.abc import MutableMapping

from warehouse.atomic import file_stamp
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import TRAINED, shard_folder
from warehouse.config import DataFolder

_HOME = f"{shard_folder(0)}/{TRAINED}"
_CHOICE = "serving.json"
_FILE = re.compile(r"[\w-][\w.-]{0,99}(?:/[\w-][\w.-]{0,99})?")


def push_trained(bucket: Bucket, folder: DataFolder, given: MutableMapping[str, object]) -> None:
    """Put what has changed; the choice last, when its version is there. given: stamps of what was
    put before, by name. Raises BucketFailed."""
    versions = [path.parent for path in folder.models.glob("*/card.json")]
    paths = [path for version in sorted(versions) for path in sorted(version.iterdir())]
    for path in [*paths, folder.models / _CHOICE]:
        name = path.relative_to(folder.models).as_posix()
        if path.is_file() and _FILE.fullmatch(name) and given.get(name) != file_stamp(path):
            stamp = file_stamp(path)
            bucket.put(f"{_HOME}{name}", path)
            given[name] = stamp


def take_trained(bucket: Bucket, folder: DataFolder) -> None:
    """Take all of it, the choice last. Raises BucketFailed."""
    names = [found.name.removeprefix(_HOME) for found in bucket.list(_HOME.rstrip("/"))]
    for name in sorted(names, key=lambda name: (name == _CHOICE, name)):
        if _FILE.fullmatch(name):
            bucket.load(f"{_HOME}{name}", folder.models / name)

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
_FILE = re.compile(
    r"serving\.json|[\w-][\w.-]{0,99}/(?:card\.json|linear\.json|model\.tflite)", re.ASCII
)
_MOST = 32_000_000  # bytes of a file
_VERSIONS = 200  # that are taken; what is not there cannot serve


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
    """Take what can be a version's, the choice last; a version is checked when it is to serve.
    Raises BucketFailed."""
    found = {listed.name.removeprefix(_HOME): listed for listed in bucket.list(_HOME.rstrip("/"))}
    names = [n for n, listed in found.items() if _FILE.fullmatch(n) and listed.size <= _MOST]
    names.sort(key=lambda name: (name == _CHOICE, name))
    for name in names[-3 * _VERSIONS - 1 :]:
        bucket.load(f"{_HOME}{name}", folder.models / name, _MOST)

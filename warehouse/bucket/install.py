"""The install that a bucket belongs to: its salt, as a fingerprint, and its number of shards.

Under another salt the same chatter would be another, and who opted out would be read; under
another number the channels would belong to other shards.
"""

from typing import Any

import orjson

from warehouse.bucket.objects import ABSENT, Bucket, Replaced
from warehouse.config import MOST_SHARDS
from warehouse.errors import BadInput
from warehouse.salt import install_fingerprint

INSTALL = "install.json"
_MOST = 10_000  # bytes of it


def check_install(bucket: Bucket, shards: int, salt: bytes | None = None) -> None:
    """Raises BadInput for a bucket of another install, and BucketFailed. Whoever comes first with
    a salt says whose it is; a reader has none."""
    own = {"v": 1, "salt": install_fingerprint(salt) if salt else "", "shards": shards}
    try:
        if salt:
            bucket.put(INSTALL, orjson.dumps(own), ABSENT)
            return
    except Replaced:
        pass
    compare_install(bucket, shards, salt)


def compare_install(bucket: Bucket, shards: int, salt: bytes | None = None) -> None:
    """Raises as `check_install` does, and writes nothing."""
    there = read_install(bucket)
    if there is None:
        return
    if there["shards"] != shards:
        raise BadInput(
            f"{bucket.address} has {there['shards']} shards and DLD_SHARDS is {shards}; set it to "
            f"{there['shards']}, or move to another bucket address with `restore --bucket`"
        )
    if salt and there["salt"] != install_fingerprint(salt):
        raise BadInput(
            f"{bucket.address} is of an install with another salt; set DLD_SALT_FILE to that "
            "install's, or DLD_BUCKET_URL to another address"
        )


def shards_of(bucket: Bucket) -> int:
    """Raises BadInput for a bucket that is of no install."""
    there = read_install(bucket)
    if there is None:
        raise BadInput(f"{bucket.address} has no {INSTALL}: no shard has pushed anything there")
    return int(there["shards"])


def read_install(bucket: Bucket) -> Any:
    """Its `salt` (a fingerprint) and `shards`; None before anybody has come. Raises BadInput,
    BucketFailed."""
    try:
        found = bucket.get(INSTALL, None, _MOST)
        there = orjson.loads(found[0]) if found else {}
        salt, shards = there["salt"], there["shards"]
        if type(salt) is not str or type(shards) is not int or not 1 <= shards <= MOST_SHARDS:
            raise ValueError("no salt, or a number of shards that cannot be")
        return {"salt": salt, "shards": shards}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as exc:
        raise BadInput(
            f"{bucket.address}/{INSTALL} cannot be read; remove it there, and it is made anew"
        ) from exc

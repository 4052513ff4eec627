"""Control of several machines: shard 0's word on who is not to be read, and on what is.

`shard-0/control.json` is what `collect` obeys: shard 0 puts it when it changes, the collector looks
with the tag that it saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from warehouse.bucket.objects import Bucket
from warehouse.consent import OptOut, optout_body, optout_of
from warehouse.errors import WarehouseBroken
from warehouse.records import LOGIN

CONTROL = "shard-0/control.json"


@dataclass(frozen=True)
class Control:
    """channels: logins to be read live, as in channels.json. version: higher with each change."""

    optout: OptOut
    channels: tuple[str, ...]
    version: int


def put_control(bucket: Bucket, optout: OptOut, channels: Sequence[str], version: int) -> None:
    """Replace what the collector obeys. Raises BucketFailed."""
    body = {"v": 1, "optout": optout_body(optout), "channels": list(channels), "version": version}
    bucket.put(CONTROL, orjson.dumps(body))


def get_control(bucket: Bucket, tag: str | None = None) -> tuple[Control, str] | None:
    """What is to be obeyed, and its tag; None while it is the one of `tag`.

    Raises FileNotFoundError before shard 0 has put it for the first time, BucketFailed, and
    WarehouseBroken for one that cannot be read: nobody is to be read against their will.
    """
    found = bucket.get(CONTROL, tag)
    if found is None:
        return None
    try:
        raw = orjson.loads(found[0])
        channels, version = raw["channels"], raw["version"]
        if type(channels) is not list or type(version) is not int:
            raise TypeError("no list of channels, or no version")
        if not all(map(LOGIN.fullmatch, channels)):
            raise ValueError("no login")
        return Control(optout_of(raw["optout"]), tuple(channels), version), found[1]
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise WarehouseBroken(
            f"{bucket.address}/{CONTROL} cannot be read; it is made anew when shard 0 starts"
        ) from exc

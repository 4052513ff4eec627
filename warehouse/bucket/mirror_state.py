"""State of a mirror, DLD_DATA/mirror.json: what it follows, how far it is, and what is amiss.

`at`: when it was written; `behind_s`: seconds since all that the bucket had was shown here;
`waiting`: files to load. `shards`: of each its version, published_at, and trouble with since, where
there is one. `trouble` and `since`: of the bucket as a whole. Times are ISO, UTC, by this machine's
clock.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import read_object
from warehouse.records import iso

log = logging.getLogger(__name__)
WHOLE = -1  # stands for the bucket, among the shards
_WRITE_EVERY_S = 5.0


class MirrorState:
    """State of a mirror as it is told. troubles: (what, since) by shard; WHOLE: of the bucket."""

    def __init__(
        self,
        folder: DataFolder,
        address: str,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.troubles: dict[int, tuple[str, str]] = {}
        self.waiting, self.shards = 0, list[dict[str, Any]]()
        self._path, self._address, self._now_s = folder.mirror, address, now_s
        self._found: dict[int, str] = {}  # in the round that goes on
        self._install = str(read_object(folder.mirror).get("install", ""))
        self._current_at = self._written_at = now_s()

    def belongs(self, install: str) -> None:
        """The bucket is of the install with this fingerprint of its salt. Raises BadInput where the
        folder has chat of another one."""
        if self._install and install != self._install:
            raise BadInput(
                f"{self._path.parent} mirrors another install than {self._address} has; set "
                "DLD_DATA to an empty folder, or DLD_BUCKET_URL to that install's"
            )
        self._install = install

    @property
    def is_troubled(self) -> bool:
        """True where something was amiss in this round, so far."""
        return bool(self._found)

    def trouble(self, shard: int, what: str) -> None:
        """Something is amiss in this round."""
        self._found[shard] = what

    def end_round(self, is_done: bool) -> None:
        """Tell what changed, once: in the log, and in the file."""
        before, found = self.troubles, self._found
        self.troubles = {
            shard: before[shard] if before.get(shard, ("",))[0] == what else (what, _now())
            for shard, what in found.items()
        }
        self._found = {}
        for shard in sorted(found.keys() | before.keys()):
            if shard not in found:
                log.info("%s is well again, since %s it was not", _named(shard), before[shard][1])
            elif self.troubles[shard] != before.get(shard):
                log.warning("%s: %s", _named(shard), found[shard])
        if is_done and not found:
            self._current_at = self._now_s()
        if self.troubles != before or self._now_s() - self._written_at >= _WRITE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Replace the file."""
        self._written_at = self._now_s()
        what, since = self.troubles.get(WHOLE, ("", ""))
        body = {
            "v": 1,
            "at": _now(),
            "bucket": self._address,
            "install": self._install,
            "behind_s": round(self._now_s() - self._current_at, 1),
            "waiting": self.waiting,
            "trouble": what,
            "since": since,
            "shards": [self._shard(shard) for shard in self.shards],
        }
        private_folder(self._path.parent)
        replace_file(self._path, orjson.dumps(body))

    def _shard(self, told: dict[str, Any]) -> dict[str, Any]:
        what, since = self.troubles.get(told["shard"], ("", ""))
        return {**told, "trouble": what, "since": since}


def _named(shard: int) -> str:
    return "the bucket" if shard == WHOLE else f"shard {shard}"


def _now() -> str:
    return iso(datetime.now(UTC))

"""Replicas of the EBS: who watches at the others, and which of them broadcasts.

`ebs/viewers/REPLICA.json` has the seconds since viewers of each channel asked there. Its mirror
puts it, the others' bring it into DLD_DATA/ebs/viewers_elsewhere. `ebs/broadcaster.json` is the
lease: put again every ten seconds by who has it, taken by another when it has not changed for
thirty. An EBS sees files alone, and without a bucket nothing of this.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import orjson

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.bucket.objects import ABSENT, Bucket, Replaced
from warehouse.lease import Lease, since_start_s, write_lease
from warehouse.records import CHANNEL_ID

RENEW_S = 10.0
SURE_S = 20.0  # of the lease, after it was asked for
FREE_AFTER_S = 30.0  # without a change of the lease, by the clock of who waits for it
EXCHANGE_S = 30.0
LASTS_S = 600.0  # viewers, after they asked (ebs/broadcasting/viewers.py)
_CHANNELS = 10_000  # watched at a replica, that are heard
_GONE_AFTER_S = 3600.0  # a replica that tells nothing
_WISHES_S = 15.0  # an EBS that would broadcast says so every second
_LEASE, _VIEWERS = "ebs/broadcaster.json", "ebs/viewers/"
log = logging.getLogger(__name__)


class Replica:
    """One machine's EBS, as far as others need to know. now_s: seconds since its start."""

    def __init__(
        self,
        bucket: Bucket,
        ebs: Path,
        now_s: Callable[[], float] = since_start_s,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._bucket, self._ebs, self._now_s, self._wall = bucket, ebs, now_s, wall
        self._own, self._elsewhere = ebs / "viewers", ebs / "viewers_elsewhere"
        self._name = ""
        self._told: dict[str, float] = {}
        self._seen: dict[str, tuple[str, float]] = {}  # others: tag, and since when it is so
        self._exchange_at = self._renew_at = now_s()
        self._holder = uuid4().hex  # of this process: a copied folder is another
        self._lease: tuple[str, float] | None = None  # its tag while it is ours, and when it came
        self._watched = "", now_s()  # the tag of another's, since when

    def step(self, is_current: bool) -> None:
        """Exchange viewers and see to the lease, each in its time. Raises BucketFailed, OSError.

        is_current: all that was published is here; who is behind takes no lease.
        """
        wishes = self._wishes()
        if self._now_s() >= self._exchange_at and (wishes or self._own.is_dir()):
            self._exchange_at = self._now_s() + EXCHANGE_S
            self._tell_viewers()
            if wishes:
                self._hear_viewers()
        if wishes and self._now_s() >= self._renew_at:
            self._renew_at = self._now_s() + RENEW_S
            if self._lease or is_current:
                self._see_to_lease()

    def _wishes(self) -> bool:
        """True while an EBS here would broadcast."""
        return self._wall() - _mtime(self._ebs / "broadcast.lock") < _WISHES_S

    # -- viewers -----------------------------------------------------------------------------

    def _tell_viewers(self) -> None:
        now = self._wall()
        asked = {path.name: _mtime(path) for path in self._own.glob("*")}
        asked = {k: at for k, at in asked.items() if CHANNEL_ID.fullmatch(k) and now - at < LASTS_S}
        if asked != self._told:
            ages = {k: round(max(0.0, now - at), 1) for k, at in asked.items()}
            body = orjson.dumps({"v": 1, "channels": ages})
            self._bucket.put(f"{_VIEWERS}{self._named()}.json", body)
            self._told = asked

    def _named(self) -> str:
        """This machine's name among the replicas, kept in its folder."""
        path = self._ebs / "replica"
        if not self._name and not path.exists():
            private_folder(path.parent)
            replace_file(path, uuid4().hex.encode())
        self._name = self._name or read_file(path).decode().strip()
        return self._name

    def _hear_viewers(self) -> None:
        own, now = f"{_VIEWERS}{self._named()}.json", self._now_s()
        there = {found.name: found.tag for found in self._bucket.list(_VIEWERS)}
        for name in there.keys() - {own}:
            tag, since = self._seen.get(name, ("", now))
            if tag != there[name]:
                self._seen[name] = there[name], now
                self._take_viewers(name)
            elif now - since > _GONE_AFTER_S:
                self._bucket.drop([name])

    def _take_viewers(self, name: str) -> None:
        try:
            found = self._bucket.get(name)
            ages = orjson.loads(found[0])["channels"].items() if found else ()
            seen = [(str(k), float(age)) for k, age in ages if CHANNEL_ID.fullmatch(k)]
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return
        private_folder(self._elsewhere)
        for channel_id, age in seen[:_CHANNELS]:
            path, at = self._elsewhere / channel_id, self._wall() - max(0.0, age)
            if at > _mtime(path):
                path.touch()
                os.utime(path, (at, at))

    # -- the lease ---------------------------------------------------------------------------

    def _see_to_lease(self) -> None:
        before = self._now_s()
        try:
            if self._lease:
                self._put(self._lease[0], before, self._lease[1])
            elif (tag := self._free(before)) is not None:
                self._put(tag, before, before)
                log.info("the EBS of this machine broadcasts")
        except Replaced:
            if not self._is_ours_after_all(before):
                self._lease = None
                log.info("the EBS of another machine broadcasts")

    def _put(self, tag: str, now: float, taken: float) -> None:
        body = {"v": 1, "holder": self._holder, "put": uuid4().hex}
        new = self._bucket.put(_LEASE, orjson.dumps(body), tag)
        self._lease = new, taken
        write_lease(self._ebs / "lease.json", Lease(now + SURE_S, taken))

    def _free(self, now: float) -> str | None:
        """The tag that it can be taken with; None while another has it."""
        tag, since = self._watched
        try:
            found = self._bucket.get(_LEASE, tag or None)
        except FileNotFoundError:
            return ABSENT
        if found is not None:
            self._watched = found[1], now
            return None
        return tag if now - since >= FREE_AFTER_S else None

    def _is_ours_after_all(self, now: float) -> bool:
        """A put whose answer was lost has come through all the same."""
        try:
            found = self._bucket.get(_LEASE)
            holder = orjson.loads(found[0]).get("holder") if found else None
        except (FileNotFoundError, ValueError, AttributeError):
            return False
        if not found or holder != self._holder:
            self._watched = (found[1] if found else ""), now
            return False
        self._lease = found[1], self._lease[1] if self._lease else now
        return True


def _mtime(path: Path) -> float:
    """0 where there is no such file."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

"""Pushing beside the turns: what is published goes into the bucket, always the newest of it.

While the bucket does not answer another may take the shard over: after a while the source reads no
more, and chat waits in the queue.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pipeline.chat.message import Source
from pipeline.engine.snapshot import Snapshot, Snapshots
from pipeline.engine.state import State
from warehouse.bucket import push
from warehouse.bucket.objects import BucketFailed, Replaced
from warehouse.bucket.push import Pusher
from warehouse.errors import AppError, NothingPublished

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_S = 0.25
EVERY_S = 3.0  # a push at most
LEASE_S = 20.0  # of reading on without an answer; less than those who stand by are patient
_WAITS_S = (1.0, 2.0, 4.0, 8.0)  # between tries; shorter than those who stand by are patient
_LAST_S = 8.0  # for the last push


class Pushing:
    """The pushes of one daemon. pushed_at: monotonic, of the last that came through."""

    def __init__(self, pusher: Pusher, state: State) -> None:
        self.pusher, self.state, self.snapshots = pusher, state, Snapshots()
        self.pushed_at = time.monotonic()
        self._held_at = self.pushed_at - push.TOUCH_S  # asked then, the bucket said that it is ours
        self._last: Snapshot | None = None  # that is in the bucket
        self._failures = 0
        state.keep = self.snapshots.take

    def gauge(self) -> Mapping[str, tuple[float, Mapping[str, Any]]]:
        """`push`: seconds for which what is published has not been in the bucket."""
        waits_s = time.monotonic() - self.pushed_at if self._is_new() else 0.0
        return {"push": (waits_s, {})}

    async def keep(self, source: Source) -> None:
        """Push until cancelled. Raises Replaced when another writes this shard."""
        while True:
            source.leased(self._held_at + LEASE_S)
            await asyncio.sleep(self._pause())
            if self._is_new():
                await self._push()
            if not self._failures and time.monotonic() - self._held_at >= push.TOUCH_S:
                await self._try(self.pusher.touch)
            self._settle(source)

    async def finish(self, source: Source) -> None:
        """The last push, if the bucket takes it within a few seconds."""
        until = time.monotonic() + _LAST_S
        while self._is_new() and time.monotonic() < until:
            await self._push()
            await asyncio.sleep(LOOK_S if self._is_new() else 0)
        self._settle(source)
        if self._is_new():
            log.error("the last windows are not in the bucket; the next to run pushes them")

    def revision(self) -> int:
        """The store's that is in the bucket; -1 for none yet."""
        return self._last.revision if self._last else -1

    def _pause(self) -> float:
        if self._failures:
            return _WAITS_S[min(self._failures, len(_WAITS_S)) - 1]
        waits = self.pushed_at + EVERY_S - time.monotonic()
        return max(LOOK_S, waits) if self._is_new() and not self._is_purge() else LOOK_S

    def _is_new(self) -> bool:
        newest = self.snapshots.newest
        return newest is not None and newest is not self._last

    def _is_purge(self) -> bool:
        newest, last = self.snapshots.newest, self._last
        return newest is not None and newest.purged != (last.purged if last else 0)

    async def _push(self) -> None:
        snapshot, at_once = self.snapshots.newest, self._is_purge()
        assert snapshot
        if await self._try(self._push_living, snapshot.private, snapshot.manifest, at_once):
            self._last, self.pushed_at = snapshot, time.monotonic()

    def _push_living(self, *values: Any) -> None:
        with self.pusher.living():
            self.pusher.push(*values)

    async def _try(self, work: Callable[..., object], *values: object) -> bool:
        """True if the bucket took it."""
        asked_at = time.monotonic()
        try:
            await to_its_end(work, *values)
        except Replaced as exc:
            raise Replaced(f"another process writes this shard now; this one ends: {exc}") from exc
        except NothingPublished:  # its files went meanwhile: there is a newer snapshot, or will be
            return False
        except BucketFailed as exc:
            self._failures += 1
            if self._failures == 1:
                log.error("not pushed, tried again: %s", exc)
            return False
        if self._failures:
            log.info("the bucket takes it again, going on")
        self._failures, self._held_at = 0, asked_at
        return True

    def _settle(self, source: Source) -> None:
        clock, revision = self.state.settled
        if self._last and self._last.revision >= revision:
            source.stored(clock)


async def to_its_end(work: Callable[..., T], *values: object) -> T:
    """In a thread. Cancelled, it is waited for: it must not go on beside what follows."""
    doing = asyncio.ensure_future(asyncio.to_thread(work, *values))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        if not doing.cancelled() and isinstance(doing.exception(), AppError):
            log.warning("what was under way failed: %s", doing.exception())
        raise

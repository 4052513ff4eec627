"""Control of several machines, beside the turns: requests between shards, and what `collect` obeys.

Loaded where there is a bucket, and only there.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from pipeline.engine.state import State
from pipeline.sources.channel_list import load_channels
from warehouse.atomic import stamp_or_none
from warehouse.bucket.control import get_control, put_control
from warehouse.bucket.dispatch import Dispatcher
from warehouse.bucket.errands import ErrandsOfShard, Settled
from warehouse.bucket.objects import Bucket
from warehouse.bucket.shared_inbox import SharedInbox
from warehouse.consent import load_optout
from warehouse.errors import AppError, WarehouseBroken
from warehouse.inbox.requests import InboxFolder
from warehouse.shards import Shard

log = logging.getLogger(__name__)

BUSY_S, IDLE_S = 1.0, 3.0  # between looks into the bucket


class Exchange:
    """A shard's exchange of requests with the others. pushed: the revision of the last push."""

    def __init__(
        self, bucket: Bucket, shard: Shard, state: State, pushed: Callable[[], int]
    ) -> None:
        folder, revision = state.folder, lambda: state.store.revision
        state.workspace.shard = shard
        self._parts: list[Callable[[], object]] = []
        if shard.number:
            settled = Settled(InboxFolder(folder.errands), revision, pushed)
            self._parts.append(ErrandsOfShard(bucket, shard.number, settled).step)
        else:
            settled = Settled(InboxFolder(folder.inbox), revision, pushed)
            if shard.count > 1:
                others = Dispatcher(bucket, shard.count, settled)
                state.workspace.others = others
                self._parts.append(others.step)
            self._parts += [SharedInbox(bucket, settled).step, ControlFile(bucket, state).step]
        self._has_warned = False

    async def keep(self) -> None:
        """Exchange until cancelled; while the bucket does not answer, requests wait."""
        while True:
            is_busy = await asyncio.to_thread(self.step)
            await asyncio.sleep(BUSY_S if is_busy else IDLE_S)

    def step(self) -> bool:
        """Look once. True while something is waited for."""
        is_busy = False
        try:
            for part in self._parts:
                is_busy = bool(part()) or is_busy
            self._has_warned = False
        except (AppError, OSError) as exc:
            if not self._has_warned:
                log.warning("requests wait: %s", exc)
            self._has_warned = True
        return is_busy


class ControlFile:
    """Keeper of what the collector obeys: the lists of shard 0's folder."""

    def __init__(self, bucket: Bucket, state: State) -> None:
        self._bucket, self._folder = bucket, state.folder
        self._seen: object = None
        self._version = 0

    def step(self) -> None:
        """Put them where they changed. Raises BucketFailed."""
        folder = self._folder
        stamps = stamp_or_none(folder.optout), stamp_or_none(folder.channels)
        if (stamps,) == self._seen:
            return
        optout, channels = load_optout(folder.optout), load_channels(folder.channels)
        self._version = max(self._version or self._last(), int(time.time())) + 1
        put_control(self._bucket, optout, channels, self._version)
        self._seen = (stamps,)

    def _last(self) -> int:
        try:
            found = get_control(self._bucket)
        except (FileNotFoundError, WarehouseBroken):
            return 0
        return found[0].version if found else 0

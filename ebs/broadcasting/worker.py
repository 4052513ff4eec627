"""A worker's chores beside answering, once a second: it notes viewers, counts, and broadcasts where
it is the one that does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ebs.auth import Doorkeeper
from ebs.bodies import Latest
from ebs.broadcasting.broadcaster import Broadcaster
from ebs.broadcasting.lock import LeaseWatch, Lock
from ebs.broadcasting.viewers import Audience
from ebs.config import EbsSettings
from ebs.metrics import Metrics
from ebs.signing_keys import Secrets
from warehouse.config import DataFolder, TwitchAddress

log = logging.getLogger(__name__)

PUBSUB_URL = "https://api.twitch.tv/helix/extensions/pubsub"
TICK_S = 1.0
FINISH_S = 2.0  # for broadcasts under way, at the end


class Keeper:
    """One a worker. `running` for as long as the worker answers."""

    def __init__(
        self,
        settings: EbsSettings,
        twitch: TwitchAddress,
        data: DataFolder,
        latest: Latest,
        secrets: Secrets,
        doorkeeper: Doorkeeper,
        audience: Audience,
        metrics: Metrics,
    ) -> None:
        self._settings, self._latest, self._secrets = settings, latest, secrets
        self._twitch = twitch
        self._doorkeeper, self._audience, self._metrics = doorkeeper, audience, metrics
        self._lock = Lock(data.ebs / "broadcast.lock")
        self._lease = LeaseWatch(data)
        self._taken = 0.0  # the lease that was ours last
        self._is_broken = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Does its work until the end, and lets what is being sent end."""
        if not self._settings.broadcasts_for:
            task = asyncio.create_task(self._keep(None))
            yield
            await _ended(task)
            return
        from ebs.broadcasting.pubsub import PubSub  # its client is loaded only where it is used

        settings = self._settings
        url = self._twitch.of(PUBSUB_URL)
        async with PubSub(url, settings.broadcasts_for, settings.owner_id, self._secrets) as pubsub:
            broadcaster = Broadcaster(
                self._latest,
                self._audience,
                pubsub.post,
                self._metrics.broadcast,
                may_post=self._lease.holds,
            )
            task = asyncio.create_task(self._keep(broadcaster))
            yield
            await _ended(task)
            await broadcaster.finish(FINISH_S)
        self._lock.free()

    async def _keep(self, broadcaster: Broadcaster | None) -> None:
        while True:
            try:
                self.tick(broadcaster)
                self._is_broken = False
            except Exception:
                if not self._is_broken:  # once, not every second
                    log.exception("the EBS answers on, but does not broadcast or note viewers")
                self._is_broken = True
            await asyncio.sleep(TICK_S)

    def tick(self, broadcaster: Broadcaster | None = None) -> None:
        """One turn."""
        self.count()
        if broadcaster is None:
            return
        self._audience.keep()
        is_ours = self._lock.take() and self._has_lease(broadcaster)
        self._metrics.broadcaster(is_ours, broadcaster.look() if is_ours else 0)

    def _has_lease(self, broadcaster: Broadcaster) -> bool:
        """False where another machine's EBS broadcasts."""
        self._lock.touch()
        taken = self._lease.look()
        if taken is not None and taken != self._taken:
            broadcaster.pass_over()
            self._taken = taken
        return taken is not None

    def count(self) -> None:
        """What the token cache did."""
        door = self._doorkeeper
        self._metrics.cache(len(door), door.hits, door.misses)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

"""Backlog of bodies on their way into the queue: kept while it is down, within bounds."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from pipeline.queue.queue import Packed, QueueFailed, Sender

log = logging.getLogger(__name__)

MOST_BYTES = 256 << 20  # of bodies: more than an hour of 300 messages a second
_AHEAD = 200  # bodies of a source that can wait
_TOGETHER = 50
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 15.0
_TELL_S = 60.0


class Backlog:
    """Sends in order, shard by shard. opened: opens the queue. waits: the source can wait, and
    nothing is ever dropped; else the oldest bodies are, beyond `most` bytes. dropped: how many
    were."""

    def __init__(
        self,
        opened: Callable[[], Awaitable[Sender]],
        shards: int,
        waits: bool,
        most: int = MOST_BYTES,
    ) -> None:
        self.opened, self.waits, self.most = opened, waits, most
        self._sender: Sender | None = None
        self._opening = asyncio.Lock()
        self.dropped = self.size = 0
        self._bodies: list[deque[Packed]] = [deque() for _ in range(shards)]
        self._changed = asyncio.Event()
        self._told = 0
        self._told_at = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._bodies))

    def add(self, shard: int, bodies: Sequence[Packed]) -> None:
        """Behind what waits."""
        self._bodies[shard].extend(bodies)
        self.size += sum(len(body.data) for body in bodies)
        self._note()
        if not self.waits:
            self._drop()

    async def put(self, shard: int, bodies: Sequence[Packed]) -> None:
        """Behind what waits; returns once there is room for more."""
        self.add(shard, bodies)
        while self.waits and len(self) > _AHEAD:
            await self._changed.wait()

    async def keep(self) -> None:
        """Send all that comes, for ever."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for shard in range(len(self._bodies)):
                    tasks.create_task(self._keep(shard))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            if self._sender:
                await self._sender.close()

    async def drain(self) -> None:
        """Returns when all is sent."""
        while len(self):
            await self._changed.wait()

    async def _keep(self, shard: int) -> None:
        bodies, wait = self._bodies[shard], 0.0
        while True:
            while not bodies:
                await self._changed.wait()
            try:
                some = [bodies[k] for k in range(min(_TOGETHER, len(bodies)))]
                await (await self._open()).send(shard, some)
            except QueueFailed as exc:
                wait = self._failed(exc, wait)
                await asyncio.sleep(wait)
                continue
            if wait:
                log.info("the queue of shard %d takes bodies again, %d wait", shard, len(bodies))
            wait = 0.0
            sent = {body.id for body in some}  # some may have been dropped meanwhile
            while bodies and bodies[0].id in sent:
                self.size -= len(bodies.popleft().data)
            self._note()

    async def _open(self) -> Sender:
        async with self._opening:
            self._sender = self._sender or await self.opened()
            return self._sender

    def _failed(self, exc: QueueFailed, wait: float) -> float:
        if not wait:
            log.warning("%s; what is collected is kept", exc)
        return min(max(_FIRST_WAIT_S, 2 * wait), _LONGEST_WAIT_S)

    def _drop(self) -> None:
        """The oldest of the longest. Whoever reads sees by the numbers what is missing."""
        while self.size > self.most:
            oldest = max(self._bodies, key=len).popleft()
            self.size -= len(oldest.data)
            self.dropped += 1
        if self.dropped > self._told and time.monotonic() - self._told_at >= _TELL_S:
            log.error(
                "the queue is down for too long: dropped the oldest bodies=%d (a second of a "
                "shard each), which nobody will have observed", self.dropped - self._told,
            )  # fmt: skip
            self._told, self._told_at = self.dropped, time.monotonic()

    def _note(self) -> None:
        """Wake all who wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

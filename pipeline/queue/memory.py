"""Queue in the memory of this process, by name: for tests."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.config import QueueSettings
from pipeline.queue.queue import HELD_S, Delivery, Packed, QueueFailed, Waiting

_NAMED: dict[str, "MemoryQueue"] = {}
_STEP_S = 0.005


@dataclass
class MemoryQueue:
    """Bodies of all shards. held_s: as a queue's HELD_S. is_down: every call fails. refused: what
    receivers could not use."""

    held_s: float = HELD_S
    clock: Callable[[], float] = time.time
    is_down: bool = False
    refused: list[bytes] = field(default_factory=list)
    # by shard, then by number: the body, when it was sent, until when it is somebody's
    bodies: dict[int, dict[int, tuple[bytes, float, float]]] = field(default_factory=dict)
    _ids: dict[str, None] = field(default_factory=dict)
    _count: int = 0

    def put(self, shard: int, body: Packed, twice: bool = False) -> None:
        """Into the queue; one that was put before only where `twice` says so."""
        if body.id not in self._ids or twice:
            self._ids[body.id] = None
            self._count += 1
            self.bodies.setdefault(shard, {})[self._count] = body.data, self.clock(), 0.0

    def check(self) -> None:
        """Raises QueueFailed while it is down."""
        if self.is_down:
            raise QueueFailed("the queue does not answer")


def named(name: str) -> MemoryQueue:
    """The queue of memory:NAME, made when it is first asked for."""
    return _NAMED.setdefault(name, MemoryQueue())


async def open_sender(settings: QueueSettings, shards: int) -> "MemorySender":
    """Its end that sends."""
    return MemorySender(_of(settings))


async def open_receiver(settings: QueueSettings, shard: int) -> "MemoryReceiver":
    """Its end of a shard."""
    return MemoryReceiver(_of(settings), shard)


async def look(settings: QueueSettings, shards: int) -> list[Waiting]:
    """What waits."""
    queue = _of(settings)
    queue.check()
    of = [list(queue.bodies.get(shard, {}).values()) for shard in range(shards)]
    return [Waiting(len(some), some[0][:2] if some else None) for some in of]


def _of(settings: QueueSettings) -> MemoryQueue:
    return named(settings.queue_url.get_secret_value().partition("://")[2])


class MemorySender:
    """A Sender."""

    def __init__(self, queue: MemoryQueue) -> None:
        self.queue = queue

    async def send(self, shard: int, bodies: Sequence[Packed]) -> None:
        """Into the queue."""
        self.queue.check()
        for body in bodies:
            self.queue.put(shard, body)

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryReceiver:
    """A Receiver. Handles are the numbers of bodies."""

    def __init__(self, queue: MemoryQueue, shard: int) -> None:
        self.queue = queue
        self.bodies = queue.bodies.setdefault(shard, {})

    async def fetch(self, most: int, wait_s: float) -> list[Delivery]:
        """Those that are nobody's now."""
        until = time.monotonic() + wait_s
        while True:
            self.queue.check()
            now = self.queue.clock()
            free = [n for n, (_, _, held) in self.bodies.items() if held <= now][:most]
            if free or time.monotonic() >= until:
                await self.extend(free)
                return [Delivery(self.bodies[n][0], n, self.bodies[n][1]) for n in free]
            await asyncio.sleep(_STEP_S)

    async def settle(self, handles: Sequence[int]) -> None:
        """Out of the queue."""
        self.queue.check()
        for number in handles:
            self.bodies.pop(number, None)

    async def extend(self, handles: Sequence[int]) -> None:
        """Held for longer."""
        self._hold(handles, self.queue.clock() + self.queue.held_s)

    async def give_back(self, handles: Sequence[int]) -> None:
        """Nobody's."""
        self._hold(handles, 0.0)

    def _hold(self, handles: Sequence[int], until: float) -> None:
        self.queue.check()
        for number in handles:
            if number in self.bodies:
                data, sent, _ = self.bodies[number]
                self.bodies[number] = data, sent, until

    async def refuse(self, deliveries: Sequence[Delivery]) -> None:
        """Out of the queue, into `refused`."""
        self.queue.refused += [delivery.data for delivery in deliveries]
        await self.settle([delivery.handle for delivery in deliveries])

    async def close(self) -> None:
        """Nothing to let go of."""

"""Queue between `collect` and the shards, whichever it is: its two ends, and how they are opened.

It carries each body at least once, in any order, for an hour. A body that was fetched is with its
receiver for 45 s at a time; not settled and not extended by then, it is given to whoever fetches
next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from pipeline.config import QueueSettings
from warehouse.errors import AppError, BadInput
from warehouse.packages import require_packages

HELD_S = 45.0  # that a fetched body is its receiver's alone
EXTEND_S = 20.0  # how often that is extended
KEPT_S = 3600  # that a body is kept


class QueueFailed(AppError):
    """The queue does not answer, or refuses: it is tried again."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as a queue carries it. The same id twice is one body."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that was fetched. handle: what its queue knows it by. sent: when, epoch seconds by
    the queue's clock."""

    data: bytes
    handle: Any
    sent: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Bodies of a shard in the queue. first: the oldest, and when it was sent; None where the queue
    shows none to who only looks."""

    bodies: int
    first: tuple[bytes, float] | None = None


class Sender(Protocol):
    """The end that `collect` has. Raises QueueFailed."""

    async def send(self, shard: int, bodies: Sequence[Packed]) -> None:
        """All of them are in the queue. Where it fails some may be, and all are sent again."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


class Receiver(Protocol):
    """The end of one shard. Raises QueueFailed."""

    async def fetch(self, most: int, wait_s: float) -> list[Delivery]:
        """At most so many, as soon as there is one; none when there was none for `wait_s`."""
        ...

    async def settle(self, handles: Sequence[Any]) -> None:
        """They never come again."""
        ...

    async def extend(self, handles: Sequence[Any]) -> None:
        """They are ours for another 45 s."""
        ...

    async def give_back(self, handles: Sequence[Any]) -> None:
        """They come again at once, to whoever fetches."""
        ...

    async def refuse(self, deliveries: Sequence[Delivery]) -> None:
        """Nobody can use them: they are put aside where there is a place for such, and never come
        again."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


# by the scheme of DLD_QUEUE_URL: a module with `open_sender`, `open_receiver` and `look`
_QUEUES = {
    "nats": "pipeline.queue.jetstream",
    "tls": "pipeline.queue.jetstream",
    "sqs": "pipeline.queue.sqs",
    "memory": "pipeline.queue.memory",  # of this process alone, for tests
}


async def open_sender(settings: QueueSettings, shards: int) -> Sender:
    """The end that sends to all shards. Raises BadInput for an address that is none, QueueFailed
    where nobody answers."""
    sender: Sender = await _module(settings).open_sender(settings, shards)
    return sender


async def open_receiver(settings: QueueSettings, shard: int) -> Receiver:
    """The end of a shard. Raises as `open_sender` does."""
    receiver: Receiver = await _module(settings).open_receiver(settings, shard)
    return receiver


async def look(settings: QueueSettings, shards: int) -> list[Waiting]:
    """What waits for each shard, which stays as it is. Raises as `open_sender` does, and BadInput
    for a queue that is not made yet."""
    found: list[Waiting] = await _module(settings).look(settings, shards)
    return found


def check_address(settings: QueueSettings) -> str:
    """The kind of queue that is set. Raises BadInput for none."""
    url = settings.queue_url.get_secret_value()
    scheme = url.partition("://")[0]
    if scheme not in _QUEUES:
        raise BadInput(
            "DLD_QUEUE_URL is no address of a queue; it is nats://HOST:PORT or sqs://REGION/NAME"
            if url
            else "no queue is set; DLD_QUEUE_URL is nats://HOST:PORT or sqs://REGION/NAME"
        )
    return scheme


def _module(settings: QueueSettings) -> Any:
    scheme = check_address(settings)
    if scheme != "memory":
        require_packages("machines")
    return import_module(_QUEUES[scheme])

"""The seam to what came in lately: items, kept on disk or elsewhere until their time is over."""

from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.chat.message import Item, Message

Place = tuple[str, int]  # channel, start of the window in epoch seconds


class Outdated(Exception):
    """Raised when a log was written anew, or is gone, while it was read."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Messages of a channel that are to go: the one of `message_id`; else what `chatter` (a hash
    as text, '' for everybody) said from `since` to `until`, epoch seconds.

    Nothing that the log has of before `since` is looked at.
    """

    channel: str
    since: float
    until: float
    message_id: str = ""
    chatter: str = ""

    def means(self, message: Message) -> bool:
        """True for a message that is to go."""
        if message.channel != self.channel:
            return False
        if self.message_id:
            return message.id == self.message_id
        return self.since <= message.at <= self.until and self.chatter in ("", message.chatter)


class ItemLog(Protocol):
    """Items in the order they came, for `retention_s` seconds; 0 keeps nothing.

    Writing raises StorageFull; it can be done again.
    """

    retention_s: float

    def takes(self, item: Item) -> bool:
        """True for an item of a kind, and of a time, that is kept."""
        ...

    def covers(self, at: float) -> bool:
        """True if what was said at `at` is still here."""
        ...

    def append(self, item: Item, compound: float | None = None) -> None:
        """Keep an item it takes; a Message comes with its compound."""
        ...

    def flush(self) -> None:
        """What was appended is safe from now on."""
        ...

    def since(self, at: float) -> Iterator[Item]:
        """Every item kept from about `at` on, in the order they came."""
        ...

    def lines_at(
        self, places: Collection[Place], lines: MutableMapping[Place, list[bytes]]
    ) -> Iterator[bool]:
        """Put the messages of the windows at `places`, as they are kept, into `lines`.

        Yields True after each slice of the log but the last, so that nobody waits for hours of
        chat to be read.
        Raises Outdated when what was read is no longer what is kept.
        """
        ...

    def erase(self, erasures: Sequence[Erasure]) -> list[Message]:
        """Blank the messages meant, and return them."""
        ...

    def rewrite(self, change: Callable[[Item], Item | None]) -> int:
        """Put every item through `change`, None dropping it; returns how many it changed."""
        ...

    def expire(self, now: float) -> None:
        """What has reached its retention is gone."""
        ...

    def size(self) -> int:
        """Bytes that are kept."""
        ...

    def close(self) -> None:
        """Flush, and let go of everything."""
        ...

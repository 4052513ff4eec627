"""Chat of channels that two links have, until it is known whether a gap lies between them.

A message is a sign of life: told at once, it would say that its channel was seen all the time
up to it. But a link that was asked to reconnect may have died before the new one joined.
"""

from collections.abc import Iterator, Sequence

from pipeline.chat.message import Item
from pipeline.sources.irc.link import Link

_PATIENCE_S = 2.0  # for the old link's sign of life


class Handover:
    """Items held back of each link and channel. links: the slot's, newest last; it changes."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = links
        self._held: dict[tuple[Link, str], list[Item]] = {}

    def is_on(self) -> bool:
        """True if anything is held back."""
        return bool(self._held)

    def holds(self, link: Link, channel: str, items: list[Item]) -> bool:
        """True if it keeps what a link brought; else it is to be told now."""
        if (link, channel) not in self._held and not self._silent(link, channel):
            return False
        self._held.setdefault((link, channel), []).extend(items)
        return True

    def settled(self) -> Iterator[Item]:
        """What need not be held back any more, in order; it is then told."""
        for link, channel in list(self._held):
            if not self._silent(link, channel):
                yield from self._held.pop((link, channel))

    async def press(self, now: float) -> None:
        """Ask the old links for a sign of life; one that gave none has lost its channel."""
        for link, channel in list(self._held):
            for older in self._silent(link, channel):
                if now - link.joined.get(channel, now) < _PATIENCE_S:
                    await older.ask()
                else:
                    older.joined.pop(channel, None)

    def give_up(self, link: Link) -> None:
        """The link ends: what it saw begins where it joined, whatever the old ones saw."""
        for of, channel in self._held:
            for older in self._silent(of, channel) if of is link else ():
                older.joined.pop(channel, None)

    def _silent(self, link: Link, channel: str) -> list[Link]:
        """Older links that have the channel and were not heard since this one joined it."""
        joined = link.joined.get(channel)
        if joined is None or link not in self._links:
            return []
        older = self._links[: self._links.index(link)]
        return [old for old in older if old.joined.get(channel) is not None and old.heard < joined]

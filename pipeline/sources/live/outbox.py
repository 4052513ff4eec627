"""Outbox of items that live connections have heard and the daemon has not yet taken."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from pipeline.chat.message import Heard, Item, Watch

_MOST = 10_000  # items; then connections are no longer read, and Twitch has to wait


class Outbox:
    """Items in the order they came. Bounded: `put` waits."""

    def __init__(self, most: int = _MOST) -> None:
        self.most = most
        self._items: list[Item] = []
        self._room, self._full = asyncio.Event(), asyncio.Event()
        self._room.set()

    async def put(self, items: Iterable[Item]) -> None:
        """Add items; returns once there is room for more."""
        self.add(items)
        await self._room.wait()

    def add(self, items: Iterable[Item]) -> None:
        """Add items at once: for the few that are not chat."""
        self._items.extend(items)
        if len(self._items) >= self.most:
            self._room.clear()
            self._full.set()

    def drop_seen(self) -> None:
        """Take back what is told of when channels were seen: it was by a wrong clock."""
        self._items = [item for item in self._items if not isinstance(item, Watch | Heard)]

    async def wait(self, seconds: float) -> None:
        """Until it is full, but no longer than that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), seconds)

    def take(self) -> tuple[Item, ...]:
        """Everything, which makes room."""
        items = tuple(self._items)
        self._items.clear()
        self._full.clear()
        self._room.set()
        return items

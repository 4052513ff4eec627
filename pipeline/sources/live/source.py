"""Live source: channels that come and go while it runs, over as few connections as it takes."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, Generic, TypeVar

from pipeline.chat.message import Batch, ChannelInfo, Item, Source, StreamEnd
from pipeline.sources.live.coverage import Coverage
from pipeline.sources.live.shared import Shared
from pipeline.sources.live.slot import Slot

S = TypeVar("S", bound=Slot[Any, Any])


class LiveSource(Source, Generic[S]):
    """Wanted channels are asked for once a batch. slots: each with the task that keeps it up."""

    kind = "live"
    shared: Shared

    def __init__(self) -> None:
        self.slots: dict[S, asyncio.Task[None]] = {}
        self._coverage: dict[str, Coverage] = {}

    def channels(self) -> list[ChannelInfo]:
        """None: Twitch tells of a channel when it is joined."""
        return []

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """What came in, twice a second, for as long as it is asked."""
        chores = [asyncio.ensure_future(chore) for chore in self._start()]
        try:
            while True:
                self._reconcile()
                await self.shared.outbox.wait(self.shared.limits.batch_s)
                for task in (*chores, *self.slots.values()):
                    if task.done():  # none ends by itself: a fault of ours
                        task.result()
                for slot in self.slots:
                    self._tell(slot)
                items, infos = self.shared.outbox.take()
                yield Batch(self.shared.clock(), items, infos)
        finally:
            await self._close([*chores, *self.slots.values()])

    def _reconcile(self) -> None:
        """New channels onto connections with room, others off theirs, empty ones closed."""
        wanted = self._wanted()
        for slot in self.slots:
            for name in slot.channels.keys() - wanted.keys():
                self._drop(slot, name)
        held = {name for slot in self.slots for name in slot.channels}
        for name in sorted(wanted.keys() - held):
            self._roomy().channels[name] = wanted[name]
        for slot in [slot for slot in self.slots if not slot.channels]:
            self.slots.pop(slot).cancel()

    def _drop(self, slot: S, name: str) -> None:
        del slot.channels[name]
        self.shared.reported.discard(f"channel={name}")
        if self._coverage.pop(name, None):
            self.shared.outbox.add([StreamEnd(name, self.shared.clock())])

    def _roomy(self) -> S:
        channels, slots = self._room()
        for slot in self.slots:
            if len(slot.channels) < channels or len(self.slots) >= slots:
                return slot
        slot = self._slot()
        self.slots[slot] = asyncio.ensure_future(slot.keep())
        return slot

    def _tell(self, slot: S) -> None:
        """When the slot's channels were seen, as far as it is news."""
        news: list[Item] = []
        for channel in slot.channels:
            coverage = self._coverage.get(channel) or Coverage(channel)
            news += coverage.step(slot.spans(channel), self.shared.clock())
            if coverage.to is not None or channel in self._coverage:
                self._coverage[channel] = coverage
        self.shared.outbox.add(news)

    async def _close(self, tasks: list["asyncio.Task[None]"]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.slots.clear()

    # -- what each source does in its own way ----------------------------------------------

    def _start(self) -> list[Coroutine[Any, Any, None]]:
        """Make what needs a running loop; returns what runs beside the slots."""
        return []

    @abstractmethod
    def _wanted(self) -> Mapping[str, str]:
        """Channels to be read now, with their ids where known."""

    @abstractmethod
    def _slot(self) -> S:
        """A new one, empty."""

    @abstractmethod
    def _room(self) -> tuple[int, float]:
        """How many channels a slot has room for, and how many slots there may be."""

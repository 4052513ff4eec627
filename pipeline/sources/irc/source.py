"""Anonymous public chat: any channel, without registration, over as few connections as it takes."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection

from pipeline.chat.message import Batch, ChannelInfo, Item, Source, StreamEnd
from pipeline.config import IrcSettings
from pipeline.sources.irc.slot import Shared, Slot
from pipeline.sources.live.coverage import Coverage
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace
from pipeline.sources.opening import Opening

_BATCH_S = 0.5


class Irc(Source):
    """Reads the channels that `wanted` names; it is asked once a batch, so that channels come
    and go while it runs. clock: the wall clock, epoch seconds. batch_s: seconds a batch."""

    kind = "live"

    def __init__(
        self,
        wanted: Callable[[], Collection[str]],
        settings: IrcSettings,
        clock: Callable[[], float] = time.time,
        batch_s: float = _BATCH_S,
    ) -> None:
        self.wanted, self.settings, self.clock = wanted, settings, clock
        self.batch_s = batch_s
        pace = Pace(settings.joins, settings.joins_per_s)
        self.shared = Shared(settings, Outbox(), pace, clock)
        self.slots: dict[Slot, asyncio.Task[None]] = {}
        self._coverage: dict[str, Coverage] = {}

    def channels(self) -> list[ChannelInfo]:
        """None: Twitch tells of a channel when it is joined."""
        return []

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """What came in, twice a second, for as long as it is asked."""
        try:
            while True:
                self._reconcile(set(self.wanted()))
                await self.shared.outbox.wait(self.batch_s)
                for task in self.slots.values():
                    if task.done():  # it never ends by itself: a fault of ours
                        task.result()
                for slot in self.slots:
                    self._tell(slot)
                items, infos = self.shared.outbox.take()
                yield Batch(self.clock(), items, infos)
        finally:
            await self._close()

    def _reconcile(self, wanted: set[str]) -> None:
        """New channels onto connections with room, others off theirs, empty ones closed."""
        for slot in self.slots:
            for channel in slot.channels - wanted:
                self._drop(slot, channel)
        missing = wanted.difference(*(slot.channels for slot in self.slots))
        for channel in sorted(missing):
            self._roomy().channels.add(channel)
        for slot in [slot for slot in self.slots if not slot.channels]:
            self.slots.pop(slot).cancel()

    def _drop(self, slot: Slot, channel: str) -> None:
        slot.channels.discard(channel)
        self.shared.reported.discard(channel)
        if self._coverage.pop(channel, None):
            self.shared.outbox.add([StreamEnd(channel, self.clock())])

    def _roomy(self) -> Slot:
        most = self.settings.channels_per_connection
        for slot in self.slots:
            if len(slot.channels) < most:
                return slot
        slot = Slot(self.shared, self._tell)
        self.slots[slot] = asyncio.ensure_future(slot.keep())
        return slot

    def _tell(self, slot: Slot) -> None:
        """When the slot's channels were seen, as far as it is news."""
        told: list[Item] = []
        for channel in slot.channels:
            coverage = self._coverage.get(channel) or Coverage(channel)
            told += coverage.step(slot.spans(channel), self.clock())
            if coverage.to is not None or channel in self._coverage:
                self._coverage[channel] = coverage
        self.shared.outbox.add(told)

    async def _close(self) -> None:
        for task in self.slots.values():
            task.cancel()
        await asyncio.gather(*self.slots.values(), return_exceptions=True)
        self.slots.clear()


def open_source(opening: Opening) -> Irc:
    """The kept list of channels. Raises BadInput for an empty one."""
    settings = IrcSettings()
    return Irc(opening.some_wanted().now, settings)

"""Live source: channels that come and go while it runs, over as few connections as it takes."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, Generic, TypeVar

from pipeline.chat.message import Batch, ChannelInfo, Item, Source, StreamEnd
from pipeline.sources.live.coverage import Coverage
from pipeline.sources.live.shared import Shared, is_channel
from pipeline.sources.live.slot import Slot

S = TypeVar("S", bound=Slot[Any, Any])
log = logging.getLogger(__name__)

_LINES = 5  # of the log for channels that are not read for the same reason


class LiveSource(Source, Generic[S]):
    """Wanted channels are asked for once a batch. slots: each with the task that keeps it up."""

    kind = "live"
    shared: Shared

    def __init__(self) -> None:
        self.slots: dict[S, asyncio.Task[None]] = {}
        self._coverage: dict[str, Coverage] = {}
        self._told: dict[str, str] | None = None  # troubles
        self._steps = 0  # of the clock, as far as coverage follows them

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
                items, malformed = self.shared.outbox.take(), self.shared.oddities.take()
                clock = self.shared.clock
                offset = clock.offset if clock.is_sure else None
                yield Batch(clock.now(), items, self._news(), malformed, offset)
        finally:
            await self._close([*chores, *self.slots.values()])

    def _reconcile(self) -> None:
        """New channels onto connections with room, others off theirs, empty ones closed."""
        wanted = self._wanted()
        for slot in self.slots:
            for name in slot.channels.keys() - wanted.keys():
                self._drop(slot, name)
        held = {name for slot in self.slots for name in slot.channels}
        named = self._named()
        self.shared.first &= named
        for name in filter(is_channel, self.shared.troubles.keys() - named):
            self.shared.clear(name)
        for name in sorted(wanted.keys() - held, key=lambda name: (self.shared.waits(name), name)):
            self._roomy().channels[name] = wanted[name]
        for slot in [slot for slot in self.slots if not slot.channels]:
            self.slots.pop(slot).cancel()

    def _drop(self, slot: S, name: str) -> None:
        del slot.channels[name]
        self.shared.clear(name)
        if self._coverage.pop(name, None):
            at = self.shared.clock.arrival()
            self.shared.outbox.add([StreamEnd(name, at, left=True)])

    def _rename(self, names: Mapping[str, str]) -> None:
        """Channels are called otherwise from now on, which is told already; what is seen of them
        goes on. names: by those of before."""
        for slot in self.slots if names else ():
            slot.rename(names)
        self._coverage = {names.get(c, c): seen for c, seen in self._coverage.items()}
        for name in names.values():
            if seen := self._coverage.get(name):
                self.shared.outbox.add(seen.renamed(name))

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
        clock, news = self.shared.clock, list[Item]()
        is_sure = clock.is_sure
        slots = self._begin_anew() if is_sure and clock.steps != self._steps else [slot]
        for each, channel in [(s, channel) for s in slots for channel in s.channels]:
            coverage = self._coverage.get(channel) or Coverage(channel, clock.at)
            news += coverage.step(each.spans(channel), clock.monotonic(), is_sure)
            if coverage.to is not None or channel in self._coverage:
                self._coverage[channel] = coverage
        self.shared.outbox.add(news)

    def _news(self) -> dict[str, str] | None:
        """The troubles there are, where they are others than the last time; then logged, too."""
        told, self._told = self._told, self._troubles()
        if told == self._told:
            return None
        log_troubles(told or {}, self._told)
        return dict(self._told)

    def _troubles(self) -> dict[str, str]:
        """Of channels, and of connections: where none is up, of all of it."""
        down = [slot for slot in self.slots if slot.trouble]
        if down and len(down) == len(self.slots):
            return {"": down[0].trouble} | self.shared.troubles
        of = {name: slot.trouble for slot in down for name in slot.channels}
        return of | self.shared.troubles

    def _begin_anew(self) -> list[S]:
        """The clock had been wrong: tell by the right one since when channels are seen, all."""
        self._steps = self.shared.clock.steps
        self.shared.outbox.drop_seen()
        for coverage in self._coverage.values():
            coverage.begin_anew()
        return list(self.slots)

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

    def _named(self) -> set[str]:
        """All that are asked for, whether they can be read or not."""
        return set(self._wanted())

    @abstractmethod
    def _slot(self) -> S:
        """A new one, empty."""

    @abstractmethod
    def _room(self) -> tuple[int, float]:
        """How many channels a slot has room for, and how many slots there may be."""


def log_troubles(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """A line for each that is new, and for each that is over."""
    channels_by_reason: dict[str, list[str]] = {}
    for what, reason in now.items():
        if before.get(what) != reason:
            channels_by_reason.setdefault(reason, []).append(what)
    for reason, channels in channels_by_reason.items():
        for what in channels[:_LINES]:
            log.warning("%s: %s", _subject(what), reason)
        if len(channels) > _LINES:
            log.warning("%d more channels are not read: %s", len(channels) - _LINES, reason)
    for what in before.keys() - now.keys():
        log.info("over: %s", _subject(what))


def _subject(what: str) -> str:
    """What is not read: all of it, a channel, or what is said in words."""
    if not what:
        return "not reading"
    return f"channel={what} is not read" if is_channel(what) else f"{what} not read"

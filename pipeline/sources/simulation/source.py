"""Simulated chat: three fictional channels that have been streaming for ever.

What they say at any moment follows from the seed and the absolute time alone, so a restart
goes on where the last run stopped. How the crowd works: simulation/; docs/simulator.md.
"""

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Lost,
    Source,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.sources.opening import Opening
from pipeline.sources.simulation.crowd import Plan, plan
from pipeline.sources.simulation.profiles import PROFILES
from pipeline.sources.simulation.schedule import CYCLE, ScheduledStream, streams
from pipeline.sources.simulation.speak import BLOCK, messages
from warehouse.errors import WrongUsage
from warehouse.records import WINDOW_SECONDS, window_start

DAY = 86400.0
CATCH_UP = 30.0  # seconds in a batch of the past
CLOSES = 5.0  # after a window's end: a batch ends then, so that it closes as it would live
BEHIND = 5.0  # further behind the clock than this is the past
NOTICED = 10.0  # a lost connection is known after so many seconds


class Simulate(Source):
    """A source of simulated chat.

    now: where the past ends, seconds since the epoch; the clock's time if None.
    past_days: how far back it begins; with resume_from it begins there, if that is later.
    channels: some of PROFILES, all if None. clock and sleep can be replaced in tests.
    Raises BadInput for an unknown channel.
    """

    kind = "simulated"

    def __init__(
        self,
        seed: int = 1,
        now: float | None = None,
        past_days: float = 3,
        channels: Iterable[str] | None = None,
        resume_from: float | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.seed, self.clock, self.sleep = seed, clock, sleep
        now = clock() if now is None else now
        self.start = max(now - past_days * DAY, resume_from or 0.0)
        self.names = _known(channels)

    def channels(self) -> list[ChannelInfo]:
        """The channels it speaks of."""
        return [PROFILES[name].info for name in self.names]

    def only(self, channel: str) -> "Simulate":
        """The same chat of one of its channels alone."""
        return Simulate(self.seed, self.start, 0, [channel])

    def past(self, until: float) -> Iterator[Batch]:
        """All that was said before `until`, in batches of up to CATCH_UP seconds; what comes
        next begins there."""
        stories = [Story(self.seed, name, self.start) for name in self.names]
        while self.start < until:
            self.start = min(until, _whole_batch(self.start))
            items = heapq.merge(*(s.until(self.start) for s in stories), key=_at)
            yield Batch(self.start, tuple(items))

    async def batches(self) -> AsyncIterator[Batch]:
        """The past in batches of up to CATCH_UP seconds, then one a second, for ever."""
        at = self.start
        stories = {name: Story(self.seed, name, at) for name in self.names}
        while True:
            until = self._next(at)
            # never longer, so that a clock set back does not stop the chat
            await self.sleep(min(1.0, max(0.0, until - self.clock())))
            items = heapq.merge(*(s.until(until) for s in stories.values()), key=_at)
            yield Batch(until, tuple(items))
            at = until

    def _next(self, at: float) -> float:
        """The end of the next batch: a second on, or more while there is past to tell."""
        ahead = _whole_batch(at)
        return ahead if self.clock() - ahead >= BEHIND else at // 1 + 1


def open_source(opening: Opening) -> Simulate:
    """Simulated chat from where the last run stopped."""
    meta, clock = opening.store.meta, opening.clock
    last = meta("clock") if meta("source") == "simulated" else None
    resume_from = min(float(last), clock()) if last else None
    names = opening.optout.allowed(opening.channels or PROFILES, opening.identities)
    return Simulate(channels=names, resume_from=resume_from, clock=clock, sleep=opening.sleep)


def _known(channels: Iterable[str] | None) -> list[str]:
    names = list(channels or PROFILES)
    for name in names:
        if name not in PROFILES:
            raise WrongUsage(f"no simulated channel {name!r}; there are {', '.join(PROFILES)}")
    return names


def _whole_batch(at: float) -> float:
    """The end of a batch of the past that begins then."""
    return ((at - CLOSES) // CATCH_UP + 1) * CATCH_UP + CLOSES


def _at(item: Item) -> float:
    return item.at


class Story:
    """One channel's items from a moment on, told piece by piece."""

    def __init__(self, seed: int, channel: str, start: float) -> None:
        self.seed, self.channel, self.told = seed, channel, start
        self._items = self._from(start)
        self._next: Item | None = None

    def until(self, end: float) -> list[Item]:
        """The items of `[told, end)` in order, and a Heard if the channel is live and seen."""
        items: list[Item] = []
        item = self._next or next(self._items)
        while item.at < end:
            items.append(item)
            item = next(self._items)
        self._next = item
        if self._seen(end):
            items.append(Heard(self.channel, end))
        self.told = end
        return items

    def _seen(self, at: float) -> bool:
        current = self._plan
        return (
            current is not None
            and current.stream.start <= at <= current.stream.end
            and not _unseen(current, at)
        )

    def _from(self, start: float) -> Iterator[Item]:
        """Every item at or after `start`; of a running stream its start as well."""
        self._plan: Plan | None = None
        for stream in self._streams(start):
            current = self._plan = plan(self.seed, stream)
            if stream.start >= start:  # the channel is joined before its stream begins
                yield Watch(stream.channel, max(start, window_start(stream.start)))
            yield _started(stream)
            if stream.start < start and not _unseen(current, start):
                yield Watch(stream.channel, start)
            yield from (item for item in _body(self.seed, current, start) if item.at >= start)
            yield Heard(stream.channel, stream.end)
            yield StreamEnd(stream.channel, stream.end)
            yield Heard(stream.channel, window_start(stream.end) + WINDOW_SECONDS)

    def _streams(self, start: float) -> Iterator[ScheduledStream]:
        while True:
            found = list(streams(self.seed, self.channel, start, start + 3 * CYCLE))
            yield from found[:1]
            start = found[0].end


def _started(stream: ScheduledStream) -> StreamStart:
    return StreamStart(
        stream.channel, stream.start, stream.stream_id, stream.title, stream.category
    )


def _body(seed: int, plan: Plan, start: float) -> Iterator[Item]:
    """Messages, happenings and lost connections in order, from the block of `start` on."""
    stream = plan.stream
    first = max(0, int((start - stream.start) // BLOCK))
    blocks = range(first, int((stream.end - stream.start - 0.001) // BLOCK) + 1)
    said: Iterator[Item] = (m for block in blocks for m in messages(seed, plan, block))
    told: Iterator[Item] = heapq.merge(said, plan.happenings, key=_at)
    heard = (item for item in told if not _unseen(plan, item.at))
    return heapq.merge(heard, _connection(plan), key=_at)


def _unseen(plan: Plan, at: float) -> bool:
    """Whether the connection was gone at that moment."""
    return any(lost < at < again for lost, again in plan.gaps)


def _connection(plan: Plan) -> Iterator[Item]:
    """Heard and Lost where the connection breaks, Watch where it is back."""
    channel = plan.stream.channel
    for lost, again in plan.gaps:
        yield Heard(channel, lost)
        yield Lost(channel, min(lost + NOTICED, again))
        yield Watch(channel, again)

"""Past chat from a table, again: as it happened, faster, or as fast as it goes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Source,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable, Placed
from pipeline.sources.opening import Opening
from pipeline.sources.replay_start import began, ended, placement
from warehouse.errors import BadInput
from warehouse.records import WINDOW_SECONDS, utc, window_start

_STEP = 30.0  # seconds of chat in a batch when nobody waits for it
_LAST = 90.0  # a window and the longest grace: every window closes before the end
_JUMP = 90.0  # a time in which no stream is on is passed over, but for this


class Replay(Source):
    """The placed streams of a table, merged by time.

    speed: 1 as it happened, 10 ten times as fast, 0 as fast as it goes. to_now: move all
    times by one amount so that the replay ends when the clock gets there; else they are kept.
    began: the wall clock when a run that was killed and is done again began; what was due
    before now comes at once. at_end: called when all of it is stored. ends_at: its clock at the
    end, None before.
    """

    kind = "replay"
    anew = True

    def __init__(
        self,
        table: ChatTable,
        placed: list[Placed],
        speed: float = 0,
        to_now: bool = False,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        began: float | None = None,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        self.table, self.speed, self.clock, self.sleep = table, speed, clock, sleep
        self.began, self.at_end = began, at_end
        self.ends_at: float | None = None
        now = clock() if began is None else began
        self.placed = _to_now(placed, speed, now) if to_now else placed
        self.shifted = to_now

    def channels(self) -> list[ChannelInfo]:
        """The channels of the placed streams."""
        return [ChannelInfo(name) for name in sorted({p.stream.channel for p in self.placed})]

    async def batches(self) -> AsyncIterator[Batch]:
        """Batches of up to a second of the wall clock, or of 30 s of chat at speed 0."""
        pace = _Pace(self.speed, self.clock, self.sleep, self.began)
        items = _Ahead(self._items())
        at = items.first() or 0.0
        while items.first() is not None:
            step = min(_STEP, self.speed) if self.speed else _STEP
            following = items.first() or at
            if following > at + _JUMP:  # nobody is on air
                at = following
            at += step
            await pace.until(at)
            said = items.before(at)
            yield Batch(at, (*said, *self._heard(at)))
        self.ends_at = at + _LAST
        yield Batch(self.ends_at)

    def stored(self, clock: float) -> None:
        """Come to its end, it is done: the next run is another."""
        if self.at_end and self.ends_at and clock >= self.ends_at:
            self.at_end()
            self.at_end = None

    def _heard(self, at: float) -> list[Item]:
        return [
            Heard(p.stream.channel, at) for p in self.placed if p.started_at <= at <= p.ended_at
        ]

    def _items(self) -> Iterator[Item]:
        """Everything by time: messages, and the starts and ends of streams around them."""
        marks = sorted(self._marks(), key=lambda item: item.at)
        for number, (where, message) in enumerate(self.table.messages(self.placed, merged=True)):
            while marks and marks[0].at <= message.at:
                yield marks.pop(0)
            yield replace(message, id=f"{where.stream.stream_id}#{number}")
        yield from marks

    def _marks(self) -> Iterator[Item]:
        for p, following in _with_next(self.placed):
            channel, end = p.stream.channel, _end(p)
            if following is not None:  # moved, it may begin in the window this one ends in
                end = max(p.started_at, min(end, following.started_at))
            name = p.stream.stream_id
            if self.shifted:  # another time, another stream
                name += f"@{utc(p.started_at):%Y%m%dT%H%M%S}"
            yield StreamStart(channel, p.started_at, name, undated=p.undated)
            yield Watch(channel, p.started_at)
            yield Heard(channel, p.ended_at)
            yield StreamEnd(channel, end)


def open_source(opening: Opening) -> Replay:
    """The streams of `--file` that were asked for and may be read.

    Raises BadInput where there is none, or none that could be placed.
    """
    if opening.file is None:
        raise BadInput("a replay needs a table of chat (--file)")
    table = ChatTable(opening.file, opening.folder.scratch)
    table.check_times()
    streams = table.streams(opening.channels, opening.streams)
    allowed = opening.optout.allowed((s.channel for s in streams), opening.identities)
    chosen = [stream for stream in streams if stream.channel in allowed]
    if not chosen:
        raise BadInput(f"{opening.file} has no message that could be replayed")
    placed, to_now = place(chosen, opening.undated or opening.to_now), opening.to_now
    start, at_end, clock = None, None, opening.clock
    if to_now:
        name = placement(opening.file, chosen, opening.speed)
        start, at_end = began(opening.store, name, clock()), partial(ended, opening.store, name)
    return Replay(table, placed, opening.speed, to_now, clock, opening.sleep, start, at_end)


class _Ahead:
    """An iterator of items one can look at before taking."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._next = next(items, None)

    def first(self) -> float | None:
        """Time of the next item, None at the end."""
        return None if self._next is None else self._next.at

    def before(self, at: float) -> list[Item]:
        """Take every item before `at`."""
        taken = []
        while self._next is not None and self._next.at < at:
            taken.append(self._next)
            self._next = next(self._items, None)
        return taken


class _Pace:
    """Waits until the replayed time has come; time nobody was on air costs none."""

    def __init__(
        self,
        speed: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        began: float | None = None,
    ) -> None:
        self.speed, self.clock, self.sleep, self.began = speed, clock, sleep, began
        self.due: float | None = None
        self.last = 0.0

    async def until(self, at: float) -> None:
        if not self.speed:
            await asyncio.sleep(0)
            return
        passed = 0.0 if self.due is None else min(at - self.last, _JUMP)
        if self.due is None:
            self.due = self.clock() if self.began is None else self.began
        self.due += passed / self.speed
        self.last = at
        await self.sleep(max(0.0, self.due - self.clock()))


def _with_next(placed: list[Placed]) -> Iterator[tuple[Placed, Placed | None]]:
    """Each stream with the one that follows it on its channel."""
    ordered = sorted(placed, key=lambda p: (p.stream.channel, p.started_at))
    for p, after in zip(ordered, [*ordered[1:], None], strict=True):
        same = after is not None and after.stream.channel == p.stream.channel
        yield p, after if same else None


def _end(p: Placed) -> float:
    """The end of the window its last message is in."""
    return float(window_start(p.ended_at) + WINDOW_SECONDS)


def _to_now(placed: list[Placed], speed: float, now: float) -> list[Placed]:
    first = min(p.started_at for p in placed)
    length = max(_end(p) for p in placed) - first
    begin = now + (length / speed if speed else 0.0) - length
    move = begin - first
    return [replace(p, started_at=p.started_at + move) for p in placed]

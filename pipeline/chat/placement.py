"""Starts of past streams: as their logs say, or a place found for them.

A channel has one stream at a time. Where the dates of a table would have it in two, at least one
of them is wrong: a stream that begins in another comes into the first time after it that is
free. Logs dated by day only start at 00:00 of it. Undated logs are placed day by day from
2000-01-01, and marked so, if the user agrees.
"""

import math
from bisect import insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.chat.table import Placed, StoredStream, TableStream
from warehouse.errors import BadInput, WrongUsage
from warehouse.records import WINDOW_SECONDS, window_start

_DAY = 86400
FIRST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()  # no chat is older
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_402_300_799  # of what has a date
_UNDATED_FROM = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


class NeedsAnswer(WrongUsage):
    """A log does not say what an option has to; the message says what to type. asks: what it
    leaves out, "channel", "when", "columns"; "place" where its time is another stream's."""

    def __init__(self, message: str, *asks: str) -> None:
        super().__init__(message)
        self.asks = asks


@dataclass
class _Taken:
    """Time of a channel that has a stream, in whole windows."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def add(self, start: float, end: float) -> None:
        insort(self.spans, _windows(start, end))

    def first_free(self, start: float, length: float, step: int) -> float:
        """The first start from `start` on where nothing else is; a later one is a multiple of
        `step`."""
        for since, until in self.spans:
            first, end = _windows(start, start + length)
            if since < end and first < until:
                start = math.ceil(until / step) * float(step)
        return start


def place(
    streams: Iterable[TableStream],
    undated: bool = False,
    started_at: datetime | None = None,
    stored: Collection[StoredStream] = (),
) -> list[Placed]:
    """Streams with their start, by channel and time; none of a channel's share a window.

    started_at: the start of the one stream given. stored: of their channels; a stream that is
    among them and whose time is not free comes where it was. Raises as `starts` does.
    """
    wanted = starts(streams, undated, started_at)
    known = {(s.channel, s.stream_id): s for s in stored if s.is_import}
    ours = {(p.stream.channel, p.stream.stream_id) for p in wanted}
    taken: dict[str, _Taken] = {p.stream.channel: _Taken() for p in wanted}
    for key in known.keys() - ours:
        taken[key[0]].add(known[key].started_at, known[key].ended_at - 1)
    placed, late = [], []
    for p in sorted(wanted, key=lambda p: _order(p, known)):
        before, room = known.get((p.stream.channel, p.stream.stream_id)), taken[p.stream.channel]
        before = before if before and before.undated == p.undated else None
        at = before.started_at if before and p.undated else p.started_at
        if room.first_free(at, p.stream.last, 1) == at:
            room.add(at, at + p.stream.last)
            placed.append(Placed(p.stream, at, p.undated))
        else:
            late.append(Placed(p.stream, before.started_at if before else at, p.undated))
    for p in late:
        room, step = taken[p.stream.channel], _DAY if p.undated else WINDOW_SECONDS
        at = room.first_free(p.started_at, p.stream.last, step)
        room.add(at, at + p.stream.last)
        placed.append(Placed(p.stream, at, p.undated, placed=not p.undated))
    return sorted(placed, key=lambda p: (p.stream.channel, p.started_at))


def starts(
    streams: Iterable[TableStream], undated: bool = False, started_at: datetime | None = None
) -> list[Placed]:
    """Streams where they say that they began. Raises BadInput for a date that is none, NeedsAnswer
    for undated streams that nobody allowed (`--undated`) or told the start of (`--started-at`)."""
    streams = list(streams)
    if started_at is not None:
        if len(streams) != 1:
            raise BadInput(f"--started-at is for one stream, this is {len(streams)}")
        return [Placed(streams[0], started_at.timestamp())]
    return [
        Placed(stream, _parse(stream))
        if stream.date
        else Placed(stream, _undated(stream, undated), undated=True)
        for stream in streams
    ]


def refuse_impossible(placed: Iterable[Placed], now: float) -> None:
    """Raises BadInput for a stream of a time when nobody chatted, of which no window could be
    made, and for one that would end after `now`, epoch seconds: readers take the newest window for
    the present, so one log of next year would hide all that is live."""
    for p in placed:
        if p.started_at < FIRST:
            raise BadInput(
                f"stream {p.stream.stream} of {p.stream.whose} would begin at "
                f"{minute(p.started_at)}, when nobody chatted; say when it began (--started-at)"
            )
        if p.ended_at > now + WINDOW_SECONDS:
            raise BadInput(
                f"stream {p.stream.stream} of {p.stream.whose} would end at "
                f"{minute(p.ended_at)}, which is yet to come; say when it began (--started-at)"
            )


def minute(at: float) -> str:
    """2026-01-31 18:00 UTC"""
    at = min(max(at, _YEAR_1), _YEAR_9999)
    return f"{datetime.fromtimestamp(at, UTC).isoformat(' ', 'minutes')[:16]} UTC"


def _order(
    p: Placed, known: Collection[tuple[str, str]]
) -> tuple[bool, bool, bool, float, str, str]:
    """Those that say most of when they were come first, and undated ones that have a place."""
    stream = p.stream
    is_new = p.undated and (stream.channel, stream.stream_id) not in known
    vague = len(stream.date) <= 10
    return p.undated, is_new, vague, p.started_at, stream.stream, stream.date


def _undated(stream: TableStream, allowed: bool) -> float:
    if not allowed:
        raise NeedsAnswer(
            f"stream {stream.stream} of {stream.whose} has no date; say --started-at, or "
            "--undated to place such streams day by day from 2000-01-01",
            "when",
        )
    return _UNDATED_FROM


def _parse(stream: TableStream) -> float:
    try:
        at = datetime.fromisoformat(stream.date)
    except ValueError as exc:
        raise BadInput(
            f"stream {stream.stream} of {stream.whose}: {stream.date!r} is not an ISO date"
        ) from exc
    if not 1970 <= at.year <= 2200:
        raise BadInput(f"stream {stream.stream} of {stream.whose}: no stream was in {at.year}")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _windows(start: float, end: float) -> tuple[float, float]:
    """From the first window's start to the last one's end, that of a message at `end`."""
    return float(window_start(start)), float(window_start(end) + WINDOW_SECONDS)

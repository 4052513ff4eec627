"""Starts of past streams: as their logs say, or a place found for them.

Full times are taken as they are. Logs dated by day only start at 00:00 of it, one after
another where they would overlap. Undated logs are placed day by day from 2000-01-01, and
marked so, if the user agrees.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pipeline.chat.table import Placed, TableStream
from warehouse.errors import BadInput
from warehouse.records import WINDOW_SECONDS

_DAY = 86400


class NeedsAnswer(BadInput):
    """A log does not say what an option has to; the message says what to type. asks: what it
    leaves out, "channel", "when" or both."""

    exit_code = 2

    def __init__(self, message: str, *asks: str) -> None:
        super().__init__(message)
        self.asks = asks


_UNDATED_FROM = datetime(2000, 1, 1, tzinfo=UTC).timestamp()

# undated streams imported before: (channel, stream_id) to start and end, epoch seconds
Earlier = Mapping[tuple[str, str], tuple[float, float]]


def place(
    streams: Iterable[TableStream],
    undated: bool = False,
    started_at: datetime | None = None,
    earlier: Earlier | None = None,
) -> list[Placed]:
    """Streams with their start, by channel and time.

    started_at: the start of the one stream given. earlier: undated streams come where they were,
    new ones after them. Raises BadInput for undated streams that
    nobody allowed (`--undated`) or told the start of (`--started-at`).
    """
    streams = list(streams)
    if started_at is not None:
        if len(streams) != 1:
            raise BadInput(f"--started-at is for one stream, this is {len(streams)}")
        return [Placed(streams[0], started_at.timestamp())]
    placed: list[Placed] = []
    free: dict[tuple[str, bool], float] = {}  # (channel, undated): where the next may start
    known = earlier or {}
    for (channel, _), (_, ended) in known.items():
        free[channel, True] = max(free.get((channel, True), 0.0), _up(ended - 1, _DAY))
    for stream in streams:
        before = None if stream.date else known.get((stream.channel, stream.stream_id))
        if before is not None and undated:
            placed.append(Placed(stream, before[0], undated=True))
        else:
            placed.append(_place(stream, undated, free))
    return sorted(placed, key=lambda p: (p.stream.channel, p.started_at))


def refuse_to_come(placed: Iterable[Placed], now: float) -> None:
    """Raises BadInput for a stream that would end after `now`, epoch seconds: readers take the
    newest window for the present, so one log of next year would hide all that is live."""
    for p in placed:
        if p.ended_at > now + WINDOW_SECONDS:
            end = f"{datetime.fromtimestamp(p.ended_at, UTC):%Y-%m-%d %H:%M} UTC"
            raise BadInput(
                f"stream {p.stream.stream} of {p.stream.channel} would end at {end}, which is yet "
                "to come; say when it began (--started-at)"
            )


def _place(stream: TableStream, undated: bool, free: dict[tuple[str, bool], float]) -> Placed:
    if not stream.date:
        return _undated(stream, undated, free)
    at = _parse(stream)
    if len(stream.date) > 10:
        return Placed(stream, at)
    start = max(at, free.get((stream.channel, False), at))
    free[stream.channel, False] = _up(start + stream.last, WINDOW_SECONDS)
    return Placed(stream, start)


def _undated(stream: TableStream, allowed: bool, free: dict[tuple[str, bool], float]) -> Placed:
    if not allowed:
        raise NeedsAnswer(
            f"stream {stream.stream} of {stream.channel} has no date; say --started-at, or "
            "--undated to place such streams day by day from 2000-01-01",
            "when",
        )
    start = free.get((stream.channel, True), _UNDATED_FROM)
    free[stream.channel, True] = _up(start + stream.last, _DAY)
    return Placed(stream, start, undated=True)


def _parse(stream: TableStream) -> float:
    try:
        at = datetime.fromisoformat(stream.date)
    except ValueError as exc:
        raise BadInput(
            f"stream {stream.stream} of {stream.channel}: {stream.date!r} is not an ISO date"
        ) from exc
    if not 1970 <= at.year <= 2200:
        raise BadInput(f"stream {stream.stream} of {stream.channel}: no stream was in {at.year}")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _up(at: float, step: int) -> float:
    """The first multiple of `step` after `at`."""
    return (math.floor(at / step) + 1) * float(step)

"""Streams as stretches of time: how dense they lie, where they begin, their newest stretch."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

TWITCH_BEGAN = date(2011, 6, 6)  # a day before it is a place for a stream without a date
PAUSE = timedelta(days=45)  # without a stream: what came before is another stretch
MOST = timedelta(days=366)  # of a stretch, so that its streams are told apart

Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class StreamTimes:
    """Spans of the streams of some channels, oldest first: arrays of equal length, naive UTC.
    undated: the date stands for one that no log tells."""

    channel: npt.NDArray[Any]
    since: Times
    until: Times
    undated: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pa.Table) -> "StreamTimes":
        """Of the rows of dash_stream_times."""
        since, until = (rows[name].to_numpy().astype("M8[us]") for name in ("since", "until"))
        undated = rows["undated"].to_numpy(zero_copy_only=False).astype(bool)
        return cls(rows["channel"].to_numpy(zero_copy_only=False), since, until, undated)

    def dated(self) -> "StreamTimes":
        """Those with a date; all where none has one."""
        kept = ~self.undated
        if not kept.any():
            return self
        return StreamTimes(
            self.channel[kept], self.since[kept], self.until[kept], self.undated[kept]
        )

    def newest_stretch(self) -> tuple[datetime, datetime]:
        """(since, until), aware, of the streams up to the newest with no PAUSE between two, MOST at
        the most, from a stream's start. There must be a stream."""
        ends = np.maximum.accumulate(self.until)
        pauses = self.since[1:] - ends[:-1] > np.timedelta64(PAUSE)
        begins = int(np.flatnonzero(pauses)[-1]) + 1 if pauses.any() else 0
        near = np.flatnonzero(self.since >= ends[-1] - np.timedelta64(MOST))
        first = max(begins, int(near[0]) if len(near) else len(ends) - 1)
        return aware(self.since[first]), aware(ends[-1])

    def density(self, since: datetime, until: datetime) -> tuple[int, float]:
        """(streams, share of the time on air) in [since, until), each of the channel with most."""
        a, b = naive(since), naive(until)
        inside = (self.since < b) & (self.until > a)
        on_air = np.minimum(self.until, b)[inside] - np.maximum(self.since, a)[inside]
        _, of = np.unique(self.channel[inside].astype(str), return_inverse=True)
        if not len(of):
            return 0, 0.0
        seconds = np.bincount(of, on_air / np.timedelta64(1, "s"))
        return int(np.bincount(of).max()), float(seconds.max() / (until - since).total_seconds())


def aware(at: np.datetime64) -> datetime:
    """As Python has it, in UTC."""
    found: datetime = at.astype("M8[us]").item()
    return found.replace(tzinfo=UTC)


def naive(at: datetime) -> np.datetime64:
    """As the arrays have it."""
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")

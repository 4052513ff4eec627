"""Moments of an event study: events that can be compared, and the moments beside each.

Times are numbers of windows since the epoch. A moment's stretch is the BEFORE windows before its
own and the AFTER from its own on. No Streamlit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.records import WINDOW_SECONDS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BEFORE, AFTER = 10, 20
MINUTE = 60 // WINDOW_SECONDS
APART = BEFORE + AFTER  # as far apart the stretches of two moments do not overlap
BLOCK = 2 * 3600 // WINDOW_SECONDS
FEWEST_MOMENTS = 60  # half an hour, beside an event
MOST = 300  # events of which the windows are asked for
SEEN_S = 25.0  # of a window: what misses more is a gap (dash_gaps)


@dataclass(frozen=True)
class Events:
    """Events of a kind, each channel's in order; one less than a minute after another is part of
    it. channel: places in `channels`. first, last: windows that it begins and ends in."""

    channels: Sequence[str]
    channel: Ints
    first: Ints
    last: Ints

    def alone(self) -> Bools:
        """Those whose stretch overlaps that of no other."""
        far = np.ones(len(self.first), bool)
        same = self.channel[1:] == self.channel[:-1]
        near = same & (self.first[1:] - self.last[:-1] < APART)
        far[1:] &= ~near
        far[:-1] &= ~near
        return far

    def free(self, event: int, starts: Ints) -> Bools:
        """Moments of its channel whose stretch overlaps that of no event but this one."""
        others = self.channel == self.channel[event]
        others[event] = False
        first, last = self.first[others], self.last[others]
        before = np.searchsorted(first, starts + APART) - 1  # the last that begins before the end
        return (before < 0) | (np.append(last, 0)[before] <= starts - APART)


def events_of(table: pa.Table) -> Events:
    """Rows of dash_event_times, which come by channel and time."""
    channels = list(dict.fromkeys(table["channel"].to_pylist()))
    codes = {name: k for k, name in enumerate(channels)}
    channel = np.array([codes[name] for name in table["channel"].to_pylist()], np.int64)
    at = windows_since_epoch(table["at"])
    begins = np.ones(len(at), bool)
    begins[1:] = (np.diff(channel) != 0) | (np.diff(at) > MINUTE)
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(at)) - 1 if len(at) else starts
    return Events(channels, channel[starts], at[starts], at[ends])


def windows_since_epoch(times: pa.ChunkedArray) -> Ints:
    """The window that holds each time, as its number since the epoch."""
    seconds = times.to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.asarray(seconds // WINDOW_SECONDS)


def blocks_of(events: Events, chosen: Ints) -> list[tuple[str, int]]:
    """The blocks of two hours that hold the events: channel and first window, each once."""
    pairs = zip(events.channel[chosen], events.first[chosen] // BLOCK * BLOCK, strict=True)
    return sorted({(events.channels[channel], int(first)) for channel, first in pairs})


class Series(NamedTuple):
    """Windows by channel and start. key: channel and start in one number. whole: the stretch of a
    moment in this window lies in one stream and was seen. sums: of n, observed_s, n_read and
    weighted (dash_event_windows) over all windows before, shape (windows + 1, 4)."""

    key: Ints
    stream: Ints
    whole: Bools
    sums: Floats


def series_of(table: pa.Table, channels: Sequence[str]) -> Series:
    """Rows of dash_event_windows; `channels` as the events have them."""
    codes = {name: k for k, name in enumerate(channels)}
    channel = np.array([codes[name] for name in table["channel"].to_pylist()], np.int64)
    key = _key(channel, windows_since_epoch(table["start"]))
    stream = table["stream_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    columns = [table[name].to_numpy() for name in ("n", "observed_s", "n_read", "weighted")]
    values = np.column_stack(columns).astype(float)
    sums = np.vstack([np.zeros(4), np.cumsum(values, axis=0)])
    return Series(key, stream, _whole(key, stream, values[:, 1] > SEEN_S), sums)


def _key(channel: Ints | np.int64, start: Ints | np.int64) -> Ints:
    return np.asarray(channel * (1 << 40) + start)


def _whole(key: Ints, stream: Ints, seen: Bools) -> Bools:
    """Windows with BEFORE before them and AFTER from them on, without a break among these."""
    breaks = np.ones(len(key) + 1, bool)
    breaks[1:-1] = (np.diff(key) != 1) | (np.diff(stream) != 0) | ~seen[1:] | ~seen[:-1]
    at = np.arange(len(key))
    ends = np.flatnonzero(breaks)  # a stretch without a break lies between two of these
    run = np.searchsorted(ends, at, "right")
    return seen & (at - ends[run - 1] >= BEFORE) & (ends[run] - at >= AFTER)


class Neighbourhood(NamedTuple):
    """An event and the moments of the same two hours of its stream, itself among them: `own` is its
    place in `moments`. moments: what each minute of a stretch held, shape (moments, minutes, 4) as
    the sums of a Series. far: moments whose stretch does not overlap that of the event."""

    own: int
    moments: Floats
    far: Bools


def place_of(events: Events, event: int, series: Series) -> Neighbourhood | None:
    """The event with its moments; None where its stretch was not seen whole, or FEWEST_MOMENTS were
    not.

    The moments do not depend on when in the two hours the event happened, but for other events.
    """
    channel, start = events.channel[event], events.first[event]
    block = _key(channel, start // BLOCK * BLOCK)
    low, high = np.searchsorted(series.key, [block, block + BLOCK])
    own = int(np.searchsorted(series.key, _key(channel, start)))
    if own >= high or series.key[own] != _key(channel, start):
        return None
    found = np.arange(low, high)
    found = found[series.whole[low:high] & (series.stream[low:high] == series.stream[own])]
    starts = series.key[found] - _key(channel, np.int64(0))
    free = events.free(event, starts)
    found, starts = found[free], starts[free]
    if len(found) < FEWEST_MOMENTS or own not in found:
        return None
    edges = found[:, None] + np.arange(-BEFORE, AFTER + 1, MINUTE)
    moments = np.diff(series.sums[edges], axis=1)
    return Neighbourhood(int(np.searchsorted(found, own)), moments, np.abs(starts - start) >= APART)

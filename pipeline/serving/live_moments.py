"""Moments of running streams: laughter, hype, bursts of chat, found as their windows close.

Each closed window that stands out is looked at together with the hour before it, as the review
looks at a whole stream (warehouse/moments). Nothing later is known, so a moment is told while it
lasts, and once: what grows out of it, or touches it, is part of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, sqrt
from statistics import median
from typing import Any

import numpy as np

from pipeline.windows.rows import term_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.moments.finder import APART, find
from warehouse.moments.kinds import Moment
from warehouse.moments.reasons import Reason, Terms, reasons
from warehouse.moments.sums import Windows
from warehouse.moments.words import short
from warehouse.records import WINDOW, Window, iso, naive
from warehouse.sql import Queries

KINDS = ("laughter", "hype", "peak")  # silence is no news while it lasts
SPAN = 120  # windows that are looked at: an hour
FEWEST = 10  # before which nothing is known of what is usual
LEAST = 5.0  # sigma
STANDS_OUT = 2.0  # sigma of a window that is worth a look


@dataclass(frozen=True, slots=True)
class LiveMoment:
    """A moment as it was found. at: where the reaction begins, found_at: the end of the window
    that told it, both aware UTC. text: what happened, in a few plain words. score: sigma. term:
    what was said most beyond the usual, and n its uses. times: as busy as usual, before: the usual
    mood, mood: that of the moment, -1..1; None: not known.
    """

    channel: str
    channel_id: str
    at: datetime
    found_at: datetime
    text: str
    kind: str
    score: float
    term: str | None = None
    n: int = 0
    times: float | None = None
    before: float | None = None
    mood: float | None = None

    def row(self) -> dict[str, Any]:
        """Of the table events."""
        return {
            "event_id": f"moment:{self.channel}:{iso(self.at)}",
            "channel": self.channel,
            "at": self.at,
            "kind": "moment",
            "detail": self.text,
        }


@dataclass
class _Watched:
    """A running stream: its newest windows, and up to when what was told reaches."""

    stream_id: str | None
    windows: deque[Window]
    told: LiveMoment | None = None
    until: datetime | None = None


class LiveMoments:
    """All channels' moments. terms: where stored terms are; gate: which may be named; id_of: a
    channel's id."""

    def __init__(self, terms: Queries, gate: Gate, id_of: Callable[[str], str]) -> None:
        self._terms, self._gate, self._id_of = terms, gate, id_of
        self._by_channel: dict[str, _Watched] = {}

    def saw(self, closed: Closed, waiting: Iterable[Closed] = ()) -> LiveMoment | None:
        """A window closed for the first time: the moment that it tells, if any. waiting: windows
        that are not stored yet, this one among them."""
        window = closed.window
        watched = self.recall(window)
        if len(watched.windows) < FEWEST or not _stands_out(watched.windows):
            return None
        return self._told(watched, [c for c in waiting if c.window.channel == window.channel])

    def recall(self, window: Window) -> _Watched:
        """A window of before a restart. Another stream begins anew."""
        watched = self._by_channel.get(window.channel)
        if watched is None or watched.stream_id != window.stream_id:
            watched = _Watched(window.stream_id, deque(maxlen=SPAN))
            self._by_channel[window.channel] = watched
        watched.windows.append(window)
        return watched

    def replace(self, window: Window) -> None:
        """A window was made again: what follows is compared with it as it is now."""
        watched = self._by_channel.get(window.channel)
        for k, known in enumerate(watched.windows if watched else ()):
            if watched and known.start == window.start:
                watched.windows[k] = window

    def last(self, channel: str) -> LiveMoment | None:
        """The last moment of the channel's stream."""
        watched = self._by_channel.get(channel)
        return watched.told if watched else None

    def let_go(self, channel: str) -> None:
        """The channel's windows are to be seen anew: the clock stepped back."""
        if channel in self._by_channel:
            self._by_channel[channel].windows.clear()

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self._by_channel.pop(channel, None)

    def _told(self, watched: _Watched, waiting: Sequence[Closed]) -> LiveMoment | None:
        start, size = watched.windows[0].start, _size(watched.windows)
        arrays = arrays_of(watched.windows)
        now = [m for m in find(arrays) if m.kind in KINDS and m.last == size and m.score >= LEAST]
        for moment in now:
            begins, ends = start + moment.first * WINDOW, start + moment.last * WINDOW
            is_known = watched.until is not None and begins < watched.until + APART * WINDOW
            watched.until = ends
            if not is_known:
                terms = self._terms_of(watched.windows, arrays, waiting)
                watched.told = self._live(watched.windows, moment, reasons(moment, terms, 1))
                return watched.told
        return None

    def _live(self, windows: Sequence[Window], m: Moment, why: Sequence[Reason]) -> LiveMoment:
        channel, ends = windows[-1].channel, windows[-1].start + WINDOW
        term = why[0] if why else None
        times = m.rate / m.usual if m.usual > 0 else np.nan
        return LiveMoment(
            channel, self._id_of(channel), windows[0].start + m.first * WINDOW, ends,
            short(m, why), m.kind, m.score,
            term.term if term else None, term.n if term else 0,
            _known(times), _known(m.before), _known(m.mood),
        )  # fmt: skip

    def _terms_of(
        self, windows: Sequence[Window], arrays: Windows, waiting: Sequence[Closed]
    ) -> Terms:
        """Terms of the windows: those stored, and those that are about to be."""
        first, end = windows[0].start, windows[-1].start
        unstored = {c.window.start: c for c in waiting if first <= c.window.start <= end}
        span = {"since": naive(first), "until": naive(end + WINDOW)}
        rows = self._terms.query("dash_stream_terms", channel=windows[0].channel, **span)
        found = [r for r in rows.to_pylist() if r["start"] not in map(naive, unstored)]
        new = [r for r in term_rows(unstored.values(), self._gate) if r["kind"] != "rest"]
        found += [{**row, "start": naive(row["start"])} for row in new]
        places = [(row["start"] - naive(first)) // WINDOW for row in found]
        order = sorted(range(len(found)), key=places.__getitem__)
        return Terms(
            np.array([places[k] for k in order], dtype=np.intp),
            [found[k]["term"] for k in order],
            [found[k]["kind"] for k in order],
            np.array([found[k]["n"] for k in order], dtype=np.float64),
            np.array([found[k]["contribution"] for k in order], dtype=np.float64),
            arrays.n,
        )


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _size(windows: Sequence[Window]) -> int:
    """Places from the first window to the last; those between may be missing."""
    return (windows[-1].start - windows[0].start) // WINDOW + 1


def _stands_out(windows: Sequence[Window]) -> bool:
    """True where the last window has many more messages, or more laughter, than is usual."""
    last = windows[-1]
    n = median([w.n_messages for w in windows])
    laughs = sum([w.n_laughs or 0 for w in windows]) / len(windows)
    return _over(last.n_messages, n) > STANDS_OUT or _over(last.n_laughs or 0, laughs) > STANDS_OUT


def _over(count: float, usual: float) -> float:
    return 2 * (sqrt(count + 0.375) - sqrt(usual + 0.375))


def arrays_of(windows: Sequence[Window]) -> Windows:
    """The windows, oldest first, as moments are found in them; moods of another basis than that
    of the last are left out."""
    size, basis = _size(windows), windows[-1].basis
    places = [(w.start - windows[0].start) // WINDOW for w in windows]

    def filled(values: Iterable[float | None], missing: float) -> np.ndarray:
        grid = np.full(size, missing)
        grid[places] = [np.nan if value is None else value for value in values]
        return grid

    return Windows(
        observed_s=filled((w.observed_s for w in windows), 0.0),
        n=filled((w.n_messages for w in windows), 0.0),
        mean=filled((w.mean_compound if w.basis == basis else None for w in windows), np.nan),
        sd=filled((w.sd_compound if w.basis == basis else None for w in windows), np.nan),
        laughs=filled((w.n_laughs for w in windows), np.nan),
    )

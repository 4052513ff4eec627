"""Moments of running streams: laughter, hype, bursts of chat, found as their windows close.

Each closed window that stands out is looked at together with the hour before it, as the review
looks at a whole stream (warehouse/moments). Nothing later is known, so a moment is told while it
lasts, and once: what grows out of it, or touches it, is part of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite, sqrt
from statistics import median
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from pipeline.serving.window_arrays import arrays_of, terms_of
from pipeline.windows.rows import term_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.moments.finder import APART, find
from warehouse.moments.kinds import Moment
from warehouse.moments.placed import PlacedMoment, placed
from warehouse.moments.sums import Windows
from warehouse.moments.words import short, title
from warehouse.plain_text import plain
from warehouse.records import WINDOW, Window, iso, naive
from warehouse.sql import Queries

KINDS = ("laughter", "hype", "peak")  # silence is no news while it lasts
SPAN = 120  # windows that are looked at: an hour
FEWEST = 10  # windows before which nothing is known of what is usual
LEAST = 3.0  # sigma: about two an hour; how many are false, docs/live.md tells
STANDS_OUT = 4.5  # sigma of a window's counts, summed, from which it is worth a look
META = "moment "  # before a channel: where its last moment is kept, for a restart


@dataclass(frozen=True, slots=True)
class LiveMoment:
    """A moment as it was found. at: where the reaction begins, found_at: the end of the window
    that told it, both aware UTC. text: what happened, in a few plain words. score: sigma. term:
    what was said most beyond the usual, and n its uses. times: as busy as usual, before: the usual
    mood, mood: that of the moment, -1..1, both read by `basis`; None: not known. title: its kind as
    people say it. stream_id: of the stream that it is in.
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
    basis: str = "words"
    title: str = ""
    stream_id: str | None = None

    def row(self) -> dict[str, Any]:
        """Of the table events."""
        return {
            "event_id": f"moment:{self.channel}:{iso(self.at)}",
            "channel": self.channel,
            "at": self.at,
            "kind": "moment",
            "detail": self.text,
        }


_KEPT = TypeAdapter(LiveMoment)
_LONGEST = 1000  # characters of it, several times what ours are


def kept(moments: Iterable[LiveMoment]) -> dict[str, str]:
    """The last moment of each channel as it is kept beside the tables (`LiveMoments.load`)."""
    return {META + m.channel: orjson.dumps(m).decode() for m in moments}


@dataclass
class _Watched:
    """A running stream: its newest windows, and up to when what was told last reaches."""

    stream_id: str | None
    began: datetime
    windows: deque[Window]
    told: LiveMoment | None = None
    until: datetime | None = None

    def is_known(self, begins: datetime) -> bool:
        """True for what begins in what was told, or too close after it to be told apart."""
        return self.until is not None and begins < self.until + APART * WINDOW

    def newest(self, arrays: Windows) -> Moment | None:
        """The moment that lasts up to the newest window; None where it is one that was told,
        which then reaches so far."""
        for m in find(arrays):
            if m.kind in KINDS and m.last == arrays.size and m.score >= LEAST:
                if not self.is_known(self.windows[0].start + m.first * WINDOW):
                    return m
                self.until = self.windows[-1].start + WINDOW
        return None


class LiveMoments:
    """All channels' moments. terms: where stored terms are; gate: which may be named; id_of: a
    channel's id."""

    def __init__(self, terms: Queries, gate: Gate, id_of: Callable[[str], str]) -> None:
        self._terms, self._gate, self._id_of = terms, gate, id_of
        self._by_channel: dict[str, _Watched] = {}
        self._before: dict[str, LiveMoment] = {}  # told before a restart

    def saw(self, closed: Closed, waiting: Iterable[Closed] = ()) -> LiveMoment | None:
        """A window closed for the first time: the moment that it tells, if any. waiting: windows
        that are not stored yet, this one among them."""
        watched = self._put(closed.window)
        if not _stands_out(watched.windows):
            return None
        arrays = arrays_of(watched.windows, watched.began)
        if not watched.newest(arrays):
            return None
        unstored = [c for c in waiting if c.window.channel == closed.window.channel]
        terms = terms_of(self._term_rows(watched.windows, unstored), watched.windows, arrays)
        # read only now: terms cost more than all the rest
        moment = watched.newest(replace(arrays, alike=terms.alike()))
        if not moment:
            return None
        watched.until = watched.windows[-1].start + WINDOW
        (found,) = placed([moment], arrays, watched.windows[0].start, terms)
        watched.told = self._live(watched, found)
        return watched.told

    def recall(self, window: Window) -> None:
        """A window of before a restart: what was told may have grown in it."""
        watched, told = self._put(window), self.last(window.channel, window.stream_id)
        if told and window.start >= told.found_at and watched.is_known(window.start):
            watched.newest(arrays_of(watched.windows, watched.began))

    def load(self, values: Iterable[str]) -> None:
        """Moments of before a restart, as `kept` made them; windows are recalled after it."""
        for value in values:
            with suppress(ValidationError):  # of another version
                moment = _KEPT.validate_json(value if len(value) <= _LONGEST else "")
                self._before[moment.channel] = moment

    def replace(self, window: Window) -> None:
        """A window was made again: what follows is compared with it as it is now."""
        watched = self._by_channel.get(window.channel)
        for k, known in enumerate(watched.windows if watched else ()):
            if watched and known.start == window.start:
                watched.windows[k] = window

    def last(self, channel: str, stream_id: str | None) -> LiveMoment | None:
        """The last moment of the channel's stream."""
        watched = self._by_channel.get(channel)
        return watched.told if watched and watched.stream_id == stream_id else None

    def let_go(self, channel: str, now: datetime) -> None:
        """The channel's windows are to be seen anew, as after a restart: the clock stepped back to
        `now`. What was told of times to come is not held against what happens."""
        watched = self._by_channel.pop(channel, None)
        if watched and watched.told and watched.told.at <= now:
            self._before[channel] = watched.told

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self._by_channel.pop(channel, None)
        self._before.pop(channel, None)

    def forget_terms(self, terms: Sequence[str]) -> None:
        """Terms that were somebody's name are told no more."""
        for watched in self._by_channel.values():
            if watched.told and watched.told.term in terms:
                watched.told = None
        self._before = {c: m for c, m in self._before.items() if m.term not in terms}

    def _put(self, window: Window) -> _Watched:
        """The channel's stream with this window; another stream begins anew."""
        watched = self._by_channel.get(window.channel)
        if watched is None or watched.stream_id != window.stream_id:
            watched = _Watched(window.stream_id, window.start, deque(maxlen=SPAN))
            self._by_channel[window.channel] = watched
            before = self._before.pop(window.channel, None)
            if before and before.stream_id == window.stream_id:
                watched.told, watched.until = before, before.found_at
        watched.windows.append(window)
        return watched

    def _term_rows(
        self, windows: Sequence[Window], unstored: Iterable[Closed]
    ) -> list[Mapping[str, Any]]:
        """Terms of the windows: those stored, and those that are about to be."""
        first, end = windows[0].start, windows[-1].start
        new = {naive(c.window.start): c for c in unstored if first <= c.window.start <= end}
        span = {"since": naive(first), "until": naive(end + WINDOW)}
        rows = self._terms.query("dash_stream_terms", channel=windows[0].channel, **span)
        terms = (row for row in term_rows(new.values(), self._gate) if row["kind"] != "rest")
        return [
            *(row for row in rows.to_pylist() if row["start"] not in new),
            *({**row, "start": naive(row["start"])} for row in terms),
        ]

    def _live(self, watched: _Watched, found: PlacedMoment) -> LiveMoment:
        m, last = found.moment, watched.windows[-1]
        reason = found.reasons[0] if found.reasons else None
        return LiveMoment(
            channel=last.channel,
            channel_id=self._id_of(last.channel),
            at=watched.began + timedelta(seconds=found.at_s),
            found_at=last.start + WINDOW,
            text=short(m, found.reasons),
            kind=m.kind,
            score=m.score,
            term=plain(reason.term) if reason else None,
            n=reason.n if reason else 0,
            times=_known(m.rate / m.usual) if m.usual > 0 else None,
            before=_known(m.before),
            mood=_known(m.mood),
            basis=last.basis,
            title=title(m),
            stream_id=last.stream_id,
        )


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _stands_out(windows: Sequence[Window]) -> bool:
    """True where the last window has so many messages, laughs and capitals beyond the usual that
    it is worth a look, which costs fifty times as much as this."""
    if len(windows) < FEWEST:
        return False
    last, said = windows[-1], [w.n_messages for w in windows]
    usual = median(said)
    share = usual / max(1, sum(said))
    found = _over(last.n_messages, usual)
    for name in ("n_laughs", "n_capitals"):
        counts = [getattr(w, name) or 0 for w in windows]
        found += _over(counts[-1], share * sum(counts))
    return found > STANDS_OUT


def _over(count: float, usual: float) -> float:
    """By how many sigma of a Poisson count it is over what is usual; 0 where it is not."""
    return max(0.0, 2 * (sqrt(count + 0.375) - sqrt(usual + 0.375)))

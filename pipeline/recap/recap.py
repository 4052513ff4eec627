"""Recap of a stream: how it felt beside the channel's streams before it, and its best moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from warehouse.errors import BadInput
from warehouse.moments.cuts import cut
from warehouse.moments.finder import find
from warehouse.moments.loading import arrays_of
from warehouse.moments.placed import PlacedMoment, placed
from warehouse.moments.sums import Windows
from warehouse.moments.vod import vod_link
from warehouse.moments.words import short, title
from warehouse.mood_now import Label, average_label, is_told, is_unread, shown
from warehouse.records import BASES, WINDOW, naive, utc, window_start
from warehouse.sql import Queries
from warehouse.usual import Usual, usual

MOST = 5  # moments
USUAL = 30  # streams before it that say what is usual, at most
LONGEST = timedelta(days=30)  # of what is looked at of a stream


@dataclass(frozen=True)
class Best:
    """A moment. at_s: seconds from the stream's start to where chat reacts. title, text: what it
    is, and what happened, in plain words. grade: sure or maybe. link: the VOD before it; None: not
    known."""

    at_s: int
    kind: str
    title: str
    text: str
    grade: str
    link: str | None


@dataclass(frozen=True)
class Recap:
    """A stream that is over. n: messages. rate: a minute observed. mood: -1..1, two digits, of
    its basis, None where none is told. usual_*: of streams before it; None: too few, or no mood.
    windows: of its picture, and moments by time.
    """

    stream_id: str
    channel: str
    title: str
    source: str
    started_at: datetime
    ended_at: datetime
    n: int
    rate: float | None
    mood: float | None
    label: Label
    basis: str
    usual_mood: Usual | None
    usual_rate: Usual | None
    moments: tuple[Best, ...]
    windows: Windows


def recap_of(tables: Queries, stream_id: str) -> Recap:
    """The recap of a stream, from published tables. Raises BadInput for one that is not there, is
    not over, or has no chat."""
    stream = next(iter(tables.query("dash_stream", stream=stream_id).to_pylist()), None)
    if stream is None or stream["ended_at"] is None:
        raise BadInput(f"no stream {stream_id} that is over; see the page Session review")
    began, ended = (stream[name].replace(tzinfo=UTC) for name in ("started_at", "ended_at"))
    channel, span = stream["channel"], _span(max(began, ended - LONGEST), ended)
    windows = tables.query("dash_stream_windows", stream=stream_id, channel=channel, **span)
    of = _most_read(windows.to_pylist())
    if not of.n:
        raise BadInput(f"nobody spoke in {stream_id}, so there is nothing to tell")
    terms = tables.query("dash_stream_terms", channel=channel, **span)
    arrays, named = arrays_of(windows, terms, began, True, of.basis)
    loud = [m for m in find(arrays) if m.kind != "silence"][:MOST]
    start = windows["start"][0].as_py().replace(tzinfo=UTC)
    best = sorted(placed(loud, arrays, start, named), key=lambda one: one.at_s)
    past = tables.query("dash_stream_usual", channel=channel, before=naive(began), limit=USUAL)
    before = [row for row in past.to_pylist() if row["basis"] == of.basis]
    mood = shown(of.mean) if of.is_told(stream["readable"]) else None
    n, seen_s = float(arrays.n.sum()), float(arrays.observed_s.sum())
    return Recap(
        stream_id, channel, stream["title"] or "", stream["source"], began, ended, int(n),
        n * 60 / seen_s if seen_s else None,
        mood, average_label(mood, of.n, of.basis), of.basis,
        None if mood is None else usual(before, "mean"), usual(before, "rate"),
        tuple(_best(one, stream["vod_id"], (ended - began).total_seconds()) for one in best),
        arrays,
    )  # fmt: skip


def _span(since: datetime, until: datetime) -> dict[str, datetime]:
    first = utc(window_start(since.timestamp()))
    return {"since": naive(first), "until": naive(max(until, since + WINDOW))}


@dataclass(frozen=True)
class _Read:
    """Messages that were read by a basis, their mean, and those of them that say something."""

    basis: str
    n: int
    mean: float
    signed: float

    def is_told(self, readable: float | None) -> bool:
        """False of a language that cannot be read, and of too few signs."""
        if self.basis == "emotes":
            return is_told(self.signed, self.n)
        return readable is not None and not is_unread(readable)


def _most_read(rows: Sequence[Mapping[str, Any]]) -> _Read:
    """Of the basis that most messages were read by. rows: of dash_stream_windows."""
    read = []
    for basis in BASES:
        mine = [row for row in rows if row["basis"] == basis and row["n"]]
        n = sum(row["n"] for row in mine)
        mean = sum(row["n"] * row["mean"] for row in mine) / n if n else 0.0
        signed = sum(row["n"] * (row["share_scored"] or 0.0) for row in mine)
        read.append(_Read(basis, n, mean, signed))
    return max(read, key=lambda one: one.n)


def _best(one: PlacedMoment, vod_id: str | None, length_s: float) -> Best:
    m, begins_s = one.moment, cut(one.at_s, one.until_s, length_s=length_s).in_s
    link = vod_link(vod_id, begins_s)
    return Best(one.at_s, m.kind, title(m), short(m, one.reasons), m.grade, link)

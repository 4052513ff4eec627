"""Export of a review: all that the files to take away are written from.

No file holds a line of chat: they outlive the day that lines are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from dashboard import wording
from dashboard.review import sentences
from dashboard.review.files.frame_rates import RATES, USUAL_RATE, FrameRate
from warehouse.moments import words
from warehouse.moments.cuts import LEAD_S, TAIL_S, Cut, cut
from warehouse.moments.placed import PlacedMoment

NAME = 80  # characters of a marker's name
NOTE = 300  # and of its note
NOTHING = "No moment is left to cut: keep one, or draw a range."
Chapters = Literal["categories", "both", "moments"]


@dataclass(frozen=True)
class OwnRange:
    """A range that the reviewer drew: seconds from the stream's start, and what they call it."""

    at_s: int
    seconds: int
    text: str


@dataclass(frozen=True)
class Entry:
    """A moment or an own range as the files have it; its texts are plain.

    rank: the number it bears on the page; None of an own range. name: with the top term; public:
    without any. at_s, until_s: of the chat's reaction, seconds from the stream's start; at: the
    same beginning, aware UTC. cut: from where to where the video is cut. grade: sure, maybe, own.
    """

    rank: int | None
    name: str
    public: str
    note: str
    at_s: int
    until_s: int
    at: datetime
    cut: Cut
    grade: str
    found: PlacedMoment | None = None


@dataclass(frozen=True)
class Export:
    """A reviewed stream with what its reviewer kept.

    channel: its name as people call it. since: its start, aware UTC; dated: whether that is known.
    moments: (number on the page, moment) by rank, those dropped left out. own: ranges drawn by the
    reviewer. categories: (second from the start, name), oldest first, as Twitch had them. basis:
    words or emotes, of the moods. lead_s, tail_s: seconds before the reaction and after it.
    chapters_of: what makes a chapter.
    """

    channel: str
    title: str
    since: datetime
    length_s: float
    vod_id: str | None
    moments: Sequence[tuple[int, PlacedMoment]]
    basis: str = "words"
    dated: bool = True
    own: Sequence[OwnRange] = ()
    categories: Sequence[tuple[int, str]] = ()
    frame_rate: FrameRate = field(default=RATES[USUAL_RATE])
    lead_s: int = LEAD_S
    tail_s: int = TAIL_S
    chapters_of: Chapters = "both"

    @property
    def name(self) -> str:
        """Alpha 2026-11-22: for headings and timelines."""
        day = f" {self.since:%Y-%m-%d}" if self.dated else ""
        return f"{wording.plain(self.channel) or 'Stream'}{day}"

    @property
    def media(self) -> str:
        """Name of the video's file that a timeline asks for."""
        return f"{self.vod_id}.mp4" if sentences.vod_link(self.vod_id, 0) else "stream.mp4"

    @cached_property
    def entries(self) -> list[Entry]:
        """Moments by rank, then own ranges."""
        return [*(self._found(*one) for one in self.moments), *map(self._own, self.own)]

    @cached_property
    def in_time(self) -> list[Entry]:
        """Entries in the order of their cuts; a cut that would be empty is left out."""
        cuts = (e for e in self.entries if e.cut.out_s > e.cut.in_s)
        return sorted(cuts, key=lambda e: (e.cut, e.at_s))

    def _found(self, rank: int, one: PlacedMoment) -> Entry:
        m = one.moment
        busy = words.times(m)
        reacts = f"Chat reacts at {sentences.elapsed(one.at_s)}{busy and ', '}{busy}."
        return Entry(
            rank=rank,
            name=wording.plain(words.name(m, one.reasons), NAME),
            public=words.title(m),
            note=f"{reacts} {sentences.sentence(m)} {sentences.terms(m, one.reasons, 3)}".strip(),
            at_s=one.at_s,
            until_s=one.until_s,
            at=one.at,
            cut=cut(one.at_s, one.until_s, self.lead_s, self.tail_s, self.length_s),
            grade=m.grade,
            found=one,
        )

    def _own(self, drawn: OwnRange) -> Entry:
        """An own range is cut as it was drawn, within the stream."""
        name = wording.plain(drawn.text, NAME) or "Own range"
        end = int(min(drawn.at_s + drawn.seconds, self.length_s))
        at = self.since + timedelta(seconds=drawn.at_s)
        span = Cut(max(0, min(drawn.at_s, end)), max(0, end))
        return Entry(None, name, name, "Drawn by hand.", drawn.at_s, end, at, span, "own")


def categories(
    first: str | None, since: datetime, turns: Iterable[Mapping[str, Any]]
) -> list[tuple[int, str]]:
    """Categories of a stream, for an Export: the one it began with, then those it turned to
    (dash_stream_categories). Such without a name are left out.
    """
    told = [(0.0, first)]
    told += [((wording.aware(t["at"]) - since).total_seconds(), t["detail"]) for t in turns]
    named = [(max(0, int(at_s)), wording.plain(name, NAME)) for at_s, name in told]
    return [(at_s, name) for at_s, name in named if name]

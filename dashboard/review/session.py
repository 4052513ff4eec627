"""One stream as it is reviewed: its windows, moments and their reasons, and what is usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import streamlit as st

from dashboard import config, data, wording
from dashboard.basis import NOTHING, Portion, laughter, left_out, share
from dashboard.charts.series import Row, of_basis
from dashboard.review.finding import find_in, span_of
from warehouse.moments.placed import PlacedMoment

USUAL = 30  # streams before this one that say what is usual
LINES = 3


@dataclass(frozen=True)
class Session:
    """A stream, its span (aware UTC), its windows as rows of a chart, its moments by rank, and
    turns of its mood by theirs.

    parts: how its windows were read, by words or by emotes; part: the one of these that its mood
    and its moments are of.
    """

    stream: Row
    since: datetime
    until: datetime
    rows: tuple[Row, ...]
    moments: tuple[PlacedMoment, ...]
    turns: tuple[PlacedMoment, ...] = ()
    part: Portion = NOTHING
    parts: tuple[Portion, ...] = ()

    def zone(self, tz: tzinfo) -> tzinfo:
        """The reader's zone; UTC for a stream without a date, which begins at 00:00 of it."""
        return UTC if self.stream["undated"] else tz

    @property
    def length_s(self) -> float:
        """Seconds from its start to its end."""
        return (self.until - self.since).total_seconds()

    @property
    def observed(self) -> int:
        """Windows that were observed."""
        return sum(r["observed_s"] > 0 or r["n"] > 0 for r in self.rows)

    @property
    def silent(self) -> int:
        """Observed windows in which nobody spoke."""
        return sum(r["observed_s"] > 0 and not r["n"] for r in self.rows)

    @property
    def told(self) -> list[Row]:
        """The rows with the moods of `part` alone."""
        return of_basis(self.rows, self.part.basis)

    @property
    def drawn(self) -> list[Row]:
        """The rows with the moods that are told, of one basis or both."""
        bases = [p.basis for p in self.parts if not p.why_not(self.stream["readable"])]
        return list(self.rows) if len(bases) > 1 else self.told

    def rests_on(self) -> list[str]:
        """What the mean mood is read from where that is emotes, and what it leaves out."""
        by_emotes = self.part.basis == "emotes"
        texts = (share(self.part) if by_emotes else "", left_out(self.parts, self.part.basis))
        return [text for text in texts if text]

    @property
    def laughs(self) -> float | None:
        """Share of messages with laughter, in windows of `part`."""
        return laughter(r for r in self.rows if r["basis"] == self.part.basis)

    @property
    def n(self) -> int:
        """Messages."""
        return sum(r["n"] for r in self.rows)

    @property
    def mean(self) -> float | None:
        """Mean compound of all messages that were read as `part` was; None of none."""
        spoken = [r for r in self.told if r["mean"] is not None]
        total = sum(r["n"] for r in spoken)
        return sum(r["n"] * r["mean"] for r in spoken) / total if total else None

    def glyph(self) -> str:
        """The mean as a sign."""
        return wording.glyph(self.mean, sum(r["n"] for r in self.told), self.part.basis)

    @property
    def rate(self) -> float | None:
        """Messages a minute observed."""
        observed_s = sum(r["observed_s"] for r in self.rows)
        return self.n * 60 / observed_s if observed_s else None


def read_session(stream: Row, end: datetime) -> Session:
    """The stream's session; one still on air reaches to `end`. Cached by what is published."""
    since, until = span_of(stream, end)
    root, version = str(config.folder().root), data.manifest().version
    return _read_session(root, data.allowed(), version, dict(stream), since, until)


@st.cache_data(show_spinner="Looking for moments …", max_entries=30)
def _read_session(
    root: str,
    allowed: data.Allowed,
    version: int,
    stream: dict[str, Any],
    since: datetime,
    until: datetime,
) -> Session:
    return Session(stream, since, until, *find_in(data.query, stream, since, until))


def usual(stream: Row, basis: str, limit: int = USUAL) -> Sequence[Row]:
    """The channel's streams before this one that were read in the same way (dash_stream_usual)."""
    before = wording.aware(stream["started_at"])
    rows = data.rows("dash_stream_usual", channel=stream["channel"], before=before, limit=limit)
    return [row for row in rows if row["basis"] == basis]


def lines(of: Session, moments: Sequence[PlacedMoment]) -> list[list[Row]]:
    """Up to LINES telling lines of each moment, as long as they are kept."""
    samples: list[list[Row]] = [[] for _ in moments]
    if moments:
        spans = {
            "since": [wording.aware(f.at).replace(tzinfo=None) for f in moments],
            "until": [wording.aware(f.until).replace(tzinfo=None) for f in moments],
        }
        channel = of.stream["channel"]
        for row in data.rows("dash_moment_samples", channel=channel, limit=LINES, **spans):
            samples[row["span"]].append(row)
    return samples

"""One stream as it is reviewed: its windows, moments and their reasons, and what is usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from dashboard import config, data, wording
from dashboard.basis import NOTHING, Portion, laughter, left_out, parts, share
from dashboard.basis import usual as usual_part
from dashboard.charts.series import Row, of_basis
from warehouse.moments.finder import find
from warehouse.moments.finder import turns as turns_of
from warehouse.moments.placed import PlacedMoment, placed
from warehouse.moments.reasons import Terms
from warehouse.moments.sums import Floats, Windows
from warehouse.records import SLOTS, WINDOW, WINDOW_SECONDS, utc, window_start

LONGEST = timedelta(days=30)  # a stream that never ended is not drawn for ever
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
    since = wording.aware(stream["started_at"])
    until = wording.aware(stream["ended_at"]) if stream["ended_at"] else end
    since = max(since, until - LONGEST)
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
    span = {
        "channel": stream["channel"],
        "since": utc(window_start(since.timestamp())),
        "until": max(until, since + WINDOW),
    }
    windows = data.query("dash_stream_windows", stream=stream["stream_id"], **span)
    rows = tuple(windows.to_pylist())
    if not rows:
        return Session(stream, since, until, (), ())
    found = tuple(parts(rows))
    part = usual_part(found, stream["readable"])
    start = wording.aware(windows["start"][0].as_py())
    terms = _terms(data.query("dash_stream_terms", **span), start, windows, part.basis)
    arrays = _arrays(windows, start, since, terms, stream["ended_at"] is not None, part.basis)
    moments, turns = (placed(each(arrays), arrays, start, terms) for each in (find, turns_of))
    return Session(stream, since, until, rows, moments, turns, part, found)


def _places(table: pa.Table, start: datetime) -> np.ndarray[Any, Any]:
    """Index of each row's window, counted from `start`."""
    at = table["start"].cast(pa.timestamp("us")).to_numpy()
    first = np.datetime64(start.replace(tzinfo=None), "us")
    places: np.ndarray[Any, Any] = (at - first) // np.timedelta64(WINDOW_SECONDS, "s")
    return places.astype(np.intp)


def _filled(
    table: pa.Table, column: str, places: np.ndarray[Any, Any], missing: float, size: int = 0
) -> Floats:
    """The column on the grid of all windows. size: how many, where the table has not the last."""
    values = np.full(size or int(places[-1]) + 1, missing)
    values[places] = table[column].cast(pa.float64()).to_numpy()  # NULL becomes NaN
    return values


def _arrays(
    table: pa.Table, start: datetime, since: datetime, terms: Terms, ended: bool, basis: str
) -> Windows:
    """The windows; those that were read in another way than `basis` have no mood."""
    places = _places(table, start)
    moods = table.filter(pc.field("basis") == basis)
    laughs = _filled(table, "n_laughs", places, np.nan)  # not in rows of earlier versions
    slots = np.zeros((len(laughs), SLOTS))
    slots[places] = [[n or 0 for n in sub_n or [0] * SLOTS] for sub_n in table["sub_n"].to_pylist()]
    return Windows(
        observed_s=_filled(table, "observed_s", places, 0.0),
        n=_filled(table, "n", places, 0.0),
        mean=_filled(moods, "mean", _places(moods, start), np.nan, len(laughs)),
        sd=_filled(moods, "sd", _places(moods, start), np.nan, len(laughs)),
        laughs=np.where(np.isnan(laughs), terms.laughs(), laughs),
        first_s=(start - since).total_seconds(),
        slots=slots,
        capitals=_filled(table, "n_capitals", places, np.nan),
        alike=terms.alike(),
        ended=ended,
    )


def _terms(table: pa.Table, start: datetime, windows: pa.Table, basis: str) -> Terms:
    """Terms of the windows; those of another basis than `basis` moved no mood."""
    at = _places(windows, start)
    messages = _filled(windows, "n", at, 0.0)
    places = _places(table, start)
    inside = (places >= 0) & (places < len(messages))
    table, places = table.filter(pa.array(inside)), places[inside]
    moved = np.zeros(len(messages), dtype=bool)
    moved[at] = np.array(windows["basis"]) == basis
    return Terms(
        places,
        table["term"].to_pylist(),
        table["kind"].to_pylist(),
        table["n"].cast(pa.float64()).to_numpy(),
        table["contribution"].to_numpy() * moved[places],
        messages,
    )


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

"""Decisions of people on a channel's moments, from the events that tell them. Pure functions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard import wording
from dashboard.charts.series import Row
from warehouse.moments.decisions import DECISIONS, LONGEST_S
from warehouse.moments.placed import PlacedMoment
from warehouse.records import WINDOW, WINDOW_SECONDS

_MARKS = {DECISIONS[name]: name for name in ("keep", "drop", "clear")}


@dataclass(frozen=True)
class Own:
    """Range that somebody added: its start (aware UTC), its length, what it is called."""

    at: datetime
    seconds: int
    text: str

    def at_s(self, since: datetime) -> int:
        """Seconds from the stream's start."""
        return round((self.at - since).total_seconds())


@dataclass(frozen=True)
class Decisions:
    """Decisions of people on moments. marks: keep or drop, by the moment's start (aware UTC)."""

    marks: Mapping[datetime, str]
    own: tuple[Own, ...] = ()

    def of(self, one: PlacedMoment) -> str:
        """keep, drop, or '' where nobody decided. A moment that is found anew may begin a little
        elsewhere: a decision is on the moment that it lies in."""
        return self.marks.get(self.place(one), "")

    def place(self, one: PlacedMoment) -> datetime:
        """The start that a decision on the moment has, or would have."""
        return next((at for at in self.marks if one.at <= at < one.until), one.at)

    def within(self, since: datetime, until: datetime) -> "Decisions":
        """Those of a stream, whose first window may begin before it."""
        marks = {at: mark for at, mark in self.marks.items() if since - WINDOW < at < until}
        return Decisions(marks, tuple(own for own in self.own if since <= own.at < until))

    @property
    def record(self) -> tuple[int, int]:
        """(moments decided on, of these kept)."""
        return len(self.marks), sum(mark == "keep" for mark in self.marks.values())


def folded(rows: Iterable[Row]) -> Decisions:
    """Rows of dash_moment_decisions, oldest decision first: the last one on each moment holds.

    Moments begin with a window; what is dropped elsewhere is a range, there or gone already."""
    marks: dict[datetime, str] = {}
    own: dict[datetime, Own] = {}
    for row in rows:
        at = wording.aware(row["at"])
        mark = _MARKS.get(row["kind"])
        if mark is None:
            own |= _own(at, row["detail"])
        elif (mark != "drop" or own.pop(at, None) is None) and _begins_window(at):
            marks[at] = mark
    held = {at: mark for at, mark in marks.items() if mark != "clear"}
    return Decisions(held, tuple(sorted(own.values(), key=lambda o: o.at)))


def _begins_window(at: datetime) -> bool:
    return at.timestamp() % WINDOW_SECONDS == 0


def _own(at: datetime, detail: str) -> dict[datetime, Own]:
    try:
        told = json.loads(detail)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return {}
    seconds, text = told.get("seconds"), told.get("text")
    if type(seconds) is not int or not 1 <= seconds <= LONGEST_S or not isinstance(text, str):
        return {}
    return {at: Own(at, seconds, text)}

"""Streams cut where their title or category changed, and the moods of the pieces. No Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from dashboard.charts.series import SURE, Row

NONE = "not told"
_SUMMED = ("parts", "n", "weighted", "squares", "observed_s")


@dataclass(frozen=True)
class Part:
    """A stretch of a stream with one title and one category, [since, until), naive UTC."""

    channel: str
    since: datetime
    until: datetime
    title: str
    category: str


def parts(
    streams: Sequence[Row], changes: Sequence[Row], since: datetime, until: datetime
) -> list[Part]:
    """Every stream in [since, until) cut where its title or category changed, oldest first.

    streams: rows of dash_streams, with title and category as they were at the start. A stream
    reaches to its end, the next one's start or `until`, whatever comes first.
    """
    pieces: list[Part] = []
    for channel in dict.fromkeys(s["channel"] for s in streams):
        own = sorted((s for s in streams if s["channel"] == channel), key=lambda s: s["started_at"])
        own_changes = [c for c in changes if c["channel"] == channel]
        for stream, after in zip(own, [*own[1:], None], strict=True):
            end = min([until, *([stream["ended_at"]] if stream["ended_at"] else []),
                       *([after["started_at"]] if after else [])])  # fmt: skip
            pieces += _cut(stream, own_changes, end, since)
    return pieces


def _cut(stream: Row, changes: Sequence[Row], end: datetime, since: datetime) -> list[Part]:
    on = {"title": stream["title"] or "", "category": stream["category"] or ""}
    begun, pieces = stream["started_at"], []
    steps = [c for c in changes if stream["started_at"] <= c["at"] < end]
    for change in [*steps, None]:
        stop = change["at"] if change else end
        if stop > begun and stop > since:
            pieces.append(Part(stream["channel"], max(begun, since), stop, **on))
        if change:
            on[change["kind"]], begun = change["detail"] or "", stop
    return pieces


def summed(pieces: Sequence[Part], sums: Sequence[Row], by: str) -> list[dict[str, Any]]:
    """A row a category or title, most messages first: n, mean, half of its 95 % interval, parts."""
    groups: dict[str, dict[str, float]] = {}
    for row in sums:
        name = getattr(pieces[row["part"]], by) or NONE
        group = groups.setdefault(name, dict.fromkeys(_SUMMED, 0.0))
        group["parts"] += 1
        for key in _SUMMED[1:]:
            group[key] += row[key]
    rows = [{by: name, **_sums_row(group)} for name, group in groups.items()]
    return sorted(rows, key=lambda r: (-r["n"], r[by]))


def _sums_row(group: Mapping[str, float]) -> dict[str, Any]:
    mean, half = mean_of(group["n"], group["weighted"], group["squares"])
    observed_s = group["observed_s"]
    return {
        "mean": mean,
        "half": half,
        "n": int(group["n"]),
        "per_minute": group["n"] * 60 / observed_s if observed_s else None,
        "hours": observed_s / 3600,
        "parts": int(group["parts"]),
    }


def mean_of(n: float, weighted: float, squares: float) -> tuple[float | None, float | None]:
    """(mean, half of its 95 % interval) of n messages, from their sums; None where not known."""
    if not n:
        return None, None
    mean = weighted / n
    if n < 2:
        return mean, None
    return mean, SURE * sqrt(max(squares - n * mean**2, 0.0) / (n - 1) / n)


def before_and_after(places: Sequence[Row], sums: Sequence[Row]) -> list[dict[str, Any]]:
    """Each change, newest first, with both moods, their n, and the difference with its interval."""
    by = {(s["place"], s["after"]): s for s in sums}
    none = {"n": 0, "weighted": 0.0, "squares": 0.0}
    rows = []
    for k, place in enumerate(places):
        was, became = by.get((k, False), none), by.get((k, True), none)
        (a, ha), (b, hb) = (mean_of(s["n"], s["weighted"], s["squares"]) for s in (was, became))
        step = None if a is None or b is None else b - a
        is_known = step is not None and ha is not None and hb is not None
        rows.append(
            {
                "at": place["at"], "channel": place["channel"], "kind": place["kind"],
                "detail": place["detail"], "mean_before": a, "n_before": was["n"],
                "mean_after": b, "n_after": became["n"], "difference": step,
                "half": sqrt((ha or 0.0) ** 2 + (hb or 0.0) ** 2) if is_known else None,
            }
        )  # fmt: skip
    return rows[::-1]

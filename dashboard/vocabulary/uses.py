"""Uses of terms, day by day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from dashboard import data, wording
from dashboard.charts.series import Row

DAYS = 14
WEEK = 7
Trend = Mapping[date, Row]  # rows of dash_term_uses by day


def trends(terms: Sequence[str], channels: Sequence[str], newest: datetime) -> Mapping[str, Trend]:
    """The last DAYS days of each term that was said in them, up to the day of `newest`."""
    until = datetime.combine(newest.date() + timedelta(days=1), time())
    since = until - timedelta(days=DAYS)
    inside = {"channels": sorted(channels), "since": since, "until": until}
    by_term: dict[str, dict[date, Row]] = {}
    for row in data.rows("dash_term_uses", terms=sorted(set(terms)), **inside):
        by_term.setdefault(row["term"], {})[row["day"]] = row
    return by_term


def line(trend: Trend, last: date) -> list[float]:
    """Uses in 1,000 messages on each of the DAYS days to `last`, oldest first."""
    days = [last - timedelta(days=k) for k in reversed(range(DAYS))]
    return [round(_share(trend[day]), 3) if day in trend else 0.0 for day in days]


def trend_text(trend: Trend, last: date) -> str:
    """The last week beside the one before, in words."""
    now, before = (_week(trend, last - timedelta(days=back)) for back in (0, WEEK))
    if not now and not before:
        return "not among the most said in two weeks"
    return f"{wording.count(now)} uses in the last 7 days, {wording.count(before)} in the 7 before"


def _week(trend: Trend, last: date) -> int:
    return sum(r["n"] for day, r in trend.items() if last - timedelta(days=WEEK) < day <= last)


def _share(row: Row) -> float:
    return float(row["n"] * 1000 / row["total"]) if row["total"] else 0.0

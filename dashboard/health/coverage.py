"""Coverage of each channel's streams by day, gaps, and what was filtered or came late."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import plotly.graph_objects as go
import streamlit as st

from dashboard import data, frame, sections, tables, wording
from dashboard.basis import read_as
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, finish, room_for
from dashboard.time_span import Span
from warehouse.records import WINDOW_SECONDS

GAPS = 200
READABLE = "share of messages that can be scored, lately; below 50 % no mood is told"
LATE = "came after their window had closed; counted all the same"
LONG = timedelta(days=14)  # of longer times gaps are told by the hour
# as even as the shares are: 98.7 % and 99.6 % look alike, and half a day missing does not
_SEEN = [[0.0, "#d9782d"], [0.5, "#e7c9a9"], [1.0, "#4f9fd8"]]


def by_day(days: Sequence[Row]) -> None:
    """A square for every channel and day."""
    frame.heading("How much DLD observed", "share of each day's streams that was observed")
    windows = sum(d["windows"] for d in days)
    st.plotly_chart(
        observed_shares(days), key="seen", config=CONFIG, alt="Observed share by channel and day"
    )
    st.caption(
        "Blue: all of it was seen; orange: little. Blank: no stream that day. "
        f"n = {wording.counted(windows, 'window')} of 30 s."
    )


def observed_shares(days: Sequence[Row]) -> go.Figure:
    """Observed share by channel (rows) and day (columns); what is below 99.5 % has its number."""
    channels = sorted({d["channel"] for d in days}, reverse=True)
    called = data.who().name_of
    by = {(d["channel"], d["day"]): d for d in days}
    dates = _dates([d["day"] for d in days])
    grid = [[by.get((c, day)) for day in dates] for c in channels]
    shares = [[None if d is None else share(d) for d in line] for line in grid]
    few = len(dates) <= 14
    figure = go.Figure(
        go.Heatmap(
            x=[f"{day:%a} {day.day} {day:%b}" if few else day.isoformat() for day in dates],
            y=[wording.plotted(called(c)) for c in channels],
            z=shares,
            text=[[share_text(s) if few else "" for s in line] for line in shares],
            texttemplate="%{text}",
            textfont={"color": "#10202e", "size": 12},
            customdata=[[_hover(d, called) for d in line] for line in grid],
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=_SEEN,
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            showscale=False,
            hoverongaps=False,
        )
    )
    across = {"type": "category", "side": "top", "nticks": 14}
    room = {"l": room_for(map(called, channels)), "r": 8, "t": 40, "b": 8}
    height = 60 + 34 * max(len(channels), 2)
    return finish(figure, height, across, {"showgrid": False}, margin=room)


def _dates(days: Sequence[date]) -> list[date]:
    """Every day from the first to the last."""
    first, last = min(days), max(days)
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def share(day: Row) -> float | None:
    """Of the streams' seconds that was observed."""
    return float(day["observed_s"] / (WINDOW_SECONDS * day["windows"])) if day["windows"] else None


def share_text(value: float | None) -> str:
    """98.4 %; 100 % only where nothing is missing; '' for None."""
    if value is None:
        return ""
    return wording.percent(1.0) if value >= 1 else wording.percent(min(value, 0.999), 1)


def _hover(day: Row | None, called: Callable[[str], str]) -> str:
    if day is None:
        return ""
    return (
        f"<b>{wording.plotted(called(day['channel']))}</b>, {day['day']:%a} {day['day'].day} "
        f"{day['day']:%b %Y}<br>{share_text(share(day))} of "
        f"{wording.count(day['windows'])} windows seen<br>{wording.messages(day['n'])}"
    )


def gaps(channels: Sequence[str], since: datetime, until: datetime) -> None:
    """The longest stretches that nobody watched."""
    by_hour = until - since > LONG
    query, what = ("dash_gaps_hours", "hours") if by_hour else ("dash_gaps", "stretches")
    frame.heading("Gaps", f"{what} of a stream that DLD observed in part, or not at all")
    rows = data.rows(query, channels=channels, since=since, until=until, limit=GAPS)
    if not rows:
        frame.put(frame.say("No gap in this period: DLD observed every window whole."))
        return
    called = data.who().name_of
    columns = {
        "Channel": tables.text(wording.plain(called(g["channel"])) for g in rows),
        "From": tables.times((g["since"] for g in rows), "D MMM, HH:mm:ss", 125),
        "Not seen": tables.text((wording.seconds(g["lost_s"]) for g in rows), 85),
    }
    tables.show("gaps", columns, 320, 8)
    total = rows[0]["total"]
    more = f", the longest {GAPS} are listed" if total > GAPS else ""
    st.caption(f"n = {wording.counted(total, 'gap')} of 5 s or more{more}.")
    sections.csv(rows, sections.span_name("gaps", Span(since, until)))


def by_channel(channels: Sequence[Row], days: Sequence[Row], losses: Mapping[str, Row]) -> None:
    """Languages, and what did not count or came late, a channel a row."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for d in days:
        for name in ("n", "filtered", "late", "windows", "observed_s"):
            sums[d["channel"]][name] += d[name]
    lost, called = [losses.get(c["channel"], {}) for c in channels], data.who().name_of
    mine = [sums[c["channel"]] for c in channels]
    figures = [
        {**{k: c[k] for k in ("channel", "language", "readable")}, **m,
         "losses": x.get("losses", 0), "last_lost_at": x.get("last_at")}
        for c, m, x in zip(channels, mine, lost, strict=True)
    ]  # fmt: skip
    said = "messages that count, and those that did not or came late"
    sections.head("By channel", said, figures, "channels")
    columns = {
        "Channel": tables.text((wording.plain(called(c["channel"])) for c in channels), 120),
        "Observed": tables.text((_observed(m) for m in mine), 130),
        "Messages": tables.number((m["n"] for m in mine), width=80),
        "Filtered": tables.text(
            (_of(m, "filtered") for m in mine), 110, "of bots, and commands; never counted"
        ),
        "Late": tables.text((_of(m, "late") for m in mine), 85, LATE),
        "Lost": tables.number((x.get("losses", 0) for x in lost), width=60, about="connections"),
        "Lost last": tables.times((x.get("last_at") for x in lost), "D MMM, HH:mm", 110),
        "Language": tables.text(
            (wording.plain(c["language"]) or wording.MISSING for c in channels), 75
        ),
        "Readable": tables.text((wording.percent(c["readable"]) for c in channels), 75, READABLE),
        "Mood": tables.text((read_as(c["readable"]) for c in channels), 85),
    }
    tables.show("by-channel", columns)


def _of(sums: Mapping[str, float], name: str) -> str:
    """34 (0.2 %), of all that came."""
    n = sums[name]
    came = sums["n"] + (n if name == "filtered" else 0)
    return f"{wording.count(n)} ({wording.percent(n / came, 1)})" if came else wording.count(n)


def _observed(sums: Mapping[str, float]) -> str:
    if not sums["windows"]:
        return wording.MISSING
    hours = sums["observed_s"] / 3600
    return f"{share_text(sums['observed_s'] / (WINDOW_SECONDS * sums['windows']))} of {hours:.1f} h"

"""Coverage of each channel's streams by day, gaps, and what was filtered or came late."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data, frame, wording
from dashboard.basis import read_as
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, finish, room_for
from warehouse.records import WINDOW_SECONDS

GAPS = 200
LONG = timedelta(days=14)  # of longer times gaps are told by the hour
# one hue from pale to full: what is missing stands out on light and on dark
_SEEN = [[0.0, "#d9782d"], [0.9, "#e7c9a9"], [0.99, "#9cc3e0"], [1.0, "#4f9fd8"]]


def by_day(days: Sequence[Row]) -> None:
    """A square for every channel and day."""
    frame.heading("How much DLD observed", "share of each day's streams that was observed")
    windows = sum(d["windows"] for d in days)
    st.plotly_chart(
        observed_shares(days), key="seen", config=CONFIG, alt="Observed share by channel and day"
    )
    st.caption(f"n = {wording.counted(windows, 'window')} of 30 s; blank: no stream that day.")


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
        frame.put(frame.say("No gap in this time: DLD observed every window whole."))
        return
    zone, called = str(frame.reader_zone()), data.who().name_of
    table = pd.DataFrame(
        {
            "Channel": [wording.plain(called(g["channel"])) for g in rows],
            "From": frame.local_times((g["since"] for g in rows), zone),
            "Not seen": [wording.seconds(g["lost_s"]) for g in rows],
            **_extent(rows, by_hour),
            "From, UTC": [wording.utc_text(g["since"]) for g in rows],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="gaps",
        height="content" if len(table) <= 8 else 320,
        column_config={"From": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss")},
    )
    total = rows[0]["total"]
    more = f", the longest {GAPS} are listed" if total > GAPS else ""
    st.caption(f"n = {wording.counted(total, 'gap')} of 5 s or more{more}.")


def _extent(rows: Sequence[Row], by_hour: bool) -> dict[str, list[str | int]]:
    """How far each gap reaches, as a column."""
    if by_hour:
        return {"Within": [wording.lasting(g["until"] - g["since"]) for g in rows]}
    return {"Windows touched": [g["windows"] for g in rows]}


def by_channel(
    channels: Sequence[Row], days: Sequence[Row], losses: Mapping[str, Row], zone: str
) -> None:
    """Languages, and what did not count or came late, a channel a row."""
    frame.heading("By channel", "messages that count, and those that did not or came late")
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for d in days:
        for name in ("n", "filtered", "late", "windows", "observed_s"):
            sums[d["channel"]][name] += d[name]
    lost, called = [losses.get(c["channel"], {}) for c in channels], data.who().name_of
    table = pd.DataFrame(
        {
            "Channel": [wording.plain(called(c["channel"])) for c in channels],
            "Language": [wording.plain(c["language"]) or wording.MISSING for c in channels],
            "Readable": [wording.percent(c["readable"]) for c in channels],
            "Mood": [read_as(c["readable"]) for c in channels],
            "Messages (n)": [int(sums[c["channel"]]["n"]) for c in channels],
            "Filtered": [_of(sums[c["channel"]], "filtered") for c in channels],
            "Late": [_of(sums[c["channel"]], "late") for c in channels],
            "Observed": [_observed(sums[c["channel"]]) for c in channels],
            "Connection lost": [x.get("losses", 0) for x in lost],
            "Lost last": frame.local_times((x.get("last_at") for x in lost), zone),
            "Lost last, UTC": [wording.utc_text(x["last_at"]) if x else "" for x in lost],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="by-channel",
        height="content" if len(table) <= 12 else 460,
        column_config={
            "Messages (n)": st.column_config.NumberColumn(format="localized"),
            "Lost last": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
            "Readable": st.column_config.TextColumn(
                help="share of messages that can be scored, lately; below 50 % no mood is told"
            ),
            "Filtered": st.column_config.TextColumn(help="of bots, and commands; never counted"),
            "Late": st.column_config.TextColumn(
                help="came after their window had closed; counted all the same"
            ),
        },
    )


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

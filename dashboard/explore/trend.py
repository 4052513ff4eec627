"""One term day by day: below the words used more or less than before."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import frame, sections, url_state, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, HISTORY, faded, finish
from dashboard.explore.view import DAY, View, widened
from dashboard.time_span import Span

SHORTEST = timedelta(days=30)


def section(view: View, terms: Sequence[str], span: Span) -> None:
    """Choose one of the terms; its uses per 1,000 messages on each day. span: both that were
    compared, together."""
    url_state.hold("term", terms, terms[0])
    left, _ = st.columns([2, 3])
    term: str = left.selectbox("Day by day", terms, key="term", format_func=wording.plain)
    url_state.remember(term=term)
    full = widened(Span(min(span.since, span.until - SHORTEST), span.until), DAY)
    rows = by_day(
        view.rows(
            "dash_term_trend",
            channels=list(view.channels),
            since=full.since,
            until=full.until,
            term=term,
        )
    )
    n = sum(r["n"] for r in rows)
    days = "1 day" if len(rows) == 1 else f"{len(rows)} days"
    small = f"n = {wording.count(n)} uses on {days}"
    sections.head(
        f"{wording.plain(term)} day by day",
        small,
        rows,
        sections.span_name("term", full),
        view.basis,
    )
    if not rows:
        frame.put(frame.say("The term was not kept of these days."))
        return
    st.plotly_chart(
        bars(rows, full), key="term-days", config=CONFIG, alt="Uses per 1,000 messages by day"
    )
    st.caption("Days of UTC on which it was used; n is on hover.")


def by_day(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """All channels together, a row a day: n, total (messages), rate (uses per 1,000), part."""
    days: dict[Any, dict[str, Any]] = {}
    for row in rows:
        day = days.setdefault(row["day"], {"day": row["day"], "n": 0, "total": 0, "part": 0.0})
        day["n"] += row["n"]
        day["total"] += row["total"]
        day["part"] += row["contribution"] * row["total"]
    return [
        {**d, "rate": 1000 * d["n"] / d["total"], "part": d["part"] / d["total"]}
        for _, d in sorted(days.items())
    ]


def bars(rows: Sequence[Row], span: Span) -> go.Figure:
    """A bar a day."""
    figure = go.Figure(
        go.Bar(
            x=[r["day"] for r in rows],
            y=[r["rate"] for r in rows],
            width=0.8 * 86_400_000,
            marker={"color": faded(HISTORY, 0.6), "line": {"width": 0}},
            customdata=[
                [wording.count(r["n"]), wording.count(r["total"]), wording.signed(r["part"], 4)]
                for r in rows
            ],
            hovertemplate="%{x|%a %d %b %Y} UTC<br><b>%{y:.2~f}</b> per 1,000 messages<br>"
            "n = %{customdata[0]} uses in %{customdata[1]} messages<br>%{customdata[2]} of the "
            "day's mean mood<extra></extra>",
        )
    )
    ends = [(at - DAY / 2).astimezone(UTC).replace(tzinfo=None) for at in (span.since, span.until)]
    across = {"range": ends, "tickformat": "%d %b %Y", "nticks": 8, "type": "date"}
    up = {"title": "Per 1,000", "rangemode": "tozero"}
    return finish(figure, 220, across, up, bargap=0.2)

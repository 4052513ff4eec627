"""Spread of mood and activity over windows, or hours of a long span: a section of Explore."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import data, frame, sections, wording
from dashboard.charts import bars
from dashboard.charts.series import Row, grouped
from dashboard.charts.style import CHANNELS, CONFIG, faded, finish
from dashboard.explore.view import View

BIN, BIN_OF_HOURS = 0.05, 0.01


def section(view: View) -> None:
    """Mood on the left, messages on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        _moods(view)
    with right:
        _counts(view)


def _unit(view: View) -> tuple[str, str]:
    return ("hours", "an hour") if view.is_long else ("windows", "a window of 30 s")


def _moods(view: View) -> None:
    width = BIN_OF_HOURS if view.is_long else BIN
    if view.is_long:
        rows = view.rows("dash_histogram_hours", **view.hours, width=width, least=1)
    else:
        rows = view.rows("dash_histogram", **view.inside, width=width, least=1)
    unit, one = _unit(view)
    n = sum(r["windows"] for r in rows)
    sections.head(
        "Mood",
        f"n = {wording.count(n)} {unit} with messages",
        rows,
        sections.span_name("spread_mood", view.span),
        view.basis,
    )
    by = data.by_name(grouped(rows))
    st.plotly_chart(
        bars.histogram(by, width, unit),
        key="spread",
        config=CONFIG,
        alt=f"Distribution of the mean mood of {unit}",
    )
    st.caption(
        f"The mean mood of {one}. "
        + (
            "Much of this spread is chance: a window of few messages lands far from the truth."
            if not view.is_long
            else "Hours vary less than windows: more messages, less chance."
        )
    )


def _counts(view: View) -> None:
    if view.is_long:
        rows = view.rows("dash_counts_hours", **view.hours)
    else:
        rows = view.rows("dash_counts", **view.inside)
    unit, one = _unit(view)
    n = sum(r["windows"] for r in rows)
    sections.head(
        "Messages",
        f"n = {wording.count(n)} {unit} seen whole",
        [{**r, "messages": label(r["bin"])} for r in rows],
        sections.span_name("spread_messages", view.span),
    )
    if not rows:
        frame.put(frame.say(f"Not one of the {unit} was seen whole, so none can be counted."))
        return
    st.plotly_chart(
        counts(data.by_name(grouped(rows)), unit),
        key="counts",
        config=CONFIG,
        alt=f"Distribution of the messages of {unit}",
    )
    st.caption(f"Messages in {one}, each bar twice as wide as the one before; 0 is silence.")


def label(place: int) -> str:
    """The numbers of messages in a bin of dash_counts: 0, 1, 2, 3 to 4, 5 to 8."""
    if place < 3:
        return str(place)
    return f"{2 ** (place - 2) + 1:,}–{2 ** (place - 1):,}"


def counts(channels: Mapping[str, Sequence[Row]], unit: str = "windows") -> go.Figure:
    """Share of windows by their number of messages; rows of dash_counts by channel."""
    figure = go.Figure()
    places = [r["bin"] for rows in channels.values() for r in rows]
    bins = range(min(places), max(places) + 1)
    for index, (name, rows) in enumerate(channels.items()):
        total = sum(r["windows"] for r in rows)
        of = {r["bin"]: r["windows"] for r in rows}
        colour = CHANNELS[index % 6]
        figure.add_trace(
            go.Bar(
                x=[label(b) for b in bins],
                y=[of.get(b, 0) / total for b in bins],
                name=wording.plotted(name),
                marker={"color": faded(colour, 0.75), "line": {"width": 0}},
                customdata=[[wording.count(of.get(b, 0))] for b in bins],
                hovertemplate=f"%{{x}} messages<br>%{{y:.1%}} of {unit}, n = %{{customdata[0]}}"
                "<extra>%{fullData.name}</extra>",
            )
        )
    across = {"title": "Messages", "type": "category"}
    up = {"title": f"Share of {unit}", "tickformat": ".0%"}
    look: dict[str, Any] = {"barmode": "group", "bargap": 0.15, "showlegend": len(channels) > 1}
    return finish(figure, 320, across, up, **look)

"""Records to figures of mood over a span of time. No Streamlit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import wording
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.points import activity_points, mood_points
from dashboard.charts.series import Row, margin, per_minute, with_breaks
from dashboard.charts.style import CHANNELS, faded, finish
from dashboard.charts.traces import (
    event_traces,
    mood_line,
    silence_marks,
    sure_band,
    unobserved,
)


def timeline(
    channels: Mapping[str, Sequence[Row]],
    events: Sequence[Row],
    step_s: float,
    tz: tzinfo,
    span: tuple[datetime, datetime] | None = None,
    **layout: Any,
) -> go.Figure:
    """Mood with its band above, messages a minute below, on one time axis; events on top.

    channels: rows of dash_series by channel, oldest first. One channel shows bars and hatched
    gaps; several show lines. step_s: of a row; 0 where each has an `until` of its own, and is a
    point that stands alone. layout: of the whole figure, as plotly takes it.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06
    )
    alone = len(channels) == 1
    for index, (name, rows) in enumerate(channels.items()):
        _one_channel(figure, wording.plotted(name), rows, step_s, tz, alone, CHANNELS[index % 6])
    low, high = mood_range(channels)
    for trace in event_traces(events, tz, high - 0.04 * (high - low)):
        figure.add_trace(trace, row=1, col=1)
    seconds = ":%S" if 0 < step_s < 60 else ""
    across: dict[str, Any] = {"hoverformat": f"%a %d %b %Y %H:%M{seconds}"}
    if span:
        room = (span[1] - span[0]) * (0 if step_s else 0.01)  # no dot is cut in half
        across["range"] = [wording.local(at, tz) for at in (span[0] - room, span[1] + room)]
    up: list[dict[str, Any]] = [
        {"title": "Mood", "range": [low, high], "tickformat": ".2~f"},
        {"title": "Messages / min", "rangemode": "tozero"},
    ]
    hover = "x unified" if step_s else "closest"
    look: dict[str, Any] = {"hovermode": hover, "showlegend": True, "dragmode": "zoom"}
    return finish(figure, 520, across, up, True, **{**look, **layout})


def _one_channel(
    figure: go.Figure,
    name: str,
    rows: Sequence[Row],
    step_s: float,
    tz: tzinfo,
    alone: bool,
    colour: str,
) -> None:
    if not step_s:
        for trace in mood_points(name, rows, tz, colour):
            figure.add_trace(trace, row=1, col=1)
        figure.add_trace(activity_points(name, rows, tz, alone, colour), row=2, col=1)
        return
    figure.add_trace(sure_band(rows, step_s, tz, colour), row=1, col=1)
    figure.add_trace(mood_line(rows, step_s, tz, name=name, colour=colour), row=1, col=1)
    figure.add_trace(volume(name, rows, step_s, tz, alone, colour), row=2, col=1)
    if alone:
        figure.add_trace(silence_marks(rows, tz, 0.0), row=2, col=1)
        top = max([per_minute(r) or 0.0 for r in rows], default=0.0) or 1.0
        figure.add_trace(unobserved(rows, step_s, tz, 0.0, top), row=2, col=1)


def volume(
    name: str, rows: Sequence[Row], step_s: float, tz: tzinfo, alone: bool, colour: str
) -> go.Bar | go.Scatter:
    points = with_breaks(rows, step_s)
    x = times(None if p is None else wording.local(p["start"], tz) for p in points)
    y = values(None if p is None else per_minute(p) for p in points)
    texts = cells([["" if p is None else wording.messages(p["n"])] for p in points])
    hover = "%{y:.3~g} / min, %{customdata[0]}<extra>%{fullData.name}</extra>"
    if alone:
        return go.Bar(
            x=x,
            y=y,
            customdata=texts,
            name="Messages",
            hovertemplate=hover,
            showlegend=False,
            marker={"color": faded(colour, 0.55), "line": {"width": 0}},
            width=step_s * 1000 * 0.9,
            offset=0,
        )
    return go.Scatter(
        x=x,
        y=y,
        customdata=texts,
        name=name,
        mode="lines",
        hovertemplate=hover,
        showlegend=False,
        line={"color": colour, "width": 1.5, "shape": "hvh"},
        connectgaps=False,
    )


def mood_range(channels: Mapping[str, Sequence[Row]]) -> tuple[float, float]:
    """Room for the means and nine tenths of their bands; zero is always in it."""
    spoken = [r for rows in channels.values() for r in rows if r["mean"] is not None]
    sure = [margin(r["sd"], r["n"]) or 0.0 for r in spoken]
    lows = sorted(r["mean"] - m for r, m in zip(spoken, sure, strict=True))
    highs = sorted(r["mean"] + m for r, m in zip(spoken, sure, strict=True))
    low = min([-0.1, *(r["mean"] for r in spoken), *lows[len(lows) // 10 :][:1]])
    high = max([0.1, *(r["mean"] for r in spoken), *highs[: len(highs) * 9 // 10 + 1][-1:]])
    pad = 0.12 * (high - low)
    return max(-1.05, low - pad), min(1.1, high + pad)

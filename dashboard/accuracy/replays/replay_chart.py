"""The figure of one forecast beside what happened. No Streamlit."""

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.charts.style import GREY, HISTORY, finish
from dashboard.charts.traces import forecast_traces, mood_line, sure_band, told
from warehouse.records import WINDOW_SECONDS


def replayed(
    rows: Sequence[Row], forecast: Mapping[str, Any], session_mean: float | None, tz: tzinfo
) -> go.Figure:
    """One forecast beside what happened: history solid blue, what followed as open dots."""
    cutoff = forecast["cutoff"]
    before = [r for r in rows if r["start"] < cutoff]
    after = [r for r in rows if r["start"] >= cutoff and r["mean"] is not None]
    figure = go.Figure(sure_band(before, WINDOW_SECONDS, tz))
    figure.add_trace(mood_line(before, WINDOW_SECONDS, tz, name="History"))
    figure.add_traces(forecast_traces(forecast, tz, before[-1] if before else None))
    figure.add_trace(
        go.Scatter(
            x=[wording.local(r["start"], tz) for r in after],
            y=[r["mean"] for r in after],
            mode="markers",
            name="What happened",
            marker={"symbol": "circle-open", "size": 10, "color": HISTORY, "line": {"width": 2}},
            text=[f"{told(r)}<br>{wording.utc_text(r['start'])}" for r in after],
            hovertemplate="%{text}<extra>What happened</extra>",
        )
    )
    if session_mean is not None:
        figure.add_trace(_level(cutoff, session_mean, tz))
    figure.add_vline(x=wording.local(cutoff, tz), line={"color": GREY, "width": 1, "dash": "dot"})
    up = {"title": "Mood", "tickformat": ".2~f"}
    return finish(figure, 380, {"tickformat": "%H:%M"}, up, hovermode="closest", showlegend=True)


def _level(cutoff: Any, mean: float, tz: tzinfo) -> go.Scatter:
    ends = [wording.local(cutoff + timedelta(seconds=s), tz) for s in (0, 9 * WINDOW_SECONDS)]
    return go.Scatter(
        x=ends,
        y=[mean, mean],
        mode="lines",
        name="Session mean",
        line={"color": GREY, "width": 2, "dash": "dot"},
        hovertemplate=f"{wording.signed(mean)}<extra>Session mean</extra>",
    )

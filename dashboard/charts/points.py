"""Points that stand alone: streams, days, weeks, months. No line joins them, so that none is drawn
over days without streams; their trend is one, with its band. No Streamlit."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import numpy as np
import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.series import Row, per_minute
from dashboard.charts.smooth import trend, variance_of
from dashboard.charts.style import faded
from dashboard.stream_times import PAUSE

DOT, FAINT_DOT = 7, 0.75
FEWEST_JOINED = 4  # points between two pauses: a line through fewer is mostly of others


def mood_points(name: str, rows: Sequence[Row], tz: tzinfo, colour: str) -> list[go.Scatter]:
    """A dot a point, and below it the trend with its band, where there is one. rows: of dash_series
    with `until`, oldest first."""
    spoken = [r for r in rows if r["mean"] is not None]
    dots = go.Scatter(
        x=times(wording.local(middle(r), tz) for r in spoken),
        y=values(r["mean"] for r in spoken),
        customdata=cells([_hover(r, tz) for r in spoken]),
        mode="markers",
        marker={"size": DOT, "color": faded(colour, FAINT_DOT)},
        name=name,
        legendgroup=name,
        hovertemplate="%{customdata[0]}<extra>%{fullData.name}</extra>",
    )
    return [*_trend(name, spoken, tz, colour), dots]


def activity_points(
    name: str, rows: Sequence[Row], tz: tzinfo, alone: bool, colour: str
) -> go.Bar | go.Scatter:
    """Messages a minute: a bar from start to end of a channel that is alone, seen however narrow;
    dots of several."""
    seen = [r for r in rows if per_minute(r) is not None]
    common = {
        "y": values(per_minute(r) for r in seen),
        "customdata": cells([_hover(r, tz) for r in seen]),
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "hovertemplate": "%{y:.3~g} / min<br>%{customdata[0]}<extra>%{fullData.name}</extra>",
    }
    if alone:
        shade = faded(colour, 0.7)
        return go.Bar(
            x=times(wording.local(r["start"], tz) for r in seen),
            width=[lasting(r).total_seconds() * 1000 for r in seen],
            offset=0,
            marker={"color": shade, "line": {"width": 1.5, "color": shade}},
            **common,
        )
    return go.Scatter(
        x=times(wording.local(middle(r), tz) for r in seen),
        mode="markers",
        marker={"size": DOT, "color": faded(colour, FAINT_DOT)},
        **common,
    )


def lasting(row: Row) -> timedelta:
    """How long the point's stretch is."""
    span: timedelta = row["until"] - row["start"]
    return span


def middle(row: Row) -> datetime:
    """The middle of the point's stretch."""
    at: datetime = row["start"] + lasting(row) / 2
    return at


def _trend(name: str, spoken: Sequence[Row], tz: tzinfo, colour: str) -> list[go.Scatter]:
    """Band and line, broken where no stream came for a PAUSE."""
    seconds = np.array([(middle(r) - datetime(1970, 1, 1)).total_seconds() for r in spoken])
    means = np.array([r["mean"] for r in spoken], dtype=float)
    own = np.array([variance_of(r["sd"], r["n"]) for r in spoken])
    found = trend(seconds, means, own)
    if found is None:
        return []
    pauses = np.flatnonzero(np.diff(seconds) > PAUSE.total_seconds()) + 1
    pieces = [p for p in np.split(np.arange(len(spoken)), pauses) if len(p) >= FEWEST_JOINED]
    band_x: list[datetime | None] = []
    line_x: list[datetime | None] = []
    band_y: list[float | None] = []
    line_y: list[float | None] = []
    low, high = found.mean - found.half, found.mean + found.half
    for piece in pieces:
        xs = [wording.local(middle(spoken[k]), tz) for k in piece]
        line_x += [*xs, None]
        line_y += [*found.mean[piece].tolist(), None]
        band_x += [*xs, *reversed(xs), None]
        band_y += [*np.minimum(high[piece], 1.0).tolist(),
                   *np.maximum(low[piece], -1.0)[::-1].tolist(), None]  # fmt: skip
    common = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "legendgroup": name}
    return [
        go.Scatter(
            x=times(band_x), y=values(band_y), fill="toself", fillcolor=faded(colour, 0.18),
            line={"width": 0}, name="95 % of the trend", **common,
        ),
        go.Scatter(
            x=times(line_x), y=values(line_y), connectgaps=False,
            line={"width": 2.5, "color": colour}, name="Trend", **common,
        ),
    ]  # fmt: skip


def _hover(row: Row, tz: tzinfo) -> list[str]:
    """What it is of, how it felt, how much was said."""
    begun, long = wording.moment(row["start"], tz), lasting(row)
    when = f"{begun}, {wording.lasting(long)}" if long < timedelta(days=1) else _days(row, tz)
    mood = "nobody spoke" if row["mean"] is None else f"mood <b>{wording.signed(row['mean'])}</b>"
    said = f"{wording.messages(row['n'])}, {wording.rate(per_minute(row))} / min"
    return [f"{when}<br>{mood}<br>{said}<br>from {wording.utc_text(row['start'])}"]


def _days(row: Row, tz: tzinfo) -> str:
    last = row["until"] - timedelta(seconds=1)
    first, end = wording.day(row["start"], tz), wording.day(last, tz)
    return first if first == end else f"{first} to {end}"

"""Mood against activity: a section of Explore. Whether busier times feel better, and how sure."""

from collections.abc import Mapping, Sequence
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from dashboard import data, sections, wording
from dashboard.charts.series import SURE, Row, grouped, per_minute
from dashboard.charts.style import CHANNELS, CONFIG, DASHES, FAINT, faded, finish
from dashboard.explore import steps
from dashboard.explore.view import View

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats, Floats]

FEWEST = 20  # points before a correlation is told
MANY = 2000  # points from which on WebGL draws them
CLASSES = 5


def section(view: View) -> None:
    """A dot a point of the timeline, and the mean mood of five classes of activity."""
    series = grouped(steps.table(view, view.channels).to_pylist())
    spoken = {c: some for c, rows in series.items() if (some := [r for r in rows if r["n"]])}
    n, named = sum(len(rows) for rows in spoken.values()), data.by_name(spoken)
    messages = sum(r["n"] for rows in spoken.values() for r in rows)
    table = [
        {"channel": c, "start": r["start"], "per_minute": per_minute(r), "mean": r["mean"],
         "n": r["n"]}
        for c, rows in spoken.items()
        for r in rows
    ]  # fmt: skip
    sections.head(
        "Mood against activity",
        f"n = {wording.count(n)}, {steps.STEPS[view.step].points}; {wording.messages(messages)}",
        table,
        sections.span_name("activity", view.span),
        view.basis,
    )
    st.plotly_chart(
        scatter(named), key="activity", config=CONFIG, alt="Mood against messages a minute"
    )
    what = "streams" if view.step == "stream" else "times"
    for name, rows in named.items():
        st.markdown(f"**{wording.literal(wording.plain(name))}**: {sentence(rows, what)}")
    st.caption(
        "Big dots: mean mood of five classes with equally many points, weighted by messages. "
        "r is the rank correlation (Spearman) of mood and messages a minute. Neighbouring points "
        "resemble each other, so n points are worth fewer independent ones: the interval allows "
        "for it. Points of few messages scatter by chance, which pulls r towards 0. This does not "
        "say that one causes the other."
    )


def pairs(rows: Sequence[Row]) -> Pair:
    """(messages a minute, mean mood, messages) of the rows in which somebody spoke, in order."""
    some = [r for r in rows if r["n"] and r["mean"] is not None]
    rate = np.array([per_minute(r) or 0.0 for r in some])
    return rate, np.array([r["mean"] for r in some]), np.array([float(r["n"]) for r in some])


def ranks(values: Floats) -> Floats:
    """1..n, the mean of their places for equal ones."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    places: Floats = (ends - (counts - 1) / 2)[inverse]
    return places


def correlation(x: Floats, y: Floats) -> tuple[float, float, float, float] | None:
    """(r, low, high, worth): Spearman's r with its 95 % interval, of points in time order.

    worth: how many independent points they are worth, by both series' correlation of each rank
    with the next: n (1 - a b) / (1 + a b). None below FEWEST points, or where one never varies.
    Source: Bartlett, J. R. Stat. Soc. 98 (1935), 536-543; Fisher's z for the interval.
    """
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    a, b = ranks(x), ranks(y)
    r = float(np.corrcoef(a, b)[0, 1])
    alike = max(_next(a) * _next(b), 0.0)
    worth = max(len(x) * (1 - alike) / (1 + alike), 4.0)
    middle, half = atanh(max(-0.9999, min(0.9999, r))), SURE / sqrt(max(worth - 3, 1.0))
    return r, tanh(middle - half), tanh(middle + half), worth


def _next(values: Floats) -> float:
    before, after = values[:-1], values[1:]
    return float(np.corrcoef(before, after)[0, 1]) if np.ptp(before) and np.ptp(after) else 0.0


def sentence(rows: Sequence[Row], what: str = "times") -> str:
    """The correlation in plain words, never oversold. what: the points are."""
    rate, mood, _ = pairs(rows)
    result = correlation(rate, mood)
    if result is None:
        return f"too little to tell (n = {wording.count(len(rate))} points; {FEWEST} are needed)."
    r, low, high, worth = result
    numbers = (
        f"r = {wording.signed(r)} (95 %: {wording.signed(low)} to {wording.signed(high)}; "
        f"n = {wording.count(len(rate))} points, worth {wording.count(worth)})."
    )
    if low <= 0 <= high:
        return f"no clear link between mood and activity: it may be chance. {numbers}"
    size = "clearly" if abs(r) >= 0.5 else "somewhat" if abs(r) >= 0.2 else "slightly"
    return f"busier {what} are {size} {'happier' if r > 0 else 'unhappier'}. {numbers}"


def classes(rate: Floats, mood: Floats, n: Floats) -> list[dict[str, float]]:
    """Five classes of activity: rate, mean mood, half its 95 % interval, points, messages.

    The interval is of the points' weighted mean, from how they scatter about it.
    """
    sums = []
    for part in np.array_split(np.argsort(rate, kind="stable"), CLASSES):
        if len(part) < 2:
            continue
        weight = n[part] / n[part].sum()
        mean = float(weight @ mood[part])
        size = len(part)
        error = sqrt(size / (size - 1) * float(np.sum(weight**2 * (mood[part] - mean) ** 2)))
        sums.append(
            {
                "rate": float(np.median(rate[part])),
                "mean": mean,
                "half": SURE * error,
                "points": size,
                "n": float(n[part].sum()),
            }
        )
    return sums


def scatter(channels: Mapping[str, Sequence[Row]]) -> go.Figure:
    """Points faint, classes bold; activity on a log axis."""
    figure = go.Figure()
    kind = go.Scattergl if sum(map(len, channels.values())) > MANY else go.Scatter
    for index, (name, rows) in enumerate(channels.items()):
        rate, mood, n = pairs(rows)
        colour = CHANNELS[index % 6]
        some = [r for r in rows if r["n"] and r["mean"] is not None]
        figure.add_trace(
            kind(
                x=rate.tolist(),
                y=mood.tolist(),
                mode="markers",
                name=wording.plotted(name),
                legendgroup=name,
                marker={"size": 5, "color": faded(colour, 0.35)},
                customdata=[
                    [
                        wording.signed(r["mean"]),
                        wording.messages(r["n"]),
                        wording.utc_text(r["start"]),
                    ]
                    for r in some
                ],
                hovertemplate="<b>%{customdata[0]}</b> at %{x:.3~g} / min<br>%{customdata[1]}"
                "<br>%{customdata[2]}<extra>%{fullData.name}</extra>",
            )
        )
        figure.add_trace(_bold(classes(rate, mood, n), name, index))
    ticks = _ticks([rate for rows in channels.values() for rate in pairs(rows)[0].tolist()])
    across = {
        "type": "log",
        "title": "Messages a minute",
        "tickvals": ticks,
        "ticktext": [f"{t:g}" for t in ticks],
        "showgrid": True,
        "gridcolor": FAINT,
    }
    up = {"title": "Mood", "tickformat": ".2~f"}
    look = {"showlegend": len(channels) > 1, "hovermode": "closest"}
    return finish(figure, 430, across, up, zero=True, **look)


def _ticks(rates: Sequence[float]) -> list[float]:
    """Numbers of the log axis: closer where the rates span less than a power of ten, which 1, 2
    and 5 alone would give one number or two."""
    is_wide = bool(rates) and max(rates) >= 10 * min(rates)
    firsts = (1, 2, 5) if is_wide else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
    return [k * 10**e for e in range(-1, 5) for k in firsts]


def _bold(points: Sequence[Mapping[str, float]], name: str, index: int) -> go.Scatter:
    colour = CHANNELS[index % 6]
    return go.Scatter(
        x=[c["rate"] for c in points],
        y=[c["mean"] for c in points],
        mode="lines+markers",
        name=wording.plotted(name),
        legendgroup=name,
        showlegend=False,
        line={"color": colour, "width": 2, "dash": DASHES[index % 6]},
        marker={"size": 11, "color": colour},
        error_y={"type": "data", "array": [c["half"] for c in points], "color": colour},
        customdata=[
            [
                wording.signed(c["mean"], 3),
                wording.fixed(c["half"], 3),
                wording.count(c["points"]),
                wording.count(c["n"]),
            ]
            for c in points
        ],
        hovertemplate="<b>%{customdata[0]}</b> ± %{customdata[1]} about %{x:.3~g} / min<br>"
        "n = %{customdata[2]} points, %{customdata[3]} messages<extra>%{fullData.name}</extra>",
    )

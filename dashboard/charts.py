"""Records to plotly figures: mood over time, what moved it, how it is spread. No Streamlit.

Times come as naive UTC, as tables have them; axes show the reader's zone, hovers UTC too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import words
from dashboard.series import Row, margin, per_minute, runs, state, stretches, with_breaks
from dashboard.style import (
    CHANNELS,
    DOWN,
    FORECAST,
    GREY,
    HISTORY,
    UP,
    faded,
    finish,
    zero_line,
)

WINDOW_S = 30
_SYMBOLS = {
    "raid": "triangle-up",
    "sub": "star",
    "gift": "star-diamond",
    "cheer": "diamond",
    "title": "square-open",
    "category": "square",
    "connection_lost": "x",
    "marker": "pentagon",
}
_FREQUENT = ("sub", "gift", "cheer")
MOST_EVENTS = 60


def mood_line(rows: Sequence[Row], step_s: float, tz: tzinfo, **look: Any) -> go.Scatter:
    """Mean mood; NaN in y where nobody spoke or nobody looked, so that the line breaks."""
    points = with_breaks(rows, step_s)
    lone = {id(run[0]) for run in runs(points) if len(run) == 1}
    colour = look.pop("colour", HISTORY)
    return go.Scatter(
        x=[None if p is None else words.local(p["start"], tz) for p in points],
        y=[None if p is None else p["mean"] for p in points],
        customdata=[_told(p) for p in points],
        mode="lines+markers",
        marker={"size": [5 if id(p) in lone else 0 for p in points], "color": colour},
        line={"color": colour, "width": 2, "dash": look.pop("dash", "solid")},
        connectgaps=False,
        hovertemplate="%{customdata[0]}<extra>%{fullData.name}</extra>",
        **{"name": "Mood", **look},
    )


def _told(row: Row | None) -> list[str]:
    if row is None or row["mean"] is None:
        return [""]
    sure = margin(row.get("sd"), row["n"])
    band = f" ± {sure:.2f}" if sure is not None else ""
    return [
        f"<b>{words.signed(row['mean'])}</b>{band}, {words.messages(row['n'])}"
        f"<br>{words.utc_text(row['start'])}"
    ]


def sure_band(rows: Sequence[Row], step_s: float, tz: tzinfo, colour: str = HISTORY) -> go.Scatter:
    """How sure the means are: ± 1.96 sd / sqrt(n), a closed shape for each stretch of chat."""
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    for run in runs(with_breaks(rows, step_s)):
        known = [(p, m) for p in run if (m := margin(p.get("sd"), p["n"])) is not None]
        there = [words.local(p["start"], tz) for p, _ in known]
        xs += [*there, *reversed(there), None]
        ys += [min(p["mean"] + m, 1.0) for p, m in known]
        ys += [*(max(p["mean"] - m, -1.0) for p, m in reversed(known)), None]
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"width": 0}, fill="toself",
        fillcolor=faded(colour, 0.18), hoverinfo="skip", showlegend=False, name="95 % sure",
    )  # fmt: skip


def forecast_traces(
    forecast: Mapping[str, Any], tz: tzinfo, last: Row | None = None
) -> list[go.Scatter]:
    """Band and dashed median of a forecast; the median starts at the last observed mean."""
    steps = [forecast["cutoff"] + timedelta(seconds=WINDOW_S * k) for k in range(10)]
    xs = [words.local(at, tz) for at in steps]
    joined = [(words.local(last["start"], tz), last["mean"])] if last and last["mean"] is not None else []
    told = [
        f"<b>{words.signed(q)}</b>, 80 %: {words.signed(low)} to {words.signed(high)}"
        f"<br>{words.utc_text(at)}"
        for at, low, q, high in zip(
            steps, forecast["q10"], forecast["q50"], forecast["q90"], strict=True
        )
    ]
    return [
        _between(xs, forecast["q025"], forecast["q975"], 0.10, "95 % band"),
        _between(xs, forecast["q10"], forecast["q90"], 0.20, "80 % band"),
        go.Scatter(
            x=[x for x, _ in joined] + xs, y=[y for _, y in joined] + list(forecast["q50"]),
            mode="lines", line={"color": FORECAST, "width": 2, "dash": "dash"}, name="Forecast",
            customdata=[[""]] * len(joined) + [[t] for t in told],
            hovertemplate="%{customdata[0]}<extra>Forecast</extra>",
        ),
    ]  # fmt: skip


def _between(
    xs: Sequence[datetime], low: Sequence[float], high: Sequence[float], alpha: float, name: str
) -> go.Scatter:
    return go.Scatter(
        x=[*xs, *reversed(xs)], y=[*high, *reversed(low)], mode="lines", line={"width": 0},
        fill="toself", fillcolor=faded(FORECAST, alpha), hoverinfo="skip", name=name,
    )  # fmt: skip


def silence_marks(rows: Sequence[Row], tz: tzinfo, y: float) -> go.Scatter:
    """A small tick at height y for every stretch of time in which nobody spoke."""
    silent = [r for r in rows if state(r["n"], r["observed_s"]) == "silence"]
    return go.Scatter(
        x=[words.local(r["start"], tz) for r in silent], y=[y] * len(silent), mode="markers",
        marker={"symbol": "line-ns-open", "size": 7, "color": GREY, "line": {"width": 1.5}},
        name="Silence", customdata=[[words.utc_text(r["start"])] for r in silent],
        hovertemplate="nobody spoke<br>%{customdata[0]}<extra>Silence</extra>",
    )  # fmt: skip


def unobserved(rows: Sequence[Row], step_s: float, tz: tzinfo, low: float, high: float) -> go.Scatter:
    """Hatched boxes where the channel was on but not seen: nothing is known there."""
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    for start, end in stretches(rows, step_s):
        a, b = words.local(start, tz), words.local(end, tz)
        xs += [a, b, b, a, a, None]
        ys += [low, low, high, high, low, None]
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"width": 0}, fill="toself", hoverinfo="skip",
        fillcolor=faded(GREY, 0.35), name="Not observed",
        fillpattern={"shape": "/", "fgcolor": GREY, "bgcolor": "rgba(0,0,0,0)", "size": 5, "solidity": 0.25},
    )  # fmt: skip


def sparkline(
    rows: Sequence[Row], forecast: Mapping[str, Any] | None, tz: tzinfo, reach: float
) -> go.Figure:
    """The last windows of one channel with the forecast; the axis spans ± reach."""
    figure = go.Figure()
    figure.add_trace(sure_band(rows, WINDOW_S, tz))
    figure.add_trace(unobserved(rows, WINDOW_S, tz, -reach, reach))
    figure.add_trace(mood_line(rows, WINDOW_S, tz))
    figure.add_trace(silence_marks(rows, tz, -reach))
    if forecast:
        figure.add_traces(forecast_traces(forecast, tz, rows[-1] if rows else None))
    zero_line(figure)
    finish(figure, 190, hovermode="closest", margin={"l": 4, "r": 4, "t": 4, "b": 4})
    figure.update_yaxes(
        range=[-reach * 1.04, reach * 1.04], tickvals=[-reach, 0, reach],
        ticktext=[words.signed(-reach, 1), "0", words.signed(reach, 1)],
    )  # fmt: skip
    figure.update_xaxes(tickformat="%H:%M", nticks=5)
    return figure


def reach_of(channels: Sequence[tuple[Sequence[Row], Mapping[str, Any] | None]]) -> float:
    """One height for all cards, so that they can be compared: 0.4 to 1 in steps of 0.2."""
    highest = 0.3
    for rows, forecast in channels:
        highest = max([highest, *(abs(r["mean"]) for r in rows if r["mean"] is not None)])
        if forecast:
            highest = max(highest, *map(abs, forecast["q025"]), *map(abs, forecast["q975"]))
    return round(min(1.0, int(highest / 0.2 + 0.999) * 0.2), 1)


def timeline(
    channels: Mapping[str, Sequence[Row]],
    events: Sequence[Row],
    step_s: float,
    tz: tzinfo,
    span: tuple[datetime, datetime] | None = None,
) -> go.Figure:
    """Mood with its band above, messages a minute below, on one time axis; events on top.

    channels: rows of dash_series by channel, oldest first. One channel shows bars and hatched
    gaps; several show lines.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06
    )
    alone = len(channels) == 1
    for index, (name, rows) in enumerate(channels.items()):
        look = {"colour": CHANNELS[index % 6]}
        _one_channel(figure, words.plotted(name), rows, step_s, tz, alone, look)
    low, high = _mood_range(channels)
    for trace in event_traces(events, tz, high - 0.04 * (high - low)):
        figure.add_trace(trace, row=1, col=1)
    zero_line(figure, row=1, col=1)
    finish(figure, 520, hovermode="x unified", showlegend=True, dragmode="zoom")
    figure.update_yaxes(title="Mood", range=[low, high], row=1, col=1, tickformat=".2~f")
    figure.update_yaxes(title="Messages / min", rangemode="tozero", row=2, col=1)
    if span:
        figure.update_xaxes(range=[words.local(at, tz) for at in span])
    figure.update_xaxes(hoverformat="%a %d %b %Y %H:%M:%S" if step_s < 3600 else "%a %d %b %Y %H:%M")
    return figure


def _one_channel(
    figure: go.Figure, name: str, rows: Sequence[Row], step_s: float, tz: tzinfo, alone: bool,
    look: dict[str, str],
) -> None:  # fmt: skip
    colour = look["colour"]
    figure.add_trace(sure_band(rows, step_s, tz, colour), row=1, col=1)
    figure.add_trace(mood_line(rows, step_s, tz, name=name, **look), row=1, col=1)
    figure.add_trace(_volume(name, rows, step_s, tz, alone, colour), row=2, col=1)
    if alone:
        figure.add_trace(silence_marks(rows, tz, 0.0), row=2, col=1)
        top = max([per_minute(r) or 0.0 for r in rows], default=0.0) or 1.0
        figure.add_trace(unobserved(rows, step_s, tz, 0.0, top), row=2, col=1)


def _volume(
    name: str, rows: Sequence[Row], step_s: float, tz: tzinfo, alone: bool, colour: str
) -> go.Bar | go.Scatter:
    points = with_breaks(rows, step_s)
    x = [None if p is None else words.local(p["start"], tz) for p in points]
    y = [None if p is None else per_minute(p) for p in points]
    told = [["" if p is None else words.messages(p["n"])] for p in points]
    hover = "%{y:.3~g} / min, %{customdata[0]}<extra>" + ("Messages" if alone else name) + "</extra>"
    if alone:
        return go.Bar(
            x=x, y=y, customdata=told, name="Messages", hovertemplate=hover, showlegend=False,
            marker={"color": faded(colour, 0.55), "line": {"width": 0}},
            width=step_s * 1000 * 0.9, offset=0,
        )  # fmt: skip
    return go.Scatter(
        x=x, y=y, customdata=told, name=name, mode="lines", hovertemplate=hover, showlegend=False,
        line={"color": colour, "width": 1.5, "shape": "hvh"}, connectgaps=False,
    )  # fmt: skip


def _mood_range(channels: Mapping[str, Sequence[Row]]) -> tuple[float, float]:
    """Room for the means and nine tenths of their bands; zero is always in it."""
    spoken = [r for rows in channels.values() for r in rows if r["mean"] is not None]
    sure = [margin(r["sd"], r["n"]) or 0.0 for r in spoken]
    lows = sorted(r["mean"] - m for r, m in zip(spoken, sure, strict=True))
    highs = sorted(r["mean"] + m for r, m in zip(spoken, sure, strict=True))
    low = min([-0.1, *(r["mean"] for r in spoken), *lows[len(lows) // 10 :][:1]])
    high = max([0.1, *(r["mean"] for r in spoken), *highs[: len(highs) * 9 // 10 + 1][-1:]])
    pad = 0.12 * (high - low)
    return max(-1.05, low - pad), min(1.1, high + pad)


def event_traces(events: Sequence[Row], tz: tzinfo, y: float) -> list[go.Scatter]:
    """A trace of markers a kind; frequent kinds are left out where they would hide the rest."""
    found = []
    for kind in dict.fromkeys(e["kind"] for e in shown_events(events)):
        some = [e for e in events if e["kind"] == kind]
        told = [
            [f"{words.plotted(words.event_text(kind, e['detail']), 80)}<br>{words.utc_text(e['at'])}"]
            for e in some
        ]
        found.append(
            go.Scatter(
                x=[words.local(e["at"], tz) for e in some], y=[y] * len(some), mode="markers",
                name=words.plotted(words.event_kind(kind)), customdata=told,
                hovertemplate="%{customdata[0]}<extra></extra>",
                marker={"symbol": _SYMBOLS.get(kind, "circle"), "size": 9, "color": GREY,
                        "line": {"width": 1}},
            )  # fmt: skip
        )
    return found


def shown_events(events: Sequence[Row]) -> list[Row]:
    """All events of a quiet span; of a busy one without subs, gifts and cheers."""
    if len(events) <= MOST_EVENTS:
        return list(events)
    return [e for e in events if e["kind"] not in _FREQUENT]


def movers(terms: Sequence[Row], most: int = 8) -> go.Figure:
    """Bars of what pushed the mood up (right) and down (left), the strongest on top."""
    named = [t for t in terms if t["kind"] != "rest" and t["contribution"]]
    up = sorted((t for t in named if t["contribution"] > 0), key=lambda t: -t["contribution"])[:most]
    down = sorted((t for t in named if t["contribution"] < 0), key=lambda t: t["contribution"])[:most]
    shown = [*up, *reversed(down)]
    places = list(range(len(shown)))
    figure = go.Figure(
        go.Bar(
            x=[t["contribution"] for t in shown], y=places, orientation="h",
            marker={"color": [UP if t["contribution"] > 0 else DOWN for t in shown]},
            text=[words.signed(t["contribution"], 4) for t in shown], textposition="outside",
            cliponaxis=False,
            customdata=[[words.plotted(t["term"]), words.count(t["n"]), t["kind"]] for t in shown],
            hovertemplate="<b>%{customdata[0]}</b> (%{customdata[2]})<br>%{text} of the mean mood"
            "<br>used %{customdata[1]} times<extra></extra>",
        )  # fmt: skip
    )
    finish(figure, 80 + 24 * max(len(shown), 4), bargap=0.25)
    widest = max([abs(t["contribution"]) for t in shown], default=1.0) * 1.35
    figure.update_yaxes(
        tickvals=places, autorange="reversed", showgrid=False,
        ticktext=[f"{words.plotted(t['term'])}  ({words.count(t['n'])})" for t in shown],
    )  # fmt: skip
    figure.update_xaxes(range=[-widest, widest], zeroline=True, zerolinecolor=GREY,
                        title="Part of the mean mood", nticks=5)  # fmt: skip
    return figure


def histogram(channels: Mapping[str, Sequence[Row]], width: float) -> go.Figure:
    """Share of windows by their mean mood; rows of dash_histogram by channel."""
    figure = go.Figure()
    for index, (name, rows) in enumerate(channels.items()):
        total = sum(r["windows"] for r in rows)
        figure.add_trace(
            go.Bar(
                x=[r["low"] + width / 2 for r in rows], y=[r["windows"] / total for r in rows],
                width=width * 0.96, name=words.plotted(name),
                marker={"color": faded(CHANNELS[index % 6], 0.75 if len(channels) == 1 else 0.5)},
                customdata=[
                    [words.count(r["windows"]), words.signed(r["low"]), words.signed(r["low"] + width)]
                    for r in rows
                ],
                hovertemplate="%{customdata[1]} to %{customdata[2]}<br>%{y:.1%} of windows, "
                "n = %{customdata[0]}<extra>%{fullData.name}</extra>",
            )  # fmt: skip
        )
    finish(figure, 320, barmode="overlay", showlegend=len(channels) > 1)
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(title="Mean mood of a window", tickformat=".2~f")
    figure.update_yaxes(title="Share of windows", tickformat=".0%")
    return figure

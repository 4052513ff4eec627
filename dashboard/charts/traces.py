"""The traces that charts of mood over time are made of. No Streamlit.

Times come as naive UTC, as tables have them; axes show the reader's zone, hovers UTC too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import plotly.graph_objects as go

from dashboard import wording
from dashboard.basis import NAMES
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.coarse import coarse
from dashboard.charts.series import Row, margin, of_basis, runs, state, stretches, with_breaks
from dashboard.charts.style import FORECAST, GREY, HISTORY, faded
from warehouse.records import WINDOW_SECONDS

_SYMBOLS = {
    "raid": "triangle-up",
    "sub": "star",
    "gift": "star-diamond",
    "cheer": "diamond",
    "gift_paid_upgrade": "star-open",
    "prime_paid_upgrade": "star-open",
    "pay_it_forward": "star-diamond-open",
    "bits_badge_tier": "diamond-open",
    "power_up": "diamond-open",
    "combo": "diamond-tall",
    "charity_donation": "hexagram",
    "announcement": "bowtie",
    "moment": "star-square",
    "watch_streak": "circle-open",
    "unraid": "triangle-up-open",
    "hype_train": "triangle-right",
    "ad_break": "line-ew-open",
    "title": "square-open",
    "category": "square",
    "connection_lost": "x",
    "marker": "pentagon",
}
# what many viewers do: only shown where there is room
_FREQUENT = frozenset(
    "sub gift cheer gift_paid_upgrade prime_paid_upgrade pay_it_forward bits_badge_tier power_up "
    "combo watch_streak".split()
)
MOST_EVENTS = 60


def mood_line(rows: Sequence[Row], step_s: float, tz: tzinfo, **look: Any) -> go.Scatter:
    """Mean mood; NaN in y where nobody spoke or nobody looked, so that the line breaks."""
    points = with_breaks(rows, step_s)
    lone = {id(run[0]) for run in runs(points) if len(run) == 1}
    colour = look.pop("colour", HISTORY)
    return go.Scatter(
        x=times(None if p is None else wording.local(p["start"], tz) for p in points),
        y=values(None if p is None else p["mean"] for p in points),
        customdata=cells([_hover(p) for p in points]),
        mode="lines+markers" if lone else "lines",  # a marker a point, seen or not, takes its time
        marker={"size": [5 if id(p) in lone else 0 for p in points], "color": colour},
        line={"color": colour, "width": 2, "dash": look.pop("dash", "solid")},
        connectgaps=False,
        hovertemplate="%{customdata[0]}<extra>%{fullData.name}</extra>",
        **{"name": "Mood", **look},
    )


def other_lines(rows: Sequence[Row], basis: str, tz: tzinfo, k: int = 1) -> list[go.Scatter]:
    """Moods of windows that were read from something else than `basis`: another measure, in grey
    and dots. k: windows a point."""
    lines = []
    for other in sorted({r["basis"] for r in rows if r.get("basis", basis) != basis}):
        of_other = coarse(of_basis(rows, other), k)
        if any(r["mean"] is not None for r in of_other):
            name = f"Mood {NAMES[other]}"
            lines.append(
                mood_line(of_other, WINDOW_SECONDS * k, tz, colour=GREY, dash="dot", name=name)
            )
    return lines


def _hover(row: Row | None) -> list[str]:
    if row is None or row["mean"] is None:
        return [""]
    return [f"{told(row)}<br>{wording.utc_text(row['start'])}"]


def told(row: Row) -> str:
    """+0.21 ± 0.05, 12 messages; without its mood where none is told."""
    n = wording.messages(row["n"])
    if row["mean"] is None:
        return n
    sure = margin(row.get("sd"), row["n"])
    band = f" ± {sure:.2f}" if sure is not None else ""
    return f"{wording.signed(row['mean'])}{band}, {n}"


def sure_band(rows: Sequence[Row], step_s: float, tz: tzinfo, colour: str = HISTORY) -> go.Scatter:
    """How sure the means are: ± 1.96 sd / sqrt(n), a closed shape for each stretch of chat."""
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    for run in runs(with_breaks(rows, step_s)):
        margins = [(p, m) for p in run if (m := margin(p.get("sd"), p["n"])) is not None]
        there = [wording.local(p["start"], tz) for p, _ in margins]
        xs += [*there, *reversed(there), None]
        ys += [min(p["mean"] + m, 1.0) for p, m in margins]
        ys += [*(max(p["mean"] - m, -1.0) for p, m in reversed(margins)), None]
    return go.Scatter(
        x=times(xs),
        y=values(ys),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour, 0.18),
        hoverinfo="skip",
        showlegend=False,
        name="95 % sure",
    )


def forecast_traces(
    forecast: Mapping[str, Any], tz: tzinfo, last: Row | None = None
) -> list[go.Scatter]:
    """Band and dashed median of a forecast; the median starts at the last observed mean."""
    steps = [forecast["cutoff"] + timedelta(seconds=WINDOW_SECONDS * k) for k in range(10)]
    xs = [wording.local(at, tz) for at in steps]
    spoken = last is not None and last["mean"] is not None
    joined = [(wording.local(last["start"], tz), last["mean"])] if last and spoken else []
    texts = [
        f"<b>{wording.signed(q)}</b>, 80 %: {wording.signed(low)} to {wording.signed(high)}"
        f"<br>{wording.utc_text(at)}"
        for at, low, q, high in zip(
            steps, forecast["q10"], forecast["q50"], forecast["q90"], strict=True
        )
    ]
    return [
        _between(xs, forecast["q025"], forecast["q975"], 0.10, "95 % band"),
        _between(xs, forecast["q10"], forecast["q90"], 0.20, "80 % band"),
        go.Scatter(
            x=[x for x, _ in joined] + xs,
            y=[y for _, y in joined] + list(forecast["q50"]),
            mode="lines",
            line={"color": FORECAST, "width": 2, "dash": "dash"},
            name="Forecast",
            customdata=[[""]] * len(joined) + [[t] for t in texts],
            hovertemplate="%{customdata[0]}<extra>Forecast</extra>",
        ),
    ]


def _between(
    xs: Sequence[datetime], low: Sequence[float], high: Sequence[float], alpha: float, name: str
) -> go.Scatter:
    return go.Scatter(
        x=[*xs, *reversed(xs)],
        y=[*high, *reversed(low)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(FORECAST, alpha),
        hoverinfo="skip",
        name=name,
    )


def silence_marks(rows: Sequence[Row], tz: tzinfo, y: float) -> go.Scatter:
    """A small tick at height y for every stretch of time in which nobody spoke."""
    silent = [r for r in rows if state(r["n"], r["observed_s"]) == "silence"]
    return go.Scatter(
        x=times(wording.local(r["start"], tz) for r in silent),
        y=values([y] * len(silent)),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 7, "color": GREY, "line": {"width": 1.5}},
        name="Silence",
        customdata=cells([[wording.utc_text(r["start"])] for r in silent]),
        hovertemplate="nobody spoke<br>%{customdata[0]}<extra>Silence</extra>",
    )


def unobserved(
    rows: Sequence[Row], step_s: float, tz: tzinfo, low: float, high: float
) -> go.Scatter:
    """Hatched boxes where the channel was on but not seen: nothing is known there."""
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    for start, end in stretches(rows, step_s):
        a, b = wording.local(start, tz), wording.local(end, tz)
        xs += [a, b, b, a, a, None]
        ys += [low, low, high, high, low, None]
    return go.Scatter(
        x=times(xs),
        y=values(ys),
        mode="lines",
        line={"width": 0},
        fill="toself",
        hoverinfo="skip",
        fillcolor=faded(GREY, 0.35),
        name="Not observed",
        fillpattern={
            "shape": "/",
            "fgcolor": GREY,
            "bgcolor": "rgba(0,0,0,0)",
            "size": 5,
            "solidity": 0.25,
        },
    )


def event_traces(events: Sequence[Row], tz: tzinfo, y: float) -> list[go.Scatter]:
    """A trace of markers a kind; frequent kinds are left out where they would hide the rest."""
    traces = []
    for kind in dict.fromkeys(e["kind"] for e in shown_events(events)):
        some = [e for e in events if e["kind"] == kind]
        texts = [[_event_hover(e)] for e in some]
        traces.append(
            go.Scatter(
                x=[wording.local(e["at"], tz) for e in some],
                y=[y] * len(some),
                mode="markers",
                name=wording.plotted(wording.event_kind(kind)),
                customdata=texts,
                hovertemplate="%{customdata[0]}<extra></extra>",
                marker={
                    "symbol": _SYMBOLS.get(kind, "circle"),
                    "size": 9,
                    "color": GREY,
                    "line": {"width": 1},
                },
            )
        )
    return traces


def _event_hover(event: Row) -> str:
    text = wording.event_text(event["kind"], event["detail"])
    return f"{wording.plotted(text, 80)}<br>{wording.utc_text(event['at'])}"


def shown_events(events: Sequence[Row]) -> list[Row]:
    """All events of a quiet span; of a busy one without what many viewers do."""
    if len(events) <= MOST_EVENTS:
        return list(events)
    return [e for e in events if e["kind"] not in _FREQUENT]

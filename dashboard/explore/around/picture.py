"""The picture of an event study: activity above, mood below, each beside its random moments."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import wording
from dashboard.charts.style import GREY, HISTORY, faded, finish
from dashboard.explore.around.study import MINUTES, Curve, Study

Say = Callable[[float], str]


def figure(found: Study, name: str) -> go.Figure:
    """Minutes from the events across; a mark a minute, a filled one where it is beyond chance."""
    plot = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    halves = ((found.activity, _times), (found.mood, wording.signed))
    for row, (curve, say) in enumerate(halves, start=1):
        plot.add_traces(_traces(curve, name, say, found, legend=row == 1), rows=row, cols=1)
    plot.add_vline(x=0, line={"color": GREY, "width": 1, "dash": "dot"})
    ticks = list(range(int(MINUTES[0]), int(MINUTES[-1]) + 2))
    across = {
        "tickvals": [t for t in ticks if not t % 5 or len(ticks) < 8],
        "zeroline": False,
        "range": [ticks[0], ticks[-1]],
    }
    plot.layout.xaxis2.title = "Minutes after (before: −)"
    up = [
        {"title": "Activity, × usual", "rangemode": "tozero", "tickformat": "~g"},
        {"title": "Mood, ± usual", "tickformat": ".2~f"},
    ]
    return finish(plot, 480, across, up, showlegend=True, hovermode="closest")


def _times(value: float) -> str:
    return f"{value:.2f} ×"


def _traces(curve: Curve, name: str, say: Say, found: Study, legend: bool) -> list[go.Scatter]:
    middles = MINUTES + 0.5
    common: dict[str, Any] = {"showlegend": legend}
    band, own = (
        _band(curve.low, curve.high),
        _band(curve.value - curve.half, curve.value + curve.half),
    )
    return [
        go.Scatter(
            **band,
            fillcolor=faded(GREY, 0.3),
            name="Random moments",
            legendgroup="random",
            **common,
        ),
        go.Scatter(
            **own,
            fillcolor=faded(HISTORY, 0.18),
            name="95 % of the mean",
            legendgroup="mean",
            **common,
        ),
        go.Scatter(
            x=middles,
            y=curve.value,
            mode="lines+markers",
            name=wording.plotted(name),
            legendgroup="events",
            line={"color": HISTORY, "width": 2},
            marker={
                "size": 9,
                "color": HISTORY,
                "symbol": ["circle" if told else "circle-open" for told in curve.beyond],
            },
            customdata=[[_hover(curve, k, say, found)] for k in range(len(MINUTES))],
            hovertemplate="%{customdata[0]}<extra></extra>",
            **common,
        ),
    ]


def _band(low: Any, high: Any) -> dict[str, Any]:
    """A shape between two lines; minutes in which nobody spoke are left out."""
    known = low == low
    xs = (MINUTES + 0.5)[known]
    return {
        "x": [*xs, *reversed(xs)],
        "y": [*high[known], *reversed(low[known])],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "hoverinfo": "skip",
    }


def _hover(curve: Curve, k: int, say: Say, found: Study) -> str:
    minute = int(MINUTES[k])
    head = f"minute {minute} to {minute + 1}".replace("-", "−")
    if curve.value[k] != curve.value[k]:
        return f"{head}: nobody spoke"
    told = "beyond chance" if curve.beyond[k] else "within chance"
    n = wording.messages(int(found.messages[k]))
    return (
        f"{head}<br><b>{say(curve.value[k])}</b> ± {curve.half[k]:.2f}, {told}<br>random moments: "
        f"{say(curve.low[k])} to {say(curve.high[k])}<br>n = {n}"
    )

"""Chances as they were told and as often as things happened: a section of Forecast accuracy.

They come with the model's card: judged on chat that it had not learnt from.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from dashboard import frame, sections, wording
from dashboard.charts.style import CHANNELS, CONFIG, GREY, finish
from warehouse.chances import CHANGE, ENOUGH, EVENTS

NAMES = {
    "above": "a mood above its usual",
    "drop": f"a mood {CHANGE:g} or more below its usual",
    "rise": f"a mood {CHANGE:g} or more above its usual",
}
TOLD = 0.7  # the chance that the sentence is about, or the nearest there is
MOST = 1e12  # of forecasts: a larger number is no count


class Bin(NamedTuple):
    """Forecasts of about one chance. said, happened: 0..1. n: forecasts."""

    said: float
    happened: float
    n: int


def section(chances: Mapping[str, Any]) -> None:
    """chances: of one model, by event, as its card has them."""
    found = {event: bins for event in EVENTS if (bins := bins_of(chances.get(event)))}
    rows = [{"event": e, **b._asdict()} for e, bins in found.items() for b in bins]
    small = "on chat that the model had not learnt from"
    sections.head("Are the chances right?", small, rows, "chances")
    if not found:
        st.caption("No model tells how often its chances were right.")
        return
    left, right = st.columns([4, 5], gap="large", vertical_alignment="center")
    left.plotly_chart(
        figure(found), key="chances", config=CONFIG,
        alt="How often things happened, by the chance that DLD told",
    )  # fmt: skip
    with right:
        for event, bins in found.items():
            told = sentence(event, bins) if holds(chances[event]) else untold(event)
            frame.put(frame.say(told))
        st.caption(f"Open marks rest on fewer than {ENOUGH} forecasts: mostly chance.")


def of_card(card: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The model's part of a card's chances; empty for none, or for what cannot be read."""
    chances = card.get("chances")
    mine = chances.get(model) if isinstance(chances, dict) else None
    return mine if isinstance(mine, dict) else {}


def holds(event: Any) -> bool:
    """True if the chance of the event is told to people."""
    return isinstance(event, dict) and event.get("holds") is True


def bins_of(event: Any) -> list[Bin]:
    """The bins of an event's diagram that any forecast fell into, by chance."""
    rows = event.get("bins") if isinstance(event, dict) else None
    found = [_bin(row) for row in rows] if isinstance(rows, list) else []
    return sorted(b for b in found if b is not None)


def _bin(row: Any) -> Bin | None:
    if not isinstance(row, list) or len(row) != 3:
        return None
    if not all(isinstance(v, int | float) and 0 <= v <= MOST for v in row):
        return None
    said, happened, n = row
    return Bin(said, happened, int(n)) if n > 0 and said <= 1 and happened <= 1 else None


def sentence(event: str, bins: list[Bin]) -> str:
    """When DLD says 70 % for a mood above its usual, it happens in 68 of 100."""
    large = [b for b in bins if b.n >= ENOUGH] or bins
    near = min(large, key=lambda b: abs(b.said - TOLD))
    return (
        f"When DLD says {wording.percent(near.said)} for {NAMES[event]}, it happens in "
        f"{near.happened * 100:.0f} of 100 (n = {wording.count(near.n)})."
    )


def untold(event: str) -> str:
    """Of an event whose chance is not told."""
    return f"DLD tells no chance of {NAMES[event]}: it was not right often enough."


def figure(by_event: Mapping[str, list[Bin]]) -> go.Figure:
    """A line an event; on the diagonal every chance holds."""
    plot = go.Figure(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", name="honest", hoverinfo="skip",
            line={"color": GREY, "width": 1.5, "dash": "dash"},
        )
    )  # fmt: skip
    for colour, (event, bins) in zip(CHANNELS, by_event.items(), strict=False):
        plot.add_traces(_traces(NAMES[event], bins, colour))
    ends = {"tickformat": ".0%", "range": [-0.02, 1.02]}
    up = {"title": "Happened", **ends}
    across = {"title": "Chance that DLD told", **ends}
    return finish(plot, 340, across, up, hovermode="closest", showlegend=True)


def _traces(name: str, bins: list[Bin], colour: str) -> list[go.Scatter]:
    """A line through bins of enough forecasts, and an open mark for each of the others."""
    enough = [b for b in bins if b.n >= ENOUGH]
    rest = [b for b in bins if b.n < ENOUGH]
    look = {"mode": "lines+markers", "line": {"color": colour, "width": 2}, "marker": {"size": 8}}
    mark = {"symbol": "circle-open", "size": 6, "color": colour}
    few = {"mode": "markers", "marker": mark, "showlegend": False}
    return [
        go.Scatter(
            x=[b.said for b in some], y=[b.happened for b in some], name=name, legendgroup=name,
            customdata=[[wording.count(b.n)] for b in some],
            hovertemplate="told %{x:.0%}, happened %{y:.0%}, n = %{customdata[0]}"
            "<extra>%{fullData.name}</extra>",
            **how,
        )
        for some, how in ((enough, look), (rest, few))
        if some
    ]  # fmt: skip

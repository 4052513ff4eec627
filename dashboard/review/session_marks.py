"""Marks on a stream's timeline: moments, turns of the mood, own ranges. No Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts.style import CHANNELS, DOWN, GREY, HISTORY, UP
from dashboard.review import sentences
from dashboard.review.record.decided import Decisions, Own
from dashboard.review.record.viewers_clips import Clip
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import title

NUMBERED = 20
NEAR = 0.065  # of a stream: numbers nearer than this would touch each other on a phone
ROWS = 3  # of numbers, one above the other
_STEP = 0.09  # from one row to the next, of the panel's height
DARK, LIGHT = "#3b4656", "#ffffff"
LOOKS = {  # of a number by what was decided: name, disc, ring and its number
    "": ("Moments", DARK, LIGHT, LIGHT),
    "keep": ("Kept", HISTORY, LIGHT, LIGHT),
    "drop": ("Dropped", "rgba(0,0,0,0)", GREY, GREY),
}
Ranked = Sequence[tuple[int, PlacedMoment]]


@dataclass(frozen=True)
class Marks:
    """All that is marked: moments with their ranks, from 1; turns; what people decided; clips of
    viewers, with when they begin."""

    moments: Ranked = ()
    turns: Ranked = ()
    decisions: Decisions = field(default_factory=lambda: Decisions({}))
    clips: Sequence[tuple[datetime, Clip]] = ()


def room(rows: Mapping[int, int]) -> float:
    """Above a panel for rows of numbers, as a share of its height. rows: `rows_of`."""
    return 0.16 + _STEP * max(rows.values(), default=0)


def rows_of(moments: Ranked, length_s: float) -> dict[int, int]:
    """By rank the row of its number, from 0 at the foot: near ones stand one above the other."""
    last: list[float] = []  # of each row
    placed = {}
    for rank, one in sorted(moments[:NUMBERED], key=lambda x: x[1].at_s):
        free = [k for k, at_s in enumerate(last) if one.at_s - at_s >= NEAR * length_s]
        row = free[0] if free else len(last) if len(last) < ROWS else last.index(min(last))
        last[row : row + 1] = [one.at_s]
        placed[rank] = row
    return placed


def traces(
    of: Marks, tz: tzinfo, low: float, high: float, rows: Mapping[int, int]
) -> list[go.Scatter]:
    """On a panel whose values reach from low to high; the moments stand above it, in rows."""
    apart = high - low
    heights = {rank: high + (0.08 + _STEP * row) * apart for rank, row in rows.items()}
    return [
        *_turns(of.turns, tz, low + 0.1 * apart),
        *_clips(of.clips, tz, low + 0.02 * apart),
        *_own(of.decisions.own, tz, high),
        *_moments(of, tz, heights),
    ]


def _moments(of: Marks, tz: tzinfo, heights: Mapping[int, float]) -> list[go.Scatter]:
    """Numbers of the moments above where they began; what was dropped is an empty ring."""
    by: dict[str, list[tuple[int, PlacedMoment]]] = {}
    for rank, one in of.moments:
        if rank in heights:
            by.setdefault(of.decisions.of(one), []).append((rank, one))
    return [_numbers(mark, by[mark], tz, heights) for mark in ("drop", "", "keep") if mark in by]


def _numbers(mark: str, ranked: Ranked, tz: tzinfo, heights: Mapping[int, float]) -> go.Scatter:
    name, disc, ring, number = LOOKS[mark]
    last_on_top = sorted(ranked, key=lambda x: -x[0])  # the strongest
    return go.Scatter(
        x=[wording.local(one.at, tz) for _, one in last_on_top],
        y=[heights[rank] for rank, _ in last_on_top],
        mode="markers+text",
        name=name,
        text=[str(rank) for rank, _ in last_on_top],
        textfont={"size": 11, "color": number},
        unselected={"textfont": {"color": number}},
        marker={"symbol": "circle", "size": 19, "color": disc, "line": {"width": 1, "color": ring}},
        customdata=[[_hover(f"{rank}. ", one)] for rank, one in last_on_top],
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _turns(ranked: Ranked, tz: tzinfo, y: float) -> list[go.Scatter]:
    """Triangles at the foot of the panel that point where the mood went."""
    if not ranked:
        return []
    up = [one.moment.mood > one.moment.before for _, one in ranked]
    return [
        go.Scatter(
            x=[wording.local(one.at, tz) for _, one in ranked],
            y=[y] * len(ranked),
            mode="markers",
            name="Turns of mood",
            marker={
                "symbol": ["triangle-up" if u else "triangle-down" for u in up],
                "size": 10,
                "color": [UP if u else DOWN for u in up],
            },
            customdata=[[_hover("", one)] for _, one in ranked],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    ]


def _clips(clips: Sequence[tuple[datetime, Clip]], tz: tzinfo, y: float) -> list[go.Scatter]:
    """Diamonds at the foot of the panel."""
    if not clips:
        return []
    texts = [
        f"{sentences.elapsed(clip.at_s)}, {wording.count(clip.views)} views" for _, clip in clips
    ]
    return [
        go.Scatter(
            x=[wording.local(at, tz) for at, _ in clips],
            y=[y] * len(clips),
            mode="markers",
            name="Viewers' clips",
            marker={"symbol": "diamond-wide", "size": 10, "color": CHANNELS[2]},
            customdata=[[text] for text in texts],
            hovertemplate="%{customdata[0]}<extra>Clip</extra>",
        )
    ]


def _own(own: Sequence[Own], tz: tzinfo, y: float) -> list[go.Scatter]:
    """A bar from the beginning to the end of each range."""
    if not own:
        return []
    ends = [(o, at) for o in own for at in (o.at, o.at + timedelta(seconds=o.seconds), None)]
    return [
        go.Scatter(
            x=[None if at is None else wording.local(at, tz) for _, at in ends],
            y=[None if at is None else y for _, at in ends],
            mode="lines+markers",
            name="Your ranges",
            line={"color": HISTORY, "width": 5},
            marker={"symbol": "line-ns-open", "size": 11, "color": HISTORY},
            connectgaps=False,
            customdata=[[wording.plotted(o.text, 90) or "Your range"] for o, _ in ends],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    ]


def _hover(number: str, one: PlacedMoment) -> str:
    m = one.moment
    head = f"<b>{number}{title(m)}</b> at {sentences.elapsed(one.at_s)}, {sentences.sigma(m)}"
    terms = wording.plotted(sentences.terms(m, one.reasons, 3), 90)
    parts = [head, wording.plotted(sentences.sentence(m), 140), terms, wording.utc_text(one.at)]
    return "<br>".join(p for p in parts if p)

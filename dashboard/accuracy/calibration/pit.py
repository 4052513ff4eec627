"""Calibration: where what happened lay among the quantiles that had been said of it.

A section of the Forecast accuracy page. The probability integral transform (PIT) of an honest
forecast is even: each bin between two quantiles holds the share that lies between their levels.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from math import sqrt
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from dashboard import data, frame, sections, wording
from dashboard.accuracy import accuracy_charts, steps
from dashboard.charts.series import SURE, Row
from dashboard.charts.style import CONFIG, FORECAST, GREY, faded, finish
from warehouse.records import FIVE, HORIZON, WINDOW_SECONDS

LEVELS = (0.0, 0.025, 0.1, 0.5, 0.9, 0.975, 1.0)
BINS = (
    "below the 95 % band", "between the bands, low", "below the middle",
    "above the middle", "between the bands, high", "above the 95 % band",
)  # fmt: skip
MOST = 20_000  # forecasts that are read
FEWEST = 200
Queries = list[tuple[str, dict[str, Any]]]


def section(
    channels: Sequence[str],
    span: tuple[datetime, datetime],
    model: str,
    step: int,
    tz: tzinfo,
    queries: Queries,
    basis: str,
) -> None:
    """A bar a bin against what an honest forecast has. span: of the page, [since, until)."""
    since, until = narrowed(span, len(channels))
    inside = {"channels": list(channels), "since": since, "until": until}
    rows = _bins({**inside, "model": model, "basis": basis}, step, queries)
    overlap = HORIZON if step == FIVE else 1
    bins = shares(rows, overlap)
    n = sum(r["targets"] for r in rows)
    sections.head(
        "Where the truth lay among the quantiles",
        steps.counted(step, n),
        bins,
        "calibration",
    )
    if not n:
        frame.put(frame.say(_nothing(model, since, until, tz)))
        return
    st.plotly_chart(
        bars(bins), key="pit", config=CONFIG, alt="Share of windows by place among the quantiles"
    )
    frame.put(frame.say(verdict([r["windows"] for r in bins], overlap)))
    first, last = min(r["first_at"] for r in rows), max(r["last_at"] for r in rows)
    whiskers = "Whiskers are 95 % intervals for independent windows"
    if overlap > 1:
        whiskers = "Whiskers are 95 % intervals; ten forecasts overlap and count as one"
    st.caption(
        f"Forecasts for {wording.moment(first, tz)} to {wording.moment(last, tz)}; at most about "
        f"{MOST:,} of the newest forecasts count. Each bar is the share that fell into the bin, "
        f"divided by the share that belongs there: 1 is right. {whiskers}. "
        "Neighbours resemble each other, so the true interval is a little wider."
    )


def _bins(of: dict[str, Any], step: int, queries: Queries) -> Sequence[Row]:
    """A row a bin that any target fell into."""
    is_five = step == FIVE
    name = "dash_fives" if is_five else "dash_pit"
    values = {**of, "limit": MOST} if is_five else {**of, "step": step}
    queries.append((name, values))
    return in_bins(data.query(name, **values)) if is_five else data.rows(name, **values)


def in_bins(fives: pa.Table) -> list[dict[str, Any]]:
    """Rows of dash_fives as dash_pit has them of windows."""
    rows: pd.DataFrame = fives.to_pandas()
    came = rows["mean"]
    place = sum((came >= rows[f"five_{q}"]).astype(int) for q in ("q025", "q10", "q50"))
    place += sum((came > rows[f"five_{q}"]).astype(int) for q in ("q90", "q975"))
    by_bin = rows.assign(bin=place).groupby("bin")["cutoff"]
    counted = by_bin.agg(targets="size", first_at="min", last_at="max")
    found: list[dict[str, Any]] = counted.reset_index().to_dict("records")
    return found


def narrowed(
    span: tuple[datetime, datetime], channels: int, most: int = MOST
) -> tuple[datetime, datetime]:
    """The newest part of the span in which about `most` forecasts were made, one a window."""
    since, until = span
    return max(since, until - timedelta(seconds=WINDOW_SECONDS * most / max(channels, 1))), until


def shares(rows: Sequence[Row], overlap: int = 1) -> list[dict[str, Any]]:
    """A row a bin: windows, their share, the share that belongs there, over it with an interval.

    overlap: forecasts that are about the same windows, and tell as much as one.
    """
    of = {r["bin"]: r["targets"] for r in rows}
    n = sum(of.values())
    bins = []
    for k, name in enumerate(BINS):
        expected = LEVELS[k + 1] - LEVELS[k]
        share = of.get(k, 0) / n if n else 0.0
        half = SURE * sqrt(share * (1 - share) * overlap / n) if n else 0.0
        bins.append(
            {
                "bin": name, "from_level": LEVELS[k], "to_level": LEVELS[k + 1],
                "windows": of.get(k, 0), "share": share, "expected": expected,
                "ratio": share / expected, "half": half / expected,
            }
        )  # fmt: skip
    return bins


def bars(bins: Sequence[Row]) -> go.Figure:
    """Share over what belongs in the bin; as wide as the bin's levels, so that areas are shares."""
    figure = go.Figure(
        go.Bar(
            x=[(r["from_level"] + r["to_level"]) / 2 for r in bins],
            width=[(r["to_level"] - r["from_level"]) - 0.004 for r in bins],
            y=[r["ratio"] for r in bins],
            marker={"color": faded(FORECAST, 0.55), "line": {"width": 0}},
            error_y={
                "type": "data", "array": [r["half"] for r in bins], "color": GREY,
                "thickness": 1.5, "width": 3,
            },
            customdata=[
                [r["bin"], wording.count(r["windows"]), wording.percent(r["share"], 1),
                 wording.percent(r["expected"], 1)]
                for r in bins
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[2]} of windows, n = "
            "%{customdata[1]}<br>%{customdata[3]} belong there<extra></extra>",
        )
    )  # fmt: skip
    figure.add_hline(
        y=1,
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        annotation={"text": "honest = 1", "font": {"size": 11}},
        annotation_position="top",
    )
    across = {
        "title": "Level of the quantile",
        "tickvals": [0.025, 0.1, 0.5, 0.9, 0.975],
        "ticktext": ["2.5 %", "<br>10 %", "50 %", "<br>90 %", "97.5 %"],  # apart on a phone, too
        "tickangle": 0,
        "range": [-0.01, 1.01],
    }
    top = max([1.3, *(r["ratio"] + r["half"] for r in bins)]) * 1.08
    up = {"title": "Share over what belongs there", "range": [0, top]}
    return finish(figure, 320, across, up)


def verdict(windows: Sequence[int], overlap: int = 1) -> str:
    """What the shape says, in plain words. windows: of the six bins. overlap: as of shares."""
    n = sum(windows)
    if n < FEWEST * overlap:
        return f"Too few windows to tell (n = {n}); {FEWEST * overlap} are needed."
    outside, below = (windows[0] + windows[5]) / n, sum(windows[:3]) / n
    directions = []
    for value, level, more, less in (
        (outside, 0.05, "more", "less"),
        (below, 0.5, "more", "less"),
    ):
        beyond = abs(value - level) > 2 * SURE * sqrt(level * (1 - level) * overlap / n)
        directions.append((more if value > level else less) if beyond else "")
    tails = {
        "": "About as much fell outside the 95 % band as should",
        "more": "More fell outside the 95 % band than should: too sure of itself",
        "less": "Less fell outside the 95 % band than should: too timid",
    }[directions[0]]
    middle = {
        "": "it fell above and below the middle about equally often",
        "more": "the truth was mostly below the middle: it forecast too high",
        "less": "the truth was mostly above the middle: it forecast too low",
    }[directions[1]]
    return (
        f"{tails} ({wording.percent(outside, 1)} of 5 %); {middle} ({wording.percent(below, 1)} "
        f"below). n = {wording.count(n)}."
    )


def _nothing(model: str, since: datetime, until: datetime, tz: tzinfo) -> str:
    name = accuracy_charts.NAMES.get(model, wording.plain(model, 40))
    return (
        f"No forecast of {name} is kept for {wording.moment(since, tz)} to "
        f"{wording.moment(until, tz)}. Only forecasts of the model that served are kept one by "
        "one; the others have their scores."
    )

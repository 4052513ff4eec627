"""Trials of tuning: a section of the Forecast accuracy page."""

import math
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import data, frame, tables, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, DOWN, FORECAST, GREY, HISTORY, finish
from dashboard.tables import Column

LOOKS = {"done": (HISTORY, "circle"), "pruned": (GREY, "line-ew-open"), "failed": (DOWN, "x")}
_ABOUT = (
    "Loss is half squared error and half CRPS on streams that the network did not learn from, as a "
    "share of what the session mean has: lower is better. Much of it is chance that nobody can "
    "foresee. Trial 0 has the values in use. A pruned trial was stopped early: others were better."
)


def section(trials: Sequence[Row], tz: tzinfo) -> None:
    """Loss by trial, and a table of all; nothing where tuning never ran."""
    if not trials:
        return
    rows = [_parsed(trial) for trial in trials]
    losses = [r["loss"] for r in rows if r["status"] == "done" and r["loss"] is not None]
    best = f", the best {min(losses):.5f}" if losses else ""
    last = wording.moment(trials[-1]["trained_at"], tz) if trials[-1]["trained_at"] else ""
    frame.heading("Tuning", f"{len(rows)} trials{best}{f', the last {last}' if last else ''}")
    st.plotly_chart(loss_by_trial(rows), key="trials", config=CONFIG, alt="Loss by trial")
    st.caption(_ABOUT)
    with st.expander("Every trial"):
        tables.show("trial-table", _columns(rows))


def loss_by_trial(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """A mark a trial, by how it ended, and the best loss so far as a line."""
    figure = go.Figure()
    ended = [r for r in rows if r["last"] is not None]
    for status, (colour, symbol) in LOOKS.items():
        some = [r for r in ended if r["status"] == status]
        if some:
            figure.add_trace(
                go.Scatter(
                    x=[r["trial"] for r in some],
                    y=[r["last"] for r in some],
                    mode="markers",
                    name=status,
                    marker={"size": 9, "color": colour, "symbol": symbol, "line": {"width": 2}},
                    customdata=[[wording.plotted(r["values"], 200)] for r in some],
                    hovertemplate="trial %{x}: <b>%{y:.5f}</b><br>%{customdata[0]}"
                    "<extra>%{fullData.name}</extra>",
                )
            )
    figure.add_trace(_best(ended))
    up = {"title": "Loss", "tickformat": ".4f", "showgrid": True}
    return finish(figure, 280, {"title": "Trial", "tickformat": "d"}, up, showlegend=True)


def _best(rows: Sequence[Mapping[str, Any]]) -> go.Scatter:
    trials, lows, low = [], [], math.inf
    for r in rows:
        if r["status"] == "done":
            low = min(low, r["last"])
            trials.append(r["trial"])
            lows.append(low)
    return go.Scatter(
        x=trials,
        y=lows,
        mode="lines",
        name="best so far",
        line={"color": FORECAST, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _parsed(trial: Row) -> dict[str, Any]:
    """The trial with its JSON read; `last` is the loss it ended with, or was given up at."""
    scores, params = data.json_object(trial["scores"]), data.json_object(trial["params"])
    losses = scores.get("losses")
    epochs = losses if isinstance(losses, list) else []
    curve = [v for v in map(_number, epochs) if v is not None]
    loss = _number(scores.get("loss"))
    return {
        "trial": trial["trial"],
        "status": trial["status"],
        "loss": loss,
        "last": loss if loss is not None else (curve[-1] if curve else None),
        "curve": curve,
        "seconds": _number(scores.get("seconds")),
        "params": params,
        "values": ", ".join(f"{k} {_short(v)}" for k, v in params.items()),
        "why": scores.get("why"),
    }


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """What became of each trial, then its values, of those that any trial has."""
    names = dict.fromkeys(name for row in rows for name in row["params"])
    return {
        "Trial": tables.number((r["trial"] for r in rows), width=55),
        "Status": tables.text((wording.plain(r["status"]) for r in rows), 70),
        "Loss": tables.number((r["loss"] for r in rows), partial(wording.fixed, digits=5), 75),
        "Seconds": tables.number((r["seconds"] for r in rows), width=75),
        **{
            wording.plain(name): tables.text(_short(r["params"].get(name)) for r in rows)
            for name in names
        },
        "Why": tables.text(wording.plain(str(r["why"] or ""), 200) for r in rows),
        "After each epoch": tables.text(
            " ".join(wording.fixed(v, 5) for v in r["curve"]) for r in rows
        ),
    }


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:  # a whole number of hundreds of digits
        return None


def _short(value: Any) -> str:
    if value is None:
        return wording.MISSING
    return f"{value:.3g}" if isinstance(value, float) else wording.plain(str(value))

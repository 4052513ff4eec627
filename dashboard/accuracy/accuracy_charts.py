"""Figures of the Forecast accuracy page. No Streamlit."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import wording
from dashboard.accuracy import steps
from dashboard.charts.style import DASHES, FORECAST, GREY, faded, finish, named_rows
from warehouse.records import FIVE

_BASELINE_COLOURS = {  # none of them blue or orange: those are moods
    "session_mean": GREY,
    "last_value": "#8c8b34",
    "ewma": "#8f6cc4",
    "ridge": "#c4527f",
}
NAMES = {
    "session_mean": "Session mean",
    "last_value": "Last value",
    "ewma": "EWMA",
    "ridge": "Ridge",
}


BAND = {"color": FORECAST, "width": 2.5}


def model_name(model: str) -> str:
    """A model as people say it, safe to plot."""
    return NAMES.get(model, wording.plotted(model, 40))


def look_of(model: str, focus: str, index: int) -> dict[str, Any]:
    """Line of a model: the one in focus is thick and green, the others differ in dashes too."""
    if model == focus:
        return {"color": FORECAST, "width": 3}
    colour = _BASELINE_COLOURS.get(model, "#159a8c")
    return {"color": colour, "width": 1.5, "dash": DASHES[1 + index % 5]}


def skill_by_step(scores: pd.DataFrame, focus: str, shown: Sequence[str]) -> go.Figure:
    """Latent skill of each model by step; the band is the focused model's 95 % interval.

    scores: skill.scored(cells, ["model", "step"]).
    """
    figure = go.Figure()
    steps.part(figure, scores)
    one = scores[(scores["model"] == focus) & scores["skill_low"].notna()]
    one = one[one["step"] != FIVE]
    if len(one):
        figure.add_trace(_interval(one))
    for index, model in enumerate(shown):
        rows = scores[scores["model"] == model]
        if model == "session_mean" or rows.empty:
            continue
        line, size = look_of(model, focus, index), 6 if model == focus else 4
        figure.add_traces(steps.traces(rows, "skill", model_name(model), line, size, _skill))
    figure.add_hline(y=0, line={"color": GREY, "width": 1.5})
    up = {"title": "Latent skill (session mean: 0)", "tickformat": ".2f", **_skill_range(scores)}
    return finish(figure, 340, steps.axis(scores), up, hovermode="x unified", showlegend=True)


def _skill(value: float) -> str:
    return wording.signed(value, 3)


def _inside(share: float) -> str:
    return f"{wording.percent(share, 1)} inside"


def _skill_range(scores: pd.DataFrame) -> dict[str, Any]:
    """Room for what is near zero; a baseline far below may leave the picture."""
    skills = scores["skill"].dropna()
    if skills.empty:
        return {}
    top = max(0.1, float(skills.max()) * 1.3)
    return {"range": [max(-top * 0.7, min(-0.03, float(skills.min()) * 1.15)), top]}


def out_of_sight(scores: pd.DataFrame) -> list[str]:
    """Models whose skill over the five minutes or at step 1 lies below what skill_by_step shows,
    with it."""
    low = _skill_range(scores).get("range", [-1.0])[0]
    first = scores[scores["step"].isin((FIVE, 1)) & (scores["skill"] < low)]
    return [
        f"{model_name(r['model'])} ({wording.signed(r['skill'])}, {steps.named(r['step'])})"
        for r in first.sort_values("step", kind="stable").to_dict("records")
    ]


def _interval(rows: pd.DataFrame) -> go.Scatter:
    at, low, high = (rows[c].tolist() for c in ("step", "skill_low", "skill_high"))
    return go.Scatter(
        x=[*at, *reversed(at)],
        y=[*high, *reversed(low)],
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=faded(FORECAST, 0.18),
        hoverinfo="skip",
        name="95 % interval",
        showlegend=True,
    )


def coverage_by_step(scores: pd.DataFrame, focus: str) -> go.Figure:
    """Share of what happened that lay inside the bands, against what the bands promise."""
    rows = scores[scores["model"] == focus]
    figure = go.Figure()
    steps.part(figure, rows)
    for column, level, dash in (("coverage95", 0.95, "dot"), ("coverage80", 0.80, "solid")):
        name, line = f"{wording.percent(level)} band", {**BAND, "dash": dash}
        figure.add_traces(steps.traces(rows, column, name, line, 6, _inside))
        figure.add_hline(
            y=level,
            line={"color": GREY, "width": 1, "dash": "dash"},
            annotation={"text": f"promised {wording.percent(level)}", "font": {"size": 11}},
            annotation_position="bottom right",
        )
    low = min([0.7, *(float(v) - 0.03 for v in rows["coverage80"].dropna())])
    up = {"title": "Share inside the band", "tickformat": ".0%", "range": [low, 1.005]}
    return finish(figure, 340, steps.axis(rows), up, hovermode="x unified", showlegend=True)


MOST_CHANNELS = 30


def skill_by_channel(scores: pd.DataFrame) -> go.Figure:
    """A dot and its interval a channel, the MOST_CHANNELS with most windows, the best on top.

    scores: skill.scored(cells, ["channel"]).
    """
    rows = scores.dropna(subset=["skill"]).nlargest(MOST_CHANNELS, "targets").sort_values("skill")
    return skill_dots(rows, "channel")


def skill_dots(rows: pd.DataFrame, label: str) -> go.Figure:
    """A dot and its interval a row, from the bottom up, named by the column `label`."""
    places = list(range(len(rows)))
    half = (rows["skill_high"] - rows["skill"]).fillna(0.0)
    figure = go.Figure(
        go.Scatter(
            x=rows["skill"].tolist(),
            y=places,
            mode="markers",
            marker={"size": 11, "color": FORECAST},
            error_x={"type": "data", "array": half.tolist(), "color": FORECAST, "thickness": 1.5},
            customdata=[
                [wording.plotted(c), _skill(s), wording.count(t)]
                for c, s, t in zip(rows[label], rows["skill"], rows["targets"], strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}, n = %{customdata[2]}"
            "<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1.5})
    names = [
        f"{wording.plotted(c, 40)}  ({wording.count(t)})"
        for c, t in zip(rows[label], rows["targets"], strict=True)
    ]
    up = named_rows(names, range=[-0.6, max(len(rows), 1) - 0.4])
    across = {
        "title": "Latent skill (n in brackets)",
        "tickformat": ".2f",
        "showgrid": True,
        "nticks": 6,
        "tickangle": 0,
    }
    return finish(figure, 110 + 34 * max(len(rows), 2), across, up)

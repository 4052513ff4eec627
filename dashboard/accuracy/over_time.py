"""Error over time: a section of the Forecast accuracy page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import choices, frame, sections, wording
from dashboard.accuracy import skill, steps
from dashboard.accuracy.accuracy_charts import look_of, model_name
from dashboard.charts.style import CONFIG, GREY, finish
from dashboard.stream_times import PAUSE, TWITCH_BEGAN
from warehouse import forecast_metrics

METRICS = {metric.name: metric for metric in forecast_metrics.METRICS}


def section(cells: pd.DataFrame, model: str, step: int, days: int) -> None:
    """A line a model. cells: rows of dash_skill_days; days: of a point."""
    labels = {name: metric.label for name, metric in METRICS.items()}
    metric = choices.choose("Figure", "metric", labels, "skill", hidden=True)
    chosen = METRICS[metric]
    scores = skill.scored(cells.assign(block=0), ["model", "day"])
    scores = scores.dropna(subset=[metric])
    dated = scores[scores["day"] >= TWITCH_BEGAN]
    undated, scores = len(scores) > len(dated), dated
    mine = scores[scores["model"] == model]
    unit = "day" if days == 1 else f"{days} days"
    n, points = int(mine["targets"].sum()), len(mine)
    sections.head(
        f"{chosen.label}, {unit} by {unit}" if days == 1 else f"{chosen.label}, by {unit}",
        f"{steps.counted(step, n)}, {wording.count(points)} point{'' if points == 1 else 's'}",
        scores.to_dict("records"),
        "time",
    )
    if scores.empty:
        frame.put(frame.say("No score of this period has this figure."))
        return
    models = list(dict.fromkeys(scores["model"]))
    st.plotly_chart(
        lines(scores, metric, model, models), key="by-day", config=CONFIG,
        alt=f"{chosen.label} of every model over time",
    )  # fmt: skip
    if metric == "skill" and (hidden := outside(scores, model)):
        st.caption(f"Outside the picture on some days: {', '.join(hidden)}.")
    if undated:
        st.caption("Streams without a date are left out.")
    st.caption(
        f"{chosen.about} A point with a small n swings by chance: n is on hover. Days are of UTC."
    )


def lines(scores: pd.DataFrame, metric: str, focus: str, models: Sequence[str]) -> go.Figure:
    """The metric of each model by day. scores: skill.scored(cells, ["model", "day"])."""
    figure = go.Figure()
    chosen = METRICS[metric]
    for index, model in enumerate(models):
        rows = broken(scores[scores["model"] == model], metric, chosen.windows)
        if metric == "skill" and model == forecast_metrics.REFERENCE:
            continue  # 0 by definition, and drawn as the line
        figure.add_trace(
            go.Scatter(
                x=rows["day"].tolist(),
                y=rows[metric].tolist(),
                mode="lines+markers",
                name=model_name(model),
                line=look_of(model, focus, index),
                marker={"size": 7 if model == focus else 4},
                customdata=[
                    [f"{chosen.told(value)}, n = {wording.count(n)}"]
                    for value, n in zip(rows[metric], rows[chosen.windows], strict=True)
                ],
                hovertemplate="%{customdata[0]}<extra>%{fullData.name}</extra>",
            )
        )
    if chosen.line is not None:
        figure.add_hline(y=chosen.line, line={"color": GREY, "width": 1.5})
    up: dict[str, Any] = {"title": chosen.label, "tickformat": chosen.ticks.lstrip("+")}
    if metric == "skill":
        up |= near(scores, focus)
    return finish(figure, 380, _days(scores), up, hovermode="x unified", showlegend=True)


def _days(scores: pd.DataFrame) -> dict[str, Any]:
    """An axis of days: each has its tick while there are few."""
    days = sorted(scores["day"].unique())
    dates = {"nticks": 12, "hoverformat": "%a %-d %b %Y"}
    ticks = {"tickvals": days} if len(days) < 15 else {}
    return {**dates, **ticks, "tickformat": "%-d %b" if len(days) < 90 else "%b %Y"}


def broken(rows: pd.DataFrame, metric: str, windows: str) -> pd.DataFrame:
    """Rows of one model by day, with an empty one in each pause: no line is drawn over it."""
    after = pd.to_datetime(rows["day"]).diff() > PAUSE
    empty = rows[after].assign(**{metric: float("nan"), windows: 0})
    empty["day"] -= timedelta(days=1)
    return pd.concat([rows, empty]).sort_values("day")


def outside(scores: pd.DataFrame, focus: str) -> list[str]:
    """Models whose skill leaves the picture of `lines` on some day."""
    low, high = near(scores, focus).get("range", [float("-inf"), float("inf")])
    left = scores.loc[(scores["skill"] < low) | (scores["skill"] > high), "model"]
    return [model_name(str(model)) for model in dict.fromkeys(left)]


def near(scores: pd.DataFrame, focus: str) -> dict[str, list[float]]:
    """A range for nine of ten points of the model in focus, and what is near them; a day of few
    windows or a baseline far off may leave it."""
    mine = scores.loc[scores["model"] == focus, "skill"]
    if mine.empty:
        return {}
    low, high = min(float(mine.quantile(0.05)), 0.0), max(float(mine.quantile(0.95)), 0.1)
    pad = 0.25 * (high - low)
    return {"range": [low - pad, high + pad]}

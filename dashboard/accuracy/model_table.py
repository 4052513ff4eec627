"""Skill by step, and every model at one step: a section of the Forecast accuracy page."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, sections, tables, wording
from dashboard.accuracy import accuracy_charts, steps
from dashboard.charts.style import CONFIG
from warehouse.forecast_metrics import METRICS


def section(by_step: pd.DataFrame, model: str, step: int, models: Sequence[str]) -> None:
    """The chart, and the table of the step."""
    mine = by_step[by_step["model"] == model]
    n = steps.most(mine)
    sections.head("How much the forecast knows, by step", n, by_step.to_dict("records"), "skill")
    st.plotly_chart(
        accuracy_charts.skill_by_step(by_step, model, models),
        key="skill",
        config=CONFIG,
        alt="Latent skill of every model over the five minutes together and at steps 1 to 10",
    )
    below = accuracy_charts.out_of_sight(by_step)
    if below:
        st.caption(f"Below the picture: {', '.join(below)}.")
    lower = "lower is better for nMSE, CRPS and messages off"
    frame.heading("Every model", f"{steps.named(step)}; {lower}")
    table(by_step[by_step["step"] == step])


def interval(row: Mapping[str, Any]) -> str:
    """+0.10 to +0.20, or why there is none."""
    if pd.isna(row["skill_low"]):
        return "too few days for an interval"
    return f"{wording.signed(row['skill_low'], 2)} to {wording.signed(row['skill_high'], 2)}"


def table(at: pd.DataFrame) -> None:
    """A row a model, the best first."""
    rows = at.sort_values("skill", ascending=False)
    rows = rows.assign(
        model=[accuracy_charts.NAMES.get(m, wording.plain(m, 40)) for m in rows["model"]],
        interval=[interval(r) for r in rows.to_dict("records")],
    )
    columns = {"Model": tables.text(rows["model"], 150)}
    for metric in METRICS:
        if rows[metric.name].notna().any():
            columns[metric.label] = tables.number(
                rows[metric.name], metric.told, about=metric.about
            )
        if metric.name == "skill":
            columns["95 % interval"] = tables.text(rows["interval"])
        if metric.name == "nmse":
            columns["Floor"] = tables.number(rows["floor"], partial(wording.fixed, digits=4))
    columns["n"] = tables.number(rows["targets"])
    tables.show("models-at-step", columns)

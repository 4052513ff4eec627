"""Skill by step, and every model at one step: a section of the Forecast accuracy page."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, sections, wording
from dashboard.accuracy import accuracy_charts
from dashboard.charts.style import CONFIG


def section(by_step: pd.DataFrame, model: str, step: int, models: Sequence[str]) -> None:
    """The chart, and the table of the step."""
    mine = by_step[by_step["model"] == model]
    n = f"n = {wording.count(int(mine['targets'].max()))} windows a step"
    sections.head("How much is known, by step", n, by_step.to_dict("records"), "skill")
    st.plotly_chart(
        accuracy_charts.skill_by_step(by_step, model, models),
        key="skill",
        config=CONFIG,
        alt="Latent skill of every model at steps 1 to 10",
    )
    below = accuracy_charts.out_of_sight(by_step)
    if below:
        st.caption(f"Below the picture at step 1: {', '.join(below)}.")
    frame.heading("Every model", f"step {step}; lower is better for nMSE, CRPS and messages off")
    table(by_step[by_step["step"] == step])


def interval(row: Mapping[str, Any]) -> str:
    """+0.10 to +0.20, or why there is none."""
    if pd.isna(row["skill_low"]):
        return "too few days for an interval"
    return f"{wording.signed(row['skill_low'], 2)} to {wording.signed(row['skill_high'], 2)}"


def table(at: pd.DataFrame) -> None:
    """A row a model, the best first."""
    shown_rows = at.sort_values("skill", ascending=False)
    shown_rows = shown_rows.assign(
        model=[accuracy_charts.NAMES.get(m, wording.plain(m, 40)) for m in shown_rows["model"]],
        interval=[interval(r) for r in shown_rows.to_dict("records")],
        coverage80=shown_rows["coverage80"] * 100,
        coverage95=shown_rows["coverage95"] * 100,
    )
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "model": "Model",
        "skill": number("Latent skill", format="%+.3f"),
        "interval": "95 % interval",
        "nmse": number("nMSE", format="%.4f"),
        "floor": number("Floor", format="%.4f"),
        "crps": number("CRPS", format="%.4f"),
        "coverage80": number("80 % band", format="%.1f %%"),
        "coverage95": number("95 % band", format="%.1f %%"),
        "width80": number("80 % width", format="%.3f"),
        "width95": number("95 % width", format="%.3f"),
        "volume_error": number("Messages off", format="%.1f", help="a window, mean absolute"),
        "targets": number("n", format="localized"),
    }
    columns = {c: told for c, told in columns.items() if shown_rows[c].notna().any()}
    st.dataframe(
        shown_rows[list(columns)], hide_index=True, key="models-at-step", column_config=columns
    )

"""Are the bands honest, and how wide: a section of the Forecast accuracy page."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import sections, wording
from dashboard.accuracy import accuracy_charts, steps
from dashboard.charts.style import CONFIG, finish

KEPT = ["model", "step", "targets", "coverage80", "coverage95", "width80", "width95"]


def section(by_step: pd.DataFrame, model: str) -> None:
    """Coverage beside its level on the left, widths on the right."""
    mine = by_step[by_step["model"] == model]
    n = steps.most(mine)
    left, right = st.columns(2, gap="large")
    with left:
        sections.head("Are the bands honest?", n, mine[KEPT].to_dict("records"), "coverage")
        st.plotly_chart(
            accuracy_charts.coverage_by_step(by_step, model),
            key="coverage",
            config=CONFIG,
            alt="Coverage of the 80 % and 95 % bands by step",
        )
    with right:
        sections.head("How wide are they?", n, mine[KEPT].to_dict("records"), "widths")
        st.plotly_chart(widths(mine), key="widths", config=CONFIG, alt="Width of the bands by step")
    if mine["width95"].isna().all():
        st.caption("The width of the 95 % band was not kept when these forecasts were scored.")


def widths(rows: pd.DataFrame) -> go.Figure:
    """Mean width of both bands by step, in units of mood. rows: of one model, by step."""
    figure = go.Figure()
    steps.part(figure, rows)
    for column, level, dash in (("width95", 0.95, "dot"), ("width80", 0.80, "solid")):
        some = rows.dropna(subset=[column])
        name, line = f"{wording.percent(level)} band", {**accuracy_charts.BAND, "dash": dash}
        if len(some):
            figure.add_traces(steps.traces(some, column, name, line, 6, _wide))
    up = {"title": "Mean width (mood)", "rangemode": "tozero", "tickformat": ".2~f"}
    return finish(figure, 340, steps.axis(rows), up, hovermode="x unified", showlegend=True)


def _wide(width: float) -> str:
    return f"{wording.fixed(width, 3)} wide"

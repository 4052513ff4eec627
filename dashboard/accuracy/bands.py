"""Are the bands honest, and how wide: a section of the Forecast accuracy page."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import sections, wording
from dashboard.accuracy import accuracy_charts
from dashboard.charts.style import CONFIG, FORECAST, finish

KEPT = ["model", "step", "targets", "coverage80", "coverage95", "width80", "width95"]


def section(by_step: pd.DataFrame, model: str) -> None:
    """Coverage beside its level on the left, widths on the right."""
    mine = by_step[by_step["model"] == model]
    n = f"n = {wording.count(int(mine['targets'].max()))} windows a step"
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
    for column, level, dash in (("width95", 0.95, "dot"), ("width80", 0.80, "solid")):
        some = rows.dropna(subset=[column])
        if some.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=some["step"].tolist(),
                y=some[column].tolist(),
                mode="lines+markers",
                name=f"{wording.percent(level)} band",
                line={"color": FORECAST, "width": 2.5, "dash": dash},
                customdata=[[wording.count(n)] for n in some["targets"]],
                hovertemplate="%{y:.3f} wide, n = %{customdata[0]}<extra>%{fullData.name}</extra>",
            )
        )
    up = {"title": "Mean width (mood)", "rangemode": "tozero", "tickformat": ".2~f"}
    return finish(figure, 340, accuracy_charts.BY_STEP, up, hovermode="x unified", showlegend=True)

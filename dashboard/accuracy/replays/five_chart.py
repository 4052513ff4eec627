"""One forecast of five minutes beside the mood that came, as a small chart."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, FORECAST, GREY, HISTORY, faded, finish, named_rows

_BANDS = (("95 %", "five_q025", "five_q975", 0.12), ("80 %", "five_q10", "five_q90", 0.22))
_ROWS = {"usual": "Average so far", "five_q50": "Forecast", "mean": "What came"}  # from the bottom
_LOOKS = {
    "usual": {"symbol": "line-ns-open", "size": 16, "color": GREY},
    "five_q50": {"symbol": "line-ns-open", "size": 20, "color": FORECAST},
    "mean": {"symbol": "circle-open", "size": 12, "color": HISTORY},
}
_TOP = len(_ROWS) - 0.4


def draw(row: Row, key: str) -> None:
    """row: of dash_fives."""
    alt = "The forecast of five minutes as a band, and the mood that came"
    st.plotly_chart(beside(row), key=key, config=CONFIG, alt=alt)


def beside(row: Row) -> go.Figure:
    """Both bands over the whole height, and in rows the average, the middle, and what came."""
    figure = go.Figure([_band(row, *band) for band in _BANDS])
    for place, (name, label) in enumerate(_ROWS.items()):
        if row[name] is not None:
            figure.add_trace(_mark(row[name], place, label, _LOOKS[name]))
    # the outer band is named at its upper end: at their lower ends both would be one word
    for level, at, side in (("80 %", "five_q10", "left"), ("95 %", "five_q975", "right")):
        figure.add_annotation(
            x=row[at], y=_TOP, text=level, showarrow=False, xanchor=side, yanchor="bottom",
            font={"size": 11},
        )  # fmt: skip
    up = named_rows(list(_ROWS.values()), range=[-0.6, _TOP + 0.5])
    across = {"title": "Mood", "tickformat": ".2f", "showgrid": True, "nticks": 5}
    across["range"] = _around([row[k] for k in (*_ROWS, "five_q025", "five_q975")])
    return finish(figure, 180, across, up, hovermode="closest")


def _around(moods: list[float | None]) -> list[float]:
    """A range that no mark is cut off by."""
    there = [mood for mood in moods if mood is not None]
    pad = 0.06 * (max(there) - min(there))
    return [min(there) - pad, max(there) + pad]


def _band(row: Row, level: str, low: str, high: str, alpha: float) -> go.Scatter:
    a, b = row[low], row[high]
    return go.Scatter(
        x=[a, b, b, a], y=[-0.6, -0.6, _TOP, _TOP], mode="lines", fill="toself",
        line={"width": 0}, fillcolor=faded(FORECAST, alpha), name=f"{level} band", hoveron="fills",
        text=f"{level} band: {wording.signed(a)} to {wording.signed(b)}", hoverinfo="text",
    )  # fmt: skip


def _mark(x: float, place: int, name: str, look: dict[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=[x], y=[place], mode="markers", name=name, marker={**look, "line": {"width": 2.5}},
        hovertemplate=f"<b>{wording.signed(x)}</b><extra>%{{fullData.name}}</extra>",
    )  # fmt: skip

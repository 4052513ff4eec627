"""Colours and layout shared by every chart; read on white and on near-black alike.

Blue and orange, told apart by any eye; green is the forecast, and always dashed.
"""

from typing import Any

import plotly.graph_objects as go

HISTORY = "#2b83c6"
FORECAST = "#2ca25f"
UP = HISTORY
DOWN = "#d9782d"
GREY = "#8a94a3"
FAINT = "rgba(138,148,163,0.28)"
CHANNELS = ("#2b83c6", "#d9782d", "#8f6cc4", "#159a8c", "#c4527f", "#8c8b34")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

CONFIG = {"displayModeBar": False, "scrollZoom": False}
CONFIG_ZOOM = {
    "displaylogo": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
}
CONFIG_MARK = {"displaylogo": False, "modeBarButtons": [["toImage"]], "doubleClick": False}


def faded(colour: str, alpha: float) -> str:
    """#rrggbb as rgba(...)."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def finish(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Margins, font size, hover and legend as everywhere."""
    settings: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"size": 13},
        "hoverlabel": {"align": "left"},
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": None},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    figure.update_layout({**settings, **layout})
    figure.update_xaxes(automargin=True, showgrid=False, zeroline=False)
    figure.update_yaxes(automargin=True, zeroline=False, gridcolor=FAINT)
    return figure


def zero_line(figure: go.Figure, **where: Any) -> None:
    """Neutral, as a thin line."""
    figure.add_hline(y=0, line={"color": GREY, "width": 1}, opacity=0.7, layer="below", **where)

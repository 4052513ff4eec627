"""Colours and layout shared by every chart; read on white and on near-black alike.

Blue and orange, told apart by any eye; green is the forecast, and always dashed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

Layout = Mapping[str, Any]  # of an axis or the whole, as plotly takes it
HISTORY = "#2b83c6"
FORECAST = "#2ca25f"
UP = HISTORY
DOWN = "#d9782d"
GREY = "#8a94a3"
FAINT = "rgba(138,148,163,0.28)"
CHANNELS = ("#2b83c6", "#d9782d", "#8f6cc4", "#159a8c", "#c4527f", "#8c8b34")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

_WRITTEN: Layout = {  # dates as the pages write them: 1 Dec 2026, of axes and of hovers
    "locale": "en-GB",
    "locales": {
        "en-GB": {"format": {"dayMonth": "%-d %b", "dayMonthYear": "%-d %b %Y"}},
    },
}
CONFIG = {**_WRITTEN, "displayModeBar": False, "scrollZoom": False}
CONFIG_ZOOM = {
    **_WRITTEN,
    "displaylogo": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
}
CONFIG_BOTH = {  # a drag marks, until another tool is chosen
    **_WRITTEN,
    "displaylogo": False,
    "modeBarButtons": [["select2d", "zoom2d", "pan2d", "resetScale2d", "toImage"]],
}
CONFIG_MARK = {
    **_WRITTEN,
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "doubleClick": False,
}

MARKED: Layout = {  # a drag marks a stretch of time
    "dragmode": "select",
    "selectdirection": "h",
    "newselection": {"line": {"color": GREY, "width": 1, "dash": "solid"}},
}
UNMARKED = {"unselected": {"marker": {"opacity": 1}}}  # what lies outside is not faded

LAYOUT: Layout = {
    "font": {"size": 13},
    "hoverlabel": {"align": "left"},
    "showlegend": False,
    "legend": {  # higher ones, on a phone, scroll: they would take the room of the chart
        "orientation": "h",
        "x": 0,
        "y": 1.02,
        "yanchor": "bottom",
        "title": None,
        "maxheight": 0.2,
    },
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
}
ACROSS: Layout = {"automargin": True, "showgrid": False, "zeroline": False}
UPWARD: Layout = {"automargin": True, "zeroline": False, "gridcolor": FAINT}
ZERO: Layout = {
    "type": "line",
    "xref": "x domain",
    "x0": 0,
    "x1": 1,
    "yref": "y",
    "y0": 0,
    "y1": 0,
    "line": {"color": GREY, "width": 1},
    "opacity": 0.7,
    "layer": "below",
}


def faded(colour: str, alpha: float) -> str:
    """#rrggbb as rgba(...)."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def finish(
    figure: go.Figure,
    height: int,
    x: Layout | None = None,
    y: Layout | Sequence[Layout] | None = None,
    zero: bool = False,
    **layout: Any,
) -> go.Figure:
    """Margins, font size, hover and legend as everywhere.

    x: of every x axis. y: of the y axis, or of each from the top. zero: a thin neutral line at 0
    of the (upper) y axis. All is set at once: plotly takes milliseconds for each update.
    """
    current = figure.layout.to_plotly_json()
    # plotly sets the usual one again, without a check of all its parts
    current.pop("template", None)
    across, up = _axes(current, "xaxis"), _axes(current, "yaxis")
    each = list(y) if isinstance(y, Sequence) else [y or {}] * len(up)
    current |= {n: {**ACROSS, **current.get(n, {}), **(x or {})} for n in across}
    current |= {n: {**UPWARD, **current.get(n, {}), **of} for n, of in zip(up, each, strict=True)}
    if zero:
        current["shapes"] = [*current.get("shapes", ()), ZERO]
    is_named = bool(layout.get("showlegend"))
    room = _margins([current[n] for n in across], [current[n] for n in up], is_named)
    figure.layout = {**current, **LAYOUT, "margin": room, "height": height, **layout}
    return figure


def _margins(across: Sequence[Layout], up: Sequence[Layout], is_named: bool) -> dict[str, int]:
    """Room in pixels for numbers, names and titles beside the axes, and for the legend above.

    Where it is too little plotly makes more, and draws all of the chart again for it: twice the
    time. It is enough for most.
    """
    names = [name for axis in up for name in axis.get("ticktext", ())]
    side = 24 if any(axis.get("title") for axis in up) else 0
    foot = 66 if any(axis.get("title") for axis in across) else 52
    is_under = any(a.get("showticklabels", True) and a.get("side") != "top" for a in across)
    left = room_for(names) + side if any(axis.get("visible", True) for axis in up) else 8
    return {"l": left, "r": 16, "t": 50 if is_named else 20, "b": foot if is_under else 8}


def room_for(names: Iterable[str]) -> int:
    """Pixels for the longest of the names beside an axis; of none, for its numbers."""
    return max([56, *(14 + 7 * len(name) for name in names)])


def named_rows(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """A y axis on which every whole number from 0 is a row with a name."""
    return {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, **more}


def _axes(layout: Layout, kind: str) -> list[str]:
    """Names of the figure's axes: of subplots from the top, else the only one."""
    return sorted(name for name in layout if name.startswith(kind)) or [kind]

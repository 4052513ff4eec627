"""Steps of a forecast as the page names them and axes place them: five minutes, and ten windows.

The five minutes together are no eleventh window: on an axis of steps they stand apart.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts.style import GREY
from warehouse.records import FIVE, HORIZON

NAME = "five minutes"
AT = -0.5  # of the five minutes on an axis of steps
_BETWEEN = 0.25
WINDOWS = tuple(range(1, HORIZON + 1))
Told = Callable[[float], str]


def named(step: int) -> str:
    """five minutes; step 3."""
    return NAME if step == FIVE else f"step {step}"


def ahead(step: int) -> str:
    """the next five minutes; the next 30 seconds; the 30 seconds of step 3."""
    if step == FIVE:
        return "the next five minutes"
    return "the next 30 seconds" if step == 1 else f"the 30 seconds of step {step}"


def counted(step: int, n: int) -> str:
    """step 3, n = 1,234 windows; five minutes, n = that many of them."""
    return f"{named(step)}, n = {wording.count(n)}{'' if step == FIVE else ' windows'}"


def most(rows: pd.DataFrame) -> str:
    """How many targets a step has, at most. rows: of one model, by step."""
    return f"n = {wording.count(int(rows['targets'].max()))} a step"


def axis(rows: pd.DataFrame) -> dict[str, Any]:
    """The axis of steps; with a place for the five minutes where they were judged."""
    if FIVE not in set(rows["step"]):
        return {"title": "Step (30 s each)", "tickvals": WINDOWS, "range": [0.7, 10.3]}
    return {
        "title": "Five minutes together, then each step of 30 s",
        "tickvals": [AT, *WINDOWS],
        "ticktext": ["5 min", *map(str, WINDOWS)],
        "range": [-1.0, 10.3],
    }


def part(figure: go.Figure, rows: pd.DataFrame) -> None:
    """A line between the five minutes and the windows."""
    if FIVE in set(rows["step"]):
        figure.add_vline(x=_BETWEEN, line={"color": GREY, "width": 1, "dash": "dot"})


def traces(
    rows: pd.DataFrame, column: str, name: str, line: dict[str, Any], size: int, told: Told
) -> list[go.Scatter]:
    """The column over the windows as a line, and of the five minutes as a mark of its own.

    rows: of one model, by step. told: the value as hovers say it, with its unit.
    """
    look = {"name": name, "legendgroup": name}
    look["hovertemplate"] = "%{customdata[0]}<extra>%{fullData.name}</extra>"
    five, each = rows[rows["step"] == FIVE], rows[rows["step"] != FIVE]
    drawn = [
        go.Scatter(
            x=each["step"].tolist(), y=each[column].tolist(), mode="lines+markers", line=line,
            marker={"size": size}, customdata=_told(each, column, told), **look,
        )
    ]  # fmt: skip
    if len(five):
        mark = {"symbol": "diamond", "size": size + 4, "color": line["color"]}
        drawn.append(
            go.Scatter(
                x=[AT] * len(five), y=five[column].tolist(), mode="markers", marker=mark,
                error_y=_whisker(five, column, line), customdata=_told(five, column, told),
                showlegend=not len(each), **look,
            )
        )  # fmt: skip
    return drawn


def _told(rows: pd.DataFrame, column: str, told: Told) -> list[list[str]]:
    pairs = zip(rows[column], rows["targets"], strict=True)
    return [[f"{told(value)}, n = {wording.count(n)}"] for value, n in pairs]


def _whisker(five: pd.DataFrame, column: str, line: dict[str, Any]) -> dict[str, Any]:
    """The 95 % interval of the skill of the model that is drawn thick."""
    if column != "skill" or line["width"] < 3 or five["skill_high"].isna().all():
        return {"visible": False}
    half = (five["skill_high"] - five["skill"]).tolist()
    return {"type": "data", "array": half, "color": line["color"], "thickness": 1.5}

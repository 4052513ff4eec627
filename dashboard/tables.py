"""Tables of the pages: columns whose cells are worded as everywhere, wide enough and few.

A number is kept as what it is, so that a click on the head sorts it, and is shown in our words: a
true minus, no sign on zero, thousands parted. What is missing is a dash. Times are the reader's;
in UTC they are in the CSV beside a table.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import frame, wording

FEW = 12  # rows; more of them scroll
TALLEST = 460  # pixels
Told = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """Cells, how they are told (None: as they are), and how Streamlit draws them."""

    cells: Iterable[Any]
    told: Told | None = None
    config: Any = None


def text(cells: Iterable[str], width: int | None = None, about: str | None = None) -> Column:
    """Words; foreign ones were made plain by the caller."""
    return Column(list(cells), config=st.column_config.TextColumn(width=width, help=about))


def number(
    cells: Iterable[float | None], told: Told = wording.count, width: int | None = None,
    about: str | None = None,
) -> Column:  # fmt: skip
    """Numbers, told by a function of `wording`."""
    return Column(list(cells), told, st.column_config.NumberColumn(width=width, help=about))


def signed(
    cells: Iterable[float | None], digits: int, width: int | None = None, about: str | None = None
) -> Column:
    """Moods, valences and parts of them, -0.1 as −0.10."""
    return number(cells, lambda value: wording.signed(value, digits), width, about)


def times(moments: Iterable[datetime | None], form: str, width: int | None = None) -> Column:
    """Times of UTC, naive, on the reader's wall. form: as of moment.js."""
    zone = str(frame.reader_zone())
    config = st.column_config.DatetimeColumn(format=form, width=width, help=f"in {zone}")
    return Column(frame.local_times(moments, zone), config=config)


def show(
    key: str,
    columns: Mapping[str, Column],
    tallest: int = TALLEST,
    few: int = FEW,
    **more: Any,
) -> Any:
    """Draw the table; returns what Streamlit does (a selection, where `more` asks for one)."""
    table = frame_of(columns)
    told = {head: _told(column.told) for head, column in columns.items() if column.told}
    height: Literal["content"] | int = "content" if len(table) <= few else tallest
    return st.dataframe(
        table.style.format(told) if told else table,
        hide_index=True,
        key=key,
        height=height,
        placeholder=wording.MISSING,
        column_config={head: column.config for head, column in columns.items() if column.config},
        **more,
    )


def frame_of(columns: Mapping[str, Column]) -> pd.DataFrame:
    """The cells as they are sorted, not as they are told."""
    return pd.DataFrame({head: _cells(column) for head, column in columns.items()})


def _cells(column: Column) -> Any:
    cells = column.cells
    if column.told is None:
        return cells if isinstance(cells, pd.Series) else list(cells)
    return pd.Series(list(cells), dtype="float64")


def _told(told: Told) -> Told:
    return lambda value: told(None if pd.isna(value) else value)

"""Around every chart: what it is with its n, its figures as CSV, and the SQL they come from."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import data, frame, wording
from dashboard.time_span import Span
from warehouse.spreadsheet import csv_bytes
from warehouse.sql import sql

_VALUE = re.compile(r"--.*|\$([a-z_]+)")  # a comment, or a value's name


def head(
    title: str,
    small: str,
    table: pa.Table | Sequence[Mapping[str, Any]],
    name: str,
    basis: str = "",
) -> None:
    """A section's title with what is said beside it, and its figures to take away. basis: what
    their moods were read from, words or emotes; '' where they have none or say it themselves."""
    heading, tools = st.columns([6, 1], vertical_alignment="center")
    with heading:
        frame.heading(title, small)
    if len(table):
        with tools.container(horizontal=True, horizontal_alignment="right"):
            csv(table, name, basis)


def csv(table: pa.Table | Sequence[Mapping[str, Any]], name: str, basis: str = "") -> None:
    """A button that gives the figures as a file dld-NAME.csv, made when it is asked for."""
    st.download_button(
        "CSV",
        lambda: csv_bytes(_table(table, basis)),
        f"dld-{name}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"csv-{name.partition('-')[0]}",
        type="tertiary",
        help="What is shown here, as a table",
    )


def _table(rows: pa.Table | Sequence[Mapping[str, Any]], basis: str) -> pa.Table:
    """As a table; a channel's key has beside it what people call it today. basis: of every row."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
    if basis:
        table = table.append_column("basis", pa.array([basis] * len(table), pa.string()))
    if "channel" not in table.column_names:
        return table
    names = [key and data.called(key) for key in table["channel"].to_pylist()]
    place = table.column_names.index("channel") + 1
    return table.add_column(place, "login", pa.array(names, pa.string()))


def span_name(what: str, span: Span) -> str:
    """mood-20261122T1200-20261122T1300: what, and the span in UTC."""
    return (
        f"{what}-{span.since.astimezone(UTC):%Y%m%dT%H%M}-{span.until.astimezone(UTC):%Y%m%dT%H%M}"
    )


@st.fragment
def behind(queries: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """The queries that were asked, with their values in them, to be run on what is published.

    Made when it is opened: few ask, and colouring SQL takes a browser as long as a chart.
    """
    if not queries:
        return
    place = st.expander(
        "The SQL behind this", key="sql", icon=":material/database:", on_change="rerun"
    )
    if not place.open:
        return
    with place:
        st.caption(
            "DuckDB's. In the project's folder, with the dashboard's `DLD_DATA`, `.venv/bin/python "
            "-m warehouse sql -` answers it as it stands: paste it, then Ctrl-D. docs/data.md "
            "tells every table and column."
        )
        for text in dict.fromkeys(
            f"-- {name}\n{filled(sql(name), values)}" for name, values in queries
        ):
            st.code(text, language="sql")


def filled(query: str, values: Mapping[str, Any]) -> str:
    """The query with every $name but those in comments replaced by its value, as SQL writes it."""
    return _VALUE.sub(lambda m: literal(values[m[1]]) if m[1] else m[0], query)


def literal(value: Any) -> str:
    """A value as SQL writes it, on one line."""
    if isinstance(value, datetime):
        return f"TIMESTAMP '{wording.aware(value).astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, str):
        return "'" + wording.plain(value, 500).replace("'", "''") + "'"
    return "NULL" if value is None else str(value)

"""The timeline of Explore: mood and activity of the span, and the way to another span."""

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from dashboard import data, frame, sections, time_span, wording
from dashboard.basis import NAMES
from dashboard.charts import timeline
from dashboard.charts.series import Row, grouped
from dashboard.charts.style import CONFIG_MARK, MARKED, UNMARKED
from dashboard.charts.traces import shown_events
from dashboard.explore import zoom
from dashboard.explore.view import View
from warehouse.moments.decisions import HIDDEN

KEY = "timeline"
MOST_EVENTS = 2000


def section(view: View, shown: Mapping[str, Sequence[str]]) -> None:
    """The chart of the channels of each basis, what is marked in it is looked at next; buttons for
    the same without a mouse. Two measures of a channel are two series.
    """
    step = view.span.step_s
    offset = view.span.offset_s(view.tz)
    tables = [
        view.series_table(channels, view.span, step, offset, basis=basis)
        for basis, channels in shown.items()
        if channels
    ]
    table = pa.concat_tables(tables)
    by = {name: rows for one in tables for name, rows in _named(one, len(tables) > 1).items()}
    events = view.rows("dash_events", **view.inside, limit=MOST_EVENTS, hidden=HIDDEN)
    _head(table, view)
    figure = timeline.timeline(
        by,
        events,
        step,
        view.tz,
        (view.span.since, view.span.until),
        **MARKED,
    )
    figure.update_traces(UNMARKED, selector={"type": "bar"})
    st.plotly_chart(
        figure,
        key=KEY,
        config=CONFIG_MARK,
        on_select=partial(zoom.marked, KEY, view.tz),
        selection_mode="box",
        alt=f"Mood and messages a minute, {view.span.text(view.tz)}",
    )
    _foot(view, len(events) - len(shown_events(events)))


def _named(table: pa.Table, says_basis: bool) -> dict[str, list[Row]]:
    """Rows by what their series is called; by emotes it always says so."""
    by = grouped(table.to_pylist())
    return {
        data.called(channel)
        + (
            f", {NAMES[rows[0]['basis']]}" if says_basis or rows[0]["basis"] == "emotes" else ""
        ): rows
        for channel, rows in by.items()
    }


def _head(table: pa.Table, view: View) -> None:
    points = f"points of {time_span.STEP_NAMES[view.span.step_s]}, weighted by messages"
    heading, tools = st.columns([6, 7], vertical_alignment="center")
    with heading:
        frame.heading("Mood and activity", f"{points}; the band is ± 1.96 sd / √n")
    with tools.container(horizontal=True, horizontal_alignment="right", gap="small"):
        zoom.buttons(view.span, view.tz)
        sections.csv(table, sections.span_name("mood", view.span))


def exact(view: View) -> str:
    """The address of exactly this span."""
    return urlencode(
        {
            "channels": ",".join(map(data.who().name_of, view.channels)),
            "span": "dates",
            "from": wording.utc_iso(view.span.since),
            "to": wording.utc_iso(view.span.until),
        }
    )


def _foot(view: View, hidden: int) -> None:
    note = f"Drag across the plot to look closer. {frame.times_in(view.tz)}."
    if hidden:
        note += f" {hidden:,} subs, gifts and cheers are left out of so long a span."
    st.caption(f"{note} [Link to exactly this span](?{exact(view)})")

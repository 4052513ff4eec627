"""The timeline of Explore: mood and activity of the span, and the way to another span."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from dashboard import data, frame, sections, wording
from dashboard.basis import NAMES
from dashboard.charts import smooth, timeline
from dashboard.charts.series import Row, grouped
from dashboard.charts.style import CONFIG_MARK, MARKED, UNMARKED
from dashboard.charts.traces import shown_events
from dashboard.explore import steps, zoom
from dashboard.explore.view import View
from dashboard.stream_times import StreamTimes
from dashboard.time_span import Span
from warehouse.moments.decisions import HIDDEN

KEY = "timeline"
MOST_EVENTS = 2000


def section(view: View, shown: Mapping[str, Sequence[str]], streams: StreamTimes) -> View:
    """The chart of the channels of each basis, what is marked in it is looked at next; buttons for
    the same without a mouse. Two measures of a channel are two series. Returns the view with the
    step that was chosen.
    """
    heading, control, tools = st.columns([12, 5, 13], vertical_alignment="center")
    with control:
        step = steps.choose(view.span, streams)
    view = replace(view, step=step.key)
    tables = [
        steps.table(view, channels, basis=basis) for basis, channels in shown.items() if channels
    ]
    table = pa.concat_tables(tables)
    by = {name: rows for one in tables for name, rows in _named(one, len(tables) > 1).items()}
    events = view.rows("dash_events", **view.inside, limit=MOST_EVENTS, hidden=HIDDEN)
    sure = "the band shows how sure they are (95\u00a0%)"
    band = sure if step.seconds else "the line is their trend"
    with heading:
        frame.heading("Mood and activity", f"{step.points}, weighted by messages; {band}")
    with tools.container(horizontal=True, horizontal_alignment="right", gap="small"):
        zoom.buttons(view.span, view.tz)
        sections.csv(table, sections.span_name("mood", view.span))
    figure = timeline.timeline(
        by,
        events,
        step.seconds,
        view.tz,
        (view.span.since, view.span.until),
        **MARKED,
    )
    figure.update_traces(UNMARKED)
    st.plotly_chart(
        figure,
        key=KEY,
        config=CONFIG_MARK,
        on_select=partial(zoom.marked, KEY, view.tz),
        selection_mode="box",
        alt=f"Mood and messages a minute, {view.span.text(view.tz)}",
    )
    _foot(view, len(events) - len(shown_events(events)))
    return view


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


def exact(channels: Sequence[str], span: Span) -> str:
    """The address of exactly this span."""
    return urlencode(
        {
            "channels": ",".join(map(data.who().name_of, channels)),
            "span": "dates",
            "from": wording.utc_iso(span.since),
            "to": wording.utc_iso(span.until),
        }
    )


def _foot(view: View, hidden: int) -> None:
    note = f"Drag across the plot to look closer. {frame.times_in(view.tz)}."
    if not steps.STEPS[view.step].seconds:
        note += (
            " The band holds 95 % of where the trend may lie, by how the points scatter about it; "
            f"fewer than {smooth.FEWEST} points have none."
        )
    if hidden:
        note += f" {hidden:,} subs, gifts and cheers are left out of so long a span."
    st.caption(f"{note} [Link to exactly this span](?{exact(view.channels, view.span)})")

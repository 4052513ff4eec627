"""Steps of Explore: the stretch of time that a point stands for, chosen by what there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import streamlit as st

from dashboard import url_state
from dashboard.explore.view import DAY, HOUR, View, widened
from dashboard.explore.week import zone_steps
from dashboard.stream_times import StreamTimes
from dashboard.time_span import Span

AUTO = "auto"
KEY = "point"  # Forecast accuracy has a step of its own
LONGEST_UNIT = timedelta(days=31)
MOST_STREAMS = 200  # points of a channel that are told apart
OFTEN = 0.25  # share of the span on air, from which on hours or days join up


@dataclass(frozen=True)
class Step:
    """A stretch that a point stands for. seconds: of a fine one, whose points join up; 0 of others,
    where each point has an end of its own."""

    key: str
    name: str
    points: str  # what a chart says of it
    shortest: timedelta  # spans from this to `longest` are offered it
    longest: timedelta
    seconds: int = 0


STEPS = {
    step.key: step
    for step in (
        Step("30s", "30 s", "points of 30 s", timedelta(), DAY, 30),
        Step("5min", "5 min", "points of 5 min", timedelta(), 10 * DAY, 300),
        Step("hour", "1 hour", "points of 1 hour", 6 * HOUR, 60 * DAY, 3600),
        Step("stream", "stream", "a point a stream", timedelta(), timedelta.max),
        Step("day", "day", "a point a day", 2 * DAY, 3000 * DAY),
        Step("week", "week", "a point a week", 14 * DAY, timedelta.max),
        Step("month", "month", "a point a month", 60 * DAY, timedelta.max),
    )
}


def usual(span: Span, streams: int, on_air: float) -> Step:
    """The step that shows a span well. streams, on_air: of its busiest channel, how many there are
    and the share of the span that they fill."""
    length = span.until - span.since
    if length <= 8 * HOUR:
        key = "30s"
    elif length <= 4 * DAY:
        key = "5min"
    elif length <= 10 * DAY or (on_air >= OFTEN and length <= 45 * DAY):
        key = "hour"
    elif on_air < OFTEN and streams <= MOST_STREAMS:
        key = "stream"
    elif length <= 400 * DAY:
        key = "day" if on_air >= OFTEN else "week"
    else:
        key = "week" if length <= 2000 * DAY else "month"
    return STEPS[key]


def choose(span: Span, streams: StreamTimes) -> Step:
    """Draw the control and return the step it says; by itself the usual one."""
    own = usual(span, *streams.density(span.since, span.until))
    length = span.until - span.since
    fitting = [s for s in STEPS.values() if s == own or s.shortest <= length <= s.longest]
    names = {AUTO: f"Auto: {own.name}", **{s.key: s.name for s in fitting}}
    url_state.hold("step", list(names), AUTO, KEY)
    chosen: str = st.selectbox(
        "A point is", list(names), key=KEY, format_func=names.__getitem__,
        help="Auto: as fine as can be told apart, by the span and its streams",
    )  # fmt: skip
    url_state.remember(step=None if chosen == AUTO else chosen)
    return STEPS.get(chosen, own)


def table(view: View, channels: Sequence[str], **basis: str) -> pa.Table:
    """Columns of dash_series, and until where each point has an end of its own."""
    step = STEPS[view.step]
    if step.seconds:
        offset = view.span.offset_s(view.tz)
        return view.series_table(channels, view.span, step.seconds, offset, **basis)
    full = widened(view.span, HOUR)
    values = {"channels": list(channels), "since": full.since, "until": full.until, **basis}
    if step.key == "stream":
        return view.table("dash_series_streams", **values)
    around = Span(full.since - LONGEST_UNIT, full.until + LONGEST_UNIT)
    froms, offsets = zone_steps(around, view.tz)
    return view.table(
        "dash_series_calendar", **values, unit=step.key, zone_from=froms, zone_offset_s=offsets
    )

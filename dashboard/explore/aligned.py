"""Several streams side by side, by the time since each began: a section of Explore."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from dashboard import data, frame, sections, url_state, wording
from dashboard.charts.series import Row, margin, per_minute, with_breaks
from dashboard.charts.style import CHANNELS, CONFIG_ZOOM, DASHES, finish
from dashboard.explore.view import View
from dashboard.time_span import Span, stream_names, window_end

MOST = 6
LISTED = 500
POINTS = 120  # of the longest stream
STEPS = (30, 60, 120, 300, 600, 1800, 3600)
ZERO = datetime(2000, 1, 1)  # buckets of dash_series count from here


def section(view: View, end: datetime) -> None:
    """Choose up to six streams; mood above, messages below. end: of what is published."""
    listed = view.rows("dash_streams", channels=list(view.channels), limit=LISTED)
    streams = {s["stream_id"]: s for s in listed}
    if not streams:
        frame.put(frame.say("These channels have no stream yet."))
        return
    picked = _picked(streams, view)
    if not picked:
        frame.put(frame.say("Choose up to six streams above."))
        return
    spans = {k: span_of(streams[k], end) for k in picked}
    step = step_of(max(s.until - s.since for s in spans.values()))
    lines = {k: _line(view, streams[k]["channel"], s, step) for k, s in spans.items()}
    names = {k: name_of(streams[k], view) for k in picked}
    _draw(lines, names, step)


def _picked(streams: Mapping[str, Row], view: View) -> list[str]:
    ids = list(streams)
    url_state.seed("streams", url_state.choices("streams", ids, ids[:3], MOST))
    st.session_state["streams"] = [i for i in st.session_state["streams"] if i in streams]
    picked: list[str] = st.multiselect(
        "Streams",
        ids,
        key="streams",
        max_selections=MOST,
        format_func=stream_names(streams, view.tz).__getitem__,
        placeholder="Choose streams",
    )
    url_state.remember(streams=",".join(picked))
    return picked


def span_of(stream: Row, end: datetime) -> Span:
    """From its start to its end; of one on air, to `end`."""
    since = wording.aware(stream["started_at"])
    until = wording.aware(stream["ended_at"]) if stream["ended_at"] else end
    return Span(since, max(until, window_end(since)))


def step_of(longest: timedelta) -> int:
    """Seconds of a point, so that the longest stream has POINTS at most; an hour at most."""
    return next((s for s in STEPS if longest <= s * POINTS * timedelta(seconds=1)), STEPS[-1])


def offset_of(since: datetime, step_s: int) -> int:
    """dash_series' $offset_s that makes a bucket begin with the stream's first window."""
    begun = wording.local(since, wording.zone(None)) - ZERO
    return -int(begun.total_seconds()) % step_s


def _line(view: View, channel: str, span: Span, step: int) -> list[dict[str, Any]]:
    """Points of a stream: elapsed_s and the columns of dash_series."""
    first = floor(span.since, 30)
    offset = offset_of(first, step)
    rows = view.series([channel], Span(first, span.until), step, offset).get(channel, [])
    begun = wording.local(first, wording.zone(None))
    return [{**r, "elapsed_s": (r["start"] - begun).total_seconds()} for r in rows]


def floor(at: datetime, step_s: int) -> datetime:
    """The start of the window that holds `at`."""
    return at - (at - wording.EPOCH) % timedelta(seconds=step_s)


def name_of(stream: Row, view: View) -> str:
    """Channel and start, as a legend has room for."""
    name = wording.plain(data.who().name_of(stream["channel"]))
    return f"{name}, {wording.moment(stream['started_at'], view.tz)}"


def _draw(lines: Mapping[str, Sequence[Row]], names: Mapping[str, str], step: int) -> None:
    n = sum(r["n"] for rows in lines.values() for r in rows)
    columns = ("elapsed_s", "start", "channel", "n", "observed_s", "mean", "sd", "basis")
    table = [{"stream": k, **{c: r[c] for c in columns}} for k, rows in lines.items() for r in rows]
    sections.head(
        "Side by side, by time since the start",
        f"points of {step_text(step)}, n = {wording.messages(n)}",
        table,
        "streams",
    )
    if not n:
        frame.put(frame.say("Nobody spoke in these streams, or their windows are not kept."))
        return
    st.plotly_chart(
        figure(lines, names, step),
        key="aligned",
        config=CONFIG_ZOOM,
        alt="Mood and messages a minute of streams by the time since they began",
    )
    st.caption(
        "Each line is one stream, weighted by messages; hover for ± and n. One stream a line is "
        "no proof of a habit: streams of one channel differ by more than their intervals."
    )


def step_text(step: int) -> str:
    """30 s, 2 min, 1 h."""
    return wording.lasting(timedelta(seconds=step))


def figure(lines: Mapping[str, Sequence[Row]], names: Mapping[str, str], step: int) -> go.Figure:
    """Mood above, messages a minute below, hours since the start on one axis."""
    plot = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.06
    )
    for index, (key, rows) in enumerate(lines.items()):
        points = with_breaks(rows, step)
        look = {"color": CHANNELS[index % 6], "width": 2, "dash": DASHES[index % 6]}
        common: dict[str, Any] = {
            "x": [None if p is None else p["elapsed_s"] / 3600 for p in points],
            "customdata": [["" if p is None else _hover(p)] for p in points],
            "mode": "lines", "line": look, "name": wording.plotted(names[key], 60),
            "legendgroup": key, "connectgaps": False,
            "hovertemplate": "%{customdata[0]}<extra>%{fullData.name}</extra>",
        }  # fmt: skip
        plot.add_trace(
            go.Scatter(y=[None if p is None else p["mean"] for p in points], **common), 1, 1
        )
        plot.add_trace(
            go.Scatter(
                y=[None if p is None else per_minute(p) for p in points],
                **{**common, "showlegend": False},
            ),
            2,
            1,
        )
    up = [
        {"title": "Mood", "tickformat": ".2~f"},
        {"title": "Messages / min", "rangemode": "tozero"},
    ]
    plot.layout.xaxis2.title = "Since the start"
    look = {"hovermode": "x", "showlegend": True, "dragmode": "zoom"}
    return finish(plot, 520, {"ticksuffix": " h"}, up, zero=True, **look)


def _hover(row: Row) -> str:
    elapsed = wording.lasting(timedelta(seconds=row["elapsed_s"]))
    head = f"after {elapsed}"
    if row["mean"] is None:
        return f"{head}: nobody spoke<br>{wording.utc_text(row['start'])}"
    sure = margin(row["sd"], row["n"])
    band = f" ± {sure:.2f}" if sure is not None else ""
    return (
        f"{head}: <b>{wording.signed(row['mean'])}</b>{band}, {wording.messages(row['n'])}, "
        f"{wording.rate(per_minute(row))} / min<br>{wording.utc_text(row['start'])}"
    )

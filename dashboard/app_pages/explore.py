"""Explore history: how it felt, when it turned, and what pushed it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from dashboard import address, bars, charts, data, export, frame, now, span, words
from dashboard.series import Row
from dashboard.span import Span
from dashboard.style import CONFIG, CONFIG_ZOOM
from dashboard.traces import shown_events
from warehouse.manifest import Manifest

MOST_CHANNELS = 6
BIN = 0.05


def draw(manifest: Manifest) -> None:
    """Controls in one row, then the chosen span."""
    known = [
        c for c in data.rows("dash_channels", now=span.hour_of(_end(manifest))) if c["last_at"]
    ]
    if not known:
        frame.put(frame.say("No stream has been seen yet; come back in a minute."))
        return
    tz = frame.reader_zone()
    left, right = st.columns([5, 6], vertical_alignment="bottom", gap="medium")
    with left:
        channels = _channels(known)
    with right:
        chosen = span.choose(known, channels, _end(manifest), tz)
    if not channels:
        frame.put(frame.say("Choose a channel above."))
    readable = {c["channel"]: c["readable"] for c in known if c["channel"] in channels}
    for channel, share in readable.items():
        if not now.is_supported(share):
            frame.put(frame.say(_unsupported(channel, share)))
    _span([c for c in channels if now.is_supported(readable[c])], chosen, tz)


def _unsupported(channel: str, share: float) -> str:
    return (
        f"{words.plain(channel)}: unsupported language. {words.percent(share)} of its messages "
        "can be read, so its mood cannot be told and is left out."
    )


def _end(manifest: Manifest) -> datetime:
    newest = data.newest(manifest)
    return span.window_end(newest) if newest else frame.wall()


def _channels(known: Sequence[Row]) -> list[str]:
    names = {c["channel"]: words.plain(c["display_name"], 40) or c["channel"] for c in known}
    busiest = max(known, key=lambda c: (c["on_air"], c["last_at"]))["channel"]
    address.seed("channels", address.choices("channels", list(names), [busiest], MOST_CHANNELS))
    st.session_state["channels"] = [c for c in st.session_state["channels"] if c in names]
    picked: list[str] = st.multiselect(
        "Channels",
        list(names),
        key="channels",
        max_selections=MOST_CHANNELS,
        format_func=lambda c: names[c] if names[c] == c else f"{names[c]} ({c})",
        placeholder="Choose channels",
    )
    address.remember(channels=",".join(picked))
    return picked


def _span(channels: list[str], chosen: Span, tz: tzinfo) -> None:
    if not channels:
        return
    inside = {"channels": channels, "since": chosen.since, "until": chosen.until}
    summary = data.rows("dash_summary", **inside)
    spoken = sum(s["n"] for s in summary)
    _said(channels, summary, chosen, tz)
    if not summary:
        frame.put(frame.say("Nothing was observed in this span. Choose another one above."))
        return
    _timeline(channels, chosen, tz)
    if not spoken:
        frame.put(frame.say("Nobody spoke in this span: there is a chat, but it was silent."))
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _terms(inside)
    with right:
        _spread(inside)
    _lines(inside, tz)


def _said(channels: Sequence[str], summary: Sequence[Row], chosen: Span, tz: tzinfo) -> None:
    tiles = [_tile(s, named=len(channels) > 1) for s in summary]
    if len(channels) == 1 and summary:
        s = summary[0]
        windows = s["chat"] + s["silent"] + s["unobserved"]
        of = f"of {windows:,} windows on air"
        tiles += [
            ("Messages", words.count(s["n"]), f"{words.rate(_rate(s))} / min observed"),
            ("Silence", words.percent(s["silent"] / windows), f"{s['silent']:,} {of}"),
            ("Not observed", words.percent(s["unobserved"] / windows), f"{s['unobserved']:,} {of}"),
        ]
    tiles.append(("Span", words.lasting(chosen.until - chosen.since), chosen.told(tz)))
    frame.tiles(*tiles)


def _rate(summary: Row) -> float | None:
    seen = summary["observed_s"]
    return float(summary["n"] * 60 / seen) if seen else None


def _tile(summary: Row, named: bool) -> tuple[str, str, str]:
    mean = summary["mean"]
    label = words.plain(summary["channel"]) if named else "Mean mood"
    return (
        label,
        f"{words.glyph(mean)} {words.signed(mean)}",
        f"{words.mood_word(mean)}, n = {words.count(summary['n'])}",
    )


def _timeline(channels: Sequence[str], chosen: Span, tz: tzinfo) -> None:
    step = chosen.step_s
    inside = {"channels": list(channels), "since": chosen.since, "until": chosen.until}
    table = data.series(list(channels), chosen.since, chosen.until, step, chosen.offset_s(tz))
    by: dict[str, list[Row]] = {}
    for found in table.to_pylist():
        by.setdefault(found["channel"], []).append(found)
    events = data.rows("dash_events", **inside, limit=2000)
    _timeline_head(table, chosen)
    st.plotly_chart(
        charts.timeline(
            {c: by[c] for c in channels if c in by}, events, step, tz, (chosen.since, chosen.until)
        ),
        key="timeline",
        config=CONFIG_ZOOM,
        alt=f"Mood and messages a minute, {chosen.told(tz)}",
    )
    _timeline_foot(channels, chosen, len(events) - len(shown_events(events)), tz)


def _timeline_head(table: pa.Table, chosen: Span) -> None:
    heading, button = st.columns([8, 1], vertical_alignment="center")
    points = f"points of {span.STEP_NAMES[chosen.step_s]}, weighted by messages"
    with heading:
        frame.heading("Mood and activity", f"{points}; the band is ± 1.96 sd / √n")
    button.download_button(
        "CSV",
        export.csv_bytes(table),
        _file("mood", chosen),
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="csv-mood",
        type="tertiary",
        width="stretch",
    )


def _timeline_foot(channels: Sequence[str], chosen: Span, hidden: int, tz: tzinfo) -> None:
    exact = urlencode(
        {
            "channels": ",".join(channels),
            "span": "dates",
            "from": words.utc_iso(chosen.since),
            "to": words.utc_iso(chosen.until),
        }
    )
    note = f"Times in {frame.zone_name(tz)}; hover for UTC."
    if hidden:
        note += f" {hidden:,} subs, gifts and cheers are left out of so long a span."
    st.caption(f"{note} [Link to exactly this span](?{exact})")


def _file(what: str, chosen: Span) -> str:
    return f"dld-{what}-{chosen.since:%Y%m%dT%H%M}-{chosen.until:%Y%m%dT%H%M}.csv"


def _terms(inside: dict[str, object]) -> None:
    table = data.query("dash_terms", **inside, limit=12)
    terms = table.to_pylist()
    total = terms[0]["total"] if terms else 0
    frame.heading("What pushed the mood", f"uses in brackets; n = {words.messages(total)}")
    if not any(t["contribution"] for t in terms if t["kind"] != "rest"):
        frame.put(frame.say("No known term moved the mood here."))
        return
    st.plotly_chart(
        bars.movers(terms),
        key="movers",
        config=CONFIG,
        alt="Terms that raised and lowered the mood",
    )
    rest = sum(t["contribution"] for t in terms if t["kind"] == "rest")
    st.caption(
        f"Each bar is the term's part of the mean mood of the span. All terms too rare "
        f"to be kept one by one add {words.signed(rest, 4)}."
    )


def _spread(inside: dict[str, object]) -> None:
    rows = data.rows("dash_histogram", **inside, width=BIN, least=1)
    windows = sum(r["windows"] for r in rows)
    frame.heading(
        "How windows are spread", f"n = {words.count(windows)} windows of 30 s with messages"
    )
    by: dict[str, list[Row]] = {}
    for found in rows:
        by.setdefault(found["channel"], []).append(found)
    st.plotly_chart(
        bars.histogram(by, BIN),
        key="spread",
        config=CONFIG,
        alt="Distribution of the mean mood of windows",
    )
    st.caption(
        "Much of this spread is sampling: a window of few messages lands far from the truth."
    )


def _lines(inside: dict[str, object], tz: tzinfo) -> None:
    lines = data.query("dash_samples", **inside, limit=200).to_pandas()
    frame.heading("Telling lines", "kept for a day; mentions masked, no authors")
    if lines.empty:
        st.caption("No lines are kept of this span any more.")
        return
    lines["start"] = lines["start"].dt.tz_localize("UTC").dt.tz_convert(str(tz))
    lines["text"] = [words.plain(t, 300) for t in lines["text"]]
    st.dataframe(  # text stays text there: neither HTML nor Markdown is read
        lines[["start", "channel", "compound", "text"]],
        hide_index=True,
        height=280,
        key="lines",
        column_config={
            "start": st.column_config.DatetimeColumn("Time", format="D MMM, HH:mm:ss", width=130),
            "channel": st.column_config.TextColumn("Channel", width=110),
            "compound": st.column_config.NumberColumn("Mood", format="%+.2f", width=70),
            "text": st.column_config.TextColumn("Line", width=900),
        },
    )


frame.page("Explore history", "how it felt, when it turned, and why", draw)

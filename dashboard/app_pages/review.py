"""Session review: one stream, what stood out in it and why."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choices, data, frame, scope, time_span, url_state, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG_ZOOM
from dashboard.markup import row
from dashboard.review import sentences, session_chart, session_compare, session_report
from dashboard.review.files import FILES
from dashboard.review.files.export import Export, categories
from dashboard.review.session import Session, lines, read_session, usual
from dashboard.review.session_list import moment_list
from dashboard.time_span import stream_names
from warehouse.moments.decisions import HIDDEN
from warehouse.moments.kinds import LEAST
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import NAMES
from warehouse.published.manifest import Manifest

STREAMS = 500
LISTED = 20
ORDERS = {"rank": "Strongest first", "time": "In order of time"}


def draw(manifest: Manifest) -> None:
    """Controls in one row, then the chosen stream."""
    newest = data.newest(manifest)
    end = time_span.window_end(newest) if newest else frame.wall()
    channels = [c for c in data.rows("dash_channels", now=time_span.hour_of(end)) if c["last_at"]]
    if not channels:
        frame.no_stream(manifest)
        return
    tz = frame.reader_zone()
    stream = _chosen(channels, tz)
    if stream is None:
        frame.put(frame.say("This channel has no stream yet. Choose another one above."))
        return
    session = read_session(stream, end)
    if why := session.part.reason(stream["readable"]):
        name = wording.plain(data.who().name_of(stream["channel"]))
        frame.put(frame.say(f"{name}: {why}."))
        return
    _head(session, tz)
    if not session.rows:
        frame.put(frame.say("Nothing was observed of this stream. Choose another one above."))
        return
    _review(session, tz)


def _chosen(channels: Sequence[Row], tz: tzinfo) -> Row | None:
    """The stream of the address, else the newest of the busiest channel; the controls follow."""
    requested = _requested()
    names = scope.named(channels)
    busiest = scope.busiest(channels)
    first = requested["channel"] if requested and requested["channel"] in names else busiest
    url_state.seed("review-channel", first)
    url_state.keep_within("review-channel", list(names), busiest)
    left, right = st.columns([2, 5], gap="medium")
    channel = left.selectbox("Channel", list(names), key="review-channel",
                             format_func=names.__getitem__)  # fmt: skip
    streams = {
        s["stream_id"]: s for s in data.rows("dash_streams", channels=[channel], limit=STREAMS)
    }
    if requested and requested["channel"] == channel:  # an old one, beyond those listed
        streams.setdefault(requested["stream_id"], dict(requested))
    if not streams:
        return None
    ids = list(streams)
    url_state.seed("review-stream", requested["stream_id"] if requested else ids[0])
    url_state.keep_within("review-stream", ids, ids[0])
    chosen = right.selectbox("Stream", ids, key="review-stream",
                             format_func=stream_names(streams, tz).__getitem__)  # fmt: skip
    url_state.remember(stream=chosen)
    return next(iter(data.rows("dash_stream", stream=chosen)), None)


def _requested() -> Row | None:
    """The stream of the address; a note where there is no such stream."""
    stream_id = url_state.text("stream", 500)
    streams = data.rows("dash_stream", stream=stream_id) if stream_id else []
    if stream_id and not streams and "review-stream" not in st.session_state:
        url_state.note(
            "The stream in the address is not known here; this is the newest one instead."
        )
    return streams[0] if streams else None


def _head(session: Session, tz: tzinfo) -> None:
    stream = session.stream
    when = "date unknown" if stream["undated"] else wording.moment(session.since, tz)
    parts = [
        wording.plain(stream["title"], 120) or "Untitled stream",
        wording.plain(stream["category"], 60),
        when,
        "on air" if stream["ended_at"] is None else "",
        "from an imported log" if stream["source"] == "import" else "",
    ]
    frame.put(row(" · ".join(p for p in parts if p), cls="dld-say"))


def _review(session: Session, tz: tzinfo) -> None:
    past = usual(session.stream, session.part.basis)
    _tiles(session, past)
    if not session.n:
        frame.put(frame.say("Nobody spoke in this stream: there is a chat, but it was silent."))
        return
    place = st.container()
    moments = _filtered(session)
    with place:
        _timeline(session, moments, past, tz)
    _moments(session, moments)
    _turns(session)
    _files(session, past)
    _method()


def _tiles(session: Session, past: Sequence[Row]) -> None:
    mean, silence = session.mean, session.silent / session.observed if session.observed else None
    length = wording.lasting(session.until - session.since)
    holes = len(session.rows) - session.observed
    observed = f"{session.observed:,} windows observed" + (f", {holes:,} not" if holes else "")
    of = (f"n = {wording.count(session.n)}", *session.rests_on(), session_compare.mood(mean, past))
    laughs = ("Laughter", wording.percent(session.laughs), "of messages; no part of the mood")
    frame.tiles(
        (session_report.MEAN[session.part.basis],
         f"{session.glyph()} {wording.signed(mean)}", "; ".join(of)),
        ("Messages / min", wording.rate(session.rate), session_compare.rate(session.rate, past)),
        ("Silence", wording.percent(silence), session_compare.silent(silence, past)),
        ("Length", length, observed),
        *([laughs] if session.part.basis == "emotes" else []),
    )  # fmt: skip


def _filtered(session: Session) -> list[tuple[int, PlacedMoment]]:
    """Moments with their ranks, as the controls want them; the address follows."""
    ranked = list(enumerate(session.moments, 1))
    there = {k for f in session.moments for k in (f.moment.kind, *f.moment.also)}
    kinds = [k for k in sentences.KINDS if k in there]
    text = f"n = {len(ranked)}, of {LEAST} σ and more; the numbers stand in the chart above"
    frame.heading("Moments", text)
    if not ranked:
        return []
    left, right = st.columns([5, 2], gap="medium")
    url_state.seed("kinds", url_state.choices("kinds", list(sentences.KINDS), [], 9))
    st.session_state["kinds"] = [k for k in st.session_state["kinds"] if k in kinds]
    with left:
        picked = st.pills(
            "Kinds",
            kinds,
            key="kinds",
            selection_mode="multi",
            format_func={k: _counted(k, session) for k in kinds}.__getitem__,
            label_visibility="collapsed",
        )
    url_state.remember(kinds=",".join(picked))
    with right:
        order = choices.choose("Order", "sort", ORDERS, "rank", hidden=True, leave_out=True)
    wanted = set(picked)
    moments = [(r, f) for r, f in ranked if not picked or wanted & {f.moment.kind, *f.moment.also}]
    return sorted(moments, key=lambda x: x[1].at_s) if order == "time" else moments


def _counted(kind: str, session: Session) -> str:
    n = sum(kind in (f.moment.kind, *f.moment.also) for f in session.moments)
    return f"{NAMES[kind]} ({n})"


def _timeline(
    session: Session, moments: Sequence[tuple[int, PlacedMoment]], past: Sequence[Row], tz: tzinfo
) -> None:
    span_ = {"since": session.since, "until": session.until}
    channel = session.stream["channel"]
    events = data.rows("dash_events", channels=[channel], limit=500, hidden=HIDDEN, **span_)
    forecasts = data.rows("dash_stream_forecasts", channel=channel, **span_)
    forecasts = [f for f in forecasts if f["basis"] == session.part.basis]
    of = session_compare.usual(past, "mean", session.mean)
    zone = session.zone(tz)
    frame.heading("Mood and activity", _about(session))
    st.plotly_chart(
        session_chart.figure(session, moments, events, forecasts, of.middle if of else None, zone),
        key="session",
        config=CONFIG_ZOOM,
        alt=f"Mood and messages a minute, with {len(moments)} moments",
    )
    note = f"Times in {frame.zone_name(tz)}; hover for UTC and for what a number stands for."
    if session.stream["undated"]:
        note = "The log of this stream has no date: times count from its start."
    st.caption(note)


def _about(session: Session) -> str:
    step = wording.lasting(session_chart.step(session))
    return f"points of {step}, weighted by messages; the band is ± 1.96 sd / √n"


def _moments(session: Session, moments: Sequence[tuple[int, PlacedMoment]]) -> None:
    if not session.moments:
        text = "Nothing stood out: the chat went on as it does all the time, or it was too thin"
        frame.put(frame.say(f"{text} to tell. That is a finding too."))
        return
    listed = moments[:LISTED]
    samples = lines(session, [one for _, one in listed])
    frame.put(moment_list(listed, samples, session.stream["vod_id"]))
    if len(moments) > len(listed):
        st.caption(f"{len(moments) - len(listed)} weaker ones are in the files below.")


def _turns(session: Session) -> None:
    """How the mood went: a list of its own, since few of its turns are worth a cut."""
    if session.turns:
        frame.heading("How the mood went", f"n = {len(session.turns)}, of {LEAST} σ and more")
        turns = list(enumerate(session.turns, 1))[:LISTED]
        samples = lines(session, [one for _, one in turns])
        frame.put(moment_list(turns, samples, session.stream["vod_id"]))


def _files(session: Session, past: Sequence[Row]) -> None:
    frame.heading("Take away", "no line of chat is in these files")
    stem = f"dld-{session.stream['channel'].replace('~', '-')}-{session.since:%Y%m%dT%H%M}"
    export = _export(session)
    columns = st.columns(3)
    html = session_report.report(session, past, session.stream["source"])
    _file(columns[0], "Report (HTML)", html, f"{stem}.html", "text/html", SHARED)
    refused: dict[str, list[str]] = {}
    for k, file in enumerate(FILES, 1):
        body, name = file.write(export), f"{stem}{file.suffix}"
        if isinstance(body, str):
            refused.setdefault(body, []).append(file.label)
            body = b""
        _file(columns[k % 3], file.label, body, name, file.mime, file.about)
    for why, labels in refused.items():
        st.caption(f"No {', '.join(labels)}: {why}")


def _export(session: Session) -> Export:
    stream = session.stream
    span = {"channel": stream["channel"], "since": session.since, "until": session.until}
    turns = data.rows("dash_stream_categories", **span)
    return Export(
        channel=data.who().name_of(stream["channel"]),
        title=stream["title"] or "",
        since=session.since,
        length_s=(session.until - session.since).total_seconds(),
        vod_id=stream["vod_id"],
        moments=list(enumerate(session.moments, 1)),
        basis=session.part.basis,
        dated=not stream["undated"],
        categories=categories(stream["category"], session.since, turns),
    )


SHARED = "One file that opens anywhere, offline, and may be shared."


def _file(
    place: DeltaGenerator, label: str, body: str | bytes, name: str, mime: str, about: str
) -> None:
    place.download_button(
        label,
        body,
        name,
        mime,
        icon=":material/download:",
        help=about or None,
        on_click="ignore",
        key=f"file-{label}",
        disabled=not body,
        width="stretch",
    )


def _method() -> None:
    with st.expander("How moments are found and ranked"):
        st.markdown(METHOD)


METHOD = f"""
Every test asks: *could this be the stream as it always is?* The answer is in standard deviations
(σ), so that all kinds can be ranked together. Only {LEAST} σ and more is told. On made-up chat
in which nothing ever happens about one such moment comes up in seven hours.

- **Noise first.** The mean of n messages is uncertain by sd / √n, a count k by √k. Where the
  stream is livelier than that, its own spread counts instead.
- **Turn of mood**: the n-weighted means of the 2, 5 or 10 minutes before and after differ, no
  single window counting as more than three of its own σ.
- **New level**: the cheapest way to cut the whole stream into stretches of one level, each cut
  costing 3 log(windows); only levels of five minutes and more.
- **Burst of chat**: more messages in 30 s, 2 or 5 minutes than the median of the half hour around.
- **Hype**: more messages and a better mood than around, at once (Stouffer's sum of both).
- **Laughter**: more terms such as LUL, KEKW, haha or 😂 a message than in the whole stream.
- **Silence**: a run of watched windows without a message, longer than the stream's other runs
  make likely. What was not observed is never silence.

How far to trust it: with the windows of real streams in random order, new levels come up five
times less often than in their true order, turns of mood that stand alone as often. So a level is a
finding; a lone turn below 4 σ may well be chance. Bursts and laughter are single windows, which
no order changes.

What overlaps is one moment: the strongest kind names it, the others are told as *also*. Terms are
those kept by window, about twenty, so rare ones are missing. Bursts are timed to 5 seconds, the
others to 30. Chat answers what happens on screen with a delay: look some seconds before.
"""


frame.page("Session review", "what stood out in one stream, and why", draw)

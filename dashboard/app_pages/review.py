"""Session review: one stream, what stood out in it and why."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import data, frame, nearest, scope, time_span, url_state, wording
from dashboard.charts.series import Row
from dashboard.markup import row
from dashboard.review import session_compare, session_report, session_timeline, take_away
from dashboard.review.cutting import decisions, moment_chapter, vod_player
from dashboard.review.record import on_twitch, viewers_clips
from dashboard.review.record.decided import Decisions
from dashboard.review.record.viewers_clips import Clip
from dashboard.review.session import Session, lines, read_session, usual
from dashboard.review.session_list import Place, turn_list
from dashboard.review.session_marks import Marks
from dashboard.time_span import stream_names
from warehouse.moments.cuts import Cut
from warehouse.moments.decisions import HIDDEN
from warehouse.moments.finder import APART, SURE
from warehouse.moments.kinds import LEAST
from warehouse.published.manifest import Manifest

STREAMS = 500
LISTED = 20


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
        _elsewhere(session, "Nothing was observed of this stream.", tz, least=0)
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


def _elsewhere(session: Session, text: str, tz: tzinfo, least: int) -> None:
    """Say the text, and lead to the channel's nearest streams with windows of `least` messages."""
    channel = session.stream["channel"]
    values = {"channels": [channel], "since": session.since, "until": session.until}
    (found,) = data.rows("dash_nearest", **values, least=least)
    before, after = (wording.aware(at) if at else None for at in (found["before"], found["after"]))
    nearest.offer(text, before, after, tz, partial(_to_stream_of, channel))


def _to_stream_of(channel: str, hour: datetime) -> None:
    """Choose the stream that was on in the hour."""
    streams = data.rows("dash_streams", channels=[channel], limit=STREAMS)
    end = hour + timedelta(hours=1)
    begun = [s for s in streams if wording.aware(s["started_at"]) < end]
    if begun:
        st.session_state["review-stream"] = begun[0]["stream_id"]


def _review(session: Session, tz: tzinfo) -> None:
    past = usual(session.stream, session.part.basis)
    _tiles(session, past)
    if not session.n:
        silent = "Nobody spoke in this stream: there is a chat, but it was silent."
        _elsewhere(session, silent, tz, least=1)
        return
    channel = session.stream["channel"]
    everywhere = decisions.of_channel(channel)
    decided = everywhere.within(session.since, session.until)
    span_ = {"since": session.since, "until": session.until}
    events = data.rows("dash_events", channels=[channel], limit=500, hidden=HIDDEN, **span_)
    lead_s, term, plays = session_timeline.controls(session)
    made = moment_chapter.clips_of(session)
    with _beside(session) if plays else st.container():
        above = st.container()
        best = moment_chapter.best(session, decided, lead_s)
        frame.heading("Moments", _record(session, decided, everywhere))
        if told := viewers_clips.record(made, [cut for _, cut in best], session.length_s):
            st.caption(told)
        moments = moment_chapter.filtered(session, decided)
        with above:
            turns = list(enumerate(session.turns, 1))
            placed = [(session.since + timedelta(seconds=clip.at_s), clip) for clip in made]
            marks = Marks(moments, turns, decided, placed)
            session_timeline.timeline(session, marks, events, past, term, tz)
        moment_chapter.chapter(session, moments, decided, lead_s)
        _twitch(session, made, best, events)
    take_away.section(session, decided, lead_s, past)
    _turns(session, lead_s)
    _method()


def _twitch(
    session: Session, made: Sequence[Clip], best: Sequence[tuple[int, Cut]], events: Sequence[Row]
) -> None:
    """What DLD set on Twitch for this stream, and what its viewers clipped."""
    if set_there := on_twitch.told(events):
        frame.heading("Set on Twitch", "markers and clips that DLD set, or could not set")
        frame.put(on_twitch.event_list(set_there, session.since))
    if made:
        with st.expander(f"Clips of viewers ({len(made)})"):
            frame.put(viewers_clips.clip_list(made, best))


def _beside(session: Session) -> DeltaGenerator:
    """The place beside the video, which stays in sight."""
    video, place = st.columns([2, 3], gap="medium")
    with video:
        vod_player.player(session.stream["stream_id"], session.stream["vod_id"])
    return place


def _record(session: Session, decided: Decisions, everywhere: Decisions) -> str:
    """How many there are, and what people made of them: of 12 decided, 9 kept."""
    n, kept = decided.record
    parts = [f"{len(session.moments)} found"]
    if n:
        parts.append(f"of {n} decided, {kept} kept")
    if everywhere.record[0] > n:
        all_n, all_kept = everywhere.record
        parts.append(f"in all streams of this channel, of {all_n:,} decided, {all_kept:,} kept")
    return "; ".join(parts)


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


def _turns(session: Session, lead_s: int) -> None:
    """How the mood went: a list of its own, since few of its turns are worth a cut."""
    if session.turns:
        frame.heading("How the mood went", "lasting turns and levels; they have no cuts")
        turns = list(enumerate(session.turns, 1))[:LISTED]
        samples = lines(session, [one for _, one in turns])
        cut = partial(moment_chapter.cut_of, lead_s=lead_s, length_s=session.length_s)
        frame.put(turn_list(turns, samples, Place(session.stream["vod_id"], cut)))


def _method() -> None:
    with st.expander("How moments are found and ranked"):
        st.markdown(METHOD)


METHOD = f"""
A moment is half a minute to two minutes in which something happened. Four signs tell of it:

- **Messages**: more than the median of the half hour around.
- **Laughter**: more messages that laugh (LUL, KEKW, haha, ㅋㅋ, 草, 😂 ...) than usual.
- **Mood**: higher or lower than around. A lower mood counts half: few people cut what annoyed their
  viewers.
- **Capitals**: more messages in capitals. Names of emotes do not count.

Each is measured in standard deviations (σ) of chance, or of the stream's own ups and downs if
these are larger. So all four are on one scale. **Signs add up**: a moment's σ is their sum divided
by 2. When many say one word, or greet, they count as one voice, but for laughter. The first and the
last five minutes count half, since people greet then.

The kind is laughter or hype (faster and happier at once), whichever is stronger, else a burst of
chat. What else is found there stands as *also*. Of two that are closer than {APART * 30} seconds
the better one stays. A moment begins where its busiest half minute begins, to 5 seconds. You see
all of {LEAST} σ and more, and always ten if there are ten. From {SURE:g} σ on they are *sure*: in
four streams that people had labelled, three of four sure ones were worth watching.

**Silence** is a run of observed windows without a message that is unlikely in this stream. Time
that DLD did not observe is never silence.

**How the mood went** is a list of its own. A *turn*: the means of the 2, 5 or 10 minutes before and
after differ; no single window counts as more than three of its own σ. A *level*: the cheapest way
to cut the stream into stretches of one level, five minutes and more, if each cut costs
3 log(windows). In shuffled windows levels come up five times less often, single turns as often. So
a level is a finding; a single turn below 4 σ may be chance.

DLD keeps about twenty terms of each window, so rare ones are missing. Chat answers what happens on
screen with a delay: look some seconds before.
"""


frame.page("Session review", "what stood out in one stream, and why", draw)

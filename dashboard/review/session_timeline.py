"""The timeline of a stream as a section of the page: its controls, its chart."""

from collections.abc import Sequence
from datetime import tzinfo
from functools import partial

import pyarrow as pa
import streamlit as st

from dashboard import data, frame, url_state, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG_BOTH
from dashboard.review import session_chart, term_uses
from dashboard.review.cutting import own_ranges, vod_player
from dashboard.review.session import Session
from dashboard.review.session_marks import Marks
from warehouse.moments.cuts import LEAD_S, LONGEST_LEAD_S
from warehouse.usual import usual as usual_of

KEY = "session"
NO_TERM = ""


def controls(of: Session) -> tuple[int, str, bool]:
    """(lead-in in seconds, term or '', whether the video is wanted); the address follows."""
    left, middle, right = st.columns([3, 3, 2], gap="medium", vertical_alignment="bottom")
    with left:
        lead_s = _lead()
    with middle:
        term = _term(term_uses.totals(terms_of(of)))
    with right:
        plays = vod_player.toggle(of.stream["vod_id"])
    return lead_s, term, plays


def _lead() -> int:
    url_state.seed("lead", url_state.number("lead", 0, LONGEST_LEAD_S, LEAD_S))
    lead_s: int = st.slider(
        "Lead-in", 0, LONGEST_LEAD_S, key="lead", format="%d s",
        help="Chat answers what happened on screen, so links, lists and files begin earlier.",
    )  # fmt: skip
    url_state.remember(lead=str(lead_s) if lead_s != LEAD_S else None)
    return lead_s


def _term(totals: dict[str, int]) -> str:
    options = [NO_TERM, *totals]
    names = {NO_TERM: "No term", **{t: f"{wording.plain(t)} ({n:,})" for t, n in totals.items()}}
    url_state.hold("term", options, NO_TERM, "review-term")
    term: str = st.selectbox(
        "Emote or term", options, key="review-term",
        format_func=names.__getitem__,
        help="Its share of the chat, drawn before the messages. DLD keeps some twenty terms of "
        "each 30 seconds, so rare uses are missing.",
    )  # fmt: skip
    url_state.remember(term=term)
    return term


def terms_of(of: Session) -> pa.Table:
    """Terms of the stream's windows (dash_stream_terms)."""
    span = {"since": of.since, "until": of.until}
    return data.query("dash_stream_terms", channel=of.stream["channel"], **span)


def timeline(
    of: Session, marks: Marks, events: Sequence[Row], past: Sequence[Row], term: str, tz: tzinfo
) -> None:
    """The chart, and below it what was dragged across, to be added."""
    channel, zone = of.stream["channel"], of.zone(tz)
    span = {"since": of.since, "until": of.until}
    forecasts = data.rows("dash_stream_forecasts", channel=channel, **span)
    usual = usual_of(past, "mean")
    frame.heading("Mood and activity", _about(of))
    st.plotly_chart(
        session_chart.figure(
            of, marks, events, [f for f in forecasts if f["basis"] == of.part.basis],
            usual.middle if usual else None, zone, (term, terms_of(of)) if term else None,
        ),
        key=KEY,
        config=CONFIG_BOTH,
        on_select=partial(own_ranges.dragged, KEY, of.since, zone),
        selection_mode="box",
        alt=f"Mood and messages a minute, with {len(marks.moments)} moments",
    )  # fmt: skip
    note = f"{frame.times_in(tz)}. Hover over a number for its moment."
    if of.stream["undated"]:
        note = "The log of this stream has no date: times count from its start."
    st.caption(note)
    own_ranges.form(channel, of.since, of.length_s)


def _about(of: Session) -> str:
    step = wording.lasting(session_chart.step(of))
    return f"points of {step}, weighted by messages; the band shows how sure they are (95\u00a0%)"

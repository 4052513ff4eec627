"""A range of one's own: dragged across the chart or typed, and added to the list of moments."""

import re
from datetime import datetime, timedelta, tzinfo

import streamlit as st

from dashboard import inbox, time_span, wording
from dashboard.review import sentences
from dashboard.review.cutting import decisions
from warehouse.moments.decisions import LONGEST_S, LONGEST_TEXT

_FROM, _TO, _TEXT = "own-from", "own-to", "own-text"  # keys of what is typed
_CLOCK = re.compile(r"\d{1,6}(:\d{1,3}){0,2}", re.ASCII)


def dragged(key: str, since: datetime, tz: tzinfo) -> None:
    """Callback of the chart: what was dragged across is what can be added."""
    ends = time_span.box_ends(st.session_state.get(key) or {}, tz)
    if ends:
        for name, at in zip((_FROM, _TO), ends, strict=True):
            st.session_state[name] = sentences.elapsed(max(0, int((at - since).total_seconds())))


def seconds(text: str) -> int | None:
    """1:02:10, 62:10 or 3730 as seconds; None for what is no time."""
    if not _CLOCK.fullmatch(text.strip()):
        return None
    found = 0
    for part in text.split(":"):
        found = found * 60 + int(part)
    return found


def form(channel: str, since: datetime, length_s: float) -> None:
    """From, to, a text, and the button that says what it would add."""
    if not inbox.can_ask():
        return
    is_begun = bool(st.session_state.get(_FROM) or st.session_state.get(_TO))
    with st.expander("A range of your own", expanded=is_begun, icon=":material/add:"):
        st.caption("Drag across the chart above, or type times from the start.")
        _typed(channel, since, length_s)


def _typed(channel: str, since: datetime, length_s: float) -> None:
    columns = st.columns([1, 1, 3, 2], vertical_alignment="bottom", gap="small")
    columns[0].text_input("From", key=_FROM, placeholder="1:02:10", max_chars=9)
    columns[1].text_input("To", key=_TO, placeholder="1:02:50", max_chars=9)
    columns[2].text_input("What happens there", key=_TEXT, max_chars=LONGEST_TEXT)
    first, last = (seconds(st.session_state.get(key) or "") for key in (_FROM, _TO))
    label, why = "Add", "Say from when to when."
    if first is not None and last is not None:
        label = f"Add {sentences.elapsed(first)} to {sentences.elapsed(last)}"
        why = _why_not(first, last, length_s)
    columns[3].button(
        label, key="own-add", icon=":material/add:", width="stretch", disabled=bool(why),
        help=why or None, on_click=_add, args=(channel, since, first, last),
    )  # fmt: skip


def _why_not(first: int, last: int, length_s: float) -> str:
    if not 0 <= first < last <= length_s:
        return "A range begins before it ends, and lies within the stream."
    if last - first > LONGEST_S:
        return f"A range lasts {wording.lasting(timedelta(seconds=LONGEST_S))} at most."
    return ""


def _add(channel: str, since: datetime, first: int, last: int) -> None:
    text = st.session_state.get(_TEXT) or ""
    # a moment begins with a window, and a decision is on what begins then: a range never does
    at = since + timedelta(seconds=first, milliseconds=1)
    decisions.ask(channel, at, "add", seconds=last - first, text=text)
    for key in (_FROM, _TO, _TEXT):
        st.session_state[key] = ""

"""Moving through time: a stretch marked in the plot, a step back, earlier, later, wider.

Plotly zooms what it has; here the span changes, so that every zoom is asked for anew at its own
resolution, and the address tells it. From and To do the same for the keyboard.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

import streamlit as st

from dashboard import time_span, url_state, wording
from dashboard.time_span import LONGEST, Span
from dashboard.url_state import FIRST, LAST

SHORTEST = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
_CAME = "zoomed_from"  # spans of before, the newest last
_STATE = ("span", "stream", "from", "to")
DEEPEST = 50


def rounded(since: datetime, until: datetime) -> Span:
    """The span from a full minute to one, a minute long at least, within what can be told."""
    since -= (since - wording.EPOCH) % MINUTE
    until += -(until - wording.EPOCH) % MINUTE
    until = max(until, since + SHORTEST)
    until = min(until, since + LONGEST, LAST)
    return Span(max(since, FIRST), max(until, FIRST + SHORTEST))


def boxed(event: Mapping[str, Any], tz: tzinfo) -> Span | None:
    """The span of a stretch marked in a plot whose axis is the reader's wall; None for none."""
    ends = time_span.box_ends(event, tz)
    return rounded(*ends) if ends and FIRST <= ends[0] <= ends[1] <= LAST else None


def wider(span: Span) -> Span:
    """Twice as long, about the same middle."""
    half = (span.until - span.since) / 2
    return rounded(max(span.since - half, FIRST), min(span.until + half, LAST))


def moved(span: Span, share: float) -> Span:
    """As long, further on by a share of its length; back for a negative one."""
    by = share * (span.until - span.since)
    by = max(by, FIRST - span.since) if share < 0 else min(by, LAST - span.until)
    return rounded(span.since + by, span.until + by)


def buttons(span: Span, tz: tzinfo) -> None:
    """Back, earlier, later, wider: each with its word, for keyboard and screen reader."""
    came = bool(url_state.seed(_CAME, []))
    for label, icon, what, tip, off in (
        ("Back", "undo", None, "The span before this one", not came),
        ("Earlier", "chevron_left", moved(span, -0.5), "Half a span back", False),
        ("Later", "chevron_right", moved(span, 0.5), "Half a span on", False),
        ("Wider", "zoom_out", wider(span), "Twice as long a span", False),
    ):
        st.button(
            label,
            key=f"zoom-{label.lower()}",
            icon=f":material/{icon}:",
            type="tertiary",
            help=tip,
            disabled=off,
            on_click=_back if what is None else go,
            args=() if what is None else (what, tz),
        )


def marked(key: str, tz: tzinfo) -> None:
    """Callback of a plot: look at the stretch that was marked in it."""
    span = boxed(st.session_state.get(key) or {}, tz)
    if span:
        go(span, tz)


def go(span: Span, tz: tzinfo) -> None:
    """Make the span the one that is looked at; what was before can be gone back to."""
    state = st.session_state
    came = state.setdefault(_CAME, [])
    came.append({name: state[name] for name in _STATE if name in state})
    del came[:-DEEPEST]
    state["span"] = "dates"
    state["from"], state["to"] = wording.local(span.since, tz), wording.local(span.until, tz)


def _back() -> None:
    came = st.session_state.get(_CAME)
    if came:
        st.session_state.update(came.pop())

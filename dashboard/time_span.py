"""The stretch of time that is looked at, and its resolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import streamlit as st

from dashboard import choices, data, url_state, wording
from dashboard.charts.series import Row
from dashboard.stream_times import StreamTimes, aware
from warehouse.records import WINDOW

HOUR, DAY = 3600, 86400
PRESETS = {
    "3h": 3 * HOUR,
    "24h": DAY,
    "3d": 3 * DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "1y": 366 * DAY,
}
NAMES = {
    "3h": "3 hours",
    "24h": "24 hours",
    "3d": "3 days",
    "7d": "7 days",
    "30d": "30 days",
    "1y": "1 year",
    "newest": "Newest",
    "all": "All",
    "stream": "One stream",
    "dates": "From … to",
}
LONGEST = timedelta(days=366 * 30)


@dataclass(frozen=True)
class Span:
    """[since, until), aware."""

    since: datetime
    until: datetime

    def offset_s(self, tz: tzinfo) -> int:
        """The reader's seconds east of UTC, so that days begin at their midnight."""
        offset = self.until.astimezone(tz).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def text(self, tz: tzinfo) -> str:
        """22 Nov 2026, 14:05 to 16:10; of a minute or less with seconds."""
        same = self.since.astimezone(tz).date() == self.until.astimezone(tz).date()
        exact = self.until - self.since <= timedelta(minutes=1)
        tell = wording.clock if same else wording.moment
        return f"{wording.moment(self.since, tz, exact)} to {tell(self.until, tz, exact)}"


def box_ends(event: Mapping[str, Any], tz: tzinfo) -> tuple[datetime, datetime] | None:
    """The ends of a stretch marked in a plot whose axis is the reader's wall; None for none."""
    boxes = event.get("selection", {}).get("box") or []
    try:
        ends = sorted(datetime.fromisoformat(str(x)) for x in boxes[0]["x"])
        since, until = (t.replace(tzinfo=tz).astimezone(UTC) for t in (ends[0], ends[-1]))
    except (LookupError, ValueError, OverflowError, TypeError):
        return None
    return since, until


def window_end(start: datetime) -> datetime:
    """End of the window that begins at `start`."""
    return start + WINDOW


def hour_of(at: datetime) -> datetime:
    """The hour's end, so that a query asked with it is answered from the cache for a while."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def choose(
    streams: StreamTimes, channels: Sequence[str], end: datetime, tz: tzinfo, usual: str = "24h"
) -> Span:
    """Draw the controls and return the span they say, `usual` at first; the address follows.

    streams: one at least. Those without a date count only where no other is.
    """
    dated = streams.dated()
    first, last = aware(dated.since.min()), min(aware(dated.until.max()), end)
    kind = choices.choose("Span", "span", NAMES, usual)
    if kind == "stream":
        return _stream(channels, end, tz) or Span(last - timedelta(days=1), last)
    if kind == "dates":
        return _dates(first, last, tz)
    url_state.remember(span=kind, stream=None, **{"from": None, "to": None})
    if kind in PRESETS:
        since = max(last - timedelta(seconds=PRESETS[kind]), first)
    else:
        since = dated.newest_stretch()[0] if kind == "newest" else max(first, last - LONGEST)
    return Span(min(since, last - WINDOW), last)


def _stream(channels: Sequence[str], end: datetime, tz: tzinfo) -> Span | None:
    streams = {
        s["stream_id"]: s for s in data.rows("dash_streams", channels=list(channels), limit=500)
    }
    if not streams:
        st.caption("These channels have no stream yet.")
        return None
    ids = list(streams)
    url_state.hold("stream", ids, ids[0])
    names = stream_names(streams, tz)
    chosen = st.selectbox("Stream", ids, key="stream", format_func=names.__getitem__)
    url_state.remember(span="stream", stream=chosen, **{"from": None, "to": None})
    stream = streams[chosen]
    until = wording.aware(stream["ended_at"]) if stream["ended_at"] else end
    since = wording.aware(stream["started_at"])
    return Span(since, max(until, since + WINDOW))


def stream_names(streams: Mapping[str, Row], tz: tzinfo) -> dict[str, str]:
    """What each is called in a list."""
    called = data.who().name_of
    return {i: _stream_name(s, called(s["channel"]), tz) for i, s in streams.items()}


def _stream_name(stream: Row, channel: str, tz: tzinfo) -> str:
    """A stream in a list: channel, start, length, title; one without a date by its place."""
    start, end = wording.aware(stream["started_at"]), stream["ended_at"]
    took = wording.lasting(wording.aware(end) - start) if end else "on air"
    title = wording.plain(stream["title"], 60)
    parts = [wording.plain(channel), wording.moment(start, tz), took, title]
    return " · ".join(p for p in parts if p)


def _dates(first: datetime, last: datetime, tz: tzinfo) -> Span:
    default = Span(max(first, last - timedelta(days=1)), last)
    asked = Span(url_state.time("from", default.since), url_state.time("to", default.until))
    since, until = _told(asked, Span(first, last), default)
    url_state.seed("from", wording.local(since, tz))
    url_state.seed("to", wording.local(until, tz))
    left, right = st.columns(2)  # narrower, a field cuts its own time
    low, high = (at.replace(tzinfo=None) for at in (url_state.FIRST, url_state.LAST))
    bounds: dict[str, Any] = {"min_value": low, "max_value": high, "step": 60}
    a = left.datetime_input("From", key="from", format="DD.MM.YYYY", **bounds)
    b = right.datetime_input("To", key="to", format="DD.MM.YYYY", **bounds)
    span = _between(a, b, tz)
    if span is None:
        st.info("The end must lie after the beginning; this is the last day instead.")
        return default
    url_state.remember(
        span="dates",
        stream=None,
        **{"from": wording.utc_iso(span.since), "to": wording.utc_iso(span.until)},
    )
    return span


def _told(asked: Span, whole: Span, default: Span) -> tuple[datetime, datetime]:
    """What an address asks for, if it can be shown; the whole for what is longer than LONGEST."""
    if asked.since >= asked.until:
        url_state.note("The span in the address is empty; this is the last day instead.")
        return default.since, default.until
    if asked.until - asked.since > LONGEST:
        url_state.note("The span in the address is too long; this is all there is instead.")
        return max(whole.since, whole.until - LONGEST), whole.until
    return asked.since, asked.until


def _between(a: datetime | None, b: datetime | None, tz: tzinfo) -> Span | None:
    """Two times on the reader's wall as a span of whole windows; None for none between them."""
    if a is None or b is None:
        return None
    since, until = (wording.aware(t.replace(tzinfo=tz)).astimezone(UTC) for t in (a, b))
    if not since < until <= since + LONGEST:
        return None
    return Span(since - (since - wording.EPOCH) % WINDOW, until + (wording.EPOCH - until) % WINDOW)

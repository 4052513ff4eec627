"""Moments of one stream, found in what is published of it. No Streamlit: scripts ask as well."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import isfinite
from typing import NamedTuple

import pyarrow as pa

from dashboard.basis import NOTHING, Portion, parts
from dashboard.basis import usual as usual_part
from dashboard.charts.series import Row
from dashboard.wording import aware
from warehouse.moments.finder import find, turns
from warehouse.moments.kinds import Moment
from warehouse.moments.loading import arrays_of
from warehouse.moments.placed import PlacedMoment, placed
from warehouse.records import WINDOW, WINDOW_SECONDS, utc, window_start

LONGEST = timedelta(days=30)  # a stream that never ended is not looked at for ever


class Found(NamedTuple):
    """Windows of a stream as rows, its moments and the turns of its mood by rank; part: how the
    windows were read that its mood is of, and all parts."""

    rows: tuple[Row, ...] = ()
    moments: tuple[PlacedMoment, ...] = ()
    turns: tuple[PlacedMoment, ...] = ()
    part: Portion = NOTHING
    parts: tuple[Portion, ...] = ()


def span_of(stream: Row, end: datetime) -> tuple[datetime, datetime]:
    """[since, until) of the stream, aware UTC; one still on air reaches to `end`."""
    until = aware(stream["ended_at"]) if stream["ended_at"] else end
    return max(aware(stream["started_at"]), until - LONGEST), until


def find_in(query: Callable[..., pa.Table], stream: Row, since: datetime, until: datetime) -> Found:
    """What stood out. query: by name and $values, as a Reader's; stream: a row of dash_stream."""
    span = {
        "channel": stream["channel"],
        "since": utc(window_start(since.timestamp())),
        "until": max(until, since + WINDOW),
    }
    windows = query("dash_stream_windows", stream=stream["stream_id"], **span)
    rows = tuple(windows.to_pylist())
    if not rows:
        return Found()
    by = tuple(parts(rows))
    part = usual_part(by, stream["readable"])
    start = aware(windows["start"][0].as_py())
    said, is_over = query("dash_stream_terms", **span), stream["ended_at"] is not None
    arrays, terms = arrays_of(windows, said, since, is_over, part.basis)
    moments, turned = (placed(each(arrays), arrays, start, terms) for each in (find, turns))
    return Found(rows, moments, turned, part, by)


def figures(m: Moment) -> dict[str, object]:
    """What was counted of a moment, as files and scripts have it; None is not known."""
    return {
        "duration_s": (m.last - m.first) * WINDOW_SECONDS,
        "sigma": round(m.score, 2),
        "n_messages": m.n,
        "mood_before": _number(m.before, 4),
        "mood": _number(m.mood, 4),
        "messages_per_min": _number(m.rate, 2),
        "usual_per_min": _number(m.usual, 2),
        "laughs_per_message": _number(m.share, 4),
    }


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None

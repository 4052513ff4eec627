"""The way out of a span without anything: the nearest hours that have something."""

from datetime import datetime, timedelta
from functools import partial

from dashboard import nearest, wording
from dashboard.explore import zoom
from dashboard.explore.view import HOUR, View
from dashboard.time_span import Span

SHORTEST = timedelta(hours=3)  # so that a stream is seen


def offer(view: View, text: str, least: int, key: str = "nearest") -> None:
    """Say the text, and go to where the channels had windows of `least` messages or more."""
    (found,) = view.rows("dash_nearest", **view.hours, least=least)
    before, after = (wording.aware(at) if at else None for at in (found["before"], found["after"]))
    go = partial(_go, view, before)
    nearest.offer(text, before, after, view.tz, go, key)


def _go(view: View, before: datetime | None, at: datetime) -> None:
    """A span as long that ends with the hour before, or begins with the one after."""
    length = max(view.span.until - view.span.since, SHORTEST)
    span = Span(at + HOUR - length, at + HOUR) if at == before else Span(at, at + length)
    zoom.go(zoom.rounded(span.since, span.until), view.tz)

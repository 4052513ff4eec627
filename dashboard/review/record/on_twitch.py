"""Markers and clips that were set on Twitch for a stream's moments, and what failed."""

import re
from collections.abc import Sequence
from datetime import datetime

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.markup import Markup, away, span, tag
from dashboard.review import sentences

KINDS = ("twitch_marker", "twitch_clip", "twitch_failed")
_TWITCH = re.compile(r"https://(?:www|clips)\.twitch\.tv/[\w/?=&.%-]{1,200}", re.ASCII)


def told(events: Sequence[Row]) -> list[Row]:
    """Those of a stream's events, in their order."""
    return [event for event in events if event["kind"] in KINDS]


def event_list(events: Sequence[Row], since: datetime) -> Markup:
    """A line each: what was set, when, with a link to it; why not, where it failed."""
    return tag("ul", *(_line(event, since) for event in events), cls="dld-streams")


def _line(event: Row, since: datetime) -> Markup:
    at_s = max(0, int((wording.aware(event["at"]) - since).total_seconds()))
    detail = event["detail"] or ""
    what = f"{sentences.elapsed(at_s)} {wording.event_kind(event['kind'])}"
    if _TWITCH.fullmatch(detail):
        return tag("li", away(detail, what, wording.utc_text(event["at"])))
    return tag("li", what, span(f": {wording.plain(detail, 200)}" if detail else ""))

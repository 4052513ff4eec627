"""Jobs of the sender: what is to be set on Twitch for a moment, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.requests.clips import PastClip
from pipeline.serving.live_moments import LiveMoment
from warehouse.errors import AppError
from warehouse.records import iso

MARKER, CLIP, PAST = "marker", "clip", "past clip"
KINDS = {MARKER: "twitch_marker", CLIP: "twitch_clip", PAST: "twitch_clip"}  # of events
FAILED = "twitch_failed"
Row = dict[str, Any]


class NotDone(AppError):
    """A job that was not done, and why. wait_s: seconds after which it may be asked again; 0.0 for
    one that must not be."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass
class Job:
    """A marker or clip to be set. due: not before, monotonic seconds. words: what happened;
    found_at: when it was found, or asked for, epoch seconds.

    clip_id: of a clip that Twitch makes; until: when it is no longer waited for. past: of a clip
    of a past stream, what was asked for.
    """

    what: str
    channel: str
    channel_id: str
    at: datetime
    words: str
    found_at: float
    due: float = 0.0
    clip_id: str = ""
    until: float = 0.0
    past: PastClip | None = None

    def event(self, kind: str, detail: str) -> Row:
        """What came of it, as a row of `events`. kind: of KINDS, or FAILED; detail: the address,
        or why there is none."""
        name = f"failed:{self.what}" if kind == FAILED else self.what
        event_id = f"twitch:{name}:{self.channel}:{iso(self.at)}"
        row = {"event_id": event_id, "channel": self.channel, "at": self.at}
        return {**row, "kind": kind, "detail": detail}


def live_job(what: str, moment: LiveMoment, channel_id: str) -> Job:
    """Of a moment that was found just now."""
    found_at = moment.found_at.timestamp()
    return Job(what, moment.channel, channel_id, moment.at, moment.text, found_at)


def past_job(asked: PastClip, now: float) -> Job:
    """Of a part of a past stream. now: epoch seconds."""
    return Job(PAST, asked.channel, asked.channel_id, asked.at, asked.title, now, past=asked)

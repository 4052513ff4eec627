"""A turn: what follows from the items of a batch, and is yet to be committed."""

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.alerts import Alert
from pipeline.chat.message import Happening
from pipeline.markers.jobs import Row
from pipeline.serving.live_moments import LiveMoment
from pipeline.windows.track import Closed, Stream


@dataclass
class Turn:
    """Windows that closed, events, streams that began or ended (by id), alerts, moments found,
    rows of `events` with what came of those on Twitch."""

    closed: list[Closed] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    moments: list[LiveMoment] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)

    def is_any(self) -> bool:
        """True if there is something to commit."""
        return bool(self.closed or self.events or self.streams or self.alerts or self.outcomes)

    def add(self, later: "Turn") -> None:
        """A later turn is committed together with this one."""
        self.closed += later.closed
        self.events += later.events
        self.streams |= later.streams
        self.alerts += later.alerts
        self.moments += later.moments
        self.outcomes += later.outcomes

    def turn_back(self, start: datetime) -> None:
        """The clock had been ahead: windows without chat from `start` on never were."""
        self.closed = [c for c in self.closed if c.window.start < start or c.lines]

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is committed."""
        self.closed = [c for c in self.closed if c.window.channel != channel]
        self.events = [e for e in self.events if e.channel != channel]
        self.streams = {k: s for k, s in self.streams.items() if s.channel != channel}
        self.alerts = [a for a in self.alerts if a.channel != channel]
        self.moments = [m for m in self.moments if m.channel != channel]
        self.outcomes = [row for row in self.outcomes if row["channel"] != channel]

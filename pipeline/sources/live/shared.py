"""Limits of live chat, and what all connections of a source share."""

from dataclasses import dataclass

from pipeline.chat.oddities import Oddities
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace
from pipeline.web import printable


@dataclass(frozen=True)
class Limits:
    """Twitch's own limits, or below them. Nobody has to change them but tests.

    joins: in any span of `joins_per_s`, over all connections. join_timeout_s: without an answer
    for so long, a channel may not exist. retry_s: how often a channel that was refused is asked
    for again. ping_after_s, dead_after_s: silence before a sign of life is asked for, and before
    a connection is given up. backoff_s: longest wait between attempts to connect. look_s: between
    looks for channels to join or to leave. batch_s: seconds a batch.
    """

    channels: int = 90  # on a connection; Twitch's IRC allows fewer than 100
    joins: int = 20
    joins_per_s: float = 10.0
    join_timeout_s: float = 15.0
    retry_s: float = 600.0
    connect_timeout_s: float = 10.0
    ping_after_s: float = 3.0
    dead_after_s: float = 10.0
    backoff_s: float = 60.0
    look_s: float = 0.2
    batch_s: float = 0.5


class Shared:
    """Outbox, pace and troubles of a source. troubles: why something is not read and what to do,
    in a sentence, by channel, or by words for what else; '' for the whole connection. first:
    channels that are asked for before all others, as they were on air; each until it has been.
    oddities: what was left out.
    """

    def __init__(self, limits: Limits, clock: TwitchClock | None = None) -> None:
        self.limits, self.clock = limits, clock or TwitchClock()
        self.outbox, self.oddities = Outbox(), Oddities()
        self.pace = Pace(limits.joins, limits.joins_per_s)
        self.troubles: dict[str, str] = {}
        self.first: set[str] = set()

    def report(self, what: str, reason: str) -> None:
        """Say why something is not read: it is told on until it is cleared."""
        self.troubles[what] = printable(reason)
        self.first.discard(what)

    def waits(self, channel: str) -> bool:
        """True while others come first."""
        return bool(self.first) and channel not in self.first

    def clear(self, what: str) -> None:
        """It is read, or no longer wanted."""
        self.troubles.pop(what, None)


def is_channel(what: str) -> bool:
    """True for a channel's key, not for words."""
    return bool(what) and " " not in what

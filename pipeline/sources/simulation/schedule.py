"""Schedule of the three channels: fixed for all time by the seed, two always live.

Time is cut into cycles of eight hours. The busy channel streams in the first half; while
it does, the other two take their breaks, one after the other. Every edge is jittered by
less than what keeps the breaks apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.sources.simulation.dice import dice, uniform
from pipeline.sources.simulation.profiles import BUSY, MEDIUM, QUIET

HOUR = 3600.0
CYCLE = 8 * HOUR

# Hours into the cycle between which a stream starts, and between which it ends.
EDGES = {
    BUSY: ((-0.3, 0.0), (3.7, 4.2)),
    QUIET: ((1.5, 1.8), (8.1, 8.3)),
    MEDIUM: ((3.3, 3.6), (9.9, 10.1)),
}

TITLES = {
    QUIET: ("slow tide, no hurry", "night fishing", "the long way round the bay"),
    MEDIUM: ("looking for the blue key", "cave day", "no map, only echoes"),
    BUSY: ("time trials till it works", "viewer races", "one more lap"),
}
CATEGORIES = {
    QUIET: ("Tidewater Trails", "Knots and Nets"),
    MEDIUM: ("Cavern Choir", "Lanterns Below"),
    BUSY: ("Neon Rally", "Rooftop Derby"),
}


@dataclass(frozen=True)
class ScheduledStream:
    """One simulated stream, `[start, end)` in seconds since the epoch."""

    channel: str
    start: float
    end: float
    title: str
    category: str

    @property
    def stream_id(self) -> str:
        """Unique over all channels: a channel starts one stream at a time."""
        return f"{self.channel}:{datetime.fromtimestamp(self.start, UTC):%Y%m%dT%H%M%S}"


def streams(seed: int, channel: str, after: float, before: float) -> Iterator[ScheduledStream]:
    """The channel's streams that touch `[after, before)`, oldest first."""
    first = int(after // CYCLE) - 2
    for cycle in range(first, int(before // CYCLE) + 2):
        stream = _stream(seed, channel, cycle)
        if stream.end > after and stream.start < before:
            yield stream


def _stream(seed: int, channel: str, cycle: int) -> ScheduledStream:
    offset = uniform(0, CYCLE, seed, "offset") + cycle * CYCLE
    (low, high), (end_low, end_high) = EDGES[channel]
    start = offset + HOUR * uniform(low, high, seed, "start", channel, cycle)
    end = offset + HOUR * uniform(end_low, end_high, seed, "end", channel, cycle)
    words = dice(seed, "title", channel, cycle)
    title = f"Simulated stream: {words.choice(TITLES[channel])}"
    return ScheduledStream(
        channel, float(round(start)), float(round(end)), title, CATEGORIES[channel][0]
    )

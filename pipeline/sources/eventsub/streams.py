"""Which streams are on, from two that tell: Twitch's notices, prompt but not for every channel,
and its list of live streams, complete but late by minutes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pipeline.chat.message import Happening, Item, StreamEnd, StreamStart

_ABSENT = 2  # times in a row that the list lacks a stream before it has ended


@dataclass(frozen=True, slots=True)
class Live:
    """A stream that is on. started_at: epoch seconds."""

    stream_id: str
    started_at: float
    title: str = ""
    category: str = ""


@dataclass
class _Known:
    """Of a channel. ended: the stream that ended last, which the list may still have."""

    on: str = ""
    ended: str = ""
    title: str | None = None
    category: str | None = None
    absent: int = 0


@dataclass
class Streams:
    """Every channel's; each change is told once, whoever tells it first."""

    known: dict[str, _Known] = field(default_factory=dict)

    def listed(self, live: Mapping[str, Live], asked: Collection[str], now: float) -> list[Item]:
        """The list of live streams came. asked: the channels it was asked about."""
        found: list[Item] = []
        for channel in asked:
            state = self.known.setdefault(channel, _Known())
            stream = live.get(channel)
            if stream is None:
                state.absent += 1
                if state.absent >= _ABSENT:
                    found += self.ended(channel, now)
            elif stream.stream_id == state.on:
                state.absent = 0
                found += self.changed(channel, stream.title, stream.category, now)
            elif stream.stream_id != state.ended:
                found += self.began(channel, stream)
        return found

    def began(self, channel: str, stream: Live) -> list[Item]:
        """A stream began."""
        state = self.known.setdefault(channel, _Known())
        if stream.stream_id == state.on:
            return []
        state.on, state.absent = stream.stream_id, 0
        state.title, state.category = stream.title, stream.category
        at = stream.started_at
        return [StreamStart(channel, at, stream.stream_id, stream.title, stream.category)]

    def ended(self, channel: str, at: float) -> list[Item]:
        """The channel's stream ended."""
        state = self.known.setdefault(channel, _Known())
        if not state.on:
            return []
        state.on, state.ended = "", state.on
        return [StreamEnd(channel, at)]

    def changed(
        self, channel: str, title: str, category: str, at: float, name: str = ""
    ) -> list[Item]:
        """Title and category as they are now. name: of the notice, '' for the list."""
        state = self.known.setdefault(channel, _Known())
        found: list[Item] = []
        for kind, before, after in (
            ("title", state.title, title),
            ("category", state.category, category),
        ):
            if after != before and before is not None:  # what it was first is no change
                found.append(Happening(channel, at, kind, after, f"{name}:{kind}" if name else ""))
        state.title, state.category = title, category
        return found

    def forget(self, channel: str) -> None:
        """The channel is no longer read."""
        self.known.pop(channel, None)

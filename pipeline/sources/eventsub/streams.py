"""Streams that are on, from two that tell: Twitch's notices, prompt but not for every channel,
and its list of live streams, complete but late by minutes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from pipeline.chat.message import Happening, Item, StreamEnd, StreamStart

ABSENT = 2  # times in a row that a list lacks a stream before it has ended
_LONGEST_S = 7 * 86400.0  # no stream is on for so long; nor does it begin in the future
_SKEW_S = 60.0


@dataclass(frozen=True, slots=True)
class Live:
    """A stream that is on. started_at: epoch seconds."""

    stream_id: str
    started_at: float
    title: str = ""
    category: str = ""


@dataclass
class _State:
    """Of a channel. since: when the one that is on began. ended: the stream that ended last, which
    the list may still have, or Twitch tell of again."""

    on: str = ""
    since: float = 0.0
    ended: str = ""
    title: str | None = None
    category: str | None = None
    absent: int = 0


@dataclass
class Streams:
    """Every channel's; each change is told once, whoever tells it first."""

    by_channel: dict[str, _State] = field(default_factory=dict)

    def listed(self, live: Mapping[str, Live], channels: Collection[str], now: float) -> list[Item]:
        """The list of live streams came. channels: those it was asked about."""
        changes: list[Item] = []
        for channel in channels:
            state = self.by_channel.setdefault(channel, _State())
            stream = live.get(channel)
            if stream is None:
                state.absent += 1
                if state.absent >= ABSENT:
                    changes += self.ended(channel, now)
            elif stream.stream_id == state.on:
                state.absent = 0
                changes += self.changed(channel, stream.title, stream.category, now)
            else:
                is_sane = now - _LONGEST_S <= stream.started_at <= now + _SKEW_S
                at = stream.started_at if is_sane else now
                changes += self.began(channel, replace(stream, started_at=at))
        return changes

    def began(self, channel: str, stream: Live) -> list[Item]:
        """A stream began."""
        state = self.by_channel.setdefault(channel, _State())
        if stream.stream_id in ("", state.on, state.ended):
            return []
        state.on, state.since, state.absent = stream.stream_id, stream.started_at, 0
        state.title, state.category = stream.title, stream.category
        at = stream.started_at
        return [StreamStart(channel, at, stream.stream_id, stream.title, stream.category)]

    def ended(self, channel: str, at: float) -> list[Item]:
        """The channel's stream ended."""
        state = self.by_channel.setdefault(channel, _State())
        if not state.on or at < state.since:  # then it is the end of another one
            return []
        state.on, state.ended = "", state.on
        return [StreamEnd(channel, at)]

    def changed(
        self, channel: str, title: str, category: str, at: float, name: str = ""
    ) -> list[Item]:
        """Title and category as they are now. name: of the notice, '' for the list."""
        state = self.by_channel.setdefault(channel, _State())
        changes: list[Item] = []
        for kind, before, after in (
            ("title", state.title, title),
            ("category", state.category, category),
        ):
            if after != before and before is not None:  # what it was first is no change
                changes.append(
                    Happening(channel, at, kind, after, f"{name}:{kind}" if name else "")
                )
        state.title, state.category = title, category
        return changes

    def rename(self, names: Mapping[str, str]) -> None:
        """Channels are called otherwise from now on. names: by those of before."""
        self.by_channel = {names.get(c, c): state for c, state in self.by_channel.items()}

    def forget(self, channel: str) -> None:
        """The channel is no longer read."""
        self.by_channel.pop(channel, None)

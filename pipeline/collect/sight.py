"""Sight of channels, as `collect` has told it: what a reader who comes later has to know first."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.chat.message import (
    ChannelInfo,
    Heard,
    Item,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
    Watch,
)
from warehouse.identities import Identities

_TOLD_AGAIN_S = 2.0  # a Watch so soon after what was heard last says the same again
_QUIET_S = 120.0  # one not heard since then is not seen now


class Sight:
    """By key: since and up to when the channel was seen, its running stream, who it is."""

    def __init__(self, identities: Identities) -> None:
        self.identities = identities
        self.streams: dict[str, StreamStart] = {}
        self._infos: dict[str, ChannelInfo] = {}
        self._spans: dict[str, list[float]] = {}

    def note(self, key: str, item: Item) -> None:
        """What an item says of it."""
        if isinstance(item, Watch):
            span = self._spans.get(key)
            if span is None or item.at > span[1] + _TOLD_AGAIN_S:
                self._spans[key] = [item.at, item.at]
        elif isinstance(item, Heard | Message):
            if (span := self._spans.get(key)) and item.at > span[1]:
                span[1] = item.at
        elif isinstance(item, Lost):
            if (span := self._spans.get(key)) and item.at >= span[0]:
                del self._spans[key]
        elif isinstance(item, StreamStart):
            self.streams[key] = item
        elif isinstance(item, StreamEnd):
            if (stream := self.streams.get(key)) and item.at >= stream.at:
                del self.streams[key]
        elif isinstance(item, ChannelInfo):
            self._infos[key] = item

    def forget(self, key: str) -> None:
        """It is not to be read."""
        self._spans.pop(key, None)
        self.streams.pop(key, None)

    def spans(self, now: float) -> dict[str, tuple[str, tuple[float, float]]]:
        """By key, of each channel that is seen: its login of today, and (from, to)."""
        seen = ((k, s) for k, s in self._spans.items() if s[1] >= now - _QUIET_S)
        login = self.identities.login_of
        return {key: (name, (span[0], span[1])) for key, span in seen if (name := login(key))}

    def told(self) -> Mapping[str, tuple[StreamStart | ChannelInfo, ...]]:
        """By key, of each channel: who it is, and its running stream, under its login of today."""
        told: dict[str, tuple[StreamStart | ChannelInfo, ...]] = {}
        for key in {*self._infos, *self.streams}:
            if login := self.identities.login_of(key):
                both = self._infos.get(key), self.streams.get(key)
                told[key] = tuple(_called(login, item) for item in both if item)
        return told

    def passed_on(self, key: str, login: str, at: float) -> list[Item]:
        """What those who read the channel are told when another has its login: that it has a name
        which nobody else has, and is read no longer. Nothing where Twitch's id is not known."""
        channel_id = self.identities.id_of(key)
        info = self._infos.get(key) or ChannelInfo(login, channel_id)
        name = f"{key}~{channel_id}"  # Identities.resolve leads back
        left = StreamEnd(login, at, left=True)
        return [replace(info, channel=name, at=at), left] if channel_id else []


def _called(login: str, item: StreamStart | ChannelInfo) -> StreamStart | ChannelInfo:
    return item if item.channel == login else replace(item, channel=login)

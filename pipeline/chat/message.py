"""Items of chat as a source tells them, in batches, each batch with the source's clock.

All times are seconds since the Unix epoch, UTC, as the source (Twitch) stamped them.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)  # not frozen: there are millions, and it would take a microsecond of each
class Message:
    """One chat line. `chatter` is hashed before anything is stored; '' is unknown.

    emotes: the emote names the source marked, in order, repeats included;
    None where the source has no markup (then nobody knows, rather than "no emotes").
    """

    id: str
    channel: str
    at: float
    chatter: str
    text: str
    emotes: tuple[str, ...] | None = None
    bot: bool = False


@dataclass(frozen=True, slots=True)
class StreamStart:
    """A stream began, as the source says. `stream_id` is unique over all channels."""

    channel: str
    at: float
    stream_id: str
    title: str = ""
    category: str = ""
    vod_id: str = ""
    undated: bool = False


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The channel's stream ended; left: or it is only we who stopped reading, and it may go on."""

    channel: str
    at: float
    left: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """From now on the channel is seen (joined)."""

    channel: str
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The channel's connection gave a sign of life: it was seen up to `at`."""

    channel: str
    at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; the channel was seen up to its last Heard."""

    channel: str
    at: float


@dataclass(frozen=True, slots=True)
class Happening:
    """A raid, sub, gift, cheer, title ... with a detail that names no chatter.

    id: the source's own, '' unknown. The same id told twice is one; without one, the same
    detail at the same time is.
    """

    channel: str
    at: float
    kind: str
    detail: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Retract:
    """Messages were taken back: the one of that id; else what a chatter had said up to `at`;
    with neither, what the whole channel had."""

    channel: str
    at: float
    message_id: str = ""
    chatter: str = ""


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel as its source knows it: who has this login from now on.

    at: when that was seen, epoch seconds; 0 unknown.
    """

    channel: str
    channel_id: str = ""
    display_name: str = ""
    language: str = ""
    at: float = field(default=0.0, compare=False)


Item = Message | StreamStart | StreamEnd | Watch | Heard | Lost | Happening | Retract | ChannelInfo


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in the order they came, and the source's clock after them.

    Windows close by this clock, so a batch comes at least once a second, empty or not. While the
    source does not know what time it is, `at` is None: nothing closes. `channel` of an item is
    the login that the source reads; the engine alone knows keys. troubles: why something is not
    read, by channel, '' for the connection as a whole: all there are now; None where they are as
    before. malformed: things that were left out since the last one. offset: what is added to
    monotonic time for the source's; None where the machine's clock is as good, or it is as before.
    hashed: chatters are hashes already, those who opted out left out. chatters: hashes of some who
    were seen lately, wherever their messages go.
    """

    at: float | None
    items: tuple[Item, ...] = ()
    troubles: Mapping[str, str] | None = None
    malformed: int = 0
    offset: float | None = None
    hashed: bool = False
    chatters: tuple[int, ...] = ()


class Source(Protocol):
    """A place chat comes from. `kind` is shown to people: simulated, replay or live.

    anew: after a restart it tells everything again, from its start.
    """

    kind: str
    anew: bool = False

    def channels(self) -> list[ChannelInfo]:
        """The channels it will speak of, as far as it knows now."""
        ...

    def batches(self) -> AsyncIterator[Batch]:
        """Every batch, oldest first; ends when the source has no more to say."""
        ...

    def gauge(self) -> Mapping[str, tuple[float, Mapping[str, Any]]]:
        """More for the table `health`: a value and its parts, by name."""
        return {}

    def stored(self, clock: float) -> None:
        """What was said before `clock` is in the warehouse; most sources need not know."""
        return

    def leased(self, until: float) -> None:
        """The shard is this process's until then, monotonic; most sources need not know."""
        return

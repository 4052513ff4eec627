"""From what a source says to closed windows: dedupe, filter, score, count.

Knows nothing of files or of the wall clock, so the daemon, an import and a recovery from
the buffer all go the same way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pipeline.chat.anonymous import OPTED_OUT, anonymous
from pipeline.chat.message import (
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.chat.text import KNOWN_BOTS, LONE, is_filtered
from pipeline.privacy.hashing import Hasher
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.language import Readable
from pipeline.scoring.scored_message import ScoredMessage, message_key
from pipeline.windows.seen_ids import SeenIds
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import HELD_S, Closed, Stream, Track
from warehouse.records import WINDOW_SECONDS, lowered

_IDS = 100_000  # message ids remembered, twice this at most


@dataclass
class IntakeCounts:
    """Messages that came in, by what became of them, and what was none: for the health page."""

    messages: int = 0
    filtered: int = 0
    duplicates: int = 0
    late: int = 0
    dropped: int = 0
    retracted: int = 0
    malformed: int = 0


@dataclass(slots=True)
class Missed:
    """Messages that came for a window no longer in memory; gone: those taken back from it."""

    messages: int = 0
    filtered: int = 0
    gone: int = 0
    gone_filtered: int = 0


@dataclass
class Intake:
    """All channels' tracks, and the state that decides what counts.

    The gate's hidden chatters are neither counted nor named.
    known_since: whoever chatted before it, epoch seconds, may not be known by name.
    missed: by channel and start of the window; whoever reads it clears it.
    """

    scorers: Scorers
    hasher: Hasher
    gate: Gate
    grace_s: float = 5.0
    held_s: float = HELD_S
    known_since: float = 0.0
    tracks: dict[str, Track] = field(default_factory=dict)
    counts: IntakeCounts = field(default_factory=IntakeCounts)
    readable: dict[str, Readable] = field(default_factory=dict)
    missed: dict[tuple[str, int], Missed] = field(default_factory=dict)
    _ids: SeenIds = field(default_factory=lambda: SeenIds(_IDS))
    _again: dict[tuple[str, int], None] = field(default_factory=dict)

    def track(self, channel: str) -> Track:
        """The channel's track, made when it is first spoken of."""
        if channel not in self.tracks:
            version, reading = (
                partial(self.scorers.version, channel),
                partial(self.reading, channel),
            )
            self.tracks[channel] = Track(channel, version, self.held_s, reading)
        return self.tracks[channel]

    def reading(self, channel: str) -> str:
        """How the channel's next window is read."""
        known = self.readable.get(channel)
        return known.reading if known else "words"

    def channel_of(self, stream_id: str) -> str | None:
        """Whose stream that is, as far as it is in memory."""
        return next((name for name, t in self.tracks.items() if t.has_stream(stream_id)), None)

    def take(self, item: Item, hashed: bool = False) -> float | None:
        """Count one item; a message's compound (0.0 for anything else), None for what was told
        before and for a message whose chatter opted out: nothing of it is to be kept.

        hashed: its chatter is a hash already, as of all that is kept.
        """
        if isinstance(item, Message):
            return self._message(item, hashed)
        track = self.track(item.channel)
        if isinstance(item, StreamStart):
            track.start_stream(_stream(item))
        elif isinstance(item, StreamEnd):
            track.end_stream(item.at, item.left)
        elif isinstance(item, Watch):
            track.watch(item.at)
        elif isinstance(item, Heard):
            track.heard(item.at)
        elif isinstance(item, Lost):
            return 0.0 if track.lost(item.at) else None
        elif isinstance(item, Retract):
            self.change(item.channel, self.meant(item, hashed))
            return None
        return 0.0

    def meant(
        self, item: Retract, hashed: bool = False
    ) -> Callable[[ScoredMessage], ScoredMessage | None]:
        """A line as it is, None for one that was taken back. One that has not come yet, and is
        known by its id, will not be counted."""
        key = message_key(item.message_id)
        who = int(item.chatter or 0) if hashed else self.hasher.of(item.chatter)
        if key:
            self._ids.add(key)
            return lambda line: None if line.id == key else line
        return lambda line: None if line.at <= item.at and who in (0, line.chatter) else line

    def change(self, channel: str, of: Callable[[ScoredMessage], ScoredMessage | None]) -> None:
        """Put the channel's lines in memory through `of`; windows that changes are made again."""
        if channel in self.tracks:
            changed = self.tracks[channel].change(of)
            self._again.update(dict.fromkeys((channel, start) for start in changed))

    def anonymous(self, item: Item) -> Item:
        """The item as it may be kept."""
        return anonymous(item, self.hasher.of)

    def _message(self, message: Message, hashed: bool) -> float | None:
        key = message_key(message.id)
        if key and self._ids.add(key):
            self.counts.duplicates += 1
            return None
        login = "" if hashed else lowered(message.chatter)
        bot = message.bot or login in KNOWN_BOTS
        chatter = int(message.chatter or 0) if hashed else self.hasher.of(login)
        if chatter in self.gate.hidden or chatter == OPTED_OUT:
            self.counts.filtered += 1
            self._count(message.channel, None, message.at)
            return None
        if chatter:
            self.gate.saw(chatter)
        line = None
        if is_filtered(message.text, login, bot):
            self.counts.filtered += 1
        else:
            line = self._line(message, chatter, key)
        self._count(message.channel, line, message.at)
        return line.scored.compound if line else 0.0

    def _line(self, message: Message, chatter: int, key: int) -> ScoredMessage:
        reading = self.track(message.channel).reading_at(message.at)
        scorer = self.scorers.at(message.channel, message.at, reading)
        is_name = partial(self.gate.is_name, message.channel)
        scored = scorer.score(message.text, message.emotes or (), is_name)
        day = int(message.at // 86400)
        terms = [term for term, _, _ in scored.terms]
        self.gate.used(message.channel, day, chatter, terms)
        self.counts.messages += 1
        return ScoredMessage(message.at, chatter, message.text, scored, key)

    def _count(self, channel: str, line: ScoredMessage | None, at: float) -> None:
        track = self.track(channel)
        start = track.add(line, at)
        if start is None:
            return
        if start in track.done:
            self._again[channel, start] = None
            self.counts.late += 1
            return
        missed = self.missed.setdefault((channel, start), Missed())
        missed.messages += line is not None
        missed.filtered += line is None

    def remember(self, message: Message) -> bool:
        """A message from the buffer that is in a committed window: not to be counted again.
        Whether it is the first of its id."""
        self.gate.saw(int(message.chatter or 0))
        return not message.id or not self._ids.add(message_key(message.id))

    def forget(self, chatter: int, change: Callable[[ScoredMessage], ScoredMessage | None]) -> None:
        """Put every line held in memory through `change`; what that changes is made again."""
        self.gate.forget(chatter)
        for channel in self.tracks:
            self.change(channel, change)

    def take_streams(self) -> list[Stream]:
        """Streams that began or ended since the last call, as they are now."""
        changed: list[Stream] = []
        for track in self.tracks.values():
            changed += track.told.values()
            track.told.clear()
        return changed

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self.gate.forget_channel(channel)
        self.tracks.pop(channel, None)
        self.readable.pop(channel, None)
        self._again = {key: None for key in self._again if key[0] != channel}
        self.missed = {key: m for key, m in self.missed.items() if key[0] != channel}

    def turn_back(self, now: float) -> None:
        """The source's clock had been wrong; it is `now`."""
        for track in self.tracks.values():
            track.turn_back(now)

    def close(self, now: float) -> list[Closed]:
        """The windows whose time has come, and those that late messages changed."""
        again = [
            self.tracks[channel].again(start)
            for channel, start in self._again
            if start in self.tracks[channel].done  # or the clock was turned back since
        ]
        self._again.clear()
        new = [c for t in self.tracks.values() for c in t.close(now, self.grace_s)]
        for closed in new:
            if closed.lines:
                known = self.readable.setdefault(closed.window.channel, Readable())
                known.saw(closed.lines, closed.window.readable)
        return [*again, *new]

    def drain(self) -> list[Closed]:
        """Close what is complete, as if the clock had run on; for a source that has ended."""
        ends = [
            max([t.next_start or 0, *t.cells]) + WINDOW_SECONDS
            for t in self.tracks.values()
            if t.cells or t.stream
        ]
        return self.close(max(ends) + self.grace_s) if ends else []


def whole(item: Item) -> Item:
    """The item without lone surrogates in what people wrote: no file can hold them."""
    if isinstance(item, Message) and (item.id + item.text).isascii() and not item.emotes:
        return item
    texts: dict[str, Any] = {name: getattr(item, name, "") for name in _WRITTEN}
    fixed: dict[str, Any] = {
        name: LONE.sub("\ufffd", t) for name, t in texts.items() if LONE.search(t)
    }
    if isinstance(item, Message) and item.emotes:
        fixed["emotes"] = tuple(LONE.sub("\ufffd", name) for name in item.emotes)
    return replace(item, **fixed) if fixed else item


_WRITTEN = ("id", "text", "title", "category", "detail", "display_name", "language")


def _stream(item: StreamStart) -> Stream:
    return Stream(
        item.stream_id,
        item.channel,
        item.at,
        title=item.title,
        category=item.category,
        vod_id=item.vod_id,
        undated=item.undated,
    )


def happenings(items: Iterable[Item]) -> list[Happening]:
    """The items that go into the events table, a lost connection too."""
    events = []
    for item in items:
        if isinstance(item, Happening):
            events.append(item)
        elif isinstance(item, Lost):
            events.append(Happening(item.channel, item.at, "connection_lost"))
    return events

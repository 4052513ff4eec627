"""Messages that came too late for memory: their windows are made again from the buffer.

A pass reads the segments that hold the windows, a slice a turn, so that no turn waits for an
hour of chat to be read; lines are found by their time as it is written in them, and only those
are parsed. What it makes is the stored row with the messages that were not in it yet.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.chat.text import is_filtered
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.windows.buffer import Buffer, Segment, message_of
from pipeline.windows.intake import Intake, Missed
from pipeline.windows.rebuild import Place, scored_line
from pipeline.windows.rows import seconds, window_of
from pipeline.windows.summary import Cell, summarise
from pipeline.windows.track import Closed
from warehouse.records import WINDOW_SECONDS, Window, window_start
from warehouse.store.store import Store

_SLICE = 16 << 20  # bytes read a turn; 0.1 s on a busy machine
_STARTS = 4  # windows of as many times a pass, so that what it finds fits in memory
_LOGIN = 32  # bytes a login takes at most, with its quote
_DIGITS = 100  # seconds that share the first digits of their time


@dataclass
class _Pass:
    """Windows to be made again, and how far the segments that hold them have been read.

    left: (segment, inode, bytes) to read, the first from `offset` on; found: lines by window.
    """

    missed: dict[Place, Missed]
    before: dict[Place, Window]
    named: dict[Place, frozenset[str]]
    left: list[tuple[Segment, int, int]]
    offset: int = 0
    found: dict[Place, list[bytes]] = field(default_factory=dict)


class Late:
    """The windows that messages were missed of, and the pass under way.

    waiting: by window. Windows of other sources, and such as were never stored, because no
    stream was on, are left alone and their messages counted as dropped.
    """

    def __init__(self, buffer: Buffer, store: Store, intake: Intake, source: str) -> None:
        self.buffer, self.store, self.intake, self.source = buffer, store, intake, source
        self.waiting: dict[Place, Missed] = {}
        self._pass: _Pass | None = None

    def take(self) -> None:
        """What the intake missed waits for a pass, if the buffer still has its window."""
        for place, missed in self.intake.missed.items():
            if self.buffer.covers(place[1]):
                self._wait(place, missed)
            else:
                self._drop(missed)
        self.intake.missed.clear()

    def take_back(self, place: Place, filtered: bool) -> None:
        """A message of a window no longer in memory went out of the buffer."""
        self._wait(place, Missed(gone=not filtered, gone_filtered=filtered))

    def step(self) -> list[Closed]:
        """Read on; the windows made again when a pass has come to its end.

        For when every closed window is committed. Raises StorageFull.
        """
        if self._pass is None:
            self._pass = self._begin()
        if self._pass is None:
            return []
        try:
            _read_on(self._pass)
        except _Changed:
            self.restart()
            return []
        if self._pass.left:
            return []
        done, self._pass = self._pass, None
        return list(self._made(done))

    def is_busy(self) -> bool:
        """Whether a step has something to do."""
        return bool(self.waiting or self._pass)

    def restart(self) -> None:
        """What was read is out of date: begin anew."""
        if self._pass is not None:
            for place, missed in self._pass.missed.items():
                self._wait(place, missed)
            self._pass = None

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel waits."""
        self.restart()
        self.waiting = {p: m for p, m in self.waiting.items() if p[0] != channel}

    def _wait(self, place: Place, missed: Missed) -> None:
        found = self.waiting.setdefault(place, Missed())
        found.messages += missed.messages
        found.filtered += missed.filtered
        found.gone += missed.gone
        found.gone_filtered += missed.gone_filtered

    def _drop(self, missed: Missed) -> None:
        self.intake.counts.dropped += missed.messages + missed.filtered

    def _begin(self) -> _Pass | None:
        if not self.waiting:
            return None
        self.buffer.flush()
        starts = sorted({start for _, start in self.waiting})[:_STARTS]
        missed = {p: self.waiting.pop(p) for p in list(self.waiting) if p[1] in starts}
        before = self._stored(missed)
        for place in missed.keys() - before.keys():
            self._drop(missed.pop(place))
        return _Pass(missed, before, self._named(missed), self._files(missed)) if missed else None

    def _stored(self, places: Iterable[Place]) -> dict[Place, Window]:
        rows = self.store.query("windows_of_places", **_listed(places)).to_pylist()
        return {_place(row): window_of(row) for row in rows if row["source"] == self.source}

    def _named(self, places: Iterable[Place]) -> dict[Place, frozenset[str]]:
        """Terms that are stored for the windows."""
        rows = self.store.query("terms_of_places", **_listed(places)).to_pylist()
        return {_place(row): frozenset(row["terms"]) for row in rows}

    def _files(self, places: Iterable[Place]) -> list[tuple[Segment, int, int]]:
        starts = {start for _, start in places}
        segments = {s for at in starts for s in self.buffer.segments(at, at + WINDOW_SECONDS)}
        stats = [(segment, segment.path.stat()) for segment in sorted(segments)]
        return [(segment, stat.st_ino, stat.st_size) for segment, stat in stats]

    def _made(self, done: _Pass) -> Iterator[Closed]:
        counts = self.intake.counts
        for place, missed in done.missed.items():
            before = done.before[place]
            lines = self._lines(done.found.get(place, []))
            fresh = len(lines) + missed.gone - before.n_messages
            if fresh < 0:  # the buffer has lost some that were counted
                self._drop(missed)
                continue
            counts.late += fresh + missed.filtered
            counts.duplicates += max(0, missed.messages - fresh)
            if fresh or missed.filtered or missed.gone or missed.gone_filtered:
                filtered = max(0, before.n_filtered + missed.filtered - missed.gone_filtered)
                cell = Cell(lines, filtered, before.n_late + fresh + missed.filtered)
                yield self._closed(before, cell, done.named.get(place, frozenset()))

    def _closed(self, before: Window, cell: Cell, named: frozenset[str]) -> Closed:
        start, version = (
            int(before.start.timestamp()),
            self.intake.scorers.version(before.channel, before.start.timestamp()),
        )
        window = summarise(
            before.channel, start, cell, before.stream_id, before.observed_s, version
        )
        return Closed(window, tuple(cell.lines), again=True, named=named)

    def _lines(self, found: Iterable[bytes]) -> list[ScoredMessage]:
        """The messages that count, each id once, scored; their chatters are seen again."""
        messages = [m for m in map(message_of, found) if m is not None]
        once = {m.id or str(number): m for number, m in enumerate(messages)}
        for message in once.values():
            self.intake.gate.saw(int(message.chatter or 0))
        counted = [m for m in once.values() if not is_filtered(m.text, "", m.bot)]
        return [scored_line(m, self.intake.scorers, self.intake.gate) for m in counted]


class _Changed(Exception):
    """A segment was written anew, or is gone."""


def _read_on(way: _Pass) -> None:
    """Read a slice of the first segment left. Raises _Changed."""
    if not way.left:
        return
    segment, inode, size = way.left[0]
    try:
        with segment.path.open("rb") as file:
            if os.fstat(file.fileno()).st_ino != inode:
                raise _Changed
            file.seek(way.offset)
            data = file.read(min(_SLICE, size - way.offset))
            if way.offset + len(data) < size:
                data += file.readline()
    except FileNotFoundError as exc:
        raise _Changed from exc
    way.offset += len(data)
    _find(data, way)
    if way.offset >= size:
        way.left.pop(0)
        way.offset = 0


def _find(data: bytes, way: _Pass) -> None:
    """Put the lines of messages of the pass's windows with what was found.

    A message's line begins ["m","ID","CHANNEL",TIME: the time's first digits are looked for.
    """
    logins = {channel.encode() for channel, _ in way.missed}
    starts = {start for _, start in way.missed}
    for digits in {at // _DIGITS for s in starts for at in (s, s + WINDOW_SECONDS - 1)}:
        needle = b'",%d' % digits
        at = data.find(needle)
        while at >= 0:
            if data[data.rfind(b'"', max(0, at - _LOGIN), at) + 1 : at] in logins:
                end = data.find(b"\n", at)
                line = data[data.rfind(b"\n", 0, at) + 1 : len(data) if end < 0 else end]
                _keep(line, way)
            at = data.find(needle, at + len(needle))


def _keep(line: bytes, way: _Pass) -> None:
    message = message_of(line)
    if message is not None:
        place = message.channel, window_start(message.at)
        if place in way.missed:
            way.found.setdefault(place, []).append(line)


def _listed(places: Iterable[Place]) -> dict[str, list[str] | list[float]]:
    places = list(places)
    return {"channels": [c for c, _ in places], "starts": [float(s) for _, s in places]}


def _place(row: dict[str, object]) -> Place:
    return str(row["channel"]), int(seconds(row["start"]))  # type: ignore[arg-type]

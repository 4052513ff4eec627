"""Messages that came too late for memory: their windows are made again from the buffer.

A pass reads the segments that hold the windows, a slice a turn, so that no turn waits for an
hour of chat to be read; lines are found by their time as it is written in them, and only those
are parsed. What it makes is the stored row with the messages that were not in it yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.chat.text import is_filtered
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.scoring.sign_scorer import reading_of
from pipeline.windows.intake import Intake, Missed
from pipeline.windows.item_log import ItemLog, Outdated, Place
from pipeline.windows.rebuild import listed, place_of, scored_line
from pipeline.windows.rows import window_of
from pipeline.windows.segments import message_of
from pipeline.windows.summary import Cell, summarise
from pipeline.windows.track import Closed
from warehouse.records import Window
from warehouse.sql import Queries

_STARTS = 4  # windows of as many times a pass, so that what it finds fits in memory


@dataclass
class _Pass:
    """Windows to be made again, with the lines of their messages as far as they are read."""

    missed: dict[Place, Missed]
    before: dict[Place, Window]
    named: dict[Place, frozenset[str]]
    lines: dict[Place, list[bytes]]
    reading: Iterator[bool]


class Late:
    """The windows that messages were missed of, and the pass under way.

    waiting: by window. Windows of other sources, and such as were never stored, because no
    stream was on, are left alone and their messages counted as dropped. since: epoch seconds;
    the buffer has nothing of windows that start before, after a takeover.
    """

    def __init__(
        self, buffer: ItemLog, store: Queries, intake: Intake, source: str, since: float = 0.0
    ) -> None:
        self.buffer, self.store, self.intake, self.source = buffer, store, intake, source
        self.since = since
        self.waiting: dict[Place, Missed] = {}
        self._pass: _Pass | None = None

    def take(self, is_again: bool = False) -> None:
        """What the intake missed waits for a pass, if the buffer still has its window. is_again:
        it may have been told before a takeover, and was counted then."""
        for place, missed in self.intake.missed.items():
            if place[1] >= self.since and self.buffer.covers(place[1]):
                self._wait(place, missed)
            elif place[1] >= self.since or not is_again:
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
            if next(self._pass.reading, False):
                return []
        except Outdated:
            self.restart()
            return []
        done, self._pass = self._pass, None
        return list(self._made(done))

    def is_busy(self) -> bool:
        """True while a step has something to do."""
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
        total = self.waiting.setdefault(place, Missed())
        total.messages += missed.messages
        total.filtered += missed.filtered
        total.gone += missed.gone
        total.gone_filtered += missed.gone_filtered

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
        if not missed:
            return None
        lines: dict[Place, list[bytes]] = {}
        reading = self.buffer.lines_at(missed, lines)
        return _Pass(missed, before, self._named(missed), lines, reading)

    def _stored(self, places: Iterable[Place]) -> dict[Place, Window]:
        rows = self.store.query("windows_of_places", **listed(places)).to_pylist()
        return {place_of(row): window_of(row) for row in rows if row["source"] == self.source}

    def _named(self, places: Iterable[Place]) -> dict[Place, frozenset[str]]:
        """Terms that are stored for the windows."""
        rows = self.store.query("terms_of_places", **listed(places)).to_pylist()
        return {place_of(row): frozenset(row["terms"]) for row in rows}

    def _made(self, done: _Pass) -> Iterator[Closed]:
        counts = self.intake.counts
        for place, missed in done.missed.items():
            before = done.before[place]
            reading = reading_of(before.lexicon_version)
            lines = self._lines(done.lines.get(place, []), reading)
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
        start, reading = int(before.start.timestamp()), reading_of(before.lexicon_version)
        version = self.intake.scorers.version(before.channel, start, reading)
        window = summarise(
            before.channel, start, cell, before.stream_id, before.observed_s, version
        )
        return Closed(window, tuple(cell.lines), again=True, named=named)

    def _lines(self, kept: Iterable[bytes], reading: str) -> list[ScoredMessage]:
        """The messages that count, each id once, scored; their chatters are seen again."""
        messages = [m for m in map(message_of, kept) if m is not None]
        once = {m.id or str(number): m for number, m in enumerate(messages)}
        for message in once.values():
            self.intake.gate.saw(int(message.chatter or 0))
        counted = [m for m in once.values() if not is_filtered(m.text, "", m.bot)]
        return [scored_line(m, self.intake.scorers, self.intake.gate, reading) for m in counted]

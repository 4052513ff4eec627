"""Messages to windows, silent and unseen ones too, by the source's clock alone.

A Track is one channel's: its open windows, when it was seen, its current stream. A window is
closed `grace_s` after its end; a later message reopens it while its messages are still held,
which is a minute. After that only the buffer has them (late.py).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.scoring.scored_message import ScoredMessage
from pipeline.windows.summary import Cell, Held, summarise
from warehouse.records import WINDOW_SECONDS, Window, utc, window_start

SESSION_GAP_S = 1800  # where nobody says so, a stream ends after so long without a message
HELD_S = 60.0  # that a closed window's messages are still in memory
MAX_GAP_S = 86400  # nor does any stream outlive a day of silence, or of a clock that jumped
_TOLD_AGAIN_S = 2.0  # a Watch so soon after what was heard last says the same again
_STREAMS = 50  # ids that are known when they come again


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed window with the messages it was made of.

    again: it was closed before, and is made again. named: terms stored for it then. terms: its
    rows of `window_terms`, once they are chosen.
    """

    window: Window
    lines: tuple[ScoredMessage, ...]
    again: bool = False
    named: frozenset[str] = frozenset()
    terms: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the track knows it. said: a source told us of it, and will of its end."""

    stream_id: str
    channel: str
    started_at: float
    ended_at: float | None = None
    title: str = ""
    category: str = ""
    vod_id: str = ""
    undated: bool = False
    said: bool = True


class Track:
    """One channel's windows in the making. held_s: how long closed ones can be made again;
    lexicon_version: of a window by its start and reading; reading: of a window that opens now."""

    def __init__(
        self,
        channel: str,
        lexicon_version: Callable[[float, str], str],
        held_s: float = HELD_S,
        reading: Callable[[], str] = lambda: "words",
    ) -> None:
        self.channel = channel
        self.lexicon_version, self.reading = lexicon_version, reading
        self.held_s = held_s
        self.streams: list[Stream] = []  # the newest, and those before it while they close
        self.told: dict[str, Stream] = {}  # streams that began or ended; their reader clears it
        self.next_start: int | None = None  # of the window to close next, while a stream is on
        self.closed_to = 0  # the end of the newest window that was closed
        self.cells: dict[int, Cell] = {}
        self.done: dict[int, Held] = {}
        self.seen: list[list[float]] = []  # spans [from, to], ascending
        self.seeing = False
        self.last_message = 0.0
        self._said: dict[str, None] = {}  # ids of the last streams, and of those whose end was told
        self._over: dict[str, None] = {}
        self._left = ""  # the stream that went on when we stopped reading

    # -- what the source says ------------------------------------------------------------

    def watch(self, at: float) -> None:
        """The channel is seen from `at` on; time that was seen already counts once."""
        if self.seeing and at <= self.seen[-1][1] + _TOLD_AGAIN_S:
            return
        if not self.seen or at > self.seen[-1][1]:
            self.seen.append([at, at])
        self.seeing = True

    def heard(self, at: float) -> None:
        """The channel was seen up to `at`."""
        if self.seeing and at > self.seen[-1][1]:
            self.seen[-1][1] = at

    def lost(self, at: float = math.inf) -> bool:
        """The channel is no longer seen; up to when is already known. True if it was seen: told
        again, it changes nothing."""
        if not self.seeing or at < self.seen[-1][0]:
            return False
        self.seeing = False
        return True

    def has_stream(self, stream_id: str) -> bool:
        """True for a stream that a source told of, one of the last."""
        return stream_id in self._said

    def start_stream(self, stream: Stream) -> None:
        """A stream begins; an earlier one that was not ended ends here.

        Told again, at whatever time, it changes nothing, unless it goes on after we had left it.
        One that is told after its successor is put before it.
        """
        if stream.said and stream.stream_id != self._left and not self._is_new(stream.stream_id):
            return
        self._left = ""
        self._over.pop(stream.stream_id, None)
        if stream.ended_at is not None:
            self._over[stream.stream_id] = None
        later = next((s for s in self.streams if s.said and s.started_at > stream.started_at), None)
        if later and stream.said:
            self._insert(replace(stream, ended_at=later.started_at), later)
            return
        self._end_by_silence(stream.started_at)
        self._end(stream.started_at)
        self._insert(stream)
        if self.next_start is None:  # of one that had begun before it was seen, the rest
            begins = max(stream.started_at, self.seen[0][0] if self.seen else 0.0)
            self.next_start = max(window_start(begins), self.closed_to)
        self.last_message = max(self.last_message, stream.started_at)

    def _insert(self, stream: Stream, before: Stream | None = None) -> None:
        """Put a stream last, or before another one; the same one goes on where it was."""
        others = [s for s in self.streams if s.stream_id != stream.stream_id]
        place = others.index(before) if before else len(others)
        self.streams = [*others[:place], stream, *others[place:]]
        self.told[stream.stream_id] = stream

    def end_stream(self, at: float, left: bool = False) -> None:
        """The stream ends at `at`; its last windows still close by the clock. Told again, it
        changes nothing. left: it may go on.

        An end before the stream's start is that of the one before, told late.
        """
        if left and not self.on:
            self._open_waiting()
        stream = next((s for s in reversed(self.streams) if s.started_at <= at), None)
        if stream is None or stream.stream_id in self._over:
            return
        if not left:
            self._over[stream.stream_id] = None
        self._left = stream.stream_id if left else ""
        if stream is self.stream:
            self._end(at)
        elif stream.ended_at is None or at < stream.ended_at:
            place = self.streams.index(stream)
            self.streams[place] = self.told[stream.stream_id] = replace(stream, ended_at=at)

    def _is_new(self, stream_id: str) -> bool:
        is_new = stream_id not in self._said
        self._said[stream_id] = None
        for known in (self._said, self._over):
            if len(known) > _STREAMS:
                del known[next(iter(known))]
        return is_new

    def _end(self, at: float) -> None:
        last = self.stream
        if last and last.ended_at is None:
            self.streams[-1] = replace(last, ended_at=max(at, last.started_at))
            self.told[last.stream_id] = self.streams[-1]

    @property
    def stream(self) -> Stream | None:
        """The newest stream, ended or not."""
        return self.streams[-1] if self.streams else None

    @property
    def on(self) -> bool:
        """Whether a stream is going on."""
        return self.stream is not None and self.stream.ended_at is None

    def add(self, line: ScoredMessage | None, at: float) -> int | None:
        """Count a message at `at` (None: a filtered one).

        Returns the start of the window it came late for, else None. It is counted all the same
        where that is in `done`.
        """
        self.heard(at)
        start = window_start(at)
        if start in self.cells and self.next_start is not None:  # as most are
            self._put(self.cells[start], line)
            return None
        if start in self.done:
            cell = self.done[start].cell
            cell.late += 1
            self._put(cell, line)
            return start
        if start < (self.closed_to if self.next_start is None else self.next_start):
            return start
        if line is not None and self.next_start is None:
            self._open_session(start)
        cell = self.cells[start] = Cell(reading=self.reading())
        self._put(cell, line)
        return None

    def reading_at(self, at: float) -> str:
        """How a message of then is to be scored: as its window is, or would be."""
        start = window_start(at)
        cell = self.cells.get(start) or (self.done[start].cell if start in self.done else None)
        return cell.reading if cell else self.reading()

    def _put(self, cell: Cell, line: ScoredMessage | None) -> None:
        if line is None:
            cell.filtered += 1
        else:
            cell.lines.append(line)
            if line.at > self.last_message:
                self.last_message = line.at

    def _open_session(self, start: int) -> None:
        name = f"{self.channel}:{utc(start):%Y%m%dT%H%M%S}"
        self.start_stream(Stream(name, self.channel, start, said=False))

    def _open_waiting(self) -> None:
        """Begin the session of chat after the last stream's end that no closed window told of."""
        chat = (start for start, cell in self.cells.items() if cell.lines)
        start = next((s for s in sorted(chat) if self._stream_at(s) is None), None)
        if start is not None and self.next_start is not None and start >= self.next_start:
            self._open_session(start)

    def turn_back(self, now: float) -> None:
        """The clock had been wrong: what was closed for later than `now` is open again."""
        start = window_start(now)
        if self.closed_to > start:
            self.closed_to = start
            self.cells.update({s: held.cell for s, held in self.done.items() if s >= start})
            self.done = {s: kept for s, kept in self.done.items() if s < start}
        if self.next_start is not None:  # of a session that one message to come had begun, too
            self.next_start = min(self.next_start, start)
        self.seen = [[since, min(to, now)] for since, to in self.seen if since <= now]
        self.seeing = self.seeing and bool(self.seen)
        self.last_message = min(self.last_message, now)

    # -- what the clock does --------------------------------------------------------------

    def close(self, now: float, grace_s: float) -> Iterator[Closed]:
        """Every window whose time has come, oldest first; `now` by the source's clock."""
        self._end_by_silence(now)
        kept_to = now - WINDOW_SECONDS - grace_s - self.held_s
        while self.next_start is not None and self.next_start + WINDOW_SECONDS + grace_s <= now:
            if self._stream_at(self.next_start) is None:
                self.next_start = self._next_start(self.next_start)
                self._end_by_silence(now)
            else:
                yield self._close_one(self.next_start, hold=self.next_start > kept_to)
                self.next_start = self.closed_to
        self.done = {start: held for start, held in self.done.items() if start > kept_to}
        if self.next_start is None:  # only filtered messages are left
            self.cells = {s: c for s, c in self.cells.items() if s + WINDOW_SECONDS > now}

    def _end_by_silence(self, now: float) -> None:
        """Where nobody says so, 30 minutes without a message end it; a day ends any."""
        if self.on and self.stream:
            gap = MAX_GAP_S if self.stream.said else SESSION_GAP_S
            if now - self.last_message > gap:
                self.end_stream(window_start(self.last_message) + WINDOW_SECONDS)

    def _stream_at(self, start: int) -> Stream | None:
        for stream in reversed(self.streams):
            if window_start(stream.started_at) <= start and (
                stream.ended_at is None or start < stream.ended_at
            ):
                return stream
        return None

    def _next_start(self, start: int) -> int | None:
        """The next window of a stream, be it one that chat told of after the last had ended."""
        streams = [stream for stream in self.streams if stream.started_at > start]
        first = min(streams, key=lambda stream: stream.started_at, default=None)
        begins = None if first is None else window_start(first.started_at)
        chat = min((s for s, c in self.cells.items() if s >= start and c.lines), default=None)
        if chat is None or (begins is not None and begins <= chat):
            return begins
        if first is None:
            self._open_session(chat)
        else:
            name = f"{self.channel}:{utc(chat):%Y%m%dT%H%M%S}"
            self._insert(Stream(name, self.channel, chat, first.started_at, said=False), first)
        return chat

    def _close_one(self, start: int, hold: bool) -> Closed:
        cell = self.cells.pop(start, None) or Cell(reading=self.reading())
        closed = self._make(start, cell)
        self.closed_to = start + WINDOW_SECONDS
        if hold:
            self.done[start] = Held(cell, closed.window)
        self.streams = [s for s in self.streams[:-1] if (s.ended_at or start) > start] + (
            self.streams[-1:]
        )
        self.seen = [span for span in self.seen if span[1] > start] or self.seen[-1:]
        return closed

    def change(self, of: Callable[[ScoredMessage], ScoredMessage | None]) -> list[int]:
        """Put every line still held through `of`, None dropping it; starts of closed windows
        that have to be made again."""
        changed = []
        closed = {start: held.cell for start, held in self.done.items()}
        for start, cell in {**self.cells, **closed}.items():
            kept = [line for line in map(of, cell.lines) if line is not None]
            if kept != cell.lines:
                cell.lines = kept
                changed.append(start)
        return [start for start in changed if start in self.done]

    def again(self, start: int) -> Closed:
        """A closed window made again with the late messages it got since."""
        held = self.done[start]
        return self._make(start, held.cell, held.window)

    def _make(self, start: int, cell: Cell, before: Window | None = None) -> Closed:
        """The window; one that was closed before stays in its stream, and as long observed."""
        stream = self._stream_at(start)
        stream_id = stream.stream_id if stream else None
        observed_s = self.observed(start)
        if before is not None:
            stream_id, observed_s = before.stream_id, before.observed_s
        version = self.lexicon_version(start, cell.reading)
        window = summarise(self.channel, start, cell, stream_id, observed_s, version)
        return Closed(window, tuple(cell.lines), again=before is not None)

    def observed(self, start: int) -> float:
        """Seconds of the window, 0..30, in which the channel was seen."""
        end = start + WINDOW_SECONDS
        spans = (min(to, end) - max(since, start) for since, to in self.seen)
        return min(float(WINDOW_SECONDS), sum(max(0.0, span) for span in spans))

"""Messages to windows, silent and unseen ones too, by the source's clock alone.

A Track is one channel's: its open windows, when it was seen, its current stream. A window is
closed `grace_s` after its end; a later message reopens it while its messages are still held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import fsum, sqrt

from pipeline.score import Scored
from warehouse.records import SLOT_SECONDS, SLOTS, WINDOW_SECONDS, Window, utc, window_start

SESSION_GAP_S = 1800  # where nobody says so, a stream ends after so long without a message
HELD = 20  # closed windows whose messages are still in memory
MAX_GAP_S = 86400  # nor does any stream outlive a day of silence, or of a clock that jumped


@dataclass(frozen=True, slots=True)
class Line:
    """A message as a window needs it. chatter: hash, 0 unknown; at: epoch seconds."""

    at: float
    chatter: int
    text: str
    scored: Scored


@dataclass(slots=True)
class Cell:
    """What fell into one window so far."""

    lines: list[Line] = field(default_factory=list)
    filtered: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed (or recomputed) window with the messages it was made of."""

    window: Window
    lines: tuple[Line, ...]


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
    """One channel's windows in the making."""

    def __init__(self, channel: str, lexicon_version: str) -> None:
        self.channel = channel
        self.lexicon_version = lexicon_version
        self.streams: list[Stream] = []  # the newest, and the one before while it closes
        self.next_start: int | None = None  # of the window to close next, while a stream is on
        self.cells: dict[int, Cell] = {}
        self.done: dict[int, tuple[Cell, Window]] = {}
        self.seen: list[list[float]] = []  # spans [from, to], ascending
        self.seeing = False
        self.last_message = 0.0
        self.dropped = 0  # messages too late to count

    # -- what the source says ------------------------------------------------------------

    def watch(self, at: float) -> None:
        """The channel is seen from `at` on."""
        self.seen.append([at, at])
        self.seeing = True

    def heard(self, at: float) -> None:
        """The channel was seen up to `at`."""
        if self.seeing and at > self.seen[-1][1]:
            self.seen[-1][1] = at

    def lost(self) -> None:
        """The channel is no longer seen; up to when is already known."""
        self.seeing = False

    def start_stream(self, stream: Stream) -> None:
        """A stream begins; an earlier one that was not ended ends here. Twice is once."""
        if self.on and self.stream and self.stream.stream_id == stream.stream_id:
            return
        self.end_stream(stream.started_at)
        self.streams = [*self.streams[-1:], stream]
        if self.next_start is None:
            self.next_start = window_start(stream.started_at)
        self.last_message = max(self.last_message, stream.started_at)

    def end_stream(self, at: float) -> None:
        """The stream ends at `at`; its last windows still close by the clock."""
        last = self.stream
        if last and last.ended_at is None:
            self.streams[-1] = replace(last, ended_at=max(at, last.started_at))

    @property
    def stream(self) -> Stream | None:
        """The newest stream, ended or not."""
        return self.streams[-1] if self.streams else None

    @property
    def on(self) -> bool:
        """Whether a stream is going on."""
        return self.stream is not None and self.stream.ended_at is None

    def add(self, line: Line | None, at: float) -> int | None:
        """Count a message at `at` (None: a filtered one).

        Returns the start of a closed window that has to be made again, else None.
        """
        self.heard(at)
        start = window_start(at)
        if line is not None and self.next_start is None and start not in self.done:
            self._open_session(start)
        if self.next_start is None or start >= self.next_start:
            self._put(self.cells.setdefault(start, Cell()), line)
            return None
        if start in self.done:
            cell = self.done[start][0]
            cell.late += 1
            self._put(cell, line)
            return start
        self.dropped += 1
        return None

    def _put(self, cell: Cell, line: Line | None) -> None:
        if line is None:
            cell.filtered += 1
        else:
            cell.lines.append(line)
            self.last_message = max(self.last_message, line.at)

    def _open_session(self, start: int) -> None:
        name = f"{self.channel}:{utc(start):%Y%m%dT%H%M%S}"
        self.start_stream(Stream(name, self.channel, start, said=False))

    # -- what the clock does --------------------------------------------------------------

    def close(self, now: float, grace_s: float) -> Iterator[Closed]:
        """Every window whose time has come, oldest first; `now` by the source's clock."""
        self._end_by_silence(now)
        while self.next_start is not None and self.next_start + WINDOW_SECONDS + grace_s <= now:
            if self._stream_at(self.next_start) is None:
                self.next_start = self._next_stream_start(self.next_start)
            else:
                yield self._close_one(self.next_start)
                self.next_start += WINDOW_SECONDS
        if self.next_start is None:
            for start in [s for s in self.cells if s + WINDOW_SECONDS + grace_s <= now]:
                del self.cells[start]

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

    def _next_stream_start(self, start: int) -> int | None:
        later = [window_start(s.started_at) for s in self.streams if s.started_at > start]
        return min(later, default=None)

    def _close_one(self, start: int) -> Closed:
        cell = self.cells.pop(start, None) or Cell()
        closed = self._make(start, cell)
        self.done[start] = (cell, closed.window)
        while len(self.done) > HELD:
            del self.done[min(self.done)]
        self.seen = [span for span in self.seen if span[1] > start] or self.seen[-1:]
        return closed

    def again(self, start: int) -> Closed:
        """A closed window made again with the late messages it got since."""
        cell, before = self.done[start]
        closed = self._make(start, cell)
        window = replace(closed.window, observed_s=before.observed_s, stream_id=before.stream_id)
        return Closed(window, closed.lines)

    def _make(self, start: int, cell: Cell) -> Closed:
        stream = self._stream_at(start)
        stream_id = stream.stream_id if stream else None
        window = summarise(
            self.channel, start, cell, stream_id, self.observed(start), self.lexicon_version
        )
        return Closed(window, tuple(cell.lines))

    def observed(self, start: int) -> float:
        """Seconds of the window, 0..30, in which the channel was seen."""
        end = start + WINDOW_SECONDS
        spans = (min(to, end) - max(since, start) for since, to in self.seen)
        return min(float(WINDOW_SECONDS), sum(max(0.0, span) for span in spans))

    def _forget_strays(self, now: float) -> None:
        for start in [s for s in self.cells if s + WINDOW_SECONDS < now - 60]:
            del self.cells[start]


def summarise(
    channel: str,
    start: int,
    cell: Cell,
    stream_id: str | None,
    observed_s: float,
    lexicon_version: str,
) -> Window:
    """A cell as a Window: counts, mean and spread of the compounds, shares, 5-second slots."""
    lines = cell.lines
    compounds = [line.scored.compound for line in lines]
    slots: list[list[float]] = [[] for _ in range(SLOTS)]
    for line in lines:
        slots[int(line.at - start) // SLOT_SECONDS].append(line.scored.compound)
    n = len(lines)
    mean = _mean(compounds)
    return Window(
        channel=channel,
        start=utc(start),
        stream_id=stream_id,
        observed_s=observed_s,
        n_messages=n,
        n_chatters=len({line.chatter for line in lines}),
        n_filtered=cell.filtered,
        n_late=cell.late,
        mean_compound=mean,
        sd_compound=_sd(compounds, mean),
        share_positive=_share(compounds, lambda c: c >= 0.05),
        share_negative=_share(compounds, lambda c: c <= -0.05),
        share_scored=_share(compounds, lambda c: c != 0),
        share_emote=sum(line.scored.has_emote for line in lines) / n if n else None,
        sub_n=tuple(len(slot) for slot in slots),
        sub_mean=tuple(_mean(slot) for slot in slots),
        lexicon_version=lexicon_version,
    )


def _mean(compounds: list[float]) -> float | None:
    return fsum(compounds) / len(compounds) if compounds else None


def _sd(compounds: list[float], mean: float | None) -> float | None:
    """Sample standard deviation (ddof 1), None below two."""
    if mean is None or len(compounds) < 2:
        return None
    return sqrt(fsum((c - mean) ** 2 for c in compounds) / (len(compounds) - 1))


def _share(compounds: list[float], test: Callable[[float], bool]) -> float | None:
    return sum(map(test, compounds)) / len(compounds) if compounds else None

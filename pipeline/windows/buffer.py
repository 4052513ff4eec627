"""The buffer: what came in, on disk within a second, gone after `retention_h`.

A segment is an hour of JSON lines, or less where the retention is short, named by the time of
the messages in it (not of their arrival), so text leaves whole, by unlink. A line torn by a
crash is skipped. What is older than the retention when it comes in is never written.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from typing import Any

import orjson

from pipeline.chat.message import Heard, Item, Lost, Message, StreamEnd, StreamStart, Watch
from warehouse.errors import StorageFull

_HOUR = 3600
_LENGTHS = (_HOUR, 900, 300, 60, 10)  # seconds of a segment
_ASIDE = ".aside"
_ERASED = 64 << 20  # bytes at the end of a segment in which messages taken back are looked for
_KINDS: dict[str, type[Any]] = {
    "m": Message,
    "start": StreamStart,
    "end": StreamEnd,
    "watch": Watch,
    "heard": Heard,
    "lost": Lost,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def segment_length(retention_s: float) -> int:
    """Seconds of a segment: at most a quarter of the retention, since text leaves by segments
    and early rather than late; ten at the least."""
    return next((s for s in _LENGTHS if s <= retention_s / 4), _LENGTHS[-1])


@dataclass(frozen=True, order=True)
class Segment:
    """A file of the buffer: messages of [start, start + length), epoch seconds."""

    start: int
    length: int
    path: Path


class Buffer:
    """Appends items to segments. retention_s = 0 keeps nothing on disk."""

    def __init__(self, folder: Path, retention_s: float) -> None:
        self.folder = folder
        self.retention_s = retention_s
        self.length = segment_length(retention_s)
        # by the segment's start
        self._pending: dict[int, bytearray] = {}
        self._files: dict[int, BufferedWriter] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"*{_ASIDE}"):  # a crash while rewriting
            path.unlink(missing_ok=True)

    def takes(self, item: Item) -> bool:
        """Whether the item is of a kind that is kept, its segment is still there, and its time
        is not so far ahead that it would stay much longer than the retention."""
        if type(item) not in _NAMES or not self.covers(item.at):
            return False
        return item.at <= time.time() + self.retention_s / 4

    def covers(self, at: float) -> bool:
        """Whether what was said at `at` is still here: its segment has not been removed."""
        return self.retention_s > 0 and self._start(at) > time.time() - self.retention_s

    def append(self, item: Item, compound: float | None = None) -> None:
        """Keep an item it takes until the next flush; a Message comes with its compound."""
        pending = self._pending.setdefault(self._start(item.at), bytearray())
        pending.extend(_line(item, compound))

    def flush(self) -> None:
        """Write and fsync what was appended. Raises StorageFull; it is then still pending."""
        for start, data in list(self._pending.items()):
            try:
                file = self._file(start)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError as exc:
                self._drop_file(start)
                raise self._full(exc) from exc
            del self._pending[start]

    def items_since(self, at: float) -> Iterator[Item]:
        """Every item kept from the segment of `at` on, segment by segment, as written."""
        for segment in self.segments(at):
            yield from _read(segment.path)

    def segments(self, since: float, until: float = float("inf")) -> list[Segment]:
        """The segments that reach into [since, until), oldest first."""
        found = filter(None, map(_segment, self.folder.glob("*.jsonl")))
        return sorted(s for s in found if s.start < until and s.start + s.length > since)

    def rewrite(self, change: Callable[[Item], Item | None]) -> int:
        """Put every item through `change`, None dropping it; returns how many it changed.

        Segments are written aside and renamed. Raises StorageFull; it can be done again.
        """
        self.flush()
        return sum(self._rewrite(segment, change) for segment in self.segments(0))

    def _rewrite(self, segment: Segment, change: Callable[[Item], Item | None]) -> int:
        path = segment.path
        changed = sum(change(item) is not item for _, item, _ in _lines(path))
        if not changed:
            return 0
        self._drop_file(segment.start)  # it is of the file that goes
        aside = path.with_name(f"{path.stem}{_ASIDE}")
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                for line, item, compound in _lines(path):
                    new = change(item)
                    if new is not None:
                        file.write(line if new is item else _line(new, compound))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as exc:
            raise self._full(exc) from exc
        finally:
            aside.unlink(missing_ok=True)
        return changed

    def erase(
        self, marks: Collection[bytes], meant: Callable[[Message], bool], since: float
    ) -> list[Message]:
        """Blank the messages meant, in place, and return them: those of segments from `since`
        on, in the last megabytes of each. Raises StorageFull.

        marks: each line meant holds one of them. A line that a crash left half blank is torn,
        and skipped as such.
        """
        self.flush()
        found: list[Message] = []
        for segment in self.segments(since):
            try:
                found += _erase(segment.path, marks, meant)
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise self._full(exc) from exc
        return found

    def expire(self, now: float) -> None:
        """Unlink each segment whose oldest possible line has reached the retention."""
        for segment in self.segments(0):
            if segment.start <= now - self.retention_s:
                self._drop_file(segment.start)
                segment.path.unlink(missing_ok=True)
        for start in [s for s in self._files if s + 2 * self.length <= now]:
            self._drop_file(start)

    def _full(self, exc: OSError) -> StorageFull:
        return StorageFull(
            f"cannot write below {self.folder}: {exc.strerror}; free some space and it goes on"
        )

    def close(self) -> None:
        """Flush, and let go of the files."""
        self.flush()
        for start in list(self._files):
            self._drop_file(start)

    def _start(self, at: float) -> int:
        return int(at // self.length) * self.length

    def _file(self, start: int) -> BufferedWriter:
        if start not in self._files:
            path = self.folder / _name(start, self.length)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._files[start] = os.fdopen(descriptor, "ab")
            if self._files[start].tell():
                self._files[start].write(b"\n")  # after a line a crash tore
        return self._files[start]

    def _drop_file(self, start: int) -> None:
        file = self._files.pop(start, None)
        if file is not None:
            try:
                file.close()
            except OSError:  # its unwritten bytes are still pending
                return


def _name(start: int, length: int) -> str:
    """The hour; of shorter ones the second, and the length: the retention may change."""
    at = datetime.fromtimestamp(start, UTC)
    if length == _HOUR:
        return f"{at:%Y-%m-%dT%H}.jsonl"
    return f"{at:%Y-%m-%dT%H%M%S}-{length}.jsonl"


def _segment(path: Path) -> Segment | None:
    """The segment a file is, None for a file that is not ours."""
    name, _, length = path.stem.partition("T")[2].partition("-")
    shape = "%Y-%m-%dT%H%M%S" if length else "%Y-%m-%dT%H"
    try:
        at = datetime.strptime(path.stem.removesuffix(f"-{length}"), shape).replace(tzinfo=UTC)
        found = Segment(int(at.timestamp()), int(length or _HOUR), path)
    except ValueError:
        return None
    return found if name and path.name == _name(found.start, found.length) else None


def expire_scratch(folder: Path, retention_s: float) -> None:
    """Unlink what a kill left of an import: nothing wrote to it for the retention, or an hour."""
    before = time.time() - max(retention_s, _HOUR)
    for path in folder.rglob("*"):
        with suppress(OSError):  # whoever works there may be quicker
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()


def _line(item: Item, compound: float | None) -> bytes:
    name = _NAMES[type(item)]
    fields = [getattr(item, field) for field in type(item).__slots__]
    line = orjson.dumps([name, *fields, compound] if name == "m" else [name, *fields])
    return bytes(line) + b"\n"


def mark_of_id(message_id: str) -> bytes:
    """How the line of the message begins."""
    return bytes(orjson.dumps(["m", message_id]))[:-1]


def mark_of(value: str) -> bytes:
    """How a channel or a hash stands within a line."""
    return b",%b," % orjson.dumps(value)


def _erase(path: Path, marks: Iterable[bytes], meant: Callable[[Message], bool]) -> list[Message]:
    found: list[Message] = []
    with path.open("r+b") as file:
        offset = max(0, path.stat().st_size - _ERASED)
        file.seek(offset)
        data = file.read()
        for first, end in {place for mark in marks for place in _places(data, mark)}:
            message = message_of(data[first:end])
            if message is not None and meant(message):
                found.append(message)
                file.seek(offset + first)
                file.write(b" " * (end - first))
        if found:
            file.flush()
            os.fsync(file.fileno())
    return found


def _places(data: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where the lines that hold the mark begin and end."""
    at = data.find(mark)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield data.rfind(b"\n", 0, at) + 1, end
        at = data.find(mark, end)


def _read(path: Path) -> Iterator[Item]:
    return (item for _, item, _ in _lines(path))


def message_of(line: bytes) -> Message | None:
    """A line of a segment as the message it is; None for any other."""
    try:
        name, *fields = orjson.loads(line)
        item = _item(name, fields)
    except (ValueError, LookupError, TypeError):
        return None
    return item if isinstance(item, Message) else None


def _lines(path: Path) -> Iterator[tuple[bytes, Item, float | None]]:
    """Every line that is whole, what it says, and a message's compound."""
    with path.open("rb") as file:
        for line in file:
            try:
                name, *fields = orjson.loads(line)
                yield line, _item(name, fields), fields[-1] if name == "m" else None
            except (ValueError, LookupError, TypeError):  # torn, blank or foreign
                continue


def _item(name: str, fields: list[Any]) -> Item:
    kind = _KINDS[name]
    if kind is Message:
        fields = fields[:-1]  # the compound; scoring again is exact and also gives the terms
        emotes = fields[5]
        fields[5] = None if emotes is None else tuple(emotes)
    item: Item = kind(*fields)
    return item

"""The buffer: an item log on disk, within a second, gone after `retention_h`.

A segment is an hour of JSON lines, or less where the retention is short, named by the time of
the messages in it (not of their arrival), so text leaves whole, by unlink. A line torn by a
crash is skipped. What is older than the retention when it comes in is never written.
"""

import logging
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.chat.message import Item, Message
from pipeline.windows.item_log import Erasure, Place
from pipeline.windows.segments import (
    HOUR,
    Segment,
    blank,
    is_kept,
    line_of,
    lines,
    mark_of,
    mark_of_id,
    read_in_slices,
    segment_length,
    segment_name,
    segment_of,
)
from warehouse.atomic import ASIDE, private_file, private_folder, sync
from warehouse.errors import StorageFull
from warehouse.records import WINDOW_SECONDS

log = logging.getLogger(__name__)


class Buffer:
    """Appends items to segments. retention_s = 0 keeps nothing on disk. now: epoch seconds."""

    def __init__(
        self, folder: Path, retention_s: float, now: Callable[[], float] | None = None
    ) -> None:
        self.folder = folder
        self.retention_s = retention_s
        self.now = now or (lambda: time.time())
        self.length = segment_length(retention_s)
        # by the segment's start
        self._pending: dict[int, bytearray] = {}
        self._files: dict[int, BinaryIO] = {}
        private_folder(folder)
        for path in folder.glob(f"*{ASIDE}"):  # a crash while rewriting
            path.unlink(missing_ok=True)
        for path in filter(segment_of, folder.glob("*.jsonl")):
            if not stat.S_ISREG(path.lstat().st_mode):  # a pipe is waited for, for ever
                aside = path.with_name(f"{path.name}.no-file")
                path.rename(aside)
                log.warning("no file of chat, and left alone: %s", aside)

    def takes(self, item: Item) -> bool:
        """True for an item of a kind that is kept, whose segment is still there, and whose time is
        not so far ahead that it would stay much longer than the retention."""
        if not is_kept(item) or not self.covers(item.at):
            return False
        return item.at <= self.now() + self.retention_s / 4

    def covers(self, at: float) -> bool:
        """True if what was said at `at` is still here: its segment has not been removed."""
        return self.retention_s > 0 and self._start(at) > self.now() - self.retention_s

    def append(self, item: Item, compound: float | None = None) -> None:
        """Keep an item it takes until the next flush; a Message comes with its compound."""
        pending = self._pending.setdefault(self._start(item.at), bytearray())
        pending.extend(line_of(item, compound))

    def flush(self) -> None:
        """Write and fsync what was appended. Raises StorageFull; it is then still pending."""
        for start, data in list(self._pending.items()):
            try:
                file = self._file(start)
                file.write(data)
                sync(file)
            except OSError as exc:
                self._drop_file(start)
                raise self._full(exc) from exc
            del self._pending[start]

    def since(self, at: float) -> Iterator[Item]:
        """Every item kept from the segment of `at` on, segment by segment, as written."""
        for segment in self.segments(at):
            yield from (item for _, item, _ in lines(segment.path))

    def lines_at(
        self, places: Collection[Place], into: MutableMapping[Place, list[bytes]]
    ) -> Iterator[bool]:
        """Put the lines of messages of the windows at `places` into `into`; yields True after each
        slice of the segments but the last. Raises Outdated when one was written anew."""
        starts = {start for _, start in places}
        segments = {s for at in starts for s in self.segments(at, at + WINDOW_SECONDS)}
        return read_in_slices(segments, places, into)

    def segments(self, since: float, until: float = float("inf")) -> list[Segment]:
        """The segments that reach into [since, until), oldest first."""
        segments = filter(None, map(segment_of, self.folder.glob("*.jsonl")))
        return sorted(s for s in segments if s.start < until and s.start + s.length > since)

    def rewrite(self, change: Callable[[Item], Item | None]) -> int:
        """Put every item through `change`, None dropping it; returns how many it changed.

        Segments are written aside and renamed. Raises StorageFull; it can be done again.
        """
        self.flush()
        return sum(self._rewrite(segment, change) for segment in self.segments(0))

    def _rewrite(self, segment: Segment, change: Callable[[Item], Item | None]) -> int:
        path = segment.path
        changed = sum(change(item) is not item for _, item, _ in lines(path))
        if not changed:
            return 0
        self._drop_file(segment.start)  # it is of the file that goes
        aside = path.with_name(f"{path.stem}{ASIDE}")
        try:
            with private_file(aside) as file:
                for line, item, compound in lines(path):
                    new = change(item)
                    if new is not None:
                        file.write(line if new is item else line_of(new, compound))
                sync(file)
            aside.replace(path)
        except OSError as exc:
            raise self._full(exc) from exc
        finally:
            aside.unlink(missing_ok=True)
        return changed

    def erase(self, erasures: Sequence[Erasure]) -> list[Message]:
        """Blank the messages meant, in place, and return them: those of segments from the first
        `since` on, in the last megabytes of each. Raises StorageFull."""
        self.flush()
        marks = {_mark(erasure) for erasure in erasures}
        blanked: list[Message] = []
        for segment in self.segments(min(erasure.since for erasure in erasures)):
            try:
                blanked += blank(segment.path, marks, lambda m: any(e.means(m) for e in erasures))
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise self._full(exc) from exc
        return blanked

    def expire(self, now: float) -> None:
        """Unlink each segment whose oldest possible line has reached the retention."""
        for segment in self.segments(0):
            if segment.start <= now - self.retention_s:
                self._drop_file(segment.start)
                segment.path.unlink(missing_ok=True)
        for start in [s for s in self._files if s + 2 * self.length <= now]:
            self._drop_file(start)

    def size(self) -> int:
        """Bytes on disk."""
        return sum(_bytes(path) for path in self.folder.rglob("*"))

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

    def _file(self, start: int) -> BinaryIO:
        if start not in self._files:
            path = self.folder / segment_name(start, self.length)
            self._files[start] = private_file(path, os.O_APPEND)
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


def _mark(erasure: Erasure) -> bytes:
    """Bytes that every line meant holds."""
    if erasure.message_id:
        return mark_of_id(erasure.message_id)
    return mark_of(erasure.chatter or erasure.channel)


def _bytes(path: Path) -> int:
    """Of a file; 0 for a folder, and for what has just gone."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def expire_scratch(folder: Path, retention_s: float) -> None:
    """Unlink what a kill left of an import: nothing wrote to it for the retention, or an hour."""
    before = time.time() - max(retention_s, HOUR)
    for path in folder.rglob("*"):
        with suppress(OSError):  # whoever works there may be quicker
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()

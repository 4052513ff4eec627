"""The buffer: what came in, on disk within a second, gone after `retention_h`.

A segment is an hour of JSON lines, named by the hour of the messages in it (their time, not
their arrival), so a window lies in one segment and text leaves whole, by unlink. A line torn
by a crash is skipped. What is older than the retention when it comes in is never written.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from typing import Any

import orjson

from pipeline.message import Heard, Item, Lost, Message, StreamEnd, StreamStart, Watch
from warehouse.errors import StorageFull

_HOUR = 3600
_ASIDE = ".aside"
_KINDS: dict[str, type[Any]] = {
    "m": Message,
    "start": StreamStart,
    "end": StreamEnd,
    "watch": Watch,
    "heard": Heard,
    "lost": Lost,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Buffer:
    """Appends items to hourly segments. retention_s = 0 keeps nothing on disk."""

    def __init__(self, folder: Path, retention_s: float) -> None:
        self.folder = folder
        self.retention_s = retention_s
        self._pending: dict[int, bytearray] = {}
        self._files: dict[int, BufferedWriter] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"*{_ASIDE}"):  # a crash while rewriting
            path.unlink(missing_ok=True)

    def takes(self, item: Item) -> bool:
        """Whether the item is of a kind that is kept, and not older than the retention."""
        kept = type(item) in _NAMES and self.retention_s > 0
        return kept and item.at >= time.time() - self.retention_s

    def append(self, item: Item, compound: float | None = None) -> None:
        """Keep an item it takes until the next flush; a Message comes with its compound."""
        self._pending.setdefault(int(item.at // _HOUR), bytearray()).extend(_line(item, compound))

    def flush(self) -> None:
        """Write and fsync what was appended. Raises StorageFull; it is then still pending."""
        for hour, data in list(self._pending.items()):
            try:
                file = self._file(hour)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError as exc:
                self._drop_file(hour)
                raise self._full(exc) from exc
            del self._pending[hour]

    def items_since(self, at: float) -> Iterator[Item]:
        """Every item kept from the hour of `at` on, segment by segment, as written."""
        for hour, path in self._segments():
            if hour >= int(at // _HOUR):
                yield from _read(path)

    def rewrite(self, change: Callable[[Item], Item | None]) -> int:
        """Put every item through `change`, None dropping it; returns how many it changed.

        Segments are written aside and renamed. Raises StorageFull; it can be done again.
        """
        self.flush()
        return sum(self._rewrite(hour, path, change) for hour, path in self._segments())

    def _rewrite(self, hour: int, path: Path, change: Callable[[Item], Item | None]) -> int:
        changed = sum(change(item) is not item for _, item, _ in _lines(path))
        if not changed:
            return 0
        self._drop_file(hour)  # it is of the file that goes
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

    def expire(self, now: float) -> None:
        """Unlink each segment whose oldest possible line has reached the retention."""
        for hour, path in self._segments():
            if hour * _HOUR < now - self.retention_s:
                self._drop_file(hour)
                path.unlink(missing_ok=True)
        for hour in [h for h in self._files if h < int(now // _HOUR) - 1]:
            self._drop_file(hour)

    def _full(self, exc: OSError) -> StorageFull:
        return StorageFull(
            f"cannot write below {self.folder}: {exc.strerror}; free some space and it goes on"
        )

    def close(self) -> None:
        """Flush, and let go of the files."""
        self.flush()
        for hour in list(self._files):
            self._drop_file(hour)

    def _segments(self) -> list[tuple[int, Path]]:
        found = []
        for path in sorted(self.folder.glob("*.jsonl")):
            try:
                at = datetime.strptime(path.stem, "%Y-%m-%dT%H").replace(tzinfo=UTC)
            except ValueError:  # not ours; leave it alone
                continue
            found.append((int(at.timestamp() // _HOUR), path))
        return found

    def _file(self, hour: int) -> BufferedWriter:
        if hour not in self._files:
            name = datetime.fromtimestamp(hour * _HOUR, UTC).strftime("%Y-%m-%dT%H")
            descriptor = os.open(
                self.folder / f"{name}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
            )
            self._files[hour] = os.fdopen(descriptor, "ab")
            if self._files[hour].tell():
                self._files[hour].write(b"\n")  # after a line a crash tore
        return self._files[hour]

    def _drop_file(self, hour: int) -> None:
        file = self._files.pop(hour, None)
        if file is not None:
            try:
                file.close()
            except OSError:  # its unwritten bytes are still pending
                return


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


def _read(path: Path) -> Iterator[Item]:
    return (item for _, item, _ in _lines(path))


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

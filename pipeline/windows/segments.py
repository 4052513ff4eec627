"""Files of the buffer: JSON lines, an hour of messages each or less, and what is done with one."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

import orjson

from pipeline.chat.message import (
    Heard,
    Item,
    Lost,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.windows.item_log import Outdated, Place
from warehouse.atomic import open_file
from warehouse.records import WINDOW_SECONDS, window_start

HOUR = 3600
_LENGTHS = (HOUR, 900, 300, 60, 10)  # seconds of a segment
_ERASED = 64 << 20  # bytes at the end of a segment in which messages taken back are looked for
_SLICE = 16 << 20  # bytes read at a time; 0.1 s on a busy machine
_LOGIN = 56  # bytes a key takes at most, with its quote
_DIGITS = 100  # seconds that share the first digits of their time
_KINDS: dict[str, type[Any]] = {
    "m": Message,
    "start": StreamStart,
    "end": StreamEnd,
    "watch": Watch,
    "heard": Heard,
    "lost": Lost,
    "gone": Retract,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TYPES: dict[type[Any], list[tuple[str, type[Any]]]] = {  # of the fields that have a plain one
    kind: [(name, of) for name, of in get_type_hints(kind).items() if of in (str, bool)]
    for kind in _KINDS.values()
}
_LATEST = 1 << 34  # epoch seconds that a time can be; far beyond it there is no date


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


def segment_name(start: int, length: int) -> str:
    """The hour; of shorter ones the second, and the length: the retention may change."""
    at = datetime.fromtimestamp(start, UTC)
    if length == HOUR:
        return f"{at:%Y-%m-%dT%H}.jsonl"
    return f"{at:%Y-%m-%dT%H%M%S}-{length}.jsonl"


def segment_of(path: Path) -> Segment | None:
    """The segment a file is, None for a file that is not ours."""
    name, _, length = path.stem.partition("T")[2].partition("-")
    shape = "%Y-%m-%dT%H%M%S" if length else "%Y-%m-%dT%H"
    try:
        at = datetime.strptime(path.stem.removesuffix(f"-{length}"), shape).replace(tzinfo=UTC)
        segment = Segment(int(at.timestamp()), int(length or HOUR), path)
    except ValueError:
        return None
    is_ours = name and path.name == segment_name(segment.start, segment.length)
    return segment if is_ours else None


# -- lines ---------------------------------------------------------------------------------


def is_kept(item: Item) -> bool:
    """True for an item of a kind that has lines."""
    return type(item) in _NAMES


def line_of(item: Item, compound: float | None) -> bytes:
    """An item as its line, with a message's compound."""
    name = _NAMES[type(item)]
    fields = [getattr(item, field) for field in type(item).__slots__]
    line = orjson.dumps([name, *fields, compound] if name == "m" else [name, *fields])
    return bytes(line) + b"\n"


def message_of(line: bytes) -> Message | None:
    """A line of a segment as the message it is; None for any other."""
    try:
        name, *fields = orjson.loads(line)
        item = _item(name, fields)
    except (ValueError, LookupError, TypeError):
        return None
    return item if isinstance(item, Message) else None


def lines(path: Path) -> Iterator[tuple[bytes, Item, float | None]]:
    """Every line that is whole and of the segment's time, its item, and a message's compound."""
    segment = segment_of(path)
    if segment is None:
        return
    with open_file(path) as file:
        for line in file:
            try:
                name, *fields = orjson.loads(line)
                item = _item(name, fields)
            except (ValueError, LookupError, TypeError):  # torn, blank or foreign
                continue
            if segment.start <= item.at < segment.start + segment.length:
                yield line, item, fields[-1] if name == "m" else None


def _item(name: str, fields: list[Any]) -> Item:
    kind = _KINDS[name]
    if kind is Message:
        fields = fields[:-1]  # the compound; scoring again is exact and also gives the terms
        emotes = fields[5]
        fields[5] = None if emotes is None else tuple(emotes)
    item: Item = kind(*fields)
    if not _is_sound(item):
        raise ValueError("of other types")
    return item


def _is_sound(item: Item) -> bool:
    """True where every field is what it should be: a line may be valid JSON and none of ours."""
    if any(type(getattr(item, name)) is not of for name, of in _TYPES[type(item)]):
        return False
    if type(item.at) not in (float, int) or not 0 <= item.at < _LATEST:
        return False
    if isinstance(item, Message) and not set(map(type, item.emotes or ())) <= {str}:
        return False
    who = item.chatter if isinstance(item, Message | Retract) else ""
    return not who or (who.isascii() and who.isdigit() and int(who) < 1 << 63)


# -- messages erased in place --------------------------------------------------------------


def mark_of_id(message_id: str) -> bytes:
    """The beginning of the message's line."""
    return bytes(orjson.dumps(["m", message_id]))[:-1]


def mark_of(value: str) -> bytes:
    """A channel or a hash as it stands within a line."""
    return b",%b," % orjson.dumps(value)


def blank(path: Path, marks: Iterable[bytes], is_meant: Callable[[Message], bool]) -> list[Message]:
    """Blank the messages meant in the last megabytes of a segment, and return them.

    marks: each line meant holds one of them. A line that a crash left half blank is torn, and
    skipped as such.
    """
    blanked: list[Message] = []
    with open_file(path, "r+b") as file:
        offset = max(0, path.stat().st_size - _ERASED)
        file.seek(offset)
        data = file.read()
        for first, end in {span for mark in marks for span in _lines_with(data, mark)}:
            message = message_of(data[first:end])
            if message is not None and is_meant(message):
                blanked.append(message)
                file.seek(offset + first)
                file.write(b" " * (end - first))
        if blanked:
            file.flush()
            os.fsync(file.fileno())
    return blanked


def _lines_with(data: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of the lines that hold the mark."""
    at = data.find(mark)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield data.rfind(b"\n", 0, at) + 1, end
        at = data.find(mark, end)


# -- messages looked up by their windows ---------------------------------------------------


def read_in_slices(
    segments: Collection[Segment],
    places: Collection[Place],
    into: MutableMapping[Place, list[bytes]],
) -> Iterator[bool]:
    """Put lines of messages of the windows at `places` into `into`; yields True, that there is
    more, between slices.

    Raises Outdated when a segment was written anew since, or is gone.
    """
    try:
        stats = [(segment.path, segment.path.stat()) for segment in sorted(segments)]
    except FileNotFoundError as exc:
        raise Outdated from exc
    is_first = True
    for path, stat in stats:
        offset = 0
        while offset < stat.st_size:
            if not is_first:
                yield True
            is_first = False
            data = _slice(path, stat.st_ino, offset, stat.st_size)
            offset += len(data)
            _pick(data, places, into)


def _slice(path: Path, inode: int, offset: int, size: int) -> bytes:
    """Whole lines from `offset` on, those of the first `size` bytes alone."""
    try:
        with open_file(path) as file:
            if os.fstat(file.fileno()).st_ino != inode:
                raise Outdated
            file.seek(offset)
            data = file.read(min(_SLICE, size - offset))
            return data if offset + len(data) >= size else data + file.readline()
    except FileNotFoundError as exc:
        raise Outdated from exc


def _pick(data: bytes, places: Collection[Place], into: MutableMapping[Place, list[bytes]]) -> None:
    """Put the lines of messages of the windows with those picked before.

    A message's line begins ["m","ID","CHANNEL",TIME: the time's first digits are looked for.
    """
    logins = {channel.encode() for channel, _ in places}
    starts = {start for _, start in places}
    for digits in {at // _DIGITS for s in starts for at in (s, s + WINDOW_SECONDS - 1)}:
        needle = b'",%d' % digits
        at = data.find(needle)
        while at >= 0:
            if data[data.rfind(b'"', max(0, at - _LOGIN), at) + 1 : at] in logins:
                end = data.find(b"\n", at)
                line = data[data.rfind(b"\n", 0, at) + 1 : len(data) if end < 0 else end]
                _put(line, places, into)
            at = data.find(needle, at + len(needle))


def _put(line: bytes, places: Collection[Place], into: MutableMapping[Place, list[bytes]]) -> None:
    message = message_of(line)
    if message is not None:
        place = message.channel, window_start(message.at)
        if place in places:
            into.setdefault(place, []).append(line)

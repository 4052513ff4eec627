"""A body of the queue: what a source told one shard in a second, and its bytes.

Chatters are hashed in it already. It is JSON, compressed; lone surrogates, which only the slower
of two JSON libraries writes, come through as they are.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args

import orjson

from pipeline.chat.message import (
    ChannelInfo,
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
from pipeline.chat.oddities import Malformed
from warehouse.errors import AppError

VERSION = 1
MOST = 48_000  # bytes of a body; as the text that SQS takes it is 64,000, the most that costs once
UNPACKED = 8 << 20  # bytes that one may unpack to
_KINDS: dict[str, type[Any]] = {
    "m": Message,
    "start": StreamStart,
    "end": StreamEnd,
    "watch": Watch,
    "heard": Heard,
    "lost": Lost,
    "what": Happening,
    "gone": Retract,
    "info": ChannelInfo,
}
_TAGS = {kind: tag for tag, kind in _KINDS.items()}
_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in _TAGS}


class NewerBody(AppError):
    """A body of a later version of DLD: this one cannot read it, and it stays in the queue."""


@dataclass(frozen=True, slots=True)
class Body:
    """A second of one run of a sender for a shard; its next body for it has the next number.

    salt: fingerprint of the hashes' salt. kind: of its source. start, at: the source's clock before
    and after it, epoch seconds. closes: windows may close by `at`; False for all parts of a second
    but the last, and while the source does not know what time it is. back: the clock was set back
    to `at`. chatters: hashes of some who were seen lately, on whichever shard. seen: (from, to)
    that the channels now seen had been seen at `start`. streams, infos: that were known before,
    repeated for a new reader. troubles, malformed: as a Batch has them.
    """

    run: str
    number: int
    shard: int
    salt: str
    kind: str
    start: float
    at: float
    closes: bool = True
    back: bool = False
    items: tuple[Item, ...] = ()
    chatters: tuple[int, ...] = ()
    seen: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    streams: tuple[StreamStart, ...] = ()
    infos: tuple[ChannelInfo, ...] = ()
    troubles: Mapping[str, str] | None = None
    malformed: int = 0

    @property
    def id(self) -> str:
        """The same body told twice has it twice."""
        return f"{self.run}-{self.shard}-{self.number}"


def pack(body: Body) -> bytes:
    """Its bytes, however many."""
    told: dict[str, Any] = {f.name: getattr(body, f.name) for f in fields(body)}
    for name in ("items", "streams", "infos"):
        told[name] = [_row(item) for item in told[name]]
    return zlib.compress(_json({"v": VERSION, **told}), 1)


def unpack(data: bytes) -> Body:
    """The body. Raises Malformed for what is none, NewerBody for one of a later version."""
    told = _read(data)
    if told.get("v") != VERSION:
        _refuse_version(told.get("v"))
    try:
        told = {f.name: told[f.name] for f in fields(Body)}
        told["seen"] = {str(c): (float(a), float(b)) for c, (a, b) in told["seen"].items()}
        for name in ("items", "streams", "infos"):
            told[name] = tuple(map(_item, told[name]))
        told["chatters"] = tuple(told["chatters"])
        body = Body(**told)
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise Malformed("no body") from exc
    _check(body, Body)
    if {*map(type, body.chatters)} - {int}:
        raise Malformed("no chatters")
    return body


def _read(data: bytes) -> dict[str, Any]:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, UNPACKED)
        if not unpacker.eof:  # truncated, or too long
            raise Malformed("no body")
        told = _parsed(text)
    except (zlib.error, ValueError, RecursionError) as exc:
        raise Malformed("no body") from exc
    if not isinstance(told, dict):
        raise Malformed("no body")
    return told


def _refuse_version(version: object) -> None:
    if isinstance(version, int) and version > VERSION:
        raise NewerBody(
            f"the queue has bodies of version {version}, this DLD reads version {VERSION}; "
            "update it, and it goes on"
        )
    raise Malformed("no body")


def _row(item: Item) -> list[Any]:
    kind = type(item)
    return [_TAGS[kind], *[getattr(item, name) for name in _NAMES[kind]]]


def _item(row: list[Any]) -> Any:
    tag, *values = row
    kind = _KINDS[tag]
    if kind is Message and values[5] is not None:
        values[5] = tuple(values[5])
    item = kind(*values)
    _check(item, kind)
    return item


def _check(told: Any, kind: type[Any]) -> None:
    """Raises Malformed where a field is not of its type."""
    for name, types in _TYPES[kind]:
        if type(getattr(told, name)) not in types:
            raise Malformed(f"no {name}")


def _types(kind: type[Any]) -> list[tuple[str, tuple[type[Any], ...]]]:
    """The plain types that each field may have; the others are made by us."""
    plain: dict[Any, tuple[type[Any], ...]] = {float: (float, int)}
    return [
        (f.name, plain.get(f.type, (f.type,)))
        for f in fields(kind)
        if f.type in (str, float, int, bool)
    ]


_TYPES = {kind: _types(kind) for kind in (*get_args(Item), Body)}


def _json(told: Any) -> bytes:
    try:
        return bytes(orjson.dumps(told))
    except TypeError:  # a lone surrogate
        return json.dumps(told).encode()


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)

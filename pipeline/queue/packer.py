"""A packer of bodies: numbered by shard, and never longer than a queue takes."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pipeline.queue.body import MOST, Body, pack
from pipeline.queue.queue import Packed

_PARTS = ("chatters", "infos", "seen", "streams", "items")  # in the order they are told
_ENTRIES = 2000  # in one body: even of the longest texts they unpack


class Packer:
    """Packs what one run of a sender tells. kind: of its source; salt: fingerprint of its salt."""

    def __init__(self, kind: str, salt: str) -> None:
        self.kind, self.salt, self.run = kind, salt, secrets.token_hex(6)
        self._numbers: Counter[int] = Counter()

    def body(self, shard: int, start: float, at: float, **told: Any) -> Body:
        """A body that has no number yet. told: the other fields of Body."""
        return Body(self.run, 0, shard, self.salt, self.kind, start, at, **told)

    def pack(self, body: Body) -> list[Packed]:
        """The body as one, or as several in order where it is too long. A single thing that is
        longer than any body can be is left out, and counted as malformed."""
        packed = []
        for part in _cut(body):
            self._numbers[body.shard] += 1
            part = replace(part, number=self._numbers[body.shard])
            packed.append(Packed(part.id, pack(part)))
        return packed


def _cut(body: Body) -> Iterator[Body]:
    """Parts that are short enough, of which only the last one's clock counts."""
    entries = list(_entries(body))
    if len(entries) <= _ENTRIES and len(pack(body)) <= MOST - 50:  # its number is yet to come
        yield body
    elif len(entries) > 1:
        middle = len(entries) // 2
        first = replace(_with(body, entries[:middle]), closes=False, troubles=None, malformed=0)
        yield from _cut(first)
        yield from _cut(_with(body, entries[middle:]))
    else:
        yield replace(_with(body, ()), troubles=None, malformed=body.malformed + 1)


def _entries(body: Body) -> Iterator[tuple[str, Any]]:
    for name in _PARTS:
        told = getattr(body, name)
        yield from ((name, entry) for entry in (told.items() if name == "seen" else told))


def _with(body: Body, entries: Iterable[tuple[str, Any]]) -> Body:
    """The body with these entries alone."""
    told: dict[str, list[Any]] = {name: [] for name in _PARTS}
    for name, entry in entries:
        told[name].append(entry)
    made: dict[str, Any] = {
        name: dict(told[name]) if name == "seen" else tuple(told[name]) for name in _PARTS
    }
    return replace(body, **made)

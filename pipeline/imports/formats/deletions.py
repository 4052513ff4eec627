"""Deletions in a log: which of its messages somebody took back later."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from pipeline.chat.message import Retract

_BACK_S = 3600.0  # a deletion reaches as far back as that of a live message does


@dataclass
class Deletions:
    """Messages that were taken back. ids: theirs; times: of all that a chatter had said, or ('')
    that anybody had, by (channel, login); lines: of a chatter's line of that text, by all three.

    Times are those of the log's lines.
    """

    ids: set[str] = field(default_factory=set)
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    lines: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ids or self.times or self.lines)

    def add(self, taken: Retract, channel: str | None = None) -> None:
        """Keep one, of the channel as the log's lines name it."""
        if taken.message_id:
            self.ids.add(taken.message_id)
        else:
            key = taken.channel if channel is None else channel, taken.chatter
            self.times.setdefault(key, []).append(taken.at)

    def add_line(self, at: float, user: str, text: str) -> None:
        """Keep that a chatter's line of that text was deleted."""
        self.lines.setdefault(("", user, text), []).append(at)

    def kept(self, rows: pa.RecordBatch) -> list[bool]:
        """Which rows (at, user, text, channel, id) nobody took back."""
        names = ("at", "user", "text", "channel", "id")
        columns = (rows.column(name).to_pylist() for name in names)
        return [not self._has(*row) for row in zip(*columns, strict=True)]

    def _has(self, at: float, user: str, text: str, channel: str, id: str) -> bool:
        if id in self.ids:
            return True
        return any(at <= taken < at + _BACK_S for taken in self._of(user, text, channel))

    def _of(self, user: str, text: str, channel: str) -> Iterator[float]:
        yield from self.times.get((channel, user), ())
        yield from self.times.get((channel, ""), ())
        yield from self.lines.get((channel, user, text), ())

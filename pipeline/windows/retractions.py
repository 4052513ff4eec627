"""Messages taken back: out of the windows in memory, out of the buffer, out of older windows.

Twitch asks that deleted messages go. What is in memory goes at once (intake.py); here the lines
in the buffer are blanked, and the windows they were counted in are made again (late.py). What
was said more than an hour before, or lies deep in a huge segment, stays counted; its text goes
with the buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.chat.message import Message, Retract
from pipeline.chat.text import is_filtered
from pipeline.windows.buffer import mark_of, mark_of_id
from pipeline.windows.rebuild import Place
from pipeline.windows.track import Closed
from warehouse.records import Window, window_start

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine

_BACK_S = 3600.0
_TURN = 20  # retractions looked for a turn, each in all of the bytes
_WAITING = 5000  # beyond it, as when bots are banned by the thousand, the oldest are let go


class TakenBack:
    """Retractions whose messages are yet to be looked for in the buffer.

    places: windows that lost messages and are not yet committed anew.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.waiting: list[Retract] = []
        self.places: set[Place] = set()

    def add(self, item: Retract) -> None:
        """Look for its messages at one of the next turns."""
        self.waiting.append(item)
        del self.waiting[:-_WAITING]

    def step(self) -> None:
        """Blank the messages of some that wait. Raises StorageFull; then they wait on."""
        batch = self.waiting[:_TURN]
        if not batch or not self.engine.retention_s:
            self.waiting.clear()
            return
        since = min(item.at for item in batch) - _BACK_S
        tests = [self._meant(item) for item in batch]
        marks = {self._mark(item) for item in batch}
        gone = self.engine.buffer.erase(marks, lambda m: any(test(m) for test in tests), since)
        del self.waiting[: len(batch)]
        self._recount(gone)

    def retold(self, closed: Iterable[Closed]) -> list[tuple[str, datetime]]:
        """(channel, start) of committed windows whose published lines go: made again with lines
        to show, or with one that was taken back."""
        found = []
        for window in (c.window for c in closed if c.again):
            start = int(window.start.timestamp())
            if start >= self.engine.known_since or (window.channel, start) in self.places:
                found.append(place_of(window))
            self.places.discard((window.channel, start))
        return found

    def _recount(self, gone: list[Message]) -> None:
        engine = self.engine
        if gone:
            engine.late.restart()  # it may have read them already
        engine.intake.counts.retracted += len(gone)
        for message in gone:
            track, start = engine.intake.track(message.channel), window_start(message.at)
            self.places.add((message.channel, start))
            if start < track.closed_to and start not in track.done:
                filtered = is_filtered(message.text, "", message.bot)
                engine.late.take_back((message.channel, start), filtered)

    def _mark(self, item: Retract) -> bytes:
        if item.message_id:
            return mark_of_id(item.message_id)
        return mark_of(self._who(item) if item.chatter else item.channel)

    def _meant(self, item: Retract) -> Callable[[Message], bool]:
        if item.message_id:
            return lambda m: m.channel == item.channel and m.id == item.message_id
        who = self._who(item) if item.chatter else ""
        return lambda m: (
            m.channel == item.channel
            and item.at - _BACK_S <= m.at <= item.at
            and who in ("", m.chatter)
        )

    def _who(self, item: Retract) -> str:
        return str(self.engine.intake.hasher.of(item.chatter.lower()))


def place_of(window: Window) -> tuple[str, datetime]:
    """(channel, start) as the warehouse has them."""
    return window.channel, window.start.replace(tzinfo=None)


def cleared(windows: Iterable[Window]) -> list[tuple[str, dict[str, object]]]:
    """The queries that drop the terms of windows in which nothing is left."""
    return [
        ("clear_terms_at", {"channel": w.channel, "starts": [w.start.timestamp()]}) for w in windows
    ]

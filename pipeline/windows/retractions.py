"""Messages taken back: out of the windows in memory, out of the buffer, out of older windows.

Twitch asks that deleted messages go. Those in memory go at once (intake.py); here their lines in
the buffer are blanked, and the windows they were counted in are made again (late.py). What
was said more than an hour before, or lies deep in a huge segment, stays counted; its text goes
with the buffer.
"""

from collections.abc import Iterable
from datetime import datetime

from pipeline.chat.message import Message, Retract
from pipeline.chat.text import is_filtered
from pipeline.windows.intake import Intake
from pipeline.windows.item_log import Erasure, ItemLog, Place
from pipeline.windows.late import Late
from pipeline.windows.track import Closed
from warehouse.records import Window, naive, window_start

_BACK_S = 3600.0
_TURN = 20  # retractions looked for a turn, each in all of the bytes
_WAITING = 5000  # beyond it, as when bots are banned by the thousand, the oldest are let go


class Retractions:
    """Retractions, their chatters hashed, whose messages are yet to be looked for in the buffer.

    places: windows that lost messages and are not yet committed anew.
    """

    def __init__(self, buffer: ItemLog, late: Late, intake: Intake) -> None:
        self.buffer, self.late, self.intake = buffer, late, intake
        self.waiting: list[Retract] = []
        self.places: set[Place] = set()

    def add(self, item: Retract) -> None:
        """Look for its messages at one of the next turns."""
        self.waiting.append(item)
        del self.waiting[:-_WAITING]

    def step(self) -> None:
        """Blank the messages of some that wait. Raises StorageFull; then they wait on."""
        batch = self.waiting[:_TURN]
        if not batch or not self.buffer.retention_s:
            self.waiting.clear()
            return
        erased = self.buffer.erase([self._erasure(item) for item in batch])
        del self.waiting[: len(batch)]
        self._recount(erased)

    def retold(self, closed: Iterable[Closed]) -> list[tuple[str, datetime]]:
        """(channel, start) of committed windows whose published lines go: made again with lines
        to show, or with one that was taken back."""
        keys = []
        for window in (c.window for c in closed if c.again):
            start = int(window.start.timestamp())
            if start >= self.intake.known_since or (window.channel, start) in self.places:
                keys.append(key_of(window))
            self.places.discard((window.channel, start))
        return keys

    def _recount(self, erased: list[Message]) -> None:
        if erased:
            self.late.restart()  # it may have read them already
        self.intake.counts.retracted += len(erased)
        for message in erased:
            track, start = self.intake.track(message.channel), window_start(message.at)
            self.places.add((message.channel, start))
            if message.id:  # told again after a restart, it is still gone
                self.buffer.append(Retract(message.channel, message.at, message.id))
            if start < track.closed_to and start not in track.done:
                filtered = is_filtered(message.text, "", message.bot)
                self.late.take_back((message.channel, start), filtered)

    def _erasure(self, item: Retract) -> Erasure:
        return Erasure(item.channel, item.at - _BACK_S, item.at, item.message_id, item.chatter)


def key_of(window: Window) -> tuple[str, datetime]:
    """(channel, start) as the warehouse has them."""
    return window.channel, naive(window.start)


def cleared(windows: Iterable[Window]) -> list[tuple[str, dict[str, object]]]:
    """The queries that drop the terms of windows in which nothing is left."""
    return [
        ("clear_terms_at", {"channel": w.channel, "starts": [w.start.timestamp()]}) for w in windows
    ]

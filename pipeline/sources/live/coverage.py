"""Coverage of a channel, told as Watch, Heard and Lost: never more than is true.

Several connections may have a channel at once, each from the moment it joined up to its last
byte. What they saw together is one span as long as they overlap.
"""

from collections.abc import Callable, Iterable

from pipeline.chat.message import Heard, Item, Lost, Watch
from warehouse.records import WINDOW_SECONDS

_EVERY_S = 2.0  # a Heard at least this far from the one before, or in another window

Span = tuple[float, float]  # (joined, heard last), monotonic seconds


class Coverage:
    """One channel's. to: up to when it is known to have been seen, None while it is not seen.

    at: a monotonic time as Twitch's, for what is told.
    """

    def __init__(self, channel: str, at: Callable[[float], float] = float) -> None:
        self.channel, self.at = channel, at
        self.to: float | None = None
        self._told = 0.0

    def step(self, spans: Iterable[Span], now: float, is_sure: bool = True) -> list[Item]:
        """What there is to tell. spans: of every connection that has the channel now. is_sure: we
        know what time it is; else only a loss is told, or chat would bridge it."""
        items: list[Item] = []
        spans = sorted(spans)
        if self.to is not None and not any(joined <= self.to for joined, _ in spans):
            lost_at = min([now, *(joined for joined, _ in spans)])
            items += self._heard(self.to, always=True) if is_sure else []
            items.append(Lost(self.channel, self.at(lost_at)))
            self.to = None
        if not is_sure:
            return items
        if self.to is None and spans:
            self.to = self._told = spans[0][0]
            items.append(Watch(self.channel, self.at(self.to)))
        for joined, heard in spans:
            if self.to is not None and joined <= self.to < heard:
                self.to = heard
        return items if self.to is None else [*items, *self._heard(self.to)]

    def begin_anew(self) -> None:
        """What was told was told by a wrong clock: tell again from when it is seen."""
        self.to = None

    def renamed(self, channel: str) -> list[Item]:
        """The channel is called otherwise, and seen as before."""
        self.channel = channel
        return [] if self.to is None else [Watch(channel, self.at(self._told))]

    def _heard(self, at: float, always: bool = False) -> list[Item]:
        is_due = at - self._told >= _EVERY_S or self._window(at) > self._window(self._told)
        if at <= self._told or not (is_due or always):
            return []
        self._told = at
        return [Heard(self.channel, self.at(at))]

    def _window(self, at: float) -> float:
        return self.at(at) // WINDOW_SECONDS

"""Chatters seen lately, hashed, as all shards are told of them: a login is no term anywhere."""

from collections.abc import Set
from math import ceil

_MOST = 50_000  # as the gate of terms remembers
_AGAIN = 120  # seconds in which all are told again: whoever takes a shard over has seen nobody


class Chatters:
    """Those seen last, the longest ago first."""

    def __init__(self) -> None:
        self._known: dict[int, None] = {}
        self._new: list[int] = []
        self._again: list[int] = []

    def saw(self, chatter: int) -> None:
        """A chatter was seen; 0 is nobody."""
        if not chatter:
            return
        if chatter not in self._known:
            self._new.append(chatter)
        self._known.pop(chatter, None)
        self._known[chatter] = None
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    def take(self, hidden: Set[int]) -> tuple[int, ...]:
        """Those to tell with this second: the new ones, and a few of the others. hidden: of none
        of these."""
        some = ceil(len(self._known) / _AGAIN)
        self._again = self._again or list(self._known)
        told = [*self._new, *self._again[:some]]
        self._new, self._again = [], self._again[some:]
        return tuple(chatter for chatter in dict.fromkeys(told) if chatter not in hidden)

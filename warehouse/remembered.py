"""Values found once a key, in bounded memory."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
TOKENS = 12_000  # remembered, twice this at most: nine in ten of what a busy channel says
_UNKNOWN = object()


class Remembered(dict[K, V]):
    """Values found once a key. Bounded: two generations, so that what is in use stays."""

    def __init__(self, find: Callable[[K], V], limit: int = TOKENS) -> None:
        super().__init__()
        self.find, self.limit = find, limit
        self.old: dict[K, Any] = {}

    def __missing__(self, key: K) -> V:
        if len(self) >= self.limit:
            self.old = dict(self)
            self.clear()
        known = self.old.get(key, _UNKNOWN)
        value = self[key] = self.find(key) if known is _UNKNOWN else known
        return value

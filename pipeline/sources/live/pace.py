"""Pace of joins: at most so many in any span of time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]
_MARGIN = 1.02  # what leaves us evenly does not arrive evenly


class Pace:
    """At most `most` turns in any span of `within_s` seconds, for all who share it; fewer while
    somebody outside uses up the same limit."""

    def __init__(self, most: int, within_s: float, clock: Clock = time.monotonic) -> None:
        self.most, self.within_s, self.clock = most, within_s * _MARGIN, clock
        self._turns: deque[float] = deque(maxlen=most)
        self._full, self._slowed_at = most, float("-inf")
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for the next turn, and take it."""
        async with self._lock:
            if len(self._turns) >= self.most:
                since = self._turns[-self.most]
                await asyncio.sleep(max(0.0, since + self.within_s - self.clock()))
            self._turns.append(self.clock())

    def slow_down(self, began: float) -> None:
        """Half as many turns, as one of `began` was in vain; once for all of before."""
        if began > self._slowed_at:
            self.most, self._slowed_at = max(1, self.most // 2), self.clock()

    def speed_up(self) -> None:
        """As many as allowed."""
        self.most = self._full

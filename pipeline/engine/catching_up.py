"""Catching up: chat that was missed while nobody ran, and how much of it is there by now."""

import time

from pipeline.chat.message import Batch
from pipeline.engine.state import State
from warehouse.kinds import SIMULATED
from warehouse.published.progress import Progress, nothing_comes_first

_BEHIND_S = 300.0  # further behind the clock than this there is something to say
_LIVE_S = 60.0  # as close to it as this chat is live
_TELL_S = 0.5


class CatchingUp:
    """Chat that is behind: since which clock of the source, epoch seconds, and what was told of it.
    A replay has a clock of its own: nothing is told."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._began: float | None = None
        self._told: float | None = 0.0  # monotonic; None: all know that chat is live

    def look(self, batch: Batch) -> bool:
        """A batch was taken in: whether what came first is over with it. Of one without a time
        nobody knows how late it is."""
        state, now = self._state, self._state.now()
        if state.source == "replay" or batch.at is None:
            return False
        behind = now - state.clock
        if self._began is None and behind > _BEHIND_S:
            self._began, self._told = state.clock, 0.0
        elif behind < _LIVE_S and self._told is not None:
            self._began = self._told = None
            return nothing_comes_first(state.folder)
        if self._began is not None and self._told is not None:
            self._tell(self._began, now, self._told)
        return False

    def _tell(self, began: float, now: float, told: float) -> None:
        if time.monotonic() - told < _TELL_S:
            return
        self._told, state = time.monotonic(), self._state
        share = (state.clock - began) / (now - began)
        is_simulated = state.source == SIMULATED
        Progress("pause", now - began, share, is_simulated).tell(state.folder)

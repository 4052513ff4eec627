"""Rows of forecasts and scores that follow from closed windows, until they are committed.

A commit that the disk refuses is tried again; what was forecast for it is not made twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.forecasting.forecasts import Forecasts
from pipeline.forecasting.verify import Sums
from pipeline.windows.track import Closed

Rows = dict[tuple[Any, ...], Any]


class Pending:
    """forecasts: rows by their keys. scores: sums by theirs."""

    def __init__(self) -> None:
        self.forecasts: Rows = {}
        self.scores: Sums = {}
        self._of: dict[int, Closed] = {}  # the windows they follow from

    def add(
        self, closed: Iterable[Closed], forecasters: Forecasts, is_past: Callable[[Closed], bool]
    ) -> None:
        """Forecast from the windows that were not forecast from yet, but for those of the past."""
        fresh = [c for c in closed if id(c) not in self._of and not is_past(c)]
        forecasts, scores = forecasters.after(fresh)
        self._of.update((id(c), c) for c in fresh)
        self.forecasts |= {(r["channel"], r["cutoff"], r["model"]): r for r in forecasts}
        self.scores |= scores

    def turn_back(self, now: datetime) -> None:
        """What was forecast at times still to come never was."""
        self.forecasts = {k: r for k, r in self.forecasts.items() if r["cutoff"] <= now}

    def done(self) -> None:
        """All of it is committed."""
        for kept in (self.forecasts, self.scores, self._of):
            kept.clear()


def latest(closed: list[Closed]) -> list[Closed]:
    """Each window once, as it was last made."""
    last: dict[tuple[str, datetime], Closed] = {}
    for c in closed:
        key = c.window.channel, c.window.start
        was_new = key in last and not last[key].again
        last[key] = replace(c, again=False) if was_new else c
    return list(last.values())

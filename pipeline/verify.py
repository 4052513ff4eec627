"""Every forecast meets what happened: errors and hits, summed by channel, day, model and step.

Targets are windows with messages, seen for their whole 30 seconds; each weighs as many as its
messages. Sums, not means, are kept: they add up over days and channels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from models.metrics import crps
from warehouse.records import HORIZON, WINDOW_SECONDS, Window

Array = npt.NDArray[np.float64]
Key = tuple[str, date, str, int]

SUMS = (
    "targets", "n", "squared_error", "absolute_error", "crps", "width80", "hits80", "hits95",
)  # fmt: skip

_PATIENCE_S = 3600  # of a forecast for windows that never come, its stream being over


@dataclass
class Verifier:
    """Forecasts that wait for their windows, and the sums so far.

    Kept for today and yesterday; `load` brings them back after a restart. Forecasts made
    before a restart are not verified: their targets are missing from n, not wrong in it.
    """

    models: tuple[str, ...] = ()
    waiting: dict[tuple[str, int], Array] = field(default_factory=dict)  # (models, 10, 5)
    sums: dict[Key, Array] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of forecast_scores as they were committed."""
        for row in rows:
            key = (row["channel"], row["day"], row["model"], row["step"])
            self.sums[key] = np.array([float(row[name]) for name in SUMS])

    def expect(self, channel: str, cutoff: int, quantiles: Array) -> None:
        """A forecast was made: (models, 10, 5) over steps and QUANTILES. cutoff: epoch s."""
        self.waiting[channel, cutoff] = quantiles

    def happened(self, windows: Iterable[Window]) -> None:
        """Windows closed for the first time; forecasts that are past their horizon are let go."""
        found: list[tuple[str, date, int, Array, float, int]] = []
        for window in windows:
            start = int(window.start.timestamp())
            if window.mean_compound is not None and window.observed_s >= WINDOW_SECONDS:
                about = (window.channel, window.start.date())
                actual = (window.mean_compound, window.n_messages)
                for step, quantiles in self._forecasts_of(window.channel, start):
                    found.append((*about, step, quantiles, *actual))
            self.waiting.pop((window.channel, start - (HORIZON - 1) * WINDOW_SECONDS), None)
        if found:
            self._add(found)

    def _forecasts_of(self, channel: str, start: int) -> Iterable[tuple[int, Array]]:
        for step in range(1, HORIZON + 1):
            made = self.waiting.get((channel, start - (step - 1) * WINDOW_SECONDS))
            if made is not None:
                yield step, made[:, step - 1]

    def _add(self, found: list[tuple[str, date, int, Array, float, int]]) -> None:
        groups = {key: i for i, key in enumerate(dict.fromkeys(row[:3] for row in found))}
        group = np.array([groups[row[:3]] for row in found])
        q = np.stack([row[3] for row in found])
        y, n = (np.array([row[k] for row in found], dtype=float) for k in (4, 5))
        for m, model in enumerate(self.models):
            total = np.zeros((len(groups), len(SUMS)))
            np.add.at(total, group, _scores(y, n, q[:, m]))
            for (channel, day, step), i in groups.items():
                key = (channel, day, model, step)
                self.sums[key] = self.sums.get(key, 0.0) + total[i]
                self.changed.add(key)

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is waited for or summed."""
        self.waiting = {key: q for key, q in self.waiting.items() if key[0] != channel}
        self.sums = {key: s for key, s in self.sums.items() if key[0] != channel}
        self.changed = {key for key in self.changed if key[0] != channel}

    def take_rows(self) -> list[dict[str, Any]]:
        """Rows of forecast_scores that changed since the last call; old days are let go."""
        rows = [_row(key, self.sums[key]) for key in sorted(self.changed)]
        self.changed.clear()
        newest = max((cutoff for _, cutoff in self.waiting), default=0)
        self.waiting = {k: q for k, q in self.waiting.items() if k[1] > newest - _PATIENCE_S}
        if rows:
            oldest = max(row["day"] for row in rows) - timedelta(days=2)
            self.sums = {key: v for key, v in self.sums.items() if key[1] >= oldest}
        return rows


def _scores(y: Array, n: Array, q: Array) -> Array:
    """The SUMS of each target by itself, (m, 8). y, n: (m,); q: (m, 5) over QUANTILES."""
    error = y - q[:, 2]
    columns = [
        np.ones_like(n),
        n,
        n * error**2,
        n * np.abs(error),
        n * crps(y, q),
        n * (q[:, 3] - q[:, 1]),
        (q[:, 1] <= y) & (y <= q[:, 3]),
        (q[:, 0] <= y) & (y <= q[:, 4]),
    ]
    return np.stack(columns, axis=1)


def _row(key: Key, sums: Array) -> dict[str, Any]:
    channel, day, model, step = key
    values = dict(zip(SUMS, sums.tolist(), strict=True))
    for name in ("targets", "n", "hits80", "hits95"):
        values[name] = int(values[name])
    return {"channel": channel, "day": day, "model": model, "step": step, **values}

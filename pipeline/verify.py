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


@dataclass
class Verifier:
    """Forecasts that wait for their windows, and the sums so far.

    Kept for today and yesterday; `load` brings them back after a restart. Forecasts made
    before a restart are not verified: their targets are missing from n, not wrong in it.
    """

    waiting: dict[tuple[str, int], dict[str, Array]] = field(default_factory=dict)
    sums: dict[Key, Array] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of forecast_scores as they were committed."""
        for row in rows:
            key = (row["channel"], row["day"], row["model"], row["step"])
            self.sums[key] = np.array([float(row[name]) for name in SUMS])

    def expect(self, channel: str, cutoff: int, quantiles: Mapping[str, Array]) -> None:
        """A forecast was made: by model, (10, 5) over steps and QUANTILES. cutoff: epoch s."""
        self.waiting[channel, cutoff] = dict(quantiles)

    def happened(self, windows: Iterable[Window]) -> None:
        """Windows closed for the first time; forecasts that are past their horizon are let go."""
        keys: list[Key] = []
        quantiles: list[Array] = []
        actual: list[tuple[float, int]] = []
        for window in windows:
            start = int(window.start.timestamp())
            if window.mean_compound is not None and window.observed_s >= WINDOW_SECONDS:
                for step, model, bands in self._forecasts_of(window.channel, start):
                    keys.append((window.channel, window.start.date(), model, step))
                    quantiles.append(bands)
                    actual.append((window.mean_compound, window.n_messages))
            self.waiting.pop((window.channel, start - (HORIZON - 1) * WINDOW_SECONDS), None)
        if keys:
            self._add(keys, np.stack(quantiles), np.array(actual))

    def _forecasts_of(self, channel: str, start: int) -> Iterable[tuple[int, str, Array]]:
        for step in range(1, HORIZON + 1):
            made = self.waiting.get((channel, start - (step - 1) * WINDOW_SECONDS), {})
            for model, quantiles in made.items():
                yield step, model, quantiles[step - 1]

    def _add(self, keys: list[Key], q: Array, actual: Array) -> None:
        y, n = actual[:, 0], actual[:, 1]
        error = y - q[:, 2]
        found = np.stack(
            [
                np.ones_like(n),
                n,
                n * error**2,
                n * np.abs(error),
                n * crps(y, q),
                n * (q[:, 3] - q[:, 1]),
                (q[:, 1] <= y) & (y <= q[:, 3]),
                (q[:, 0] <= y) & (y <= q[:, 4]),
            ],
            axis=1,
        )
        for key, row in zip(keys, found, strict=True):
            self.sums[key] = self.sums[key] + row if key in self.sums else row
            self.changed.add(key)

    def take_rows(self) -> list[dict[str, Any]]:
        """Rows of forecast_scores that changed since the last call; old days are let go."""
        rows = [_row(key, self.sums[key]) for key in sorted(self.changed)]
        self.changed.clear()
        if rows:
            oldest = max(row["day"] for row in rows) - timedelta(days=2)
            self.sums = {key: v for key, v in self.sums.items() if key[1] >= oldest}
        return rows


def _row(key: Key, sums: Array) -> dict[str, Any]:
    channel, day, model, step = key
    values = dict(zip(SUMS, sums.tolist(), strict=True))
    for name in ("targets", "n", "hits80", "hits95"):
        values[name] = int(values[name])
    return {"channel": channel, "day": day, "model": model, "step": step, **values}

"""Every forecast meets what happened: errors and hits, summed by channel, day, model, step, basis.

Targets are windows with messages, seen for their whole 30 seconds; each weighs as many as its
messages. Sums, not means, are kept: they add up over days and channels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse.forecast_metrics import SUMS, Outcomes, each
from warehouse.records import HORIZON, WINDOW_SECONDS, Window

Array = npt.NDArray[np.float64]
Key = tuple[str, date, str, int, str]  # ..., model, step, basis
Sums = dict[Key, Array]
_About = tuple[str, date, int, str]  # channel, day, step, basis
_Found = tuple[_About, Array, Array, float, int]  # ..., quantiles, counts, y, n

_NAMES = tuple(s.name for s in SUMS)
_TARGETS = _NAMES.index("targets")

_PATIENCE_S = 3600  # of a forecast for windows that never come, its stream being over


@dataclass(frozen=True, slots=True)
class Made:
    """Forecasts of all models at one cutoff of a stream, of the mood by one basis.

    quantiles: (models, 10, 5) over steps and QUANTILES. counts: (models, 10), median messages.
    notes: (taught models, 10, NOTES), what is learnt from later.
    """

    stream_id: str
    basis: str
    quantiles: Array
    counts: Array
    notes: Array


@dataclass
class Verifier:
    """Forecasts that wait for their windows, and the sums so far.

    Kept for today and yesterday; `load` brings them back after a restart, and the engine has
    forecasts that were waiting made again.
    """

    models: tuple[str, ...] = ()
    waiting: dict[tuple[str, int], Made] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of forecast_scores as they were committed."""
        for row in rows:
            key = (row["channel"], row["day"], row["model"], row["step"], row["basis"])
            values = [row[name] for name in _NAMES]
            self.sums[key] = np.array([np.nan if v is None else float(v) for v in values])

    def expect(self, channel: str, cutoff: int, made: Made) -> None:
        """A forecast was made. cutoff: epoch s."""
        self.waiting[channel, cutoff] = made

    def happened(self, windows: Iterable[Window]) -> None:
        """Windows closed for the first time; forecasts that are past their horizon are let go."""
        found: list[_Found] = []
        for window in windows:
            start = int(window.start.timestamp())
            if window.observed_s >= WINDOW_SECONDS:
                mood = np.nan if window.mean_compound is None else window.mean_compound
                for step, made in self.forecasts_of(window):
                    said = made.quantiles[:, step - 1], made.counts[:, step - 1]
                    about = (window.channel, window.start.date(), step, window.basis)
                    found.append((about, *said, mood, window.n_messages))
            self.waiting.pop((window.channel, start - (HORIZON - 1) * WINDOW_SECONDS), None)
        if found:
            self._add(found)

    def forecasts_of(self, window: Window) -> Iterable[tuple[int, Made]]:
        """(step 1..10, forecast) of those that were made for the window, in its own stream
        and of its own basis."""
        start = int(window.start.timestamp())
        for step in range(1, HORIZON + 1):
            made = self.waiting.get((window.channel, start - (step - 1) * WINDOW_SECONDS))
            here = window.stream_id, window.basis
            if made is not None and (made.stream_id, made.basis) == here:
                yield step, made

    def _add(self, found: list[_Found]) -> None:
        groups = {key: i for i, key in enumerate(dict.fromkeys(row[0] for row in found))}
        group = np.array([groups[row[0]] for row in found])
        q, counts = np.stack([row[1] for row in found]), np.stack([row[2] for row in found])
        y, n = (np.array([row[k] for row in found], dtype=float) for k in (3, 4))
        for m, model in enumerate(self.models):
            total = np.zeros((len(groups), len(SUMS)))
            np.add.at(total, group, each(Outcomes(y, n, q[:, m], counts[:, m])))
            for (channel, day, step, basis), i in groups.items():
                key = (channel, day, model, step, basis)
                self.sums[key] = self.sums.get(key, 0.0) + total[i]
                self.changed.add(key)

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is waited for or summed."""
        self.waiting = {key: q for key, q in self.waiting.items() if key[0] != channel}
        self.sums = {key: s for key, s in self.sums.items() if key[0] != channel}
        self.changed = {key for key in self.changed if key[0] != channel}

    def take(self) -> Sums:
        """Sums that changed since the last call; old days are let go."""
        changed = {key: self.sums[key] for key in sorted(self.changed)}
        taken = {key: sums for key, sums in changed.items() if targets_of(sums)}
        self.changed.clear()
        newest = max((cutoff for _, cutoff in self.waiting), default=0)
        self.waiting = {k: q for k, q in self.waiting.items() if k[1] > newest - _PATIENCE_S}
        if taken:
            oldest = max(day for _, day, *_ in taken) - timedelta(days=2)
            self.sums = {key: v for key, v in self.sums.items() if key[1] >= oldest}
        return taken


def targets_of(sums: Array) -> float:
    """How many windows the sums are of."""
    return float(sums[_TARGETS])


def score_columns(sums: Mapping[Key, Array]) -> dict[str, Any]:
    """Columns of forecast_scores, at least one row: thousands a cycle, rows would take 20 MB.

    A sum that was not kept yet when its day began is masked.
    """
    keys = zip(("channel", "day", "model", "step", "basis"), zip(*sums, strict=True), strict=True)
    columns: dict[str, Any] = {name: list(values) for name, values in keys}
    for s, values in zip(SUMS, np.stack(list(sums.values()), axis=1), strict=True):
        kept = np.nan_to_num(values).astype(np.int64) if s.is_count else values
        columns[s.name] = np.ma.masked_array(kept, np.isnan(values))
    return columns

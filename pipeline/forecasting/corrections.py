"""Corrections that channels have taught their forecasters, kept over restarts."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.base import Prediction, View
from models.forecasters.online import Online, apart, facts, is_network, together
from pipeline.forecasting.verify import Verifier
from warehouse.records import HORIZON, WINDOW_SECONDS, Window

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
SAVED_EVERY_S = 300.0  # what a kill may lose of it
MEAN = "session_mean"  # what is shown where the network is no better; its bands are to hold too


Series = tuple[str, str]  # channel, basis: what has forecasts and a record of its own


class Taught:
    """An Online for every channel, basis and model that may be shown.

    models: the served network, whose centre is corrected too, and the session mean, whose
    bands alone are.
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self.models = tuple(m for m in models if is_network(m) or m == MEAN)
        self._by_key: dict[tuple[Series, str], Online] = {}
        self._changed: set[tuple[Series, str]] = set()
        self._saved = time.monotonic()

    def of(self, series: Series, model: str) -> Online:
        key = series, model
        if key not in self._by_key:
            self._by_key[key] = Online(centre=is_network(model))
        return self._by_key[key]

    def notes(self, view: View, predictions: Mapping[str, Prediction]) -> Array:
        """Notes on raw forecasts of k cutoffs: (k, models, 10, NOTES)."""
        return np.stack([facts(view, predictions[model]) for model in self.models], axis=1)

    def serve(self, series: Sequence[Series], notes: Array) -> dict[str, Array]:
        """Quantiles (k, 10, 5) of each model as they are shown, of k series.

        notes: (k, models, 10, NOTES); the served centres are noted in them.
        """
        return {
            model: together([self.of(one, model) for one in series]).serve(notes[:, m])
            for m, model in enumerate(self.models)
        }

    def happened(self, windows: Sequence[Window], verifier: Verifier) -> None:
        """Windows closed for the first time, one a channel; what was forecast of them waits in
        the verifier."""
        series: list[Series] = []
        lessons: list[tuple[int, Array, float, int]] = []  # step, notes (models, NOTES), y, n
        for window in windows:
            y, n = window.mean_compound, window.n_messages
            if y is None or window.observed_s < WINDOW_SECONDS:
                continue
            first = HORIZON * len(series)
            forecasts = [
                (first + s - 1, m.notes[:, s - 1]) for s, m in verifier.forecasts_of(window)
            ]
            series.extend([(window.channel, window.basis)] if forecasts else [])
            lessons.extend((step, notes, y, n) for step, notes in forecasts)
        if lessons:
            self._learn(series, lessons)

    def _learn(self, series: list[Series], lessons: list[tuple[int, Array, float, int]]) -> None:
        steps, notes = np.array([row[0] for row in lessons]), np.stack([row[1] for row in lessons])
        y, n = (np.array([row[k] for row in lessons], dtype=float) for k in (2, 3))
        for m, model in enumerate(self.models):
            parts = [self.of(one, model) for one in series]
            whole = together(parts)
            whole.learn(notes[:, m], steps, y, n)
            apart(whole, parts)
            self._changed.update((one, model) for one in series)

    def forget_channel(self, channel: str) -> None:
        """Nothing that the channel taught is in memory."""
        self._by_key = {key: v for key, v in self._by_key.items() if key[0][0] != channel}
        self._changed = {key for key in self._changed if key[0][0] != channel}

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of `learnt`; of another model, or in another format, they are left alone."""
        for row in rows:
            channel, model = row["channel"], row["model"]
            if model not in self.models:
                continue
            online = Online.from_bytes(row["state"], centre=is_network(model))
            if online is None:
                log.warning("what was learnt cannot be read, learning anew channel=%s", channel)
            else:
                self._by_key[(channel, row["basis"]), model] = online

    def is_due(self) -> bool:
        """Whether it is time to save."""
        return bool(self._changed) and time.monotonic() - self._saved >= SAVED_EVERY_S

    def rows(self, source: str) -> list[dict[str, Any]]:
        """Rows of `learnt` that changed since they were last saved."""
        return [
            {
                "source": source,
                "channel": channel,
                "basis": basis,
                "model": model,
                "state": self.of((channel, basis), model).to_bytes(),
            }
            for (channel, basis), model in sorted(self._changed)
        ]

    def saved(self) -> None:
        """The rows are in the warehouse."""
        self._changed.clear()
        self._saved = time.monotonic()

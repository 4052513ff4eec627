"""Corrections that channels have taught their forecasters, kept over restarts."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.base import Prediction, View
from models.forecasters.online import Online, apart, facts, is_network, together
from pipeline.forecasting.verify import Met
from warehouse.records import STEPS

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
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
        """Notes on raw forecasts of k cutoffs: (k, models, 11, NOTES)."""
        return np.stack([facts(view, predictions[model]) for model in self.models], axis=1)

    def serve(self, series: Sequence[Series], notes: Array) -> dict[str, Array]:
        """Quantiles (k, 11, 5) of each model as they are shown, of k series.

        notes: (k, models, 11, NOTES); the served centres are noted in them.
        """
        return {
            model: together([self.of(one, model) for one in series]).serve(notes[:, m])
            for m, model in enumerate(self.models)
        }

    def learn(self, found: Iterable[Met]) -> None:
        """What came of forecasts, of each channel of one window at most."""
        lessons = [met for met in found if met.is_target]
        series = list(dict.fromkeys((met.channel, met.made.basis) for met in lessons))
        first = {one: STEPS * i for i, one in enumerate(series)}
        places = {first[met.channel, met.made.basis] + met.step: met for met in lessons}
        if places:
            self._learn(series, np.array([*places]), [*places.values()])

    def _learn(self, series: list[Series], places: Ints, lessons: list[Met]) -> None:
        """places: (lessons,), 11 * its series + step, each once."""
        notes = np.stack([met.made.notes[:, met.step] for met in lessons])
        y, n = np.array([(met.y, met.n) for met in lessons]).T
        for m, model in enumerate(self.models):
            parts = [self.of(one, model) for one in series]
            whole = together(parts)
            whole.learn(notes[:, m], places, y, n)
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

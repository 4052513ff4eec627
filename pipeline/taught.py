"""What channels have taught their forecasters, through the daemon's life and restarts."""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from models.base import Prediction, View
from models.online import Online, facts, is_network
from warehouse.records import WINDOW_SECONDS, Window

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
SAVED_EVERY_S = 300.0  # what a kill may lose of it
MEAN = "session_mean"  # what is shown where the network is no better; its bands are to hold too


class Taught:
    """An Online for every channel and model that may be shown.

    models: the served network, whose centre is corrected too, and the session mean, whose
    bands alone are.
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self.models = tuple(m for m in models if is_network(m) or m == MEAN)
        self._by_key: dict[tuple[str, str], Online] = {}
        self._changed: set[tuple[str, str]] = set()
        self._saved = time.monotonic()

    def of(self, channel: str, model: str) -> Online:
        key = channel, model
        if key not in self._by_key:
            self._by_key[key] = Online(centre=is_network(model))
        return self._by_key[key]

    def notes(self, view: View, said: Mapping[str, Prediction]) -> Array:
        """Notes on raw forecasts of k cutoffs: (k, models, 10, NOTES)."""
        return np.stack([facts(view, said[model]) for model in self.models], axis=1)

    def serve(self, channel: str, notes: Array) -> dict[str, Array]:
        """Quantiles (10, 5) of each model as they are shown; notes: (models, 10, NOTES)."""
        return {
            model: self.of(channel, model).serve(notes[m : m + 1])[0]
            for m, model in enumerate(self.models)
        }

    def happened(self, window: Window, made: Iterable[tuple[int, Array]]) -> None:
        """A window closed for the first time. made: for each forecast of it that was noted, its
        step 1..10 and its notes at that step, (models, NOTES)."""
        seen = window.observed_s >= WINDOW_SECONDS and window.mean_compound is not None
        found = list(made) if seen else []
        if not found:
            return
        steps = np.array([step - 1 for step, _ in found])
        notes = np.stack([of for _, of in found])
        y = np.full(len(found), window.mean_compound, dtype=float)
        n = np.full(len(found), window.n_messages, dtype=float)
        for m, model in enumerate(self.models):
            self.of(window.channel, model).learn(notes[:, m], steps, y, n)
            self._changed.add((window.channel, model))

    def forget_channel(self, channel: str) -> None:
        """Nothing that the channel taught is in memory."""
        self._by_key = {key: v for key, v in self._by_key.items() if key[0] != channel}
        self._changed = {key for key in self._changed if key[0] != channel}

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of `learnt`; of another model, or in another format, they are left alone."""
        for row in rows:
            channel, model = row["channel"], row["model"]
            if model not in self.models:
                continue
            found = Online.from_bytes(row["state"], centre=is_network(model))
            if found is None:
                log.warning("what was learnt cannot be read, learning anew channel=%s", channel)
            else:
                self._by_key[channel, model] = found

    def is_due(self) -> bool:
        """Whether it is time to save."""
        return bool(self._changed) and time.monotonic() - self._saved >= SAVED_EVERY_S

    def rows(self, source: str) -> list[dict[str, Any]]:
        """Rows of `learnt` that changed since they were last saved."""
        return [
            {"source": source, "channel": c, "model": m, "state": self.of(c, m).to_bytes()}
            for c, m in sorted(self._changed)
        ]

    def saved(self) -> None:
        """The rows are in the warehouse."""
        self._changed.clear()
        self._saved = time.monotonic()

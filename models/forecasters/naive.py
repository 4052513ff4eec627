"""The bar to clear: last value, session mean and EWMA, each with an honest band.

A baseline's error at step h has two parts: the mood moves on (a constant), and means are
samples (the next window's, of about `rate` messages, and for the last value also its own).
The parts are fitted once, in training, in units of the session's message variance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.base import Floats, Prediction, View, tidy
from models.inputs.targets import WINDOWS, Targets
from warehouse.chances import SCORES as NORMAL
from warehouse.records import QUANTILES, STEPS, VOLUME_QUANTILES

BASELINES = ("last_value", "session_mean", "ewma")
NORMAL_VOLUME = (-1.281552, 0.0, 1.281552)  # the normal's quantiles at VOLUME_QUANTILES
assert len(NORMAL) == len(QUANTILES) and len(NORMAL_VOLUME) == len(VOLUME_QUANTILES)


@dataclass(frozen=True)
class Spread:
    """Width of a forecaster's errors, by step.

    mood: (11, 3), error variance over message variance = a + b / (rate + 1) + c / last_n.
    volume: (11,), sd of log(1 + n) around log(1 + forecast).
    """

    mood: Floats
    volume: Floats

    def as_json(self) -> dict[str, Any]:
        return {"mood": self.mood.round(6).tolist(), "volume": self.volume.round(6).tolist()}

    @staticmethod
    def from_json(body: dict[str, Any]) -> "Spread":
        return Spread(np.array(body["mood"], float), np.array(body["volume"], float))

    def sd(self, view: View) -> Floats:
        """Standard deviation of the error in mean_compound, (k, 11)."""
        return np.asarray(view.sd[:, None] * np.sqrt(_terms(view) @ self.mood.T))


UNFITTED = Spread(np.tile([0.02, 1.1, 0.0], (STEPS, 1)), np.full(STEPS, 0.6))


@dataclass(frozen=True)
class Baseline:
    """One of BASELINES: the same mood for all steps, the same message count for all windows."""

    name: str
    spread: Spread = UNFITTED

    def predict(self, view: View) -> Prediction:
        mood, rate = centres(view)[self.name]
        return banded(view, np.repeat(mood[:, None], STEPS, 1), counts(rate), self.spread)


def counts(rate: Floats) -> Floats:
    """Messages expected at every step, (k, 11), of messages a window, (k,)."""
    return np.asarray(rate[:, None] * WINDOWS)


def centres(view: View) -> dict[str, tuple[Floats, Floats]]:
    """Mood and messages a window, (k,) each, that every baseline expects."""
    return {
        "last_value": (view.last, view.last_rate),
        "session_mean": (view.session_mean, view.session_rate),
        "ewma": (view.ewma, view.rate),
    }


def banded(view: View, mood: Floats, count: Floats, spread: Spread) -> Prediction:
    """A Prediction around mood and messages, (k, 11) each, with normal bands."""
    quantiles = mood[..., None] + spread.sd(view)[..., None] * NORMAL
    log_n = np.log1p(count)[..., None] + spread.volume[:, None] * np.array(NORMAL_VOLUME)
    return tidy(quantiles, np.expm1(log_n))


def fit_spread(view: View, mood: Floats, count: Floats, actual: Targets) -> Spread:
    """The spread of past errors. mood, count: (k, 11), what was expected."""
    y, n = actual.y, actual.n
    terms = _terms(view)
    parts = [
        _fit_step(terms, (y[:, h] - mood[:, h]) ** 2 / view.sd**2, n[:, h]) for h in range(STEPS)
    ]
    off = np.log1p(actual.counts) - np.log1p(count)
    return Spread(np.array(parts), np.sqrt(np.nanmean(off**2, axis=0)))


def _fit_step(terms: Floats, squares: Floats, n: Floats) -> Floats:
    """Non-negative weights of the terms, by least squares that trusts small variances more."""
    ok = np.isfinite(squares) & (n > 0)
    a, b = terms[ok], squares[ok]
    weight = 1 / (a @ np.array([0.05, 1.0, 0.5])) ** 2
    free = np.ones(a.shape[1], bool)
    while True:
        scaled = a[:, free] * weight[:, None]
        ridge = 1e-9 * weight.sum() * np.eye(int(free.sum()))
        parts = np.zeros(a.shape[1])
        parts[free] = np.linalg.solve(scaled.T @ a[:, free] + ridge, scaled.T @ b)
        if np.all(parts >= 0):
            return parts
        free &= parts > 0  # a part that came out negative is no part


def _terms(view: View) -> Floats:
    last = 1 / np.maximum(view.last_n, 1)
    return np.stack([np.ones_like(last), 1 / (view.rate + 1), last], -1)

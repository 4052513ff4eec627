"""The contract of forecasters: what each sees, and what it says."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from warehouse.records import QUANTILES, STEPS, VOLUME_QUANTILES

Floats = NDArray[np.float64]
FIRST_LIVE = 6  # windows a session needs before its first forecast
FIRST_JUDGED = 60  # ... before its forecasts are judged (backtest)


@dataclass(frozen=True)
class View:
    """Knowledge at k cutoffs, from windows that closed before them; see inputs/features.py.

    x: (k, CONTEXT, F) float32, features of the last windows, zeros before the session began.
    All others (k,): session_mean, ewma: n-weighted means, -1..1. last: mean of the last window
    with messages. last_n: its messages. sd: the session's within-window message sd.
    rate, session_rate, last_rate: messages per observed window, recent, whole and latest.
    """

    x: NDArray[np.float32]
    session_mean: Floats
    ewma: Floats
    last: Floats
    last_n: Floats
    sd: Floats
    rate: Floats
    session_rate: Floats
    last_rate: Floats

    def __len__(self) -> int:
        return len(self.rate)


@dataclass(frozen=True)
class Prediction:
    """Forecasts of k cutoffs by step: 0 the five minutes together, 1..10 a window each.

    quantiles: (k, 11, 5) of mean_compound at QUANTILES, -1..1, never crossing; the middle one
    is the point forecast, made for squared error. volume: (k, 11, 3) of n_messages at
    VOLUME_QUANTILES, >= 0, never crossing.
    """

    quantiles: Floats
    volume: Floats

    def __post_init__(self) -> None:
        k = len(self.quantiles)
        assert self.quantiles.shape == (k, STEPS, len(QUANTILES))
        assert self.volume.shape == (k, STEPS, len(VOLUME_QUANTILES))


class Forecaster(Protocol):
    """Anything that turns views into predictions. `name` is the model's name in every table."""

    @property
    def name(self) -> str: ...

    def predict(self, view: View) -> Prediction:
        """Row i of the prediction depends on row i of the view alone."""
        ...


def tidy(quantiles: Floats, volume: Floats) -> Prediction:
    """A Prediction inside its ranges and without crossings, whatever the model said."""
    mood = np.sort(np.clip(np.asarray(quantiles, float), -1.0, 1.0), axis=-1)
    return Prediction(mood, np.sort(np.maximum(np.asarray(volume, float), 0.0), axis=-1))

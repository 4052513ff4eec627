"""Corrections of a served network by a channel's own past: of its centre and of its bands.

One code path of backtest and daemon. A forecast is noted when it is made; when the window it
was for has closed, `learn` is told. Only later forecasts are changed by it.

Centre: a ridge per step on past errors, in message sds, that starts from no correction.
Bands: each outer quantile's distance from the centre is stretched by a factor that follows the
quantile of past errors: up by (1 - alpha) after a miss, down by alpha after a hit.
Sources: Gibbs & Candes 2021, Adaptive Conformal Inference Under Distribution Shift; Angelopoulos,
Candes & Tibshirani 2023, Conformal PID Control for Time Series Prediction (quantile tracking).
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.base import Floats, Prediction, View, tidy
from models.inputs.features import PRIOR_VARIANCE
from models.inputs.targets import WINDOWS, Targets
from warehouse.records import FIVE, HORIZON, QUANTILES, STEPS

Ints = NDArray[np.int64]
NETWORKS = "lstm-"  # names of what is served with this layer

INPUTS = 4
TYPICAL = np.array([0.07, 0.07, 0.24, 1.0])  # size of each input, in message sds
PRIOR = 15_000.0  # strength of "no correction": 2,000 targets of ten messages
LOUD = 30.0  # messages from which more of them hardly make a target weigh more

OUTER = [i for i, q in enumerate(QUANTILES) if q != 0.5]
SIDE = np.array([-1.0, -1.0, 1.0, 1.0])
ALPHA = np.array([min(q, 1 - q) for q in QUANTILES if q != 0.5])  # of errors beyond each
DENSITY = np.array([0.1146, 0.2249, 0.2249, 0.1146])  # a normal's, by log distance: misses
NARROWEST = 1e-4  # a distance, so that a factor can work on it
FIRST, GAIN, FASTEST = 10, 2.0, 0.5  # rate GAIN / DENSITY / (FIRST + targets), at most FASTEST
SLOWEST = 0.018  # ... and never below SLOWEST / DENSITY: what adapts after a shift
MEMORY, ALARM, AGAIN = 40, 4.0, 20  # targets; standard errors; as fast as after that many
WIDEST = 5.0  # log of the largest factor
# the five minutes after one cutoff are nearly those after the next: ten of them teach as one window
PACE = 1 / WINDOWS
AFTER = np.where(np.arange(STEPS) == FIVE, HORIZON, np.arange(STEPS))  # windows until it is known

# columns of the notes on a forecast, (11, NOTES): inputs, distances, centres, unit
_X, _GAP = slice(0, INPUTS), slice(INPUTS, INPUTS + 4)
_RAW, _SERVED, _SD, NOTES = INPUTS + 4, INPUTS + 5, INPUTS + 6, INPUTS + 7
_FORMAT = 2.0  # raise it when what is learnt changes its meaning: states of before are let go
_LEARNT = ("_squares", "_products", "_stretch", "_excess", "_targets", "_weights")
_SIZES = (STEPS * INPUTS * INPUTS, STEPS * INPUTS, STEPS * 4, STEPS * 4, STEPS)


class Online:
    """Lessons of one channel about one forecaster; 2 KB.

    centre: whether it corrects the centre too, or the bands alone.
    """

    def __init__(self, centre: bool = True) -> None:
        self.centre = centre
        self._squares = np.zeros((STEPS, INPUTS, INPUTS))
        self._products = np.zeros((STEPS, INPUTS))
        self._stretch = np.zeros((STEPS, 4))  # logs of the factors
        self._excess = np.zeros((STEPS, 4))  # misses lately beyond those promised, in sds
        self._targets = np.zeros(STEPS)
        self._solve(np.arange(STEPS))

    def adjust(self, view: View, prediction: Prediction) -> tuple[Prediction, Floats]:
        """The forecasts as they are served now, and the notes to learn from later.

        view, prediction: k cutoffs. Notes: (k, 11, NOTES). Row i depends on row i alone.
        """
        notes = facts(view, prediction)
        return tidy(self.serve(notes), prediction.volume), notes

    def serve(self, notes: Floats) -> Floats:
        """Quantiles (k, 11, 5) of forecasts noted as `facts`; their served centre is noted."""
        weights = self._weights.reshape(-1, STEPS, INPUTS)
        moved = (notes[..., _X] * weights).sum(-1)
        centre = notes[..., _RAW] + notes[..., _SD] * moved
        far = notes[..., _GAP] * np.exp(self._stretch).reshape(-1, STEPS, 4)
        np.maximum(far[..., ::3], far[..., 1:3], out=far[..., ::3])  # the 95 % band holds the 80 %
        out = np.repeat(centre[..., None], len(QUANTILES), -1)
        out[..., OUTER] += SIDE * far
        np.clip(out, -1.0, 1.0, out=out)
        notes[..., _SERVED] = out[..., QUANTILES.index(0.5)]
        return out

    def learn(self, notes: Floats, steps: Ints, y: Floats, n: Floats) -> None:
        """A window closed: y, n >= 1: mean and messages, (m,), of what m forecasts were made for.

        steps: (m,) 0..10, each at most once. notes: (m, NOTES), of each forecast at its step.
        """
        if self.centre:
            self._learn_centre(notes, steps, y, n)
        self._learn_bands(notes, steps, y)
        self._targets[steps] += PACE[steps % STEPS]

    def _learn_centre(self, notes: Floats, steps: Ints, y: Floats, n: Floats) -> None:
        x, sd = notes[:, _X], notes[:, _SD]
        weight = PACE[steps % STEPS] * n / (1 + n / LOUD) * sd**2 / PRIOR_VARIANCE
        self._squares[steps] += weight[:, None, None] * x[:, :, None] * x[:, None, :]
        self._products[steps] += (weight * (y - notes[:, _RAW]) / sd)[:, None] * x
        self._solve(steps)

    def _solve(self, steps: Ints) -> None:
        if not hasattr(self, "_weights"):
            self._weights = np.zeros((STEPS, INPUTS))
        squares = self._squares[steps] + PRIOR * np.eye(INPUTS)
        self._weights[steps] = np.linalg.solve(squares, self._products[steps][..., None])[..., 0]

    def _learn_bands(self, notes: Floats, steps: Ints, y: Floats) -> None:
        """Misses of the factors as they are now, not as they were: those of steps that overlap
        would be corrected more than once."""
        beyond = (y - notes[:, _SERVED])[:, None] * SIDE
        stretch = self._stretch[steps]
        missed = beyond > notes[:, _GAP] * np.exp(stretch)
        fast = GAIN / (FIRST + self._targets[steps, None])
        rate = np.maximum(np.minimum(fast / DENSITY, FASTEST), SLOWEST / DENSITY)
        rate *= PACE[steps % STEPS, None]
        self._stretch[steps] = np.clip(stretch + rate * (missed - ALPHA), -WIDEST, WIDEST)
        self._watch(steps, (missed - ALPHA) / np.sqrt(ALPHA * (1 - ALPHA)))

    def _watch(self, steps: Ints, excess: Floats) -> None:
        """After a shift, seen by too many or too few misses of the 80 % band, rates rise."""
        self._excess[steps] += PACE[steps % STEPS, None] * (excess - self._excess[steps]) / MEMORY
        usual = 1 / np.sqrt(2 * MEMORY - 1)
        moved = steps[np.any(np.abs(self._excess[steps][:, 1:3]) > ALARM * usual, axis=1)]
        self._targets[moved] = np.minimum(self._targets[moved], AGAIN)
        self._excess[moved] = 0.0

    def follow(self, view: View, prediction: Prediction, actual: Targets) -> Prediction:
        """A stream's forecasts as they would have been served, learning as its windows close.

        view, prediction, actual: k cutoffs one window apart, in order.
        """
        notes, k = facts(view, prediction), len(view)
        served = np.empty_like(notes, shape=(k, STEPS, len(QUANTILES)))
        judged = actual.judged
        for i in range(k + HORIZON):  # window of cutoff i has closed
            rows = i - AFTER
            steps = np.flatnonzero((rows >= 0) & (rows < k))
            steps = steps[judged[rows[steps], steps]]
            if len(steps):
                at = rows[steps], steps
                self.learn(notes[at], steps, actual.y[at], actual.n[at])
            if i < k:
                served[i] = self.serve(notes[i : i + 1])[0]
        return tidy(served, prediction.volume)

    def to_bytes(self) -> bytes:
        """All that was learnt, to be kept."""
        parts = (self._squares, self._products, self._stretch, self._excess, self._targets)
        flat = np.concatenate([[_FORMAT], *(part.ravel() for part in parts)])
        return flat.astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, centre: bool = True) -> Self | None:
        """What `to_bytes` kept; None where it is of another format, or no numbers."""
        if len(data) != 8 * (1 + sum(_SIZES)):
            return None
        flat = np.frombuffer(data, "<f8").astype(float)
        if flat[0] != _FORMAT or not np.all(np.isfinite(flat)):
            return None
        squares, products, stretch, excess, targets = np.split(flat[1:], np.cumsum(_SIZES)[:-1])
        online = cls(centre)
        online._squares = squares.reshape(STEPS, INPUTS, INPUTS)
        online._products = products.reshape(STEPS, INPUTS)
        online._stretch, online._excess = stretch.reshape(STEPS, 4), excess.reshape(STEPS, 4)
        online._targets = targets
        online._solve(np.arange(STEPS))
        return online


def together(parts: Sequence[Online]) -> Online:
    """Many channels as one, a hundred times faster to work with: it serves their forecasts in
    one array, (len(parts), 11, NOTES), and learns with step 11 * i + h for step h of part i.

    parts: of one kind. What it learns is handed back to them by `apart`. One alone is itself.
    """
    if len(parts) == 1:
        return parts[0]
    whole = Online(parts[0].centre)
    for name in _LEARNT:
        setattr(whole, name, np.concatenate([getattr(part, name) for part in parts]))
    return whole


def apart(whole: Online, parts: Sequence[Online]) -> None:
    """Give each part what the whole has learnt for it: copies, or one that is heard of no more
    would keep the arrays of all."""
    if len(parts) == 1:
        return
    for name in _LEARNT:
        joined = getattr(whole, name)
        for i, part in enumerate(parts):
            getattr(part, name)[...] = joined[STEPS * i : STEPS * (i + 1)]


def facts(view: View, prediction: Prediction) -> Floats:
    """Notes (k, 11, NOTES) on what a forecaster said; what is served of it is noted later."""
    notes = np.zeros((len(view), STEPS, NOTES))
    raw = prediction.quantiles[..., QUANTILES.index(0.5)]
    sd, mean = view.sd[:, None], view.session_mean[:, None]
    trust = view.last_n / (view.last_n + 5)
    notes[..., 0] = (raw - mean) / sd
    notes[..., 1] = (view.ewma[:, None] - mean) / sd
    notes[..., 2] = (view.last[:, None] - mean) / sd * trust[:, None]
    notes[..., 3] = 1.0
    notes[..., _X] /= TYPICAL
    gap = np.abs(prediction.quantiles[..., OUTER] - raw[..., None])
    notes[..., _GAP] = np.maximum(gap, NARROWEST)
    notes[..., _RAW], notes[..., _SERVED], notes[..., _SD] = raw, raw, sd
    return notes


def served_before(notes: Floats, centre: Floats) -> Floats:
    """Notes on forecasts made before a restart; centre: (k, 11), as it was served."""
    served = notes.copy()
    served[..., _SERVED] = centre
    return served


def is_network(name: str) -> bool:
    """Whether a forecaster of this name is served, and judged, with this layer."""
    return name.startswith(NETWORKS)

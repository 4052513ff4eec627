"""Chances of the next five minutes, from the quantiles of their mean: what is told in words.

Each event compares the mean over all messages of the five minutes with the chat's usual, the mean
of its stream so far. Between the quantiles the normal score is interpolated in a straight line,
and beyond the outermost it goes straight on.
"""

from collections.abc import Mapping
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EVENTS = ("above", "drop", "rise")
CHANGE = 0.1  # of mood: what is told as a drop or a rise
# forecasts of about one chance, below which how often it came is chance: fifty five minutes apart
ENOUGH = 500
SCORES = np.array([-1.959964, -1.281552, 0.0, 1.281552, 1.959964])  # a normal's, at QUANTILES
_NARROWEST = 1e-6  # between two quantiles, so that there is a slope
_normal = np.vectorize(lambda z: (1 + erf(z / sqrt(2))) / 2, otypes=[float])


def chances(quantiles: Floats, usual: Floats) -> dict[str, Floats]:
    """Probability 0..1 of each of EVENTS, (k,); quantiles: (k, 5) over QUANTILES, usual: (k,)."""
    below = {
        change: _normal(_score(quantiles, usual + change)) for change in (-CHANGE, 0.0, CHANGE)
    }
    return {"above": 1 - below[0.0], "drop": below[-CHANGE], "rise": 1 - below[CHANGE]}


def happened(y: Floats, usual: Floats) -> dict[str, NDArray[np.bool_]]:
    """Whether each of EVENTS came, (k,); y: (k,) the mean of the five minutes, no NaN."""
    return {"above": y > usual, "drop": y <= usual - CHANGE, "rise": y >= usual + CHANGE}


def told_events(card: Mapping[str, Any], model: str) -> tuple[str, ...]:
    """The events whose chances may be told, by what a version's card says of how reliable they
    were; none where it says nothing."""
    of = _inside(_inside(card, "chances"), model)
    return tuple(event for event in EVENTS if _inside(of, event).get("holds") is True)


def _inside(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _score(quantiles: Floats, at: Floats) -> Floats:
    """Normal score of the values `at`, (k,)."""
    widths = np.maximum(np.diff(quantiles, axis=1), _NARROWEST)
    places = quantiles[:, :1] + np.concatenate(
        [np.zeros((len(widths), 1)), np.cumsum(widths, 1)], 1
    )
    i = np.clip((at[:, None] > places).sum(1) - 1, 0, len(SCORES) - 2)
    rows = np.arange(len(at))
    slope = np.diff(SCORES)[i] / widths[rows, i]
    return np.asarray(SCORES[i] + (at - places[rows, i]) * slope)

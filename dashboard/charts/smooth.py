"""Trend of points in time and how sure it is: local straight lines (loess). No Streamlit.

Sources: W. S. Cleveland and S. J. Devlin, J. Am. Stat. Assoc. 83 (1988), 596-610, for the lines
and their band; J. G. MacKinnon and H. White, J. Econometrics 29 (1985), 305-325, for the band by
points left out; J. Rice, Ann. Stat. 12 (1984), 1215-1230, for the noise between neighbours;
Abramowitz and Stegun (1964), 26.7.5, for Student's t.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST = 8  # points before a trend is told
MOST = 400  # points: the work grows with their square
SHARES = (0.2, 0.35, 0.5, 0.75, np.inf)  # of the points that a line is made of; the last: straight
LEAST_NEAR = 6  # points of a line


class Trend(NamedTuple):
    """The mean at each point, and half of its 95 % band; shape (n,) each."""

    mean: Floats
    half: Floats


def trend(at: Floats, y: Floats, variance: Floats) -> Trend | None:
    """Trend of points y at times `at` (increasing, any unit); None of fewer than FEWEST, of more
    than MOST, or all at one time.

    variance: of each point by its own messages. What points differ by beyond that counts as much,
    so the band is of how streams scatter, not of how many messages they have. The share of points
    a line is made of is the one that tells left-out points best.
    """
    if not FEWEST <= len(at) <= MOST or np.ptp(at) == 0:
        return None
    weight = 1 / (between(y, variance) + variance)
    found = [_operator(at, weight, share) for share in SHARES]
    best = min(found, key=lambda op: _left_out(op, y, weight))
    return Trend(best @ y, _half(best, y, weight))


def between(y: Floats, variance: Floats) -> float:
    """Variance of points beyond their own, from the differences of neighbours; never quite 0."""
    differences = float(np.mean(np.diff(y) ** 2)) / 2
    return max(differences - float(variance.mean()), 1e-6)


def _operator(at: Floats, weight: Floats, share: float) -> Floats:
    """The matrix that makes the smoothed of the points: a straight line about each, of its nearest
    points by the tricube of their distance."""
    distance = np.abs(at[:, None] - at[None, :])
    kernel = np.ones_like(distance)
    if share < 1:
        near = min(max(LEAST_NEAR, ceil(share * len(at))), len(at))
        reach = np.sort(distance, axis=1)[:, near - 1, None] * 1.001
        kernel = _cubed(np.clip(1 - _cubed(distance / np.maximum(reach, 1e-12)), 0, None))
    kernel = kernel * weight
    step = at[None, :] - at[:, None]
    s0, s1, s2 = (
        part.sum(axis=1, keepdims=True) for part in (kernel, kernel * step, kernel * step * step)
    )
    flat = s0 * s2 - s1**2
    is_line = flat > 1e-9 * s0 * s2
    line = kernel * (s2 - s1 * step) / np.where(is_line, flat, 1.0)
    operator: Floats = np.where(is_line, line, kernel / s0)
    return operator


def _cubed(values: Floats) -> Floats:
    return values * values * values  # ** 3 takes five times as long


def _left_out(operator: Floats, y: Floats, weight: Floats) -> float:
    """How far points lie from what the others say of them, squared and weighted."""
    return float(np.sum(weight * _errors(operator, y) ** 2))


def _errors(operator: Floats, y: Floats) -> Floats:
    """Each point less what the others say of it."""
    errors: Floats = (y - operator @ y) / (1 - np.minimum(np.diag(operator), 0.99))
    return errors


def _half(operator: Floats, y: Floats, weight: Floats) -> Floats:
    """By one scatter of all points, or by each point's own where that is more: the first misses
    bends that the line smooths away, the second varies where points are few."""
    rest = np.eye(len(y)) - operator
    freedom = float(np.sum(weight[:, None] * rest**2 / weight[None, :]))
    scale = float(np.sum(weight * (rest @ y) ** 2)) / max(freedom, 1.0)
    by_all = scale * np.sum(operator**2 / weight, axis=1)
    by_own = np.sum((operator * _errors(operator, y)) ** 2, axis=1)
    half: Floats = student(freedom) * np.sqrt(np.maximum(by_all, by_own))
    return half


def student(freedom: float) -> float:
    """Student's t that 95 % lie within, for three degrees of freedom or more."""
    z, v = 1.959964, max(freedom, 3.0)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def variance_of(sd: float | None, n: int) -> float:
    """Variance of the mean of n messages; of an unknown sd that of compounds at large."""
    return (0.3 if sd is None else sd) ** 2 / max(n, 1)

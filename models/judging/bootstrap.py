"""Paired bootstrap: is one forecaster better than another, beyond the chance of the streams?

Windows of one stream are alike, so streams are drawn again, whole, not windows.
Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 16.
"""

from dataclasses import dataclass

import numpy as np

from models.base import Floats

DRAWS = 2_000
_AT_ONCE = 100  # draws in memory


@dataclass(frozen=True)
class Difference:
    """Mean error of a less that of b: below 0, a is better.

    low, high: its 95 % interval. p: one-sided, how often a came out no better than b.
    All NaN with fewer than two streams.
    """

    mean: float
    low: float
    high: float
    p: float


def paired(a: Floats, b: Floats, weight: Floats, seed: int = 1, draws: int = DRAWS) -> Difference:
    """a, b, weight: (streams,), each stream's sums of weighted errors, and of their weights."""
    off = np.asarray(a, float) - np.asarray(b, float)
    weight = np.asarray(weight, float)
    usable = np.isfinite(off) & (weight > 0)
    off, weight = off[usable], weight[usable]
    if len(off) < 2:
        return Difference(*[float("nan")] * 4)
    rng, streams, drawn_means = np.random.default_rng(seed), len(off), []
    for _ in range(0, draws, _AT_ONCE):
        drawn = rng.integers(streams, size=(_AT_ONCE, streams))
        drawn_means.append(off[drawn].sum(1) / weight[drawn].sum(1))
    means = np.concatenate(drawn_means)[:draws]
    low, high = np.quantile(means, (0.025, 0.975))
    p = (1 + np.sum(means >= 0)) / (draws + 1)  # never 0: a draw less likely may exist
    return Difference(float(off.sum() / weight.sum()), float(low), float(high), float(p))

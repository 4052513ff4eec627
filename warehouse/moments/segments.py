"""Lasting changes of the level of a noisy series: exact penalised segmentation."""

from math import log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHORTEST = 10  # windows a level lasts at least
PENALTY = 3.0  # times log of the length: what one more border has to gain
LONGEST = 4000  # places looked at; longer series are cut into coarser steps


def change_points(mean: Floats, n: Floats, variance: float) -> list[int]:
    """First index of every level but the first, ascending.

    mean: shape (T,), means of n messages each (NaN or anything where n is 0). variance: of one
    message. Minimises sum n (mean - level)^2 / variance + PENALTY log(windows with chat) a border,
    over all segmentations, by the dynamic programme of optimal partitioning. Windows without chat
    are passed over. Empty for a variance that is not positive.
    Source: Jackson et al., IEEE Signal Processing Letters 12 (2005), 105-108.
    """
    spoken = np.flatnonzero(n > 0)
    if not variance > 0 or len(spoken) < 2 * SHORTEST:
        return []
    step = -(-len(spoken) // LONGEST)
    return [int(spoken[k * step]) for k in _borders(mean[spoken], n[spoken] / variance, step)]


def _borders(x: Floats, weight: Floats, step: int) -> list[int]:
    """Borders as multiples of `step`; levels last SHORTEST of them or more."""
    w, wx, wxx = (np.concatenate([[0.0], np.cumsum(weight * x**k)])[::step] for k in (0, 1, 2))
    size, penalty = len(w) - 1, PENALTY * log(len(x))
    cheapest = np.full(size + 1, np.inf)
    cheapest[0] = -penalty  # the first segment needs no border
    last = np.zeros(size + 1, dtype=np.intp)
    for end in range(SHORTEST, size + 1):
        stop = end - SHORTEST + 1
        own = wxx[end] - wxx[:stop] - (wx[end] - wx[:stop]) ** 2 / (w[end] - w[:stop])
        costs = cheapest[:stop] + own
        last[end] = np.argmin(costs)
        cheapest[end] = costs[last[end]] + penalty
    borders = []
    while last[size]:
        size = int(last[size])
        borders.append(size)
    return borders[::-1]

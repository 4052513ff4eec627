"""Silence: runs of watched windows without a message, longer than the stream's others."""

from statistics import NormalDist

import numpy as np

from warehouse.moments.kinds import LEAST, Moment
from warehouse.moments.sums import WHOLE_S, Sums


def silences(s: Sums) -> list[Moment]:
    """Runs of observed windows without a message, longer than chance by the stream's other runs.

    The chance of a run of L is p q^(L-1): p that a window is silent, q that one after a silent
    one is, both from the rest of the stream, with one case more of each kind. Runs that touch
    the beginning, the end or a window not observed have unknown lengths and are left out.
    """
    runs = _silent_runs(s)
    silent = sum(b - a for a, b in runs)
    observed = int(s.observed_windows(0, s.w.size))
    moments = []
    for a, b in runs:
        length, others = b - a, silent - (b - a)
        p = (others + 1) / (observed - length + 2)
        q = (others - (len(runs) - 1) + 1) / (others + 2)
        score = sigma_of(p * q ** (length - 1))
        if length > 1 and score >= LEAST and _is_known(s, a - 1) and _is_known(s, b):
            moments.append(Moment("silence", a, b, score))
    return moments


def _silent_runs(s: Sums) -> list[tuple[int, int]]:
    silent = np.concatenate([[0], (s.w.n == 0) & (s.w.observed_s >= WHOLE_S), [0]]).astype(int)
    edges = np.flatnonzero(np.diff(silent))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _is_known(s: Sums, k: int) -> bool:
    return 0 <= k < s.w.size and bool(s.w.n[k] > 0)


def sigma_of(p: float) -> float:
    """The one-sided normal deviate of a chance p; 37 at most."""
    return 0.0 - NormalDist().inv_cdf(min(max(p, 1e-300), 1 - 1e-16))

"""How good a forecast is. Targets are windows with messages, seen whole, weighted by messages.

Every metric is a quotient of sums over targets, so that streams, channels and days add up:
SUMS are collected once, and every figure follows from them.
"""

import numpy as np

from models.base import Floats
from warehouse.records import QUANTILES

LEVELS = np.array(QUANTILES)
SUMS = (
    "targets", "n", "squared", "absolute", "crps", "width80", "width95",
    "hits80", "hits95", "weighted_hits80", "weighted_hits95", "counts", "volume_absolute",
)  # fmt: skip


def sums(y: Floats, n: Floats, q: Floats) -> dict[str, float]:
    """The SUMS of some targets. y, n: (m,), NaN or n < 1 left out; q: (m, 5) over QUANTILES."""
    kept = np.isfinite(y) & (n >= 1)
    y, n, q = y[kept], n[kept], q[kept]
    in80 = (q[:, 1] <= y) & (y <= q[:, 3])
    in95 = (q[:, 0] <= y) & (y <= q[:, 4])
    found = (
        len(y), n.sum(), n @ (y - q[:, 2]) ** 2, n @ np.abs(y - q[:, 2]), n @ crps(y, q),
        n @ (q[:, 3] - q[:, 1]), n @ (q[:, 4] - q[:, 0]),
        in80.sum(), in95.sum(), n @ in80, n @ in95,
    )  # fmt: skip
    return dict(zip(SUMS, map(float, found), strict=False))


def volume_sums(n: Floats, volume: Floats) -> dict[str, float]:
    """The SUMS of message counts: n (m,), NaN left out; volume (m, 3) over VOLUME_QUANTILES."""
    known = np.isfinite(n)
    off = np.abs(n[known] - volume[known, 1])
    return {"counts": float(known.sum()), "volume_absolute": float(off.sum())}


def nmse(s: dict[str, float]) -> float:
    """sum n (y - q50)^2 / sum n. NaN without targets (so are all below)."""
    return _per(s["squared"], s["n"])


def coverage(s: dict[str, float], level: int) -> float:
    """Share of targets inside the band of 80 or 95 %, each target counting once; 0..1."""
    return _per(s[f"hits{level}"], s["targets"])


def coverage_by_n(s: dict[str, float], level: int) -> float:
    """As coverage, each target counting as many times as it has messages."""
    return _per(s[f"weighted_hits{level}"], s["n"])


def mean_crps(s: dict[str, float]) -> float:
    """Mean CRPS, weighted by messages."""
    return _per(s["crps"], s["n"])


def volume_mae(s: dict[str, float]) -> float:
    """Mean absolute error of the median message count, silent windows included."""
    return _per(s["volume_absolute"], s["counts"])


def width(s: dict[str, float], level: int = 80) -> float:
    """Mean width of the band, weighted by messages."""
    return _per(s[f"width{level}"], s["n"])


def floor(s: dict[str, float], variance: float) -> float:
    """The nMSE nobody can go below: sum n (v / n) / sum n, v the channel's message variance."""
    return _per(s["targets"] * variance, s["n"])


def latent_skill(error: float, reference: float, lowest: float) -> float:
    """1 - (nMSE - floor) / (nMSE of session_mean - floor); DESIGN.md 7.

    1 = perfect, 0 = no better than the running session mean. NaN where the session mean is
    already at the floor: then there is nothing to know.
    """
    return 1 - _per(error - lowest, reference - lowest)


def relative(value: float, usual: float) -> float:
    """value / usual, of errors: below 1 is better than usual. NaN where usual is 0 or NaN."""
    return _per(value, usual)


def crps(y: Floats, q: Floats) -> Floats:
    """Continuous ranked probability score from quantiles, (m,); lower is better.

    Twice the pinball loss, averaged over the levels with the weights of the midpoint rule.
    Source: Gneiting & Raftery 2007, section 4.2 (quantile form).
    """
    gap = y[:, None] - q
    pinball = np.maximum(LEVELS * gap, (LEVELS - 1) * gap)
    edges = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]])
    return np.asarray(2 * pinball @ np.diff(edges))


def message_variance(n: Floats, sd: Floats) -> float:
    """Pooled variance of message scores within windows: sum (n - 1) sd^2 / sum (n - 1).

    n, sd: (T,). NaN when no window has two messages.
    """
    kept = (n > 1) & np.isfinite(sd)
    return _per(float((n[kept] - 1) @ sd[kept] ** 2), float((n[kept] - 1).sum()))


def _per(a: float, b: float) -> float:
    return a / b if b > 0 else float("nan")

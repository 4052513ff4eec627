"""Windows summed into as many points as a chart can show."""

from collections.abc import Sequence
from datetime import timedelta
from math import sqrt

from dashboard.charts.series import Row

STEPS = (1, 2, 4, 10, 20, 40, 120, 240)  # windows a point: 30 s to 2 h
POINTS = 240


def windows_a_point(windows: int, points: int = POINTS) -> int:
    """How many windows a point stands for, so that there are at most `points` of them."""
    return next((k for k in STEPS if windows <= k * points), STEPS[-1])


def coarse(rows: Sequence[Row], k: int) -> list[Row]:
    """Rows of k windows each, from the first one's start on; no point where there is none.

    mean, sd: over all messages of the point (sd with ddof 1, of the windows' means and sds).
    """
    if not rows or k == 1:
        return list(rows)
    first, step = rows[0]["start"], timedelta(seconds=30 * k)
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault((row["start"] - first) // step, []).append(row)
    return [_point(group, first + index * step) for index, group in groups.items()]


def _point(group: Sequence[Row], start: object) -> Row:
    spoken = [r for r in group if r["mean"] is not None]
    n = sum(r["n"] for r in spoken)
    mean = sum(r["n"] * r["mean"] for r in spoken) / n if n else None
    return {
        "start": start,
        "n": n,
        "observed_s": sum(r["observed_s"] for r in group),
        "mean": mean,
        "sd": None if mean is None or n < 2 else _sd(spoken, n, mean),
    }


def _sd(spoken: Sequence[Row], n: int, mean: float) -> float:
    within = sum((r["n"] - 1) * (r["sd"] or 0.0) ** 2 for r in spoken)
    between = sum(r["n"] * (r["mean"] - mean) ** 2 for r in spoken)
    return sqrt((within + between) / (n - 1))

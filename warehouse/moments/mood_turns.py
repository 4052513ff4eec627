"""Turns of the mood and levels that last: how the mood went, which is no moment worth a cut."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from warehouse.moments.kinds import LEAST, Moment
from warehouse.moments.segments import change_points
from warehouse.moments.sums import Floats, Index, Sums, own_sigma

FEW = 8  # messages a side needs before its mean is compared
ODD = 3.0  # sigma of a window that may tell a turn of the mood
TURN = (4, 10, 20)  # windows compared on either side of a jump: 2, 5, 10 minutes
LASTING = 40  # windows of a level that are compared at a change


def jumps(s: Sums) -> list[Moment]:
    """Turns of the mood: neighbouring spans whose n-weighted means differ beyond sampling.

    Windows are cut at ODD sigma from the stream's mean first: one line repeated by everybody for
    half a minute is a burst, no turn.
    """
    s, size = Sums(replace(s.w, mean=_cut(s))), s.w.size
    t = np.arange(size)
    scored = []
    for k in TURN:
        a, b = np.maximum(t - k, 0), np.minimum(t + k, size)
        thin = (s.observed_windows(a, t) < k / 2) | (s.observed_windows(t, b) < k / 2)
        scored.append(np.where(thin, np.nan, np.abs(own_sigma(_difference(s, a, t, b, s.v)))))
    return [
        Moment("jump", at, min(at + k, size), score, since=max(at - k, 0))
        for at, k, score in _tops(scored)
    ]


def _cut(s: Sums) -> Floats:
    """The windows' means, none farther from the stream's than ODD times what it varies by."""
    mean = s.mood(0, s.w.size)
    reach = ODD * np.sqrt(s.noise / np.maximum(s.w.n, 1.0))
    return mean + np.clip(s.w.mean - mean, -reach, reach)


@np.errstate(invalid="ignore", divide="ignore")
def _difference(s: Sums, a: Index, t: Index, b: Index, v: float) -> Floats:
    """z of mood in [t, b) less mood in [a, t); NaN where either side is too thin to tell."""
    before, after = s.rated_messages(a, t), s.rated_messages(t, b)
    z = (s.mood(t, b) - s.mood(a, t)) / np.sqrt(v / before + v / after)
    return np.where((before < FEW) | (after < FEW), np.nan, z)


def changes(s: Sums) -> list[Moment]:
    """Levels that last: borders of the cheapest segmentation, then tested like jumps."""
    borders = change_points(s.w.mean, s.w.n, s.noise)
    ends = [0, *borders, s.w.size]
    moments = []
    for a, t, b in zip(ends, borders, ends[2:], strict=False):
        since, last = max(a, t - LASTING), min(b, t + LASTING)
        z = abs(float(_difference(s, since, t, last, s.noise)))
        if z >= LEAST:
            moments.append(Moment("change", t, last, z, since=since))
    return moments


def _tops(scored: Sequence[Floats]) -> list[tuple[int, int, float]]:
    """(place, windows a side, score) of what is LEAST or more and the highest within its reach.

    scored: by place, for each of TURN.
    """
    places = sorted(
        ((float(z[i]), int(i), k) for z, k in zip(scored, TURN, strict=True)
         for i in np.flatnonzero(z >= LEAST)),
        key=lambda place: (-place[0], place[1], place[2]),
    )  # fmt: skip
    covered = np.zeros(len(scored[0]), dtype=bool)
    tops = []
    for score, at, k in places:
        if not covered[at]:
            tops.append((at, k, score))
            covered[max(0, at - k) : at + k + 1] = True
    return tops

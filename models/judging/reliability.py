"""Reliability of the chances that are told in words: does what is called 70 % come in 70 of 100?

Chances are put into tenths. An event's chance is told only where in every tenth with enough
targets the share that came lies within five points of what was said, and where it says more than
how often the event came in the session so far.
Sources: Murphy & Winkler 1977, Reliability of Subjective Probability Forecasts; Brier 1950.
"""

from typing import Any

import numpy as np

from models.base import Floats
from models.inputs.targets import Targets
from warehouse.chances import ENOUGH, EVENTS, chances, happened
from warehouse.records import FIVE, HORIZON

TENTHS = 10
TOLERANCE = 0.05
_DOUBT = 10.0  # cutoffs' worth of "half of the time", before a session shows how often
_N, _SAID, _CAME, _BRIER, _USUAL = range(5)


class Reliability:
    """Sums of one model's chances by event and tenth, (10, 5): targets, chance, times it came,
    Brier scores, and those of the session's own frequency so far."""

    def __init__(self) -> None:
        self.sums = {event: np.zeros((TENTHS, 5)) for event in EVENTS}

    def add(self, usual: Floats, quantiles: Floats, actual: Targets) -> None:
        """Forecasts of a session at k cutoffs, in order. usual: (k,). quantiles: (k, 11, 5)."""
        judged = actual.judged[:, FIVE]
        if not judged.any():
            return
        said = chances(quantiles[judged, FIVE], usual[judged])
        came = happened(actual.y[judged, FIVE], usual[judged])
        for event in EVENTS:
            p, y = said[event], came[event].astype(np.float64)
            parts = (np.ones_like(p), p, y, (p - y) ** 2, (_so_far(y) - y) ** 2)
            tenth = np.minimum((p * TENTHS).astype(int), TENTHS - 1)
            np.add.at(self.sums[event], tenth, np.stack(parts, 1))

    def report(self) -> dict[str, Any]:
        """By event: bins [chance said, share that came, targets] of tenths that have any, Brier
        score, that of the session's own frequency, skill = 1 - the first / the second, and
        whether the chance may be told."""
        return {event: _report(sums) for event, sums in self.sums.items() if sums[:, _N].any()}


def _so_far(came: Floats) -> Floats:
    """How often the event had come at each cutoff, of the five minutes that were over by then."""
    over = np.concatenate([np.zeros(HORIZON), came])[: len(came)]
    known = np.maximum(np.arange(len(came)) - HORIZON + 1, 0)
    return np.asarray((np.cumsum(over) + _DOUBT / 2) / (known + _DOUBT))


def _report(sums: Floats) -> dict[str, Any]:
    some = sums[sums[:, _N] > 0]
    n, total = some[:, _N], some.sum(0)
    said, came = some[:, _SAID] / n, some[:, _CAME] / n
    skill = 1 - total[_BRIER] / total[_USUAL] if total[_USUAL] else float("nan")
    off = np.abs(said - came)[n >= ENOUGH]
    return {
        "bins": np.stack([said.round(4), came.round(4), n], 1).tolist(),
        "brier": round(float(total[_BRIER] / total[_N]), 5),
        "brier_usual": round(float(total[_USUAL] / total[_N]), 5),
        "skill": round(float(skill), 4) if np.isfinite(skill) else None,
        "holds": bool(len(off) and off.max() <= TOLERANCE and skill > 0),
    }

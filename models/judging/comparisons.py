"""The networks against each rival, and channels by how busy they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from models.base import Floats
from models.judging.bootstrap import paired
from models.judging.tally import PAIRED, Tally, finite
from warehouse.records import STEPS

NETWORK = "lstm-"  # how a network's name begins
SIZES = ("quiet", "middle", "busy")
QUIET_BELOW, BUSY_ABOVE = 5.0, 15.0  # messages a window
COMPARED = {"squared": "squared_error", "crps": "crps"}  # in the report: in SUMS


def networks(models: Iterable[str]) -> list[str]:
    return [m for m in models if m.startswith(NETWORK)]


def comparisons(
    tally: Tally, models: Sequence[str], channels: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Every network against every other model, by the paired bootstrap over streams.

    squared, crps: mean error of the model less that of its rival, weighted by messages, by step
    (below 0: the model is better), with its 95 % interval, and p: the one-sided chance that
    the model is no better. null with fewer than two streams. channels: only theirs.
    """
    only = None if channels is None else set(channels)
    streams = [v for k, v in sorted(tally.by_stream.items()) if only is None or k[0] in only]
    pairs = [(m, rival) for m in networks(models) for rival in models if rival != m]
    return [_pair(streams, model, rival) for model, rival in pairs]


def _pair(streams: Sequence[Mapping[str, Floats]], model: str, rival: str) -> dict[str, Any]:
    both = [(s[model], s[rival]) for s in streams if model in s and rival in s]
    report: dict[str, Any] = {"model": model, "rival": rival, "streams": len(both)}
    a, b = (np.array([pair[i] for pair in both]).reshape(-1, STEPS, 3) for i in (0, 1))
    for name, total in COMPARED.items():
        at = PAIRED.index(total)
        steps = [paired(a[:, h, at], b[:, h, at], a[:, h, 0]) for h in range(STEPS)]
        report[name] = {
            "difference": [finite(d.mean) for d in steps],
            "low": [finite(d.low) for d in steps],
            "high": [finite(d.high) for d in steps],
            "p": [finite(d.p) for d in steps],
        }
    return report


def size(rate: float) -> str:
    """quiet, middle or busy, by messages a window; a channel never watched is quiet."""
    return "busy" if rate > BUSY_ABOVE else "middle" if rate >= QUIET_BELOW else "quiet"


def by_size(tally: Tally, models: Sequence[str]) -> dict[str, Any]:
    """Figures and comparisons of the judged channels of each size that has any."""
    of = {c: size(tally.rate(c)) for c in sorted(tally.streams)}
    groups = {s: [c for c in of if of[c] == s] for s in SIZES}
    return {
        name: {
            "channels": channels,
            **tally.figures(channels, models),
            "comparisons": comparisons(tally, models, channels),
        }
        for name, channels in groups.items()
        if channels
    }

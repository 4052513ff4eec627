"""Errors of forecasts, added up: by channel, model and step, and by stream for comparisons.

Sums, not means, so that streams and channels of any length add up to any group of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from models.base import Floats, Forecaster
from models.inputs.sessions import Ints, Session
from models.judging.reliability import Reliability
from warehouse.forecast_metrics import (
    BACKTEST_METRICS,
    BACKTEST_SUMS,
    REFERENCE,
    Outcomes,
    floor,
    quotient,
    total,
)
from warehouse.records import STEPS, WINDOW_SECONDS

USUAL = "ewma"  # what CRPS and message counts are told relative to
PAIRED = ("n", "squared_error", "crps")  # sums that are kept stream by stream too
Figures = dict[str, list[float | None]]
Total = dict[str, float]  # sums of a model at a step over some channels, with their noise


class Tally:
    """Sums by channel, model and step, and each channel's message variance.

    by_stream: (channel, stream) -> model -> (11, 3), the PAIRED sums of each step.
    streams, cutoffs: how many of each channel were judged. short: streams too short to judge.
    chances: by network.
    """

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str, int], dict[str, float]] = {}
        self.by_stream: dict[tuple[str, str], dict[str, Floats]] = {}
        self.variance: dict[str, Floats] = defaultdict(lambda: np.zeros(2))
        self.spoken: dict[str, Floats] = defaultdict(lambda: np.zeros(2))  # messages, windows
        self.streams: dict[str, int] = defaultdict(int)
        self.cutoffs: dict[str, int] = defaultdict(int)
        self.short: dict[str, int] = defaultdict(int)
        self.chances: dict[str, Reliability] = defaultdict(Reliability)

    def saw(self, session: Session) -> None:
        """A session's windows, for the channel's message variance and rate."""
        spoken = (session.n > 1) & np.isfinite(session.sd)
        more = session.n[spoken] - 1
        self.variance[session.channel] += more @ session.sd[spoken] ** 2, more.sum()
        watched = session.observed_s.sum() / WINDOW_SECONDS
        self.spoken[session.channel] += session.n.sum(), watched

    def add(
        self, stream: tuple[str, str], model: str, step: int, sums: Mapping[str, float]
    ) -> None:
        """BACKTEST_SUMS of some targets of a (channel, stream) at step 0..10."""
        key = (stream[0], model, step)
        old = self.sums.get(key, {})
        self.sums[key] = {k: v + old.get(k, 0.0) for k, v in sums.items()}
        mine = self.by_stream.setdefault(stream, {})
        mine.setdefault(model, np.zeros((STEPS, len(PAIRED))))[step] += [sums[k] for k in PAIRED]

    def judged(self, session: Session, model: str, step: int, at: Ints, outcomes: Outcomes) -> None:
        """Outcomes of k targets of a session at step 0..10; at: (k,) their windows' indices."""
        self.add((session.channel, session.stream_id), model, step, total(outcomes))

    def rate(self, channel: str) -> float:
        """Messages a window of the channel, while it was watched; NaN if it never was."""
        messages, windows = self.spoken[channel]
        return float(messages / windows) if windows else float("nan")

    def report(self, models: Mapping[str, Forecaster]) -> dict[str, Any]:
        """Figures by model and step 0..10, over all channels and for each."""
        channels = sorted(self.streams)
        figures = {c: self.figures([c], models) for c in channels}
        each = {c: {"rate": finite(round(self.rate(c), 2)), **of} for c, of in figures.items()}
        chances = {m: of.report() for m, of in self.chances.items()}
        return {"all": self.figures(channels, models), "channels": each, "chances": chances}

    def figures(self, channels: Sequence[str], models: Iterable[str]) -> dict[str, Any]:
        """Figures of some channels together, by model and step."""
        models = list(models)
        needed = dict.fromkeys((*models, REFERENCE, USUAL))
        totals = {m: [self._total(channels, m, h) for h in range(STEPS)] for m in needed}
        return {
            "streams": sum(self.streams[c] for c in channels),
            "cutoffs": sum(self.cutoffs[c] for c in channels),
            "floor": [finite(floor(total)) for total in totals[REFERENCE]],
            "models": {m: _model(totals[m], totals[REFERENCE], totals[USUAL]) for m in models},
        }

    def _total(self, channels: Sequence[str], model: str, step: int) -> Total:
        """A model's sums over the channels, and their noise: what floor is made of."""
        judged = [c for c in channels if (c, model, step) in self.sums]
        each = [self.sums[c, model, step] for c in judged]
        names = (s.name for s in BACKTEST_SUMS)
        total = {name: sum(s.get(name, 0.0) for s in each) for name in names}
        variances = self._variances(judged)
        return total | {
            "noise": sum(s["targets"] * v for s, v in zip(each, variances, strict=True))
        }

    def _variances(self, channels: Sequence[str]) -> list[float]:
        """Message variance of each; one too quiet to show its own takes that of them all."""
        own = [self._variance([c]) for c in channels]
        return [v if np.isfinite(v) else self._variance(channels) for v in own]

    def _variance(self, channels: Sequence[str]) -> float:
        squares, more = sum((self.variance[c] for c in channels), np.zeros(2))
        return float(squares / more) if more else float("nan")


def _model(totals: Sequence[Total], reference: Sequence[Total], usual: Sequence[Total]) -> Figures:
    """A model's figures by step; of each model a total a step."""
    rows = [_step(*of) for of in zip(totals, reference, usual, strict=True)]
    return {k: [finite(row[k]) for row in rows] for k in rows[0]}


def _step(total: Total, reference: Total, usual: Total) -> dict[str, float]:
    base = {f"base_{name}": value for name, value in reference.items()}
    figures = {"targets": total["targets"]}
    for metric in BACKTEST_METRICS:
        figures[metric.key] = value = metric.finish(total | base)
        if metric.to_usual:
            figures[f"{metric.key}_to_{USUAL}"] = quotient(value, metric.finish(usual))
    return figures


def finite(value: float) -> float | None:
    """JSON has no NaN: a figure that does not exist is null."""
    return round(value, 9) if np.isfinite(value) else None

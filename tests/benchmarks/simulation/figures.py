"""Figures that describe a channel's chat: its rates, its people, its mood's dynamics.

Compounds are stock VADER's. Autocorrelations are about each stream's own mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from warehouse.records import SLOT_SECONDS, WINDOW_SECONDS

FIRST_CUTOFF = 60  # windows seen before forecasts are judged
MIN_WINDOWS = 120  # shorter streams say little about dynamics
EWMA_WEIGHT = 0.05

Line = tuple[float, str, str, bool | None]
"""Seconds since the stream's start, chatter, text, whether it has an emote (None unknown)."""


@dataclass
class Stream:
    """One stream's clean chat, bots and commands left out."""

    channel: str
    hours: float
    lines: list[Line]


@dataclass
class Grid:
    """A stream as windows: counts, chatters, sums of compounds and of their squares, (w,) each."""

    n: np.ndarray
    chatters: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Window means; NaN in silence."""
        return np.where(self.n > 0, self.total / np.maximum(self.n, 1), np.nan)


def figures(streams: list[Stream]) -> dict[str, float]:
    """Every figure of one channel by its name; NaN where the data cannot tell."""
    streams = [stream for stream in streams if stream.lines]
    scores = [np.array([_compound(line[2]) for line in s.lines]) for s in streams]
    pairs = list(zip(streams, scores, strict=True))
    grids = [_grid(stream, own, WINDOW_SECONDS) for stream, own in pairs]
    fine = [_grid(stream, own, SLOT_SECONDS) for stream, own in pairs]
    return {
        **_rates(streams, grids),
        **_people(streams, grids),
        **_texts(streams, np.concatenate(scores)),
        **_dynamics(grids, fine),
        "sd of stream means": float(np.std([own.mean() for own in scores])),
    }


@lru_cache(maxsize=200_000)
def _compound(text: str) -> float:
    return float(_vader().polarity_scores(text)["compound"])


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _grid(stream: Stream, scores: np.ndarray, seconds: int) -> Grid:
    at = np.array([line[0] for line in stream.lines])
    slot = (np.maximum(at, 0) // seconds).astype(int)
    size = int(slot.max()) + 1
    pairs = {(int(s), line[1]) for s, line in zip(slot, stream.lines, strict=True)}
    return Grid(
        np.bincount(slot, minlength=size),
        np.bincount(np.array([s for s, _ in pairs]), minlength=size),
        np.bincount(slot, scores, size),
        np.bincount(slot, scores**2, size),
    )


def _rates(streams: list[Stream], grids: list[Grid]) -> dict[str, float]:
    n = np.concatenate([g.n for g in grids])
    return {
        "hours, median stream": float(np.median([s.hours for s in streams])),
        "messages a window, mean": float(n.mean()),
        "messages a window, median": float(np.median(n)),
        "messages a window, 95th percentile": float(np.quantile(n, 0.95)),
        "sd of counts in a stream / mean": float(
            np.median([g.n.std() / g.n.mean() for g in grids])
        ),
        "lag-1 autocorrelation of counts": _lag1([g.n.astype(float) for g in grids]),
        "silent windows, share": float((n == 0).mean()),
    }


def _people(streams: list[Stream], grids: list[Grid]) -> dict[str, float]:
    if all(len({line[1] for line in s.lines}) <= 1 for s in streams):  # nobody was named
        grids = []
    counts = [np.unique([x[1] for x in s.lines], return_counts=True)[1] for s in streams if grids]
    talkers = [float(len(c)) for c in counts]
    top = [np.sort(c)[::-1][: max(1, len(c) // 10)].sum() / c.sum() for c in counts]
    return {
        "chatters a message, windows of 3 to 9": _chatter_ratio(grids, 3, 9),
        "chatters a message, windows of 10 to 30": _chatter_ratio(grids, 10, 30),
        "distinct chatters, median stream": float(np.median(talkers or [np.nan])),
        "share of messages by the top tenth": float(np.median(top or [np.nan])),
    }


def _chatter_ratio(grids: list[Grid], low: int, high: int) -> float:
    fits = [(g.n >= low) & (g.n <= high) for g in grids]
    n = sum(int(g.n[f].sum()) for g, f in zip(grids, fits, strict=True))
    return (
        sum(int(g.chatters[f].sum()) for g, f in zip(grids, fits, strict=True)) / n if n else np.nan
    )


def _texts(streams: list[Stream], scores: np.ndarray) -> dict[str, float]:
    emotes = [line[3] for s in streams for line in s.lines if line[3] is not None]
    distinct = [len({x[2] for x in s.lines[:500]}) / len(s.lines[:500]) for s in streams]
    return {
        "characters a message, median": float(
            np.median([len(x[2]) for s in streams for x in s.lines])
        ),
        "distinct among 500 messages, share": float(np.median(distinct)),
        "messages with an emote, share": float(np.mean(emotes)) if emotes else np.nan,
        "compound exactly 0, share": float((scores == 0).mean()),
        "compound >= 0.05, share": float((scores >= 0.05).mean()),
        "compound <= -0.05, share": float((scores <= -0.05).mean()),
        "mean compound": float(scores.mean()),
    }


def _dynamics(grids: list[Grid], fine: list[Grid]) -> dict[str, float]:
    variance = within_variance(grids)
    return {
        "sd of compounds within a window": float(np.sqrt(variance)),
        "lag-1 autocorrelation of window means": _lag1([g.mean for g in grids]),
        "the same of 5-second means": _lag1([g.mean for g in fine]),
        "rms error of session mean / last value": float(
            np.sqrt(nmse(grids, session_mean) / nmse(grids, last_value))
        ),
        "latent skill of an EWMA at step 1": latent_skill(grids, ewma, variance),
    }


def _lag1(series: list[np.ndarray]) -> float:
    """Lag-1 autocorrelation over all series, pairs with a NaN left out."""
    over, under = 0.0, 0.0
    for values in series:
        centred = values - np.nanmean(values)
        pairs = centred[1:] * centred[:-1]
        over += float(np.nansum(pairs)) / max(1, int(np.isfinite(pairs).sum())) * len(values)
        under += float(np.nanmean(centred**2)) * len(values)
    return over / under


def within_variance(grids: list[Grid]) -> float:
    """Variance of compounds about their window's mean, pooled over windows of 2 and more."""
    n, total, squares = (
        np.concatenate([getattr(g, name) for g in grids]) for name in ("n", "total", "squares")
    )
    many = n >= 2
    inside = (squares[many] - total[many] ** 2 / n[many]).sum()
    return float(inside / (n[many] - 1).sum())


Forecast = Callable[[Grid], np.ndarray]
"""From a stream the step-1 forecast of every window, (w,); NaN where nothing is known yet."""


def last_value(grid: Grid) -> np.ndarray:
    """The mean of the last window in which somebody spoke."""
    spoken = np.maximum.accumulate(np.where(grid.n > 0, np.arange(len(grid.n)), -1))
    known = np.where(spoken >= 0, grid.mean[spoken], np.nan)
    return np.concatenate([[np.nan], known[:-1]])


def session_mean(grid: Grid) -> np.ndarray:
    """The mean of all messages before the window."""
    before, total = np.cumsum(grid.n) - grid.n, np.cumsum(grid.total) - grid.total
    return np.where(before > 0, total / np.maximum(before, 1), np.nan)


def ewma(grid: Grid) -> np.ndarray:
    """The mean of all messages before, those of a window EWMA_WEIGHT less than of the next."""
    out, total, weight = np.full(len(grid.n), np.nan), 0.0, 0.0
    for i in range(len(grid.n)):
        out[i] = total / weight if weight else np.nan
        total = total * (1 - EWMA_WEIGHT) + grid.total[i]
        weight = weight * (1 - EWMA_WEIGHT) + grid.n[i]
    return out


def nmse(grids: list[Grid], forecast: Forecast) -> float:
    """n-weighted squared error at step 1, from the FIRST_CUTOFF-th window on; NaN if too short."""
    errors, weights = 0.0, 0
    for grid in (g for g in grids if len(g.n) >= MIN_WINDOWS):
        error = (grid.n * (grid.mean - forecast(grid)) ** 2)[FIRST_CUTOFF:]
        fits = np.isfinite(error)
        errors, weights = errors + error[fits].sum(), weights + grid.n[FIRST_CUTOFF:][fits].sum()
    return float(errors / weights) if weights else np.nan


def latent_skill(grids: list[Grid], forecast: Forecast, variance: float) -> float:
    """1 - (nMSE - floor) / (nMSE of session_mean - floor), the floor from the variance within."""
    n = [int(g.n[FIRST_CUTOFF:].sum()) for g in grids if len(g.n) >= MIN_WINDOWS]
    spoken = [int((g.n[FIRST_CUTOFF:] > 0).sum()) for g in grids if len(g.n) >= MIN_WINDOWS]
    floor = variance * sum(spoken) / max(1, sum(n))
    return 1 - (nmse(grids, forecast) - floor) / (nmse(grids, session_mean) - floor)

"""How close the simulated chat is to real chat: the same figures measured on both.

    python -m pipeline.sources.simulation.compare            simulated chat
    DLD_TEST_DATA=... python -m ...simulation.compare        and the real chat beside it

Real chat is the table data/chat.parquet under DLD_TEST_DATA. Only figures come out.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.message import Message, StreamEnd, StreamStart
from pipeline.sources.simulate import Simulate
from warehouse.records import WINDOW_SECONDS

NOW = 1_767_268_800.0  # 2026-01-01 12:00 UTC; any fixed time gives the same table every run
MESSAGES_A_CHANNEL = 40_000
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


def main() -> None:
    """Print one Markdown table: a figure a row, a channel a column."""
    figures = measured(simulated_streams())
    if root := os.environ.get("DLD_TEST_DATA"):
        figures = {**measured(real_streams(Path(root) / "data" / "chat.parquet")), **figures}
    names = list(figures)
    print("| figure | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for key in next(iter(figures.values())):
        print(f"| {key} | " + " | ".join(f"{figures[name][key]:.3g}" for name in names) + " |")


def simulated_streams(now: float = NOW, days: float = 3) -> Iterator[Stream]:
    """The whole streams of the simulated past."""
    starts: dict[str, float] = {}
    lines: dict[str, list[Line]] = defaultdict(list)
    for item in _items(now, days):
        if isinstance(item, StreamStart):
            starts[item.channel], lines[item.channel] = item.at, []
        elif isinstance(item, StreamEnd) and starts[item.channel] >= now - days * 86400:
            start = starts[item.channel]
            yield Stream(item.channel, (item.at - start) / 3600, lines[item.channel])
        elif isinstance(item, Message) and not (item.bot or item.text.startswith("!")):
            line = (item.at - starts[item.channel], item.chatter, item.text, bool(item.emotes))
            lines[item.channel].append(line)


def _items(now: float, days: float) -> Iterator[object]:
    source = Simulate(now=now, past_days=days, clock=lambda: now)

    async def past() -> list[object]:
        items: list[object] = []
        async for batch in source.batches():
            items.extend(batch.items)
            if batch.at >= now:
                break
        return items

    return iter(asyncio.run(past()))


def real_streams(table: Path) -> Iterator[Stream]:
    """Evenly spaced whole streams of every channel, about MESSAGES_A_CHANNEL of each."""
    chat = pq.read_table(table)
    for channel in sorted(pc.unique(chat["channel"]).to_pylist()):
        own = chat.filter(pc.equal(chat["channel"], channel))
        streams = sorted(pc.unique(own["stream"]).to_pylist())
        keep = max(1, min(len(streams), MESSAGES_A_CHANNEL * len(streams) // own.num_rows))
        for i in np.linspace(0, len(streams) - 1, keep).astype(int):
            yield _real_stream(channel, own.filter(pc.equal(own["stream"], streams[i])))


def _real_stream(channel: str, rows: object) -> Stream:
    columns = [rows[c].to_pylist() for c in ("t", "user", "text", "emotes", "bot")]  # type: ignore[index]
    lines = [
        (t, user, text, None if emotes is None else bool(emotes))
        for t, user, text, emotes, bot in zip(*columns, strict=True)
        if not (bot or text.startswith("!"))
    ]
    return Stream(channel, max(columns[0]) / 3600, sorted(lines, key=lambda line: line[0]))


def measured(streams: Iterator[Stream]) -> dict[str, dict[str, float]]:
    """Figures by channel."""
    by_channel: dict[str, list[Stream]] = defaultdict(list)
    for stream in streams:
        by_channel[stream.channel].append(stream)
    return {channel: _figures(own) for channel, own in by_channel.items()}


@lru_cache(maxsize=200_000)
def _compound(text: str) -> float:
    return float(_vader().polarity_scores(text)["compound"])


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@dataclass
class Grid:
    """A stream as windows: counts, chatters, sums and sums of squares of compounds, (w,) each."""

    n: np.ndarray
    chatters: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Window means; NaN in silence."""
        return np.where(self.n > 0, self.total / np.maximum(self.n, 1), np.nan)


def _grid(stream: Stream, scores: np.ndarray, seconds: int = WINDOW_SECONDS) -> Grid:
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


def _figures(streams: list[Stream]) -> dict[str, float]:
    streams = [s for s in streams if s.lines]
    scores = [np.array([_compound(line[2]) for line in s.lines]) for s in streams]
    everything = np.concatenate(scores)
    grids = [_grid(s, x) for s, x in zip(streams, scores, strict=True)]
    fine = [_grid(s, x, 5) for s, x in zip(streams, scores, strict=True)]
    emotes = [line[3] for s in streams for line in s.lines if line[3] is not None]
    n = np.concatenate([g.n for g in grids])
    spread = within_variance(grids)
    return {
        "hours, median stream": float(np.median([s.hours for s in streams])),
        "messages a window, median": float(np.median(n)),
        "messages a window, mean": float(n.mean()),
        "messages a window, 95th percentile": float(np.quantile(n, 0.95)),
        "variation of counts in a stream (sd / mean)": _variation(grids),
        "lag-1 autocorrelation of counts": _pooled_lag1([g.n.astype(float) for g in grids]),
        "silent windows, share": float((n == 0).mean()),
        "chatters a message, in windows of 3 to 9": _chatter_ratio(grids, 3, 9),
        "chatters a message, in windows of 10 to 30": _chatter_ratio(grids, 10, 30),
        "distinct chatters, median stream": _distinct(streams),
        "share of messages by the top tenth": _top_tenth(streams),
        "characters a message, median": float(
            np.median([len(x[2]) for s in streams for x in s.lines])
        ),
        "distinct texts, share": _distinct_texts(streams),
        "VADER compound exactly 0, share": float((everything == 0).mean()),
        "mean compound": float(everything.mean()),
        "compound >= 0.05, share": float((everything >= 0.05).mean()),
        "compound <= -0.05, share": float((everything <= -0.05).mean()),
        "messages with an emote, share": float(np.mean(emotes)) if emotes else np.nan,
        "sd of compound within a window": float(np.sqrt(spread)),
        "lag-1 autocorrelation of window means": _pooled_lag1([g.mean for g in grids]),
        "the same of 5-second means": _pooled_lag1([g.mean for g in fine]),
        "sd of stream means": float(np.std([x.mean() for x in scores])),
        "error of session mean / last value": nmse(grids, session_mean) / nmse(grids, last_value),
        "latent skill of EWMA, step 1": latent_skill(grids, ewma, spread),
    }


def _variation(grids: list[Grid]) -> float:
    return float(np.median([g.n.std() / g.n.mean() for g in grids]))


def _pooled_lag1(series: list[np.ndarray]) -> float:
    """Lag-1 autocorrelation about each stream's own mean, pairs with a NaN left out."""
    over, under = 0.0, 0.0
    for values in series:
        centred = values - np.nanmean(values)
        over += (
            float(np.nansum(centred[1:] * centred[:-1]))
            / max(1, int(np.isfinite(centred[1:] * centred[:-1]).sum()))
            * len(values)
        )
        under += float(np.nanmean(centred**2)) * len(values)
    return over / under


def _chatter_ratio(grids: list[Grid], low: int, high: int) -> float:
    n = np.concatenate([g.n for g in grids])
    chatters = np.concatenate([g.chatters for g in grids])
    fits = (n >= low) & (n <= high)
    return float(chatters[fits].sum() / n[fits].sum()) if fits.any() else np.nan


def _distinct(streams: list[Stream]) -> float:
    return float(np.median([len({line[1] for line in s.lines}) for s in streams]))


def _top_tenth(streams: list[Stream]) -> float:
    shares = []
    for stream in streams:
        _, counts = np.unique([line[1] for line in stream.lines], return_counts=True)
        top = np.sort(counts)[::-1][: max(1, len(counts) // 10)]
        shares.append(top.sum() / counts.sum())
    return float(np.median(shares))


def _distinct_texts(streams: list[Stream]) -> float:
    return float(
        np.median([len({x[2] for x in s.lines[:500]}) / len(s.lines[:500]) for s in streams])
    )


def within_variance(grids: list[Grid]) -> float:
    """Variance of compounds about their window's mean, pooled over windows of 2 and more."""
    n, total, squares = (
        np.concatenate([getattr(g, name) for g in grids]) for name in ("n", "total", "squares")
    )
    many = n >= 2
    inside = (squares[many] - total[many] ** 2 / n[many]).sum()
    return float(inside / (n[many] - 1).sum())


def last_value(grid: Grid) -> np.ndarray:
    """The last spoken window's mean, for every window from what came before it."""
    out, last = np.full(len(grid.n), np.nan), np.nan
    for i, value in enumerate(grid.mean):
        out[i] = last
        last = value if grid.n[i] else last
    return out


def session_mean(grid: Grid) -> np.ndarray:
    """The mean of all messages before the window."""
    before = np.cumsum(grid.n) - grid.n
    return np.where(
        before > 0, (np.cumsum(grid.total) - grid.total) / np.maximum(before, 1), np.nan
    )


def ewma(grid: Grid) -> np.ndarray:
    """An average of messages in which a window weighs EWMA_WEIGHT less than the next."""
    out, total, weight = np.full(len(grid.n), np.nan), 0.0, 0.0
    for i in range(len(grid.n)):
        out[i] = total / weight if weight else np.nan
        total = total * (1 - EWMA_WEIGHT) + grid.total[i]
        weight = weight * (1 - EWMA_WEIGHT) + grid.n[i]
    return out


def nmse(grids: list[Grid], forecast: object) -> float:
    """n-weighted squared error at step 1, from the FIRST_CUTOFF-th window on."""
    errors, weights = 0.0, 0.0
    for grid in (g for g in grids if len(g.n) >= MIN_WINDOWS):
        predicted = forecast(grid)  # type: ignore[operator]
        error = (grid.n * (grid.mean - predicted) ** 2)[FIRST_CUTOFF:]
        fits = np.isfinite(error)
        errors, weights = errors + error[fits].sum(), weights + grid.n[FIRST_CUTOFF:][fits].sum()
    return float(errors / weights) if weights else np.nan


def latent_skill(grids: list[Grid], forecast: object, variance: float) -> float:
    """1 - (nMSE - floor) / (nMSE of session_mean - floor); DESIGN: the knowable share known."""
    long = [g for g in grids if len(g.n) >= MIN_WINDOWS]
    n = np.concatenate([g.n[FIRST_CUTOFF:] for g in long]) if long else np.array([0])
    floor = variance * float((n > 0).sum()) / float(max(n.sum(), 1))
    return 1 - (nmse(grids, forecast) - floor) / (nmse(grids, session_mean) - floor)


if __name__ == "__main__":
    main()

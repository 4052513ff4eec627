"""A stream's windows as arrays, and running sums of them: what moments are found in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warehouse.records import WINDOW_SECONDS

Floats = npt.NDArray[np.float64]
Index = int | npt.NDArray[np.intp]

WHOLE_S = 30.0
SEEN_S = 15.0  # of a window, to tell a rate from it
ALIKE = 1e-6  # a variance below it is of messages that all score the same
AROUND = 61  # windows whose median rate is the usual one there: half an hour


@dataclass(frozen=True)
class Windows:
    """A stream's windows without gaps, oldest first; each array has shape (T,).

    observed_s: 0..30, 0 too where there is no window. n: messages. mean, sd: of their compounds,
    NaN where unknown. laughs: messages that laugh, NaN where that is not known.
    first_s: from the start of the stream to that of the first window (it may be negative).
    slots: messages by window and 5-second slot, shape (T, 6). capitals: messages in capitals,
    NaN where unknown. alike: messages that say what many say (reasons.Terms.alike). These three
    None: not known at all. ended: whether the stream is over.
    """

    observed_s: Floats
    n: Floats
    mean: Floats
    sd: Floats
    laughs: Floats
    first_s: float = 0.0
    slots: Floats | None = None
    capitals: Floats | None = None
    alike: Floats | None = None
    ended: bool = True

    @property
    def size(self) -> int:
        """How many windows there are."""
        return len(self.n)


class Sums:
    """Running sums of a stream's windows, so that any span costs the same.

    v: pooled variance of messages within windows; NaN when no window has two that differ.
    noise: that by which means of windows really differ from one to the next, at least v.
    """

    def __init__(self, w: Windows) -> None:
        self.w = w
        n = np.where(np.isfinite(w.mean), w.n, 0.0)  # messages whose mood is known
        rated = w.observed_s >= SEEN_S
        self.rates = np.where(rated, w.n * WINDOW_SECONDS / np.maximum(w.observed_s, 1.0), np.nan)
        self.usual = usual_rate(self.rates)
        self.v = message_variance(w)
        self.noise = self.v * liveliness(w.mean, n, self.v)
        self._rated_messages = _running(n)
        self._weighted = _running(n * np.where(n > 0, w.mean, 0.0))
        self._count = _running(np.where(rated, w.n, 0.0))
        self._expected = _running(np.where(rated, self.usual * w.observed_s / WINDOW_SECONDS, 0.0))
        self._observed = _running(np.where(rated, w.observed_s, 0.0))
        self._observed_windows = _running(rated.astype(float))
        self._messages = _running(w.n)
        self._laughs, self.laugh_share = _some(w.laughs, w.n)
        self._capitals, self.capital_share = _some(w.capitals, w.n)
        self._alike, _ = _some(w.alike, w.n)

    def rated_messages(self, a: Index, b: Index) -> Floats:
        """Messages in windows [a, b) whose mood is known."""
        return self._rated_messages[b] - self._rated_messages[a]

    @np.errstate(invalid="ignore", divide="ignore")
    def mood(self, a: Index, b: Index) -> Floats:
        """Mean compound of the messages in [a, b); NaN of none."""
        return (self._weighted[b] - self._weighted[a]) / self.rated_messages(a, b)

    @np.errstate(invalid="ignore", divide="ignore")
    def around(self, a: Index, b: Index, reach: int) -> Floats:
        """Mean compound of the `reach` windows before a and after b; NaN of no message."""
        low, high = np.maximum(a - reach, 0), np.minimum(b + reach, self.w.size)
        n = self.rated_messages(low, high) - self.rated_messages(a, b)
        weighted = self._weighted[high] - self._weighted[low]
        return (weighted - self._weighted[b] + self._weighted[a]) / n

    def observed_windows(self, a: Index, b: Index) -> Floats:
        """Windows of [a, b) that were observed."""
        return self._observed_windows[b] - self._observed_windows[a]

    def observed(self, a: Index, b: Index) -> Floats:
        """Seconds of those windows that were observed."""
        return self._observed[b] - self._observed[a]

    def counts(self, a: Index, b: Index) -> tuple[Floats, Floats]:
        """(messages, messages usual around) in the observed windows of [a, b)."""
        return self._count[b] - self._count[a], self._expected[b] - self._expected[a]

    def messages(self, a: Index, b: Index) -> Floats:
        """All messages in [a, b)."""
        return self._messages[b] - self._messages[a]

    def laughs(self, a: Index, b: Index) -> Floats:
        """Messages in [a, b) that laugh."""
        return self._laughs[b] - self._laughs[a]

    def capitals(self, a: Index, b: Index) -> Floats:
        """Messages in [a, b) in capitals."""
        return self._capitals[b] - self._capitals[a]

    def alike(self, a: Index, b: Index) -> Floats:
        """Share of the messages in [a, b) that say what many say; 0 of none."""
        return (self._alike[b] - self._alike[a]) / np.maximum(self.messages(a, b), 1.0)


def _some(counts: Floats | None, n: Floats) -> tuple[Floats, float]:
    """(running sum of messages of a kind, their share where they are known; NaN: nowhere).

    No more of them than n: who repeats an emote in a message laughs once.
    """
    counts = np.full(len(n), np.nan) if counts is None else counts
    known = np.isfinite(counts)
    running = _running(np.where(known, np.minimum(counts, n), 0.0))
    total = float(n[known].sum())
    return running, float(running[-1]) / total if total else np.nan


def _running(x: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(x)])


def message_variance(w: Windows) -> float:
    """Pooled variance of compounds within windows; NaN when no window has two that differ."""
    varied = np.isfinite(w.sd) & (w.n > 1)
    freedom = float(np.sum(w.n[varied] - 1))
    v = float(np.sum((w.n[varied] - 1) * w.sd[varied] ** 2)) / freedom if freedom else 0.0
    return v if v > ALIKE else np.nan


def usual_rate(rates: Floats) -> Floats:
    """Median of the rates in the half hour around each window; NaN where none was observed."""
    half = AROUND // 2
    padded = np.pad(rates, half, constant_values=np.nan)
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1)
    counts = np.isfinite(around).sum(axis=1)  # NaN sorts to the end
    rows = np.arange(len(rates))
    low, high = around[rows, np.maximum(counts - 1, 0) // 2], around[rows, counts // 2 % AROUND]
    return np.where(counts > 0, (low + np.where(counts % 2, low, high)) / 2, np.nan)


def liveliness(mean: Floats, n: Floats, v: float) -> float:
    """How much more neighbouring means differ than sampling says, as a factor of v; at least 1.

    From the median of squared differences, so that a few turns of the mood do not count.
    Source: the median of chi-squared with one degree of freedom is 0.4549.
    """
    x, w = mean[n > 0], n[n > 0]
    if len(x) < 3 or not v > 0:
        return 1.0
    squares = np.diff(x) ** 2 / (v / w[1:] + v / w[:-1])
    return max(1.0, float(np.median(squares)) / 0.4549)


def own_sigma(values: Floats) -> Floats:
    """Test values in units of their own robust spread, where that is wider than chance."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return values
    spread = 1.4826 * float(np.median(np.abs(finite - np.median(finite))))
    return values / max(1.0, spread)

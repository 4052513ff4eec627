"""Baselines of a stream: its usual mood and rate, the older the less they count."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log1p, sqrt

from warehouse.records import WINDOW_SECONDS, Window

HALF_LIFE = 60  # windows, half an hour
_DECAY = 0.5 ** (1 / HALF_LIFE)


@dataclass
class Mood:
    """The stream's mood so far, weighted by messages.

    Message scores vary by `within` (a variance) around their window's mean, and windows by
    `between` around the level beyond what that alone makes them.
    """

    windows: int = 0  # with messages, not decayed
    n: float = 0.0  # sums over windows of n, n y, n y^2, n^2, 1
    ny: float = 0.0
    ny2: float = 0.0
    n2: float = 0.0
    ones: float = 0.0
    n_twice: float = 0.0  # n and n^2, decayed twice as fast: for the variance of the level
    n2_twice: float = 0.0
    freedom: float = 0.0  # sum of n - 1, and of (n - 1) sd^2
    squares: float = 0.0

    def saw(self, window: Window) -> None:
        """A window with messages is part of what is usual."""
        n, y = window.n_messages, window.mean_compound
        if y is None:
            return
        sd = window.sd_compound or 0.0
        self.n = _DECAY * self.n + n
        self.ny = _DECAY * self.ny + n * y
        self.ny2 = _DECAY * self.ny2 + n * y * y
        self.n2 = _DECAY * self.n2 + n * n
        self.ones = _DECAY * self.ones + 1
        self.freedom = _DECAY * self.freedom + n - 1
        self.squares = _DECAY * self.squares + (n - 1) * sd * sd
        self.n_twice = _DECAY * _DECAY * self.n_twice + n
        self.n2_twice = _DECAY * _DECAY * self.n2_twice + n * n
        self.windows += 1

    @property
    def level(self) -> float:
        """-1..1; 0.0 before the first message."""
        return self.ny / self.n if self.n else 0.0

    @property
    def within(self) -> float:
        """Variance of message scores around their window's mean."""
        return self.squares / self.freedom if self.freedom >= 1 else 0.0

    @property
    def between(self) -> float:
        """Variance of windows around the level beyond v/n: by moments, never below 0."""
        room = self.n - self.n2 / self.n if self.n else 0.0
        if room <= 0:
            return 0.0
        scatter = self.ny2 - self.n * self.level**2
        return max(0.0, (scatter - self.within * (self.ones - 1)) / room)

    def error(self, windows: Iterable[Window]) -> float:
        """Standard error of (weighted mean of these windows - level), were nothing unusual."""
        counts = [w.n_messages for w in windows]
        n, n2 = sum(counts), sum(k * k for k in counts)
        v, b = self.within, self.between
        own = v / n + b * n2 / n**2
        usual = (v * self.n_twice + b * self.n2_twice) / self.n**2
        return sqrt(own + usual)


@dataclass
class Rate:
    """Messages in a window that was seen whole."""

    windows: int = 0
    ones: float = 0.0
    n: float = 0.0
    n2: float = 0.0
    logs: float = 0.0  # of log(1 + n), and its square
    logs2: float = 0.0

    def saw(self, window: Window) -> None:
        """Count it, if it was seen whole."""
        if window.observed_s < WINDOW_SECONDS:
            return
        n, x = window.n_messages, log1p(window.n_messages)
        self.ones = _DECAY * self.ones + 1
        self.n = _DECAY * self.n + n
        self.n2 = _DECAY * self.n2 + n * n
        self.logs = _DECAY * self.logs + x
        self.logs2 = _DECAY * self.logs2 + x * x
        self.windows += 1

    @property
    def mean(self) -> float:
        """Messages a window."""
        return self.n / self.ones if self.ones else 0.0

    @property
    def log_mean(self) -> float:
        """Of log(1 + n)."""
        return self.logs / self.ones if self.ones else 0.0

    @property
    def log_sd(self) -> float:
        """Of log(1 + n)."""
        return sqrt(max(0.0, self.logs2 / self.ones - self.log_mean**2)) if self.ones else 0.0

    def silence(self, windows: int) -> float:
        """How probable it is that so many windows pass without a message: counts are a negative
        binomial with this mean and variance, one window knowing nothing of the next."""
        mean = self.mean
        if mean <= 0:
            return 1.0
        spread = max(0.0, self.n2 / self.ones - mean**2 - mean) / mean**2
        each = (1 + mean * spread) ** (-1 / spread) if spread > 1e-6 else 2.718281828**-mean
        return float(each**windows)

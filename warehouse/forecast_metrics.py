"""Metrics of forecasts, each declared once: what is summed, how it is finished, how it is told.

A target is a window with chat that was seen whole, or at step 0 the ten windows after a cutoff
together, where most have chat; it weighs as many as its messages. Every
metric is a quotient of sums over targets, so that streams, channels and days add up. From here
follow the columns that are verified, the backtest's tally, the skill that is served and the
accuracy page. A new metric is a line in SUMS, with a migration for its column of
forecast_scores, and one in METRICS.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.figures import fixed, percent, signed
from warehouse.records import QUANTILES, VOLUME_QUANTILES

Floats = NDArray[np.float64]
Sums = Mapping[str, Any]  # by name: numbers, arrays, or columns of a frame

REFERENCE = "session_mean"  # the model of latent skill 0
LEVELS = np.array(QUANTILES)
BANDS = {80: (1, 3), 95: (0, 4)}  # places in QUANTILES, by level


def is_target(y: Floats, n: Floats) -> NDArray[np.bool_]:
    """True for targets that forecasts are judged on: with chat, seen whole (else NaN)."""
    return np.isfinite(y) & (n >= 1)


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of m windows, and what was forecast of each.

    y: (m,) mean_compound, NaN in silence. n: (m,) messages; NaN, as y, where not seen whole.
    quantiles: (m, 5) over QUANTILES. volume: (m, 3) of n over VOLUME_QUANTILES; None: none was
    forecast. counts: (m,) messages where all were seen, else NaN; None: as n.
    """

    y: Floats
    n: Floats
    quantiles: Floats
    volume: Floats | None = None
    counts: Floats | None = None

    @cached_property
    def spoke(self) -> NDArray[np.bool_]:
        """The targets."""
        return is_target(self.y, self.n)

    @cached_property
    def weight(self) -> Floats:
        return np.where(self.spoke, self.n, 0.0)

    @cached_property
    def mood(self) -> Floats:
        return np.where(self.spoke, self.y, 0.0)

    @cached_property
    def error(self) -> Floats:
        """Of the middle."""
        return self.mood - self.quantiles[:, QUANTILES.index(0.5)]

    @cached_property
    def counted(self) -> Floats:
        """Messages whose number was forecast; NaN where none was, or not all were seen."""
        if self.volume is None:
            return np.full(len(self.n), np.nan)
        return np.where(np.isfinite(self.volume[:, 0]), self._all_seen, np.nan)

    @property
    def _all_seen(self) -> Floats:
        return self.n if self.counts is None else self.counts

    @cached_property
    def volume_error(self) -> Floats:
        """Of the middle; 0 where nothing was counted."""
        middle = 0.0 if self.volume is None else self.volume[:, VOLUME_QUANTILES.index(0.5)]
        return np.nan_to_num(np.abs(self.counted - middle))

    @cached_property
    def volume_hits(self) -> NDArray[np.bool_]:
        """Counts that came out inside the 80 % band of counts."""
        if self.volume is None:
            return np.zeros(len(self.n), bool)
        return (self.volume[:, 0] <= self.counted) & (self.counted <= self.volume[:, -1])

    def band(self, level: int) -> tuple[Floats, Floats]:
        low, high = BANDS[level]
        return self.quantiles[:, low], self.quantiles[:, high]

    def width(self, level: int) -> Floats:
        low, high = self.band(level)
        return high - low

    def hits(self, level: int) -> NDArray[np.bool_]:
        low, high = self.band(level)
        return self.spoke & (low <= self.mood) & (self.mood <= high)


@dataclass(frozen=True)
class Sum:
    """A sum over windows.

    of: what each adds, (m,), 0 where it is no target. is_count: a whole number.
    is_later: kept since a later version, so that scores of before have none.
    """

    name: str
    of: Callable[[Outcomes], Any]
    is_count: bool = False
    is_later: bool = False


def crps(y: Floats, q: Floats) -> Floats:
    """Continuous ranked probability score from quantiles, (m,); lower is better.

    Twice the pinball loss, averaged over the levels with the weights of the midpoint rule.
    Source: Gneiting & Raftery 2007, section 4.2 (quantile form).
    """
    gap = y[:, None] - q
    pinball = np.maximum(LEVELS * gap, (LEVELS - 1) * gap)
    edges = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]])
    return np.asarray(2 * pinball @ np.diff(edges))


SUMS = (  # columns of forecast_scores
    Sum("targets", lambda o: o.spoke, is_count=True),
    Sum("n", lambda o: o.weight, is_count=True),
    Sum("squared_error", lambda o: o.weight * o.error**2),
    Sum("absolute_error", lambda o: o.weight * np.abs(o.error)),
    Sum("crps", lambda o: o.weight * crps(o.mood, o.quantiles)),
    Sum("width80", lambda o: o.weight * o.width(80)),
    Sum("hits80", lambda o: o.hits(80), is_count=True),
    Sum("hits95", lambda o: o.hits(95), is_count=True),
    Sum("width95", lambda o: o.weight * o.width(95), is_later=True),
    # silent windows too: that nobody would speak can be forecast
    Sum("counts", lambda o: np.isfinite(o.counted), is_count=True, is_later=True),
    Sum("volume_error", lambda o: o.volume_error, is_later=True),
    Sum("volume_hits80", lambda o: o.volume_hits, is_count=True, is_later=True),
)
SUMMED = {  # what the queries of scores sum
    "sums": [s.name for s in SUMS],
    "later": [s.name for s in SUMS if s.is_later],
}
BACKTEST_SUMS = (
    *SUMS,
    Sum("weighted_hits80", lambda o: o.weight * o.hits(80), is_count=True),
    Sum("weighted_hits95", lambda o: o.weight * o.hits(95), is_count=True),
)


def each(outcomes: Outcomes, sums: Sequence[Sum] = SUMS) -> Floats:
    """What every window adds to every sum, (m, sums)."""
    return np.stack([np.asarray(s.of(outcomes), dtype=float) for s in sums], axis=1)


def total(outcomes: Outcomes) -> dict[str, float]:
    """The BACKTEST_SUMS of some windows."""
    values = each(outcomes, BACKTEST_SUMS).sum(0).tolist()
    return dict(zip((s.name for s in BACKTEST_SUMS), values, strict=True))


def quotient(above: Any, below: Any) -> Any:
    """above / below, of numbers, arrays or columns; NaN where there is nothing below."""
    return above / np.where(np.asarray(below, dtype=float) > 0, below, np.nan)


def mean(name: str, weight: str = "n") -> Callable[[Sums], Any]:
    """How a sum is finished: as the mean over messages (n), targets or counts.

    Scores of before a sum was kept have none: WEIGHT_NAME is the weight of those that have it.
    """
    return lambda sums: quotient(sums[name], sums.get(f"{weight}_{name}", sums[weight]))


def floor(sums: Sums) -> Any:
    """The nMSE nobody can go below: sum n (v / n) / sum n, v the channel's message variance.

    noise: sum v over targets.
    """
    return quotient(sums["noise"], sums["n"])


def latent_skill(sums: Sums) -> Any:
    """1 - (nMSE - floor) / (nMSE of the session mean - floor): what is known of the knowable.

    1 = perfect, 0 = no better than the session mean, whose sums on the same days are base_*.
    NaN where that one is already at the floor: then there is nothing to know.
    """
    error = quotient(sums["squared_error"] - sums["noise"], sums["n"])
    base = quotient(sums["base_squared_error"] - sums["base_noise"], sums["base_n"])
    return 1 - quotient(error, base)


def of_row(finish: Callable[[Sums], Any], row: Mapping[str, Any]) -> float | None:
    """A figure of one row of sums, as a query tells it; None where it does not exist."""
    value = float(finish({k: float("nan") if v is None else v for k, v in row.items()}))
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class Metric:
    """A figure of how good forecasts are.

    name: in tables and addresses. finish: its value from sums. ticks: its format on an axis, as
    Python and d3 write formats; digits: in a table and a hover, of a share times 100. about: which
    way is better. line: a value that means something. reported: its name in report.json, where
    that is another. windows: the count it rests on. to_usual: told in relation to the EWMA's, too.
    is_signed: a plus is said.
    """

    name: str
    label: str
    finish: Callable[[Sums], Any]
    ticks: str
    digits: int
    about: str
    line: float | None = None
    reported: str = ""
    windows: str = "targets"
    to_usual: bool = False
    is_signed: bool = False

    @property
    def key(self) -> str:
        """Its name in report.json."""
        return self.reported or self.name

    @property
    def is_share(self) -> bool:
        return self.ticks.endswith("%")

    def told(self, value: float | None) -> str:
        """+0.213, 0.0412, 81.2 %, as tables and hovers say it; a dash for None."""
        if self.is_share:
            return percent(value, self.digits)
        return (signed if self.is_signed else fixed)(value, self.digits)


def _coverage(level: int) -> Metric:
    return Metric(
        f"coverage{level}", f"{level} % band holds", mean(f"hits{level}", "targets"),
        ".0%", 1, f"The nearer to {level} % the better.", line=level / 100,
    )  # fmt: skip


def _width(level: int) -> Metric:
    about = "Mean width, in mood: the narrower the better, as long as the band holds."
    return Metric(f"width{level}", f"{level} % width", mean(f"width{level}"), ".3f", 3, about)


METRICS = (
    Metric(
        "skill", "Latent skill", latent_skill, ".2f", 3,
        "Higher is better; 0 is the session mean.",
        line=0.0, reported="latent_skill", is_signed=True,
    ),
    Metric("nmse", "nMSE", mean("squared_error"), ".4f", 4,
           "Squared error of the middle: lower is better."),
    Metric("mae", "Absolute error", mean("absolute_error"), ".3f", 3,
           "Of the middle, in mood: lower is better."),
    Metric("crps", "CRPS", mean("crps"), ".4f", 4, "Of the whole distribution: lower is better.",
           to_usual=True),
    _coverage(80), _coverage(95), _width(80), _width(95),
    Metric(
        "volume_error", "Messages off", mean("volume_error", "counts"), ".1f", 1,
        "How far the number of messages was off: lower is better.",
        reported="volume_mae", windows="counts", to_usual=True,
    ),
    Metric(
        "volume_coverage80", "80 % band of messages holds", mean("volume_hits80", "counts"), ".0%",
        1, "The nearer to 80 % the better.", line=0.8, windows="counts",
    ),
)  # fmt: skip
BACKTEST_METRICS = (  # coverage where every target counts by its messages
    *METRICS,
    *(
        replace(
            _coverage(level), name=f"coverage{level}_by_n", finish=mean(f"weighted_hits{level}")
        )
        for level in BANDS
    ),
)

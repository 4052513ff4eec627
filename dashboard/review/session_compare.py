"""A stream beside the channel's streams before it. Pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from dashboard import wording
from dashboard.charts.series import Row

LEAST = 3  # streams before it, to say what is usual


@dataclass(frozen=True)
class Usual:
    """The usual of one figure: the median, the middle half, of how many streams."""

    middle: float
    low: float
    high: float
    n: int
    above: int  # streams that this one lies above


def usual(
    past: Sequence[Row], name: str, value: float | None, told: Callable[[float], str] = str
) -> Usual | None:
    """The usual of a column of dash_stream_usual; None for fewer than LEAST streams. told: as a
    figure is shown: 0 % lies above no other 0 %.
    """
    values = sorted(float(p[name]) for p in past if p[name] is not None)
    if len(values) < LEAST:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    above = 0
    if value is not None:
        above = sum(value > k and told(value) != told(k) for k in values)
    return Usual(median(values), low, high, len(values), above)


def _beside(
    value: float | None, past: Sequence[Row], name: str, told: Callable[[float], str]
) -> str:
    """usually +0.05 (+0.02 to +0.08, 30 streams); higher than 9 of them."""
    of = usual(past, name, value, told)
    if of is None:
        return "too few streams before it to compare"
    text = f"usually {told(of.middle)} ({told(of.low)} to {told(of.high)}, {of.n} streams)"
    above = {0: "none", of.n: "all"}.get(of.above, str(of.above))
    return text if value is None else f"{text}; higher than {above} of them"


def mood(value: float | None, past: Sequence[Row]) -> str:
    """The mean mood beside the usual one."""
    return _beside(value, past, "mean", wording.signed)


def rate(value: float | None, past: Sequence[Row]) -> str:
    """Messages a minute beside the usual."""
    return _beside(value, past, "rate", wording.rate)


def silent(value: float | None, past: Sequence[Row]) -> str:
    """The share of silence beside the usual."""
    return _beside(value, past, "silent", wording.percent)

"""A stream beside the channel's streams before it. Pure functions."""

from collections.abc import Sequence
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


def usual(past: Sequence[Row], name: str, value: float | None) -> Usual | None:
    """The usual of a column of dash_stream_usual; None for fewer than LEAST streams."""
    values = sorted(float(p[name]) for p in past if p[name] is not None)
    if len(values) < LEAST:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    above = sum(value > k for k in values) if value is not None else 0
    return Usual(median(values), low, high, len(values), above)


def comparison(value: float | None, of: Usual | None, middle: str, low: str, high: str) -> str:
    """usual +0.05 (middle half +0.02 to +0.08 of 30 streams)."""
    if of is None:
        return "too few streams before it to compare"
    text = f"usually {middle} ({low} to {high}, {of.n} streams)"
    above = {0: "none", of.n: "all"}.get(of.above, str(of.above))
    return text if value is None else f"{text}; higher than {above} of them"


def mood(value: float | None, past: Sequence[Row]) -> str:
    """The mean mood beside the usual one."""
    of = usual(past, "mean", value)
    parts = [wording.signed(x) for x in (of.middle, of.low, of.high)] if of else [""] * 3
    return comparison(value, of, *parts)


def rate(value: float | None, past: Sequence[Row]) -> str:
    """Messages a minute beside the usual."""
    of = usual(past, "rate", value)
    parts = [wording.rate(x) for x in (of.middle, of.low, of.high)] if of else [""] * 3
    return comparison(value, of, *parts)


def silent(value: float | None, past: Sequence[Row]) -> str:
    """The share of silence beside the usual."""
    of = usual(past, "silent", value)
    parts = [wording.percent(x) for x in (of.middle, of.low, of.high)] if of else [""] * 3
    return comparison(value, of, *parts)

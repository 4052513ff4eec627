"""A stream beside the channel's streams before it. Pure functions."""

from collections.abc import Callable, Sequence

from dashboard import wording
from dashboard.charts.series import Row
from warehouse.usual import usual


def _beside(
    value: float | None, past: Sequence[Row], name: str, told: Callable[[float], str]
) -> str:
    """usually +0.05 (+0.02 to +0.08, 30 streams); higher than 9 of them."""
    of = usual(past, name)
    if of is None:
        return "too few streams before it to compare"
    text = f"usually {told(of.middle)} ({told(of.low)} to {told(of.high)}, {of.streams} streams)"
    if value is None:
        return text
    # as figures are shown: 0 % lies above no other 0 %
    others = [float(row[name]) for row in past if row[name] is not None]
    below = sum(value > other and told(value) != told(other) for other in others)
    count = {0: "none", of.streams: "all"}.get(below, str(below))
    return f"{text}; higher than {count} of them"


def mood(value: float | None, past: Sequence[Row]) -> str:
    """The mean mood beside the usual one."""
    return _beside(value, past, "mean", wording.signed)


def rate(value: float | None, past: Sequence[Row]) -> str:
    """Messages a minute beside the usual."""
    return _beside(value, past, "rate", wording.rate)


def silent(value: float | None, past: Sequence[Row]) -> str:
    """The share of silence beside the usual."""
    return _beside(value, past, "silent", wording.percent)

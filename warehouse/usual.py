"""The usual of a figure over a channel's streams before one: the median, and the middle half."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

LEAST = 3  # streams, to say what is usual


@dataclass(frozen=True)
class Usual:
    """The median of a figure, its middle half, and of how many streams."""

    middle: float
    low: float
    high: float
    streams: int


def usual(past: Sequence[Mapping[str, Any]], name: str) -> Usual | None:
    """Of a column of dash_stream_usual, NULLs left out; None of fewer than LEAST streams."""
    values = [float(row[name]) for row in past if row[name] is not None]
    if len(values) < LEAST:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Usual(median(values), low, high, len(values))

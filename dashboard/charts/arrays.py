"""Arrays for traces: plotly looks at lists item by item, at arrays once.

A third of the time for a line of some thousand points.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt


def times(moments: Iterable[datetime | None]) -> npt.NDArray[np.datetime64]:
    """Naive times, to the millisecond; None is the time before it: its y is None as well, and
    breaks the line."""
    filled: list[datetime] = []
    last = datetime(1970, 1, 1)
    for at in moments:
        last = at or last
        filled.append(last)
    return np.array(filled, dtype="datetime64[ms]")


def values(numbers: Iterable[float | None]) -> npt.NDArray[np.object_]:
    """Numbers; None stays None, a gap."""
    return np.array(list(numbers), dtype=object)


def cells(texts: Sequence[Sequence[Any]]) -> npt.NDArray[np.object_]:
    """What a hover tells, shape (points, texts): each point as many."""
    return np.array(texts, dtype=object)

"""What a trace is made of as arrays: plotly looks at lists item by item, at arrays once.

A third of the time for a line of some thousand points.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt


def times(found: Iterable[datetime | None]) -> npt.NDArray[np.datetime64]:
    """Naive times, to the millisecond; None is the time before it: its y is None as well, and
    breaks the line."""
    kept: list[datetime] = []
    last = datetime(1970, 1, 1)
    for at in found:
        last = at or last
        kept.append(last)
    return np.array(kept, dtype="datetime64[ms]")


def values(found: Iterable[float | None]) -> npt.NDArray[np.object_]:
    """Numbers; None stays None, a gap."""
    return np.array(list(found), dtype=object)


def cells(found: Sequence[Sequence[Any]]) -> npt.NDArray[np.object_]:
    """What a hover tells, shape (points, texts): each point as many."""
    return np.array(found, dtype=object)

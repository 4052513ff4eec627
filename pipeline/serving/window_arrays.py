"""Windows and their terms as the arrays in which moments are found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from warehouse.moments.reasons import Terms
from warehouse.moments.sums import Floats, Windows
from warehouse.records import SLOTS, WINDOW, Window, naive


def arrays_of(windows: Sequence[Window], began: datetime) -> Windows:
    """Windows of a stream that goes on, oldest first; those between that are missing were not
    observed. Moods of another basis than that of the last are not known. began: the stream.
    """
    first, last = windows[0], windows[-1]
    size = _place(last.start, first.start) + 1
    places = [_place(w.start, first.start) for w in windows]

    def filled(values: Iterable[float | None], missing: float) -> Floats:
        grid = np.full(size, missing)
        grid[places] = [np.nan if value is None else value for value in values]
        return grid

    slots = np.zeros((size, SLOTS))
    slots[places] = [w.sub_n for w in windows]
    moods = [
        (w.mean_compound, w.sd_compound) if w.basis == last.basis else (None, None) for w in windows
    ]
    return Windows(
        observed_s=filled((w.observed_s for w in windows), 0.0),
        n=filled((w.n_messages for w in windows), 0.0),
        mean=filled((mean for mean, _ in moods), np.nan),
        sd=filled((sd for _, sd in moods), np.nan),
        laughs=filled((w.n_laughs for w in windows), np.nan),
        first_s=(first.start - began).total_seconds(),
        slots=slots,
        capitals=filled((w.n_capitals for w in windows), np.nan),
        ended=False,
    )


def terms_of(
    rows: Iterable[Mapping[str, Any]], windows: Sequence[Window], arrays: Windows
) -> Terms:
    """Rows of `window_terms` as the warehouse has them, in any order, as terms of these windows."""
    first = naive(windows[0].start)
    ordered = sorted(rows, key=lambda row: row["start"])
    return Terms(
        np.array([_place(row["start"], first) for row in ordered], dtype=np.intp),
        [row["term"] for row in ordered],
        [row["kind"] for row in ordered],
        np.array([row["n"] for row in ordered], dtype=np.float64),
        np.array([row["contribution"] for row in ordered], dtype=np.float64),
        arrays.n,
    )


def _place(at: datetime, first: datetime) -> int:
    return (at - first) // WINDOW

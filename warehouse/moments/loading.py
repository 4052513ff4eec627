"""Loading of a stream from tables: the arrays that its moments are found in."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.moments.reasons import Terms
from warehouse.moments.sums import Floats, Windows
from warehouse.records import SLOTS, WINDOW_SECONDS


def arrays_of(
    windows: pa.Table, terms: pa.Table, since: datetime, ended: bool, basis: str
) -> tuple[Windows, Terms]:
    """A stream as arrays, its windows counted from the first there is, and its terms.

    windows: of dash_stream_windows, one or more; terms: of dash_stream_terms. since: the stream's
    start, aware UTC. ended: it is over. basis: what moods are of; others have none.
    """
    start: datetime = windows["start"][0].as_py().replace(tzinfo=UTC)
    named = _terms(terms, start, windows, basis)
    return _arrays(windows, start, since, named, ended, basis), named


def _places(table: pa.Table, start: datetime) -> np.ndarray[Any, Any]:
    """Index of each row's window, counted from `start`."""
    at = table["start"].cast(pa.timestamp("us")).to_numpy()
    first = np.datetime64(start.replace(tzinfo=None), "us")
    places: np.ndarray[Any, Any] = (at - first) // np.timedelta64(WINDOW_SECONDS, "s")
    return places.astype(np.intp)


def _filled(
    table: pa.Table, column: str, places: np.ndarray[Any, Any], missing: float, size: int = 0
) -> Floats:
    """The column on the grid of all windows. size: how many, where the table has not the last."""
    values = np.full(size or int(places[-1]) + 1, missing)
    values[places] = table[column].cast(pa.float64()).to_numpy()  # NULL becomes NaN
    return values


def _arrays(
    table: pa.Table, start: datetime, since: datetime, terms: Terms, ended: bool, basis: str
) -> Windows:
    """The windows; those that were read in another way than `basis` have no mood."""
    places = _places(table, start)
    moods = table.filter(pc.field("basis") == basis)
    laughs = _filled(table, "n_laughs", places, np.nan)  # not in rows of earlier versions
    slots = np.zeros((len(laughs), SLOTS))
    slots[places] = [[n or 0 for n in sub_n or [0] * SLOTS] for sub_n in table["sub_n"].to_pylist()]
    return Windows(
        observed_s=_filled(table, "observed_s", places, 0.0),
        n=_filled(table, "n", places, 0.0),
        mean=_filled(moods, "mean", _places(moods, start), np.nan, len(laughs)),
        sd=_filled(moods, "sd", _places(moods, start), np.nan, len(laughs)),
        laughs=np.where(np.isnan(laughs), terms.laughs(), laughs),
        first_s=(start - since).total_seconds(),
        slots=slots,
        capitals=_filled(table, "n_capitals", places, np.nan),
        alike=terms.alike(),
        ended=ended,
    )


def _terms(table: pa.Table, start: datetime, windows: pa.Table, basis: str) -> Terms:
    """Terms of the windows; those of another basis than `basis` moved no mood."""
    at = _places(windows, start)
    messages = _filled(windows, "n", at, 0.0)
    places = _places(table, start)
    inside = (places >= 0) & (places < len(messages))
    table, places = table.filter(pa.array(inside)), places[inside]
    moved = np.zeros(len(messages), dtype=bool)
    moved[at] = np.array(windows["basis"]) == basis
    return Terms(
        places,
        table["term"].to_pylist(),
        table["kind"].to_pylist(),
        table["n"].cast(pa.float64()).to_numpy(),
        table["contribution"].to_numpy() * moved[places],
        messages,
    )

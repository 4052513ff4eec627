"""The part of forecasting that asks the store."""

from models.inputs.history import STREAMS
from models.inputs.sessions import Past
from warehouse.records import Window
from warehouse.sql import Queries


def past_streams(store: Queries, window: Window) -> Past:
    """Sums of the channel's streams that began before the window's, as history.sums makes them,
    over windows of its basis."""
    which = {"channel": window.channel, "basis": window.basis, "stream": window.stream_id}
    rows = store.query("past_streams", **which, start=window.start, n=STREAMS).to_pylist()
    return tuple((r["n"], r["total"], r["squares"], r["total_squares"]) for r in rows)

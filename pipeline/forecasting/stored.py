"""The part of forecasting that asks the store."""

from models.inputs.history import STREAMS
from models.inputs.sessions import Past
from warehouse.records import Window
from warehouse.sql import Queries


def past_streams(store: Queries, window: Window) -> Past:
    """Sums of the channel's streams that began before the window's, as history.sums makes them."""
    values = {"channel": window.channel, "stream": window.stream_id, "start": window.start}
    rows = store.query("past_streams", **values, n=STREAMS).to_pylist()
    return tuple((r["n"], r["total"], r["squares"], r["total_squares"]) for r in rows)

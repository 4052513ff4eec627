"""A turn into the warehouse, whole or not at all, and what is published after it."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline.alerts import foretold
from pipeline.engine.state import State
from pipeline.engine.turn import Turn
from pipeline.forecasting.pending import latest
from pipeline.forecasting.verify import score_columns
from pipeline.requests.actions import apply_waiting
from pipeline.serving.live_moments import kept
from pipeline.windows.retractions import cleared, key_of
from pipeline.windows.rows import event_rows, sample_rows, stream_row, term_rows, window_rows
from pipeline.windows.track import Closed
from warehouse.published.table_files import samples_schema
from warehouse.records import iso, utc

log = logging.getLogger(__name__)

_LOGGED = 20  # windows of a commit that are worth a line each


def commit(state: State) -> None:
    """The turn into the warehouse, then publish, then requests.

    Raises StorageFull; the turn then waits for the next try.
    """
    closed, samples, retold = keep(state)
    state.moods.refresh(closed, state.intake, state.forecasts)
    publish(state, samples, retold)
    # after publishing: a request to forget finds all there is
    if apply_waiting(state.workspace):
        publish(state)
    _log(closed, state.clock)


def keep(state: State) -> tuple[list[Closed], pa.Table, list[tuple[str, datetime]]]:
    """The turn with its forecasts and scores in one transaction: its windows, and what is to be
    published that no warehouse holds: lines, and the windows whose lines of before go.

    Raises StorageFull; the turn then waits for the next try.
    """
    turn = state.turn
    closed = latest(turn.closed)
    state.pending.add(closed, state.forecasts, partial(_is_past, state))
    shown = state.forecasts.shown
    turn.alerts = [foretold(alert, shown(alert.channel)) for alert in turn.alerts]
    _write(state, turn, closed)
    retold = state.retractions.retold(closed)
    state.turn = Turn()
    state.webhook.put(turn.alerts)
    state.sender.put(turn.moments)
    state.pending.done()
    return closed, _samples(state, closed), retold


def _write(state: State, turn: Turn, closed: list[Closed]) -> None:
    store, source = state.store, state.source
    rows_of: dict[str, list[Any]] = {
        "windows": window_rows(closed, source),
        "window_terms": term_rows(closed, state.intake.gate),
        "events": [*event_rows(turn.events), *(m.row() for m in turn.moments), *turn.outcomes],
        "alerts": [alert.row() for alert in turn.alerts],
        "streams": [stream_row(stream, source) for stream in turn.streams.values()],
        "forecasts": list(state.pending.forecasts.values()),
    }
    tables = {name: store.rows(name, rows) for name, rows in rows_of.items() if rows}
    if scores := state.pending.scores:
        tables["forecast_scores"] = store.columns("forecast_scores", score_columns(scores))
    state.buffer.flush()
    silent = [c.window for c in closed if c.again and not c.lines]  # whose terms have to go
    store.write(
        tables,
        {"clock": str(state.clock), "source": source, **kept(turn.moments)},
        before=cleared(silent),
    )
    store.touched("window_terms", map(key_of, silent))


def publish(
    state: State,
    samples: pa.Table | None = None,
    retold: list[tuple[str, datetime]] | None = None,
) -> None:
    """A publishing cycle, what the EBS serves, and what goes into a bucket with it.

    retold: windows whose lines of before go, by channel and start.
    """
    publisher = state.publisher
    while state.merged:
        publisher.swap_merged(*state.merged.pop(0))
    publisher.publish(samples, state.workspace.oldest_text(), retold)
    clock = state.clock if state.source == "replay" else None
    told = state.now(), clock, state.out(), state.clock_offset()
    for channel_id, body in state.moods.bodies(state.source, *told):
        publisher.put_latest(channel_id, body)
    if state.keep:
        state.keep(state)


def _is_past(state: State, closed: Closed) -> bool:
    """True for a window made again of a stream that is no longer forecast."""
    stream = state.intake.track(closed.window.channel).stream
    return closed.again and (stream is None or stream.stream_id != closed.window.stream_id)


def _samples(state: State, closed: Iterable[Closed]) -> pa.Table:
    retention_s, known_since = state.buffer.retention_s, state.intake.known_since
    since = utc(state.now()) - timedelta(seconds=retention_s)
    shown = closed if retention_s else []  # even of a clock that is ahead of ours
    # lines of long ago may have names that nobody remembers: those published stay
    shown = [c for c in shown if not c.again or c.window.start.timestamp() >= known_since]
    rows = sample_rows(shown, state.intake.gate, since)
    return pa.Table.from_pylist(rows, schema=samples_schema())


def _log(closed: list[Closed], clock: float) -> None:
    """A line a window; one for all of them while catching up."""
    if len(closed) > _LOGGED:
        log.info("windows closed count=%d to=%s", len(closed), iso(utc(clock)))
        return
    for c in closed:
        w = c.window
        log.info(
            "window closed channel=%s start=%s n=%d late=%d observed_s=%.1f",
            w.channel, iso(w.start), w.n_messages, w.n_late, w.observed_s,
        )  # fmt: skip

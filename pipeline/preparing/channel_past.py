"""The past of one simulated channel, in a process of its own: a daemon's work without its waits.

It has a data folder of its own, whose rows are the result, and goes the way of live chat: the same
batches, tracks, forecasts and moments, so what comes of it is what a daemon would have had.
"""

import gc
import os
import signal
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from threading import Thread

import pyarrow as pa

from pipeline.config import PipelineSettings
from pipeline.engine import tables
from pipeline.engine.commit import keep
from pipeline.engine.receive import meet, receive
from pipeline.engine.state import State
from pipeline.memory import spare_memory
from pipeline.serving.live_moments import kept
from pipeline.sources.simulation.source import Simulate
from pipeline.vocabulary.proposals import Counted
from pipeline.windows.intake import IntakeCounts
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.errors import AppError
from warehouse.kinds import SIMULATED
from warehouse.published.progress import Progress
from warehouse.store.store import Store

_WINDOWS = 2000  # in a transaction
_TOLD = 0.01  # of the whole, after which it is told how far it is


@dataclass(frozen=True)
class Order:
    """An order: the chat of `source`, of one channel, up to `until` (epoch s). folder:
    where, with the salt of the install."""

    folder: DataFolder
    settings: PipelineSettings
    optout: OptOut
    source: Simulate
    until: float


@dataclass(frozen=True)
class ChannelPast:
    """All that was made but for rows: lines to be published, what vocabulary and counters know, and
    values to be kept beside the tables."""

    vocabulary: Counted
    counts: IntakeCounts
    samples: list[pa.Table]
    meta: dict[str, str]


def run(order: Order, to: Connection) -> None:
    """Make it in a process begun for that; a ChannelPast or an AppError."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: whoever began it ends it
    Thread(target=_end_with_parent, daemon=True).start()
    spare_memory()
    gc.disable()  # it ends soon, and what it makes holds few cycles
    try:
        to.send(make(order))
    except AppError as exc:
        to.send(exc)
    os._exit(0)  # else DuckDB prints of leaks


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)


def make(order: Order) -> ChannelPast:
    """Make it, and tell in its folder how far it is. Raises StorageFull."""
    with Store(order.folder.warehouse) as store:
        state = State(order.folder, order.settings, SIMULATED, store, optout=order.optout)
        vocabulary = state.vocabulary
        meet(state, order.source.channels())
        samples, meta = list[pa.Table](), dict[str, str]()
        began = told = order.source.start
        span_s = order.until - began
        for batch in order.source.past(order.until):
            state.turn.add(receive(state, batch))
            if len(state.turn.closed) >= _WINDOWS:
                meta |= kept(state.turn.moments)
                samples.append(keep(state)[1])
            if order.source.start - told >= _TOLD * span_s:
                told = order.source.start
                Progress("past", span_s, (told - began) / span_s).tell(order.folder)
        meta |= kept(state.turn.moments)
        samples.append(keep(state)[1])
        tables.write_channels(state)  # with how much of it can be read
        tables.write_learnt(state)
        state.buffer.close()
        vocabulary.drop(filter(state.intake.gate.is_login, vocabulary.widely_used()))
        return ChannelPast(vocabulary.counted(), state.intake.counts, samples, meta)

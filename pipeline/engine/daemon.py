"""The daemon: batches from a source into the engine, until it ends or is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from pipeline.chat.message import Batch, Source
from pipeline.engine.engine import Engine
from pipeline.engine.state import State
from pipeline.forecasting import retrain
from warehouse.errors import StorageFull
from warehouse.published import compact
from warehouse.records import utc

T = TypeVar("T")
log = logging.getLogger(__name__)

_RETRY_S = 5.0
_COMPACT_S = 30.0
_MERGES = 8  # groups of files merged at a time
_AHEAD = 4  # batches a source may be ahead of the engine


class Beside(Protocol):
    """Work beside the turns that tells the source what is stored, where it is more than to be
    committed (pushing.py)."""

    async def keep(self, source: Source) -> None:
        """Do so until cancelled."""

    async def finish(self, source: Source) -> None:
        """Once more, when the last is committed."""


async def run(engine: Engine, source: Source, beside: Beside | None = None) -> None:
    """Feed the engine until the source ends, SIGTERM or Ctrl-C; then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await _patiently(engine.know, source.channels(), engine.retry, stop)
    queue: asyncio.Queue[Batch | None] = asyncio.Queue(_AHEAD)
    try:
        async with asyncio.TaskGroup() as tasks:
            state = engine.state
            beside_turns = [
                tasks.create_task(each)
                for each in (
                    _read(source.batches(), queue),
                    _compact(state),
                    state.catalogues.keep(state.rooms),
                    state.webhook.keep(),
                    state.sender.keep(),
                    state.viewers_clips.keep(),
                    state.recaps.keep(),
                    _train(state),
                    _keep(beside, source),
                )
            ]
            await _feed(engine, None if beside else source, queue, stop)
            for task in beside_turns:
                task.cancel()
    except ExceptionGroup as group:  # of one task: the rest were only cancelled
        raise group.exceptions[0] from None
    finally:
        await asyncio.to_thread(engine.finish)
        if not beside:
            source.stored(engine.stored())
    if beside:
        await beside.finish(source)


async def _read(batches: AsyncIterator[Batch], queue: asyncio.Queue[Batch | None]) -> None:
    async for batch in batches:
        await queue.put(batch)
    await queue.put(None)


async def _keep(beside: Beside | None, source: Source) -> None:
    if beside:
        await beside.keep(source)


async def _feed(
    engine: Engine, source: Source | None, queue: asyncio.Queue[Batch | None], stop: asyncio.Event
) -> None:
    """source: is told what is committed; None where that is not enough."""
    stopping = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        getting = asyncio.ensure_future(queue.get())
        await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done():
            getting.cancel()
            break
        batch = getting.result()
        if batch is None:
            break
        await _patiently(engine.feed, batch, engine.retry, stop)
        if source:
            source.stored(engine.stored())
    stopping.cancel()


async def _patiently(
    step: Callable[[T], None], value: T, retry: Callable[[], None], stop: asyncio.Event
) -> None:
    """Run a step; while the disk is full, wait and try again until told to stop. Nothing is
    read meanwhile."""
    try:
        await _to_its_end(step, value)
        return
    except StorageFull as exc:
        log.error("paused: %s", exc)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _RETRY_S)
        try:
            await _to_its_end(retry)
            log.info("space again, going on")
            return
        except StorageFull:
            continue


async def _to_its_end(step: Callable[..., None], *values: object) -> None:
    """Run a step in a thread. Cancelled, it is waited for: no other may begin beside it."""
    work = asyncio.ensure_future(asyncio.to_thread(step, *values))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


async def _compact(state: State) -> None:
    """Merge the files of finished hours, days and months, beside everything else."""
    while True:
        await asyncio.sleep(_COMPACT_S)
        if state.merged:  # the last ones are not in yet: they would only be made again
            continue
        now = utc(state.now())
        plan = compact.plan(state.publisher.manifest, now)
        here = [(t, files) for t, files in plan if not {f.path for f in files} & {*state.awaited}]
        for table, files in here[:_MERGES]:
            try:
                merged = await asyncio.to_thread(compact.merge, state.folder, table, files)
            except StorageFull as exc:  # or a part has just gone; there is a next time
                log.warning("not merged: %s", exc)
                break
            state.merged.append((table, {file.path for file in files}, merged))


async def _train(state: State) -> None:
    """Nightly, where it is asked for."""
    while state.awaited:  # it would be trained on a part
        await asyncio.sleep(_COMPACT_S)
    if state.settings.retrain and state.settings.forecast:
        await retrain.keep(state.folder, state.settings.retrain_at)

"""Collector: batches of a source into the queue, until the source ends or it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from pipeline.chat.message import Batch, Source
from pipeline.collect.backlog import Backlog
from pipeline.collect.collect_state import CollectState
from pipeline.collect.seconds import Seconds
from pipeline.queue.queue import QueueFailed

log = logging.getLogger(__name__)

_DRAIN_S = 5.0  # once told to stop, for what waits to be sent
_LOOK_S = 5.0
_TELL_S = 60.0


class Collector:
    """Feeds what `source` says into `backlog`. look: called every five
    seconds in a thread, for who is not to be read; it logs what fails."""

    def __init__(
        self,
        source: Source,
        seconds: Seconds,
        backlog: Backlog,
        kept: CollectState,
        look: Callable[[], None],
    ) -> None:
        self.source, self.seconds, self.backlog = source, seconds, backlog
        self.kept, self.look = kept, look

    async def run(self) -> None:
        """Until the source ends, SIGTERM or Ctrl-C; then send what is left. Raises QueueFailed
        where some of it could not be sent."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        stopping = asyncio.ensure_future(stop.wait())
        reading = asyncio.ensure_future(self._read())
        chores = [
            asyncio.ensure_future(c) for c in (self.backlog.keep(), self._look(), _tell(self))
        ]
        try:
            await asyncio.wait({stopping, reading, *chores}, return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, *chores):
                if task.done():  # reading ends with its source, the others by a fault
                    task.result()
            await _cancel(reading)
            await self._send_rest(stopping)
        finally:
            await _cancel(reading, stopping, *chores)
            self._keep()

    async def _read(self) -> None:
        async for batch in _with_channels(self.source):
            for shard, bodies in self.seconds.take(batch).items():
                await self.backlog.put(shard, bodies)
            self._keep()

    async def _send_rest(self, stopping: "asyncio.Future[Any]") -> None:
        for shard, bodies in self.seconds.flush().items():
            self.backlog.add(shard, bodies)
        draining = asyncio.ensure_future(self.backlog.drain())
        await asyncio.wait({draining, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({draining}, timeout=_DRAIN_S)
        draining.cancel()
        if left := len(self.backlog):
            raise QueueFailed(
                f"{left} bodies (a second of a shard each) could not be sent and are lost; "
                "the queue does not answer"
            )
        if self.seconds.at is not None:
            self.source.stored(self.seconds.at)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await asyncio.to_thread(self.look)

    def _keep(self) -> None:
        who, streams = self.kept.identities, self.seconds.sight.streams
        on_air = sorted(filter(None, map(who.login_of, list(streams))))
        if self.seconds.has_met or on_air != self.kept.on_air:
            self.kept.on_air, self.seconds.has_met = on_air, False
            self.kept.save()


async def _with_channels(source: Source) -> AsyncIterator[Batch]:
    """Its batches; what it says of its channels before them comes with the first."""
    infos = source.channels()
    async for batch in source.batches():
        yield replace(batch, items=(*infos, *batch.items)) if infos else batch
        infos = []


async def _tell(collector: Collector) -> None:
    """A line a minute."""
    while True:
        await asyncio.sleep(_TELL_S)
        seconds, backlog = collector.seconds, collector.backlog
        log.info(
            "collected messages=%d of_opted_out=%d waiting=%d dropped=%d",
            seconds.messages, seconds.hidden, len(backlog), backlog.dropped,
        )  # fmt: skip


async def _cancel(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""The backlog of collect while the queue is down: kept, bounded, sent in order."""

import asyncio
import logging

import pytest

from pipeline.collect import backlog as backlogs
from pipeline.collect.backlog import Backlog
from pipeline.queue.memory import MemoryQueue, MemorySender
from pipeline.queue.queue import Packed
from tests.helpers.patience import play


async def opened(queue: MemoryQueue) -> MemorySender:
    return MemorySender(queue)


def bodies(first: int, n: int) -> list[Packed]:
    return [Packed(f"r-0-{k}", bytes(100)) for k in range(first, first + n)]


def test_it_keeps_what_comes_while_the_queue_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlogs, "_FIRST_WAIT_S", 0.01)

    async def test() -> None:
        queue = MemoryQueue(is_down=True)
        backlog = Backlog(lambda: opened(queue), 2, waits=False)
        keeping = asyncio.ensure_future(backlog.keep())
        for first in range(0, 200, 20):
            await backlog.put(0, bodies(first, 20))
            await asyncio.sleep(0)
        assert len(backlog) == 200 and not queue.bodies.get(0)
        queue.is_down = False
        await backlog.drain()
        assert list(queue._ids) == [body.id for body in bodies(0, 200)]
        assert backlog.dropped == 0 and backlog.size == 0
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    play(test())


def test_the_oldest_are_dropped_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    async def test() -> None:
        backlog = Backlog(lambda: opened(MemoryQueue()), 1, waits=False, most=1000)
        await backlog.put(0, bodies(0, 25))
        assert len(backlog) == 10 and backlog.dropped == 15 and backlog.size == 1000

    play(test())
    assert "bodies=15" in caplog.text


def test_a_source_that_can_wait_waits_and_loses_nothing() -> None:
    async def test() -> None:
        queue = MemoryQueue()
        backlog = Backlog(lambda: opened(queue), 1, waits=True, most=10)
        putting = asyncio.ensure_future(backlog.put(0, bodies(0, 500)))
        await asyncio.sleep(0.01)
        assert not putting.done() and backlog.dropped == 0
        keeping = asyncio.ensure_future(backlog.keep())
        await putting
        await backlog.drain()
        assert len(queue._ids) == 500
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    play(test())

"""A reader of the queue whose lease is over: it takes nothing from whoever may read now."""

import asyncio
from contextlib import aclosing

import pytest

from pipeline.sources import queue as reading
from pipeline.sources.queue import Expected, QueueSource
from tests.helpers.takeovers import SALT, began, fill, pair
from tests.helpers.through_queue import memory
from warehouse.salt import fingerprint


def test_once_its_lease_is_over_it_reads_nothing_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_WAIT_S", 0.01)
    monkeypatch.setattr(reading, "EXTEND_S", 0.02)
    t0 = began(60)
    source = QueueSource(memory("lease"), Expected(0, fingerprint(SALT), "live"))

    async def read() -> None:
        with pair("lease") as (_, queue):
            fill(queue, t0, 1)
            async with aclosing(source.batches()) as batches:
                assert (await anext(batches)).at == t0 + 1
                source.leased(0.0)
                (held,) = [until for _, _, until in queue.bodies[0].values()]
                fill(queue, t0, 2)
                for _ in range(5):
                    assert not (await anext(batches)).items
                assert [until for _, _, until in queue.bodies[0].values()] == [held, 0.0, 0.0]
                source.leased(float("inf"))
                while not (await anext(batches)).items:
                    pass
                assert min(until for _, _, until in queue.bodies[0].values()) > 0

    asyncio.run(read())

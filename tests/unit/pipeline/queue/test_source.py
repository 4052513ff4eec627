"""The source that reads a shard's queue: where it cannot settle, it ends and says why."""

import asyncio
from typing import Any

import pytest

from pipeline.config import QueueSettings
from pipeline.sources.queue import Expected, QueueSource
from warehouse.errors import BadInput


def test_a_reader_that_may_not_settle_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def settle(self: Any, handles: Any = ()) -> None:
        raise BadInput("SQS refuses (AccessDenied)")

    async def read() -> None:
        async for _ in source.batches():
            pass

    monkeypatch.setattr(QueueSource, "_settle", settle)
    monkeypatch.setattr("pipeline.sources.queue._WAIT_S", 0.01)
    settings = QueueSettings(_env_file=None, queue_url="memory://settle")
    source = QueueSource(settings, Expected(0, "salt"))
    with pytest.raises(BadInput, match="AccessDenied"):
        asyncio.run(asyncio.wait_for(read(), 10))

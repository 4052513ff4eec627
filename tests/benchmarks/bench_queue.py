"""Messages a second from collect to committed windows, against one machine's, on one core.

Real chat of DLD_TEST_DATA. The queue is in memory: what is measured is ours, hashing, packing,
unpacking and putting in order, not a server's.
"""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.chat.message import Batch, Message
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from pipeline.sources.replay import Replay
from tests.helpers.through_queue import Machine, fill, packed

CHAT = Path(os.environ.get("DLD_TEST_DATA", "/nonexistent")) / "data" / "chat.parquet"
MESSAGES = int(os.environ.get("DLD_BENCH_MESSAGES", 200_000))
LEAST = 0.6  # of one machine's


def chat(folder: Path) -> list[Batch]:
    """The first batches of the replay of a table, 30 s of chat each."""

    async def told() -> list[Batch]:
        table = ChatTable(CHAT, folder / "scratch")
        source = Replay(table, place(table.streams([], []), True))
        batches, n = list[Batch](), 0
        async with aclosing(source.batches()) as coming:
            async for batch in coming:
                batches.append(batch)
                n += sum(isinstance(item, Message) for item in batch.items)
                if n >= MESSAGES:
                    break
        return [replace(batches[0], items=(*source.channels(), *batches[0].items)), *batches[1:]]

    return asyncio.run(told())


def cpu(step: Callable[[], object]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


@pytest.mark.data
@pytest.mark.skipif(not CHAT.is_file(), reason="needs real chat: DLD_TEST_DATA")
def test_a_queue_between_costs_less_than_a_half(tmp_path: Path) -> None:
    batches = chat(tmp_path)
    n = sum(isinstance(item, Message) for batch in batches for item in batch.items)
    warm = Machine(tmp_path / "warm", "replay", anew=True, lexicon="full")
    warm.tell(batches)  # what is loaded or remembered by the first is not measured
    one = Machine(tmp_path / "one", "replay", anew=True, lexicon="full")
    alone = cpu(lambda: (one.tell(batches), one.engine.commit()))
    bodies = packed([], "replay")
    collecting = cpu(lambda: bodies.extend(packed(batches, "replay")))
    fill("bench", bodies)
    shard = Machine(tmp_path / "shard", "replay", lexicon="full")
    until = max(batch.at or 0.0 for batch in batches)
    reading = cpu(lambda: (shard.read("bench", until), shard.engine.commit()))
    size = sum(len(body.data) for _, body in bodies)
    print(
        f"\n{n} messages, {size / n:.0f} bytes each in {len(bodies)} bodies; messages/s on a core: "
        f"one machine {n / alone:.0f}, collect {n / collecting:.0f}, shard {n / reading:.0f}, "
        f"both {n / (collecting + reading):.0f} ({alone / (collecting + reading):.2f} of it)"
    )
    assert alone / (collecting + reading) >= LEAST

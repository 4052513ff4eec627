"""Workers of one shard that are killed, and their successors: a bucket and a queue in memory."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import ChannelInfo, Heard, Item, Message, StreamStart, Watch
from pipeline.config import QueueSettings
from pipeline.engine import daemon, pushing
from pipeline.engine import engine as engines
from pipeline.engine.engine import Engine
from pipeline.engine.shard import ClaimedShard, open_shard
from pipeline.queue.body import Body
from pipeline.queue.memory import MemoryQueue, named
from pipeline.queue.packer import Packer
from pipeline.queue.queue import Packed
from pipeline.sources.queue import Expected, QueueSource
from tests.helpers.build import settings
from tests.helpers.patience import PATIENCE_S
from warehouse.bucket import claim, push
from warehouse.bucket.objects import Bucket, BucketFailed, open_bucket
from warehouse.config import BucketSettings, DataFolder
from warehouse.records import window_start
from warehouse.salt import fingerprint
from warehouse.store.store import Store

SALT = bytes(16)
TEXTS = ("great", "terrible play", "LUL", "so sad :(", "hello there", "!command")
CHANNELS = ("demo", "other")


def quick(patch: pytest.MonkeyPatch) -> None:
    """Whatever waits, waits for a hundredth of its time."""
    patch.setattr(pushing, "EVERY_S", 0.05)
    patch.setattr(pushing, "LOOK_S", 0.01)
    patch.setattr(push, "TOUCH_S", 0.1)
    patch.setattr(claim, "SILENT_S", 0.3)
    patch.setattr(claim, "LOOK_S", 0.02)
    patch.setattr(engines, "_COMMIT_S", 0.05)


def began(seconds: int) -> float:
    """The start of a window, so long ago."""
    return float(window_start(time.time() - seconds))


def fill(queue: MemoryQueue, t0: float, seconds: int, twice: int = 0) -> int:
    """That chat into shard 0's queue, every `twice`th body two times; how many messages."""
    bodies = chat(t0, seconds)
    for k, body in enumerate(bodies):
        queue.put(0, body)
        if twice and k % twice == 0:
            queue.put(0, body, twice=True)
    return 3 * len(bodies)


def chat(t0: float, seconds: int) -> list[Packed]:
    """Chat of two channels, a body a second; three messages in each."""
    packer = Packer("live", fingerprint(SALT))
    return [body for k in range(seconds) for body in packer.pack(_second(packer, t0, k))]


def _second(packer: Packer, t0: float, k: int) -> Body:
    at = t0 + k
    began = tuple(StreamStart(c, t0, f"{c}:s") for c in CHANNELS)
    items: list[Item] = [_message(at, k * 3 + n, k + n) for n in range(3)]
    items += [Heard(c, at + 1) for c in CHANNELS]
    told: dict[str, Any] = {"streams": began, "seen": dict.fromkeys(CHANNELS, (t0, at))}
    if k == 0:
        infos = tuple(ChannelInfo(c, str(n)) for n, c in enumerate(CHANNELS, 11))
        items = [*began, *(Watch(c, t0) for c in CHANNELS), *items]
        told = {"infos": infos}
    return packer.body(0, at, at + 1, items=tuple(items), closes=True, **told)


def _message(at: float, number: int, place: int) -> Message:
    late = 4 if number % 97 == 0 and number > 30 else 0  # out of order
    said, who = at + number % 3 * 0.3 - late, str(number % 7 + 1)
    return Message(f"m{number}", CHANNELS[place % 2], said, who, TEXTS[number % 6])


class Worker:
    """A daemon of shard 0 on its own folder, in this process."""

    def __init__(self, root: Path, name: str) -> None:
        self.folder, self.name = DataFolder(root), name
        self.is_dead = False
        root.mkdir(parents=True, exist_ok=True)
        (root / "salt").write_bytes(SALT)

    def open(self) -> ClaimedShard:
        """The shard, when it is ours; its bucket fails once the worker is dead."""
        at = BucketSettings(_env_file=None, bucket_url=f"memory:{self.name}")
        shard = open_shard(self.folder, at)
        put = shard.bucket.put

        def alive(*values: Any) -> str:
            if self.is_dead:
                raise BucketFailed("dead")
            return put(*values)

        shard.bucket.put = alive  # type: ignore[method-assign]
        return shard

    def run(self, until: float, kill_after: float | None = None) -> None:
        """Until all is stored up to that clock, or killed before."""
        self.run_as(self.open(), until, kill_after)

    def run_as(self, shard: ClaimedShard, until: float, kill_after: float | None = None) -> None:
        """The same, of a shard that was opened before."""
        queue = QueueSettings(_env_file=None, queue_url=f"memory://{self.name}")
        with Store(self.folder.warehouse) as store:
            clock = float(store.meta("clock") or 0)
            source = QueueSource(queue, Expected(0, fingerprint(SALT), "live"), clock)
            engine = Engine(self.folder, settings(), "live", store)
            shard.begin(engine.state)
            asyncio.run(self._run(engine, source, shard, until, kill_after))

    async def _run(
        self,
        engine: Engine,
        source: QueueSource,
        shard: ClaimedShard,
        until: float,
        after: float | None,
    ) -> None:
        running = asyncio.ensure_future(daemon.run(engine, source, shard))
        began = time.monotonic()
        while source._stored < until and not running.done():
            await asyncio.sleep(0.01)
            assert time.monotonic() - began < PATIENCE_S
            if after is not None and time.monotonic() - began > after:
                self.is_dead = True
                engine.finish = engine.state.buffer.close  # type: ignore[method-assign]
                break
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@contextmanager
def pair(name: str) -> Iterator[tuple[Bucket, MemoryQueue]]:
    """The bucket and the queue of that name."""
    yield open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{name}")), named(name)

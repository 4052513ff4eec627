"""A pipeline to be killed: python -m tests.contract.crash_driver FOLDER MODE NOW [FILE].

live: chat as a connection brings it, an hour in half a minute; what is said while nobody
listens is gone. sent.log has every message told to the engine, flushed.log every one that the
buffer has on disk. replay and simulate: the sources themselves, as if NOW were now.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from pipeline import daemon
from pipeline.engine import Engine
from pipeline.imports.place import place
from pipeline.message import Batch, ChannelInfo, Heard, Message, StreamStart, Watch
from pipeline.sources.replay import Replay
from pipeline.sources.simulate import Simulate
from pipeline.table import ChatTable
from tests.build import settings
from warehouse.config import DataFolder
from warehouse.store import Store

SPEED = 120.0  # of the live chat's clock
EVERY = 2.0  # seconds of it between messages
PAST_DAYS = 0.12


class Live:
    """Message k is said at `anchor` + k EVERY; the anchor is kept beside the data."""

    kind = "live"

    def __init__(self, root: Path, now: float, log: Callable[[str, str], None]) -> None:
        anchor = root / "anchor"
        if not anchor.is_file():
            anchor.write_text(repr(time.time()))
        self.anchor, self.began, self.log = float(anchor.read_text()), now, log

    def clock(self) -> float:
        return (time.time() - self.anchor) * SPEED

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("demo")]

    async def batches(self) -> AsyncIterator[Batch]:
        said = int(self.clock() / EVERY) + 1
        start = self.began + self.clock()
        yield Batch(start, (StreamStart("demo", self.began, "one"), Watch("demo", start)))
        while True:
            await asyncio.sleep(0.05)
            until = self.clock()
            items = []
            while said * EVERY < until:
                at = self.began + said * EVERY
                items.append(Message(f"m{said}", "demo", at, f"u{said % 5}", "great"))
                self.log("sent", f"{at}")
                said += 1
            yield Batch(self.began + until, (*items, Heard("demo", self.began + until)))


class Until:
    """A source that ends when its clock has come to `end`."""

    def __init__(self, source: Simulate, end: float) -> None:
        self.source, self.end, self.kind = source, end, source.kind

    def channels(self) -> list[ChannelInfo]:
        return self.source.channels()

    async def batches(self) -> AsyncIterator[Batch]:
        async for batch in self.source.batches():
            if batch.at > self.end:
                return
            yield batch
            await asyncio.sleep(0.002)  # not in one breath, or no kill would fall into it


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


def open_source(
    mode: str, root: Path, now: float, store: Store, log: Callable[[str, str], None]
) -> Live | Until | Replay:
    sleep: Callable[[float], Awaitable[None]] = at_once
    if mode == "live":
        return Live(root, now, log)
    if mode == "simulate":
        clock = float(store.meta("clock") or 0) or None
        source = Simulate(
            now=now, past_days=PAST_DAYS, resume_from=clock, clock=lambda: now, sleep=sleep
        )
        return Until(source, now)
    table = ChatTable(Path(sys.argv[4]), root / "scratch")
    placed = place(table.streams())
    return Replay(table, placed, speed=900, to_now=True, clock=_steady(now))


def _steady(now: float) -> Callable[[], float]:
    """A clock that shows `now` at first, so that every run moves the chat to the same time."""
    began: list[float] = []

    def clock() -> float:
        began.append(time.monotonic())
        return now + began[-1] - began[0]

    return clock


def main() -> None:
    root, mode, now = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    root.mkdir(parents=True, exist_ok=True)

    def log(name: str, line: str) -> None:
        with (root / f"{name}.log").open("a") as file:
            os.write(file.fileno(), f"{line}\n".encode())

    with Store(DataFolder(root).warehouse) as store:
        source = open_source(mode, root, now, store, log)
        engine = Engine(DataFolder(root), settings(), source.kind, store)
        append, flush = engine.buffer.append, engine.buffer.flush
        waiting: list[float] = []

        def appended(item: object, compound: float | None = None) -> None:
            append(item, compound)  # type: ignore[arg-type]
            if isinstance(item, Message):
                waiting.append(item.at)

        def flushed() -> None:
            flush()
            for at in waiting:
                log("flushed", f"{at}")
            waiting.clear()

        if mode == "live":
            engine.buffer.append, engine.buffer.flush = appended, flushed  # type: ignore[method-assign]
        feed = engine.feed

        def fed(batch: Batch) -> None:
            if engine.feed is fed:
                print("running", flush=True)
                engine.feed = feed  # type: ignore[method-assign]
            feed(batch)

        engine.feed = fed  # type: ignore[method-assign]
        asyncio.run(daemon.run(engine, source))
    print("ended", flush=True)


if __name__ == "__main__":
    main()

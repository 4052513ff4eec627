"""A pipeline to be killed, in a process of its own.

live: chat of three channels as a connection brings it, an hour in half a minute; what is said
while nobody listens is gone. sent.log has every message told to the engine, flushed.log every one
that the buffer has on disk. replay and simulate: the sources themselves, as if NOW were now.
It says "opening" once it is imported, "running" when it takes in the first batch, "ended" after
it has drained. Commits are made more often than they would be, so that more kills hit one.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Message,
    Source,
    StreamStart,
    Watch,
)
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from pipeline.engine import daemon
from pipeline.engine import engine as engines
from pipeline.engine.engine import Engine
from pipeline.sources.replay import Replay
from pipeline.sources.simulation.source import Simulate
from pipeline.windows.buffer import Buffer
from tests.helpers.build import settings
from warehouse.config import DataFolder
from warehouse.store.store import Store

SPEED = 120.0  # of the live chat's clock
EVERY = 0.1  # seconds of it between messages: 1,200 a second of ours
CHANNELS = ("demo", "other", "third")
TEXTS = ("great", "terrible play", "LUL", "so sad :(", "hello there")
PAST_DAYS = 0.08


Log = Callable[[str, Iterable[Message]], None]


class Live(Source):
    """Message k is said at `anchor` + k EVERY; the anchor is kept beside the data.

    Text, chatter and channel follow from k alone."""

    kind = "live"

    def __init__(self, root: Path, now: float, log: Log) -> None:
        anchor = root / "anchor"
        if not anchor.is_file():
            anchor.write_text(repr(time.time()))
        self.anchor, self.began, self.log = float(anchor.read_text()), now, log

    def clock(self) -> float:
        return (time.time() - self.anchor) * SPEED

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo(name) for name in CHANNELS]

    async def batches(self) -> AsyncIterator[Batch]:
        said = int(self.clock() / EVERY) + 1
        start = self.began + self.clock()
        begun = [StreamStart(name, self.began, f"{name}:one") for name in CHANNELS]
        yield Batch(start, (*begun, *(Watch(name, start) for name in CHANNELS)))
        while True:
            await asyncio.sleep(0.05)
            until = self.clock()
            items = []
            while said * EVERY < until:
                items.append(self.message(said))
                said += 1
            self.log("sent", items)
            heard = (Heard(name, self.began + until) for name in CHANNELS)
            yield Batch(self.began + until, (*items, *heard))

    def message(self, k: int) -> Message:
        channel, text = CHANNELS[k % len(CHANNELS)], TEXTS[k * k % 11 % len(TEXTS)]
        return Message(f"m{k}", channel, self.began + k * EVERY, f"u{k % 7}", text)


class Until(Source):
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
            await asyncio.sleep(0.02)  # or it might be over before it is killed


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


def open_source(
    mode: str, root: Path, now: float, file: Path | None, store: Store, log: Log
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
    assert file
    table = ChatTable(file, root / "scratch")
    placed = place(table.streams())
    return Replay(table, placed, speed=700, to_now=True, clock=_steady(now))


def _steady(now: float) -> Callable[[], float]:
    """A clock that shows `now` at first, so that every run moves the chat to the same time."""
    began: list[float] = []

    def clock() -> float:
        began.append(time.monotonic())
        return now + began[-1] - began[0]

    return clock


def logger(root: Path) -> Log:
    """Appends messages to NAME.log, a line each: channel and time, in one write."""

    def log(name: str, messages: Iterable[Message]) -> None:
        lines = "".join(f"{m.channel} {m.at}\n" for m in messages)
        with (root / f"{name}.log").open("a") as file:
            os.write(file.fileno(), lines.encode())

    return log


def tell_what_is_on_disk(buffer: Buffer, log: Log) -> None:
    """Log every message after the flush that wrote it."""
    append, flush = buffer.append, buffer.flush
    waiting: list[Message] = []

    def appended(item: Item, compound: float | None = None) -> None:
        append(item, compound)
        if isinstance(item, Message):
            waiting.append(item)

    def flushed() -> None:
        flush()
        log("flushed", waiting)
        waiting.clear()

    buffer.append, buffer.flush = appended, flushed  # type: ignore[method-assign]


def tell_of_the_first_batch(engine: Engine, told: Connection) -> None:
    feed = engine.feed

    def fed(batch: Batch) -> None:
        told.send("running")
        engine.feed = feed  # type: ignore[method-assign]
        feed(batch)

    engine.feed = fed  # type: ignore[method-assign]


def run(told: Connection, root: Path, mode: str, now: float, file: Path | None) -> None:
    """told: where it says how far it is."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # its log
    engines._COMMIT_S = 0.2
    root.mkdir(parents=True, exist_ok=True)
    told.send("opening")
    with Store(DataFolder(root).warehouse) as store:
        source = open_source(mode, root, now, file, store, logger(root))
        engine = Engine(DataFolder(root), settings(), source.kind, store, anew=source.anew)
        if mode == "live":
            tell_what_is_on_disk(engine.state.buffer, logger(root))
        tell_of_the_first_batch(engine, told)
        asyncio.run(daemon.run(engine, source))
    told.send("ended")

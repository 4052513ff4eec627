"""A daemon to be weighed: python -m tests.benchmarks.memory_driver FOLDER HOURS.

The daemon as `python -m pipeline run` has it, forecasts on, with a hundred channels whose chat
is told as fast as it goes. The wall clock is the chat's, so that every window is committed and
published by itself, text expires and files leave as on a day. Reports every 150 s of chat.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pipeline.__main__  # noqa: F401 - all that the command has in memory
from pipeline.chat.message import Batch, ChannelInfo, Heard, Item, Message, StreamStart, Watch
from pipeline.config import PipelineSettings
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.memory import spare_memory
from warehouse.config import DataFolder
from warehouse.records import WINDOW_SECONDS, window_start
from warehouse.store.store import Store

CHANNELS = 100
MOST = 7  # messages in a window of a channel; four on average
CHATTERS = 3000  # of a channel in a day
WORDS = 4000  # made up, a few more every minute
KNOWN = "great love terrible sad nice bad LUL PogChamp Kappa monkaS win lose fun hate wow :) :("
EVERY_S = 150.0


class Crowd:
    """Chat of a hundred channels; the wall clock follows it."""

    kind = "live"

    def __init__(self, engine: Engine, hours: float) -> None:
        self.engine, self.hours = engine, hours
        self.random = random.Random(1)
        self.names = [f"channel{k:02d}" for k in range(CHANNELS)]
        self.now = float(window_start(time.time()))
        self.said = 0
        self.words = [*KNOWN.split() * 20, *(self._word() for _ in range(WORDS))]
        time.time = self.clock  # type: ignore[assignment]

    def clock(self) -> float:
        return self.now

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo(name) for name in self.names]

    async def batches(self) -> AsyncIterator[Batch]:
        began = self.now
        begun = [StreamStart(name, began, f"{name}:1") for name in self.names]
        yield Batch(began, (*begun, *(Watch(name, began) for name in self.names)))
        while self.now < began + self.hours * 3600:
            for item in self._half(self.now):
                yield item
            await self._taken()
            if (self.now - began) % EVERY_S == 0:
                report(self.now - began, self.said)
            self.now += WINDOW_SECONDS

    def stored(self, at: float) -> None:
        """Kept nowhere else."""

    async def _taken(self) -> None:
        """Wait until the engine has closed these windows; housekeeping every minute of chat."""
        while self.engine.state.clock < self.now + WINDOW_SECONDS or self.engine.state.turn.closed:
            await asyncio.sleep(0.002)
        if self.now % 60 == 0:
            self.engine._slow = 0.0

    def _half(self, at: float) -> list[Batch]:
        """A window's chat in two batches; the first closes the window before."""
        items: list[Item] = []
        for name in self.names:
            for _ in range(self.random.randint(1, MOST)):
                items.append(self._message(name, at + self.random.random() * WINDOW_SECONDS))
        items.sort(key=lambda item: item.at)
        middle = len(items) // 2
        heard = [Heard(name, at + WINDOW_SECONDS) for name in self.names]
        self.words[self.random.randrange(200, len(self.words))] = self._word()
        return [
            Batch(at + WINDOW_SECONDS / 2, tuple(items[:middle])),
            Batch(at + WINDOW_SECONDS, (*items[middle:], *heard)),
        ]

    def _message(self, channel: str, at: float) -> Message:
        self.said += 1
        who = f"{channel}_{self.random.randrange(CHATTERS)}"
        text = " ".join(self.random.choices(self.words, k=self.random.randint(1, 12)))
        return Message(f"{self.said:032x}", channel, at, who, text)

    def _word(self) -> str:
        return "".join(self.random.choices("abcdefghijklmnoprstuvwz", k=self.random.randint(3, 9)))


def report(at: float, said: int) -> None:
    """Print: seconds of chat, resident MB, of these anonymous, most since the last, messages."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    kb = {line[0]: line[1] for line in lines if len(line) == 3}
    mb = [f"{int(kb[name]) / 1024:.1f}" for name in ("VmRSS:", "RssAnon:", "VmHWM:")]
    Path("/proc/self/clear_refs").write_text("5")  # the most is counted anew
    print(f"{at:.0f}", *mb, said, flush=True)


def main() -> None:
    folder, hours = DataFolder(Path(sys.argv[1])), float(sys.argv[2])
    folder.root.mkdir(parents=True, exist_ok=True)
    spare_memory()
    report(0, 0)
    daemon._COMPACT_S = 0.5
    with Store(folder.warehouse) as store:
        engine = Engine(folder, PipelineSettings(emotes=False), "live", store)
        report(0, 0)
        asyncio.run(daemon.run(engine, Crowd(engine, hours)))


if __name__ == "__main__":
    main()

"""A daemon that reads public chat and is measured: python -m tests.benchmarks.soak_driver FOLDER.

The daemon as `python -m pipeline run --source irc` has it (DLD_TWITCH_URL tells where), on a
machine whose clock is set to another time every 45 s. At its end prints how long after they were
sent messages were taken in, in bins of 10 ms.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pipeline.__main__  # noqa: F401 - all that the command has in memory
from pipeline.chat.message import Batch, Message
from pipeline.config import PipelineSettings
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.memory import spare_memory
from pipeline.sources.irc.source import Irc
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits
from pipeline.web import IRC
from tests.helpers.standins.irc import channel_names
from warehouse.config import DataFolder, TwitchAddress
from warehouse.store.store import Store

_OFF_S = (0, 600, -40, -10_800, 40, 10_800, -600)  # what the machine's clock is off, in turn
_STEP_S = 45.0
_right = time.time


def _stepping() -> float:
    return _right() + _OFF_S[int(time.monotonic() / _STEP_S) % len(_OFF_S)]


class Measured(Engine):
    """An engine that notes how old messages are when it has taken them in."""

    lags: ClassVar[Counter[int]] = Counter()

    def feed(self, batch: Batch) -> None:
        super().feed(batch)
        now = _right() * 1000
        told = (i.text.rpartition(" ")[2] for i in batch.items if isinstance(i, Message))
        self.lags.update(int((now - int(ms)) / 10) for ms in told if ms.isdecimal())


def main(folder: Path) -> None:
    """Run until told to stop."""
    spare_memory()
    time.time = _stepping
    place = DataFolder(folder)
    with Store(place.warehouse) as store:
        engine = Measured(place, PipelineSettings(emotes=False), "live", store)
        # joins are not paced: else most of the time would be spent on coming back
        limits, url = Limits(joins_per_s=0.5), TwitchAddress().of(IRC)
        clock = TwitchClock(wall=_stepping)
        source = Irc(lambda: list(channel_names(100)), url, limits, clock)
        asyncio.run(daemon.run(engine, source))
        counts = vars(engine.state.intake.counts)
        print(json.dumps({"lags": dict(engine.lags), "counts": counts}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A data folder as `make run` fills it: simulated chat of the last hours, with forecasts."""

import asyncio
import time
from pathlib import Path

from pipeline.engine.engine import Engine
from pipeline.sources.simulation.source import Simulate
from tests.helpers.build import settings
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store


def simulated_folder(root: Path, hours: float = 3) -> DataFolder:
    """The folder, published up to now, its daemon ended."""
    folder, now = DataFolder(root), float(window_start(time.time()))
    source = Simulate(now=now, past_days=hours / 24, clock=lambda: now)
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(lexicon="full", forecast=True), "simulated", store)
        engine.know(source.channels())
        asyncio.run(_feed(engine, source, now))
        engine.finish()
    return folder


async def _feed(engine: Engine, source: Simulate, now: float) -> None:
    async for batch in source.batches():
        if batch.at and batch.at > now:
            return
        engine.feed(batch)

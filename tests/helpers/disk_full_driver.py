"""A daemon whose disk fills up: python -m tests.helpers.disk_full_driver FOLDER HOW.

HOW: limit (no file may grow any further) or fill (a file takes all that is left). There is
space again once the daemon has paused. Prints how often it paused and what it stored.
"""

import asyncio
import logging
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from pipeline.chat.message import Batch, ChannelInfo, Heard, Message, Source, StreamStart, Watch
from pipeline.engine import daemon
from pipeline.engine import engine as engines
from pipeline.engine.engine import Engine
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

WINDOWS, FULL_AT = 60, 20
EACH = 50  # messages of a window


class Paused(logging.Handler):
    """Counts the pauses the daemon tells of."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.pauses += record.getMessage().startswith("paused: ")


class Chat(Source):
    """Half a minute of chat a batch, up to now."""

    kind = "live"

    def __init__(self, root: Path, how: str, paused: Paused) -> None:
        self.root, self.how, self.paused = root, how, paused
        self.began = float(window_start(time.time() - 30 * WINDOWS))

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("demo")]

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch(self.began, (StreamStart("demo", self.began, "s"), Watch("demo", self.began)))
        for number in range(WINDOWS):
            at = self.began + 30 * number
            said = [
                Message(f"{number}-{k}", "demo", at + k / 2, f"u{k}", f"great {k} {number}" * 20)
                for k in range(EACH)
            ]
            yield Batch(at + 30, (*said, Heard("demo", at + 30)))
            if number == FULL_AT:
                self.full()
                asyncio.get_running_loop().create_task(self.space_again())
            await asyncio.sleep(0.01)

    def full(self) -> None:
        if self.how == "limit":
            most = max(path.stat().st_size for path in self.root.rglob("*") if path.is_file())
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
            return
        with (self.root / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    async def space_again(self) -> None:
        while not self.paused.pauses:
            await asyncio.sleep(0.01)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        (self.root / "filler").unlink(missing_ok=True)


def main() -> None:
    folder, paused = DataFolder(Path(sys.argv[1])), Paused()
    daemon._RETRY_S, engines._COMMIT_S = 0.05, 0.0  # every window by itself, as live
    logging.getLogger().addHandler(paused)
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(), "live", store)
        asyncio.run(daemon.run(engine, Chat(folder.root, sys.argv[2], paused)))
        query = "SELECT sum(n_messages)::INTEGER, count(*) FROM windows"
        print(paused.pauses > 0, stored(store, query), rows(folder, query))


if __name__ == "__main__":
    main()

"""Batches told to an engine as one machine does, and through collect and a queue."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.chat.message import Batch
from pipeline.collect.seconds import Seconds
from pipeline.config import AlertSettings, QueueSettings
from pipeline.engine.engine import Engine
from pipeline.privacy.hashing import Hasher
from pipeline.queue.memory import MemoryQueue, named
from pipeline.queue.packer import Packer
from pipeline.queue.queue import Packed
from pipeline.sources.queue import Expected, QueueSource
from tests.helpers.build import SALT, rows, settings, stored
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.identities import Identities
from warehouse.salt import fingerprint
from warehouse.store.store import Store

TABLES = (
    "windows", "window_terms", "window_hours", "term_days", "streams", "events", "alerts",
    "channels", "vocabulary",
)  # fmt: skip
SEEN = ("windows", "window_terms", "streams", "events", "samples")


def memory(name: str) -> QueueSettings:
    """Settings of a queue in memory."""
    return QueueSettings(_env_file=None, queue_url=SecretStr(f"memory://{name}"))


def packed(
    batches: Iterable[Batch], kind: str, shards: int = 1, optout: OptOut | None = None
) -> list[tuple[int, Packed]]:
    """What one run of `collect` makes of them, each with its shard."""
    packer = Packer(kind, fingerprint(SALT))
    seconds = Seconds(packer, shards, Identities(), Hasher(SALT), lambda: optout or OptOut())
    made: list[tuple[int, Packed]] = []
    for batch in batches:
        made += [(s, body) for s, some in seconds.take(batch).items() for body in some]
    return made + [(s, body) for s, some in seconds.flush().items() for body in some]


class Machine:
    """An engine on a folder of its own, on the salt of tests."""

    def __init__(
        self, root: Path, kind: str, optout: OptOut | None = None, anew: bool = False, **values: Any
    ) -> None:
        self.folder, self.kind = DataFolder(root), kind
        root.mkdir(parents=True, exist_ok=True)
        (root / "salt").write_bytes(SALT)
        if optout:
            save_optout(self.folder.optout, optout)
        self.store = Store(self.folder.warehouse)
        rules = AlertSettings(_env_file=None)
        self.engine = Engine(self.folder, settings(**values), kind, self.store, rules, anew=anew)
        self.troubles: list[dict[str, str]] = []

    def tell(self, batches: Iterable[Batch]) -> None:
        """As the daemon of one machine does."""
        for batch in batches:
            self.feed(batch)

    def feed(self, batch: Batch) -> None:
        self.engine.feed(batch)
        if batch.troubles is not None:
            self.troubles.append(dict(batch.troubles))

    def read(self, queue: str, until: float, shard: int = 0, most: int = 10**9) -> "QueueSource":
        """As the daemon of a shard does, until its clock is there or so many batches came."""
        return asyncio.run(self._read(memory(queue), until, shard, most))

    async def _read(
        self, queue: QueueSettings, until: float, shard: int, most: int
    ) -> "QueueSource":
        state = self.engine.state
        source = QueueSource(queue, Expected(shard, fingerprint(SALT), self.kind), state.clock)
        async with aclosing(source.batches()) as batches:
            async for batch in batches:
                self.feed(batch)
                source.stored(self.engine.stored())
                most -= 1
                if state.clock >= until or not most:
                    break
        return source

    def tables(self) -> dict[str, list[str]]:
        """All that is stored and published, at its end."""
        self.engine.finish()
        found = {
            name: sorted(map(repr, stored(self.store, f"SELECT * EXCLUDE (rev) FROM {name}")))
            for name in TABLES
        }
        for name in SEEN:
            shown = rows(
                self.folder,
                f"SELECT * FROM {name}"
                if name == "samples"
                else f"SELECT * EXCLUDE (rev) FROM {name}",
            )
            found[f"published {name}"] = sorted(map(repr, shown))
        return found

    def close(self) -> None:
        self.store.close()
        for hour in list(self.engine.state.buffer._files):  # type: ignore[attr-defined]
            self.engine.state.buffer._drop_file(hour)  # type: ignore[attr-defined]


def fill(queue: str, bodies: Sequence[tuple[int, Packed]]) -> MemoryQueue:
    """Send them."""
    filled = named(queue)
    for shard, body in bodies:
        filled.put(shard, body)
    return filled

"""Where requests are applied: an open data folder, with or without a running engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.config import PipelineSettings
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.privacy.optout import OptOut, load_optout
from pipeline.requests.import_log import expire_logs
from pipeline.requests.queue import Action
from pipeline.scoring.by_channel import Scorers
from pipeline.vocabulary.stored import load_scorers
from pipeline.windows.buffer import Buffer, expire_scratch
from warehouse.config import DataFolder
from warehouse.published.publisher import Publisher
from warehouse.records import iso, utc
from warehouse.store.store import Store

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine


@dataclass
class Site:
    """What an action may need. engine: None when a command does the work itself."""

    folder: DataFolder
    settings: PipelineSettings
    store: Store
    publisher: Publisher
    buffer: Buffer
    hasher: Hasher
    optout: OptOut
    engine: Engine | None = None

    @cached_property
    def scorers(self) -> Scorers:
        """The engine's, or such as are made when they are first needed."""
        if self.engine:
            return self.engine.intake.scorers
        return load_scorers(self.settings.lexicon, self.store)

    def actions(self) -> dict[str, Action]:
        """Actions beyond those that need nothing but the store."""
        from pipeline.requests.actions import site_actions  # they need a Site

        return site_actions(self)

    def publish(self) -> None:
        """A publishing cycle without samples past their time."""
        before = iso(utc(time.time() - self.settings.retention_h * 3600))
        self.publisher.publish(drop_samples_before=before)


@contextmanager
def open_site(folder: DataFolder) -> Iterator[Site]:
    """The data folder, with its lock. Raises WarehouseLocked while a daemon has it."""
    settings = PipelineSettings()
    with Store(folder.warehouse) as store:
        # first, while published/ still fits: or it would all be made anew
        source = store.meta("source") or "replay"
        publisher = Publisher(folder, store, source, keep_source=True)
        buffer = Buffer(folder.buffer, settings.retention_h * 3600)
        buffer.expire(time.time())
        expire_scratch(folder.scratch, buffer.retention_s)
        expire_logs(folder.inbox)
        hasher = Hasher(load_salt(folder.root / "salt"))
        optout = load_optout(folder.optout)
        try:
            yield Site(folder, settings, store, publisher, buffer, hasher, optout)
        finally:
            buffer.close()


def site_of(engine: Engine) -> Site:
    """The site of a running engine."""
    return Site(
        engine.folder,
        engine.settings,
        engine.store,
        engine.publisher,
        engine.buffer,
        engine.intake.hasher,
        engine.optout,
        engine,
    )

"""The workspace of requests: an open data folder, with or without a running daemon."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from pipeline.config import PipelineSettings, salt_path
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.requests.backup import BackupJob
from pipeline.requests.import_child import ImportChild
from pipeline.requests.moves import settle_moves
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.stored import load_scorers
from pipeline.windows.buffer import Buffer, expire_scratch
from pipeline.windows.item_log import ItemLog
from warehouse.config import DataFolder
from warehouse.consent import OptOut, load_optout
from warehouse.identities import Identities
from warehouse.inbox.uploaded_log import expire_logs
from warehouse.kinds import refuse_mixing
from warehouse.published.publisher import Publisher
from warehouse.records import Window, iso, utc
from warehouse.store.store import Store


class Running(Protocol):
    """A daemon's memory, as far as a request may reach into it.

    source: where its chat comes from. clock: that one's, epoch seconds. barred: channels claimed by
    a streamer whose they are not. jobs: backups under way, by request. importing: the one log that
    is read beside the turns.
    """

    source: str
    clock: float
    barred: set[str]
    jobs: dict[str, BackupJob]
    importing: ImportChild | None

    @property
    def scorers(self) -> Scorers:
        """The scorers in use."""
        ...

    @property
    def served(self) -> str:
        """The name of the model that forecasts, '' for none."""
        ...

    def now(self) -> float:
        """The source's time now, epoch seconds."""
        ...

    def is_at_work(self) -> bool:
        """True while something is done beside the turns."""
        ...

    def forget_channel(self, channel: str) -> list[str]:
        """Nothing of the channel is in memory; returns new emotes that only it used."""
        ...

    def forget_terms(self, terms: list[str]) -> None:
        """Terms that were somebody's name are neither proposed nor told."""
        ...

    def forget_chatter(
        self,
        who: int,
        change: Callable[[ScoredMessage], ScoredMessage | None],
        remade: Iterable[Window],
    ) -> None:
        """Messages in memory go through `change`; `remade` are the windows without them."""
        ...

    def decided(self, row: Mapping[str, Any]) -> None:
        """A person decided on a term: its row of the vocabulary as it is now."""
        ...


@dataclass
class Workspace:
    """An open data folder. running: None when a command does the work itself."""

    folder: DataFolder
    settings: PipelineSettings
    store: Store
    publisher: Publisher
    buffer: ItemLog
    hasher: Hasher
    optout: OptOut
    identities: Identities
    running: Running | None = None

    @cached_property
    def scorers(self) -> Scorers:
        """The daemon's, or such as are made when they are first needed."""
        if self.running:
            return self.running.scorers
        return load_scorers(self.settings.lexicon, self.store)

    def refuse_real(self, command: str) -> None:
        """Raises BadInput in a folder of simulated chat. command: what to type elsewhere."""
        there = self.store.query("sources")["source"].to_pylist()
        more = [self.running.source] if self.running else []
        refuse_mixing(self.folder.root, [*there, *more], "import", command)

    def oldest_text(self) -> str:
        """ISO time; text of before it is past its retention."""
        return iso(utc(self.now() - self.settings.retention_h * 3600))

    def now(self) -> float:
        """The daemon's time, by its source; or the machine's."""
        return self.running.now() if self.running else time.time()

    def publish(self) -> None:
        """A publishing cycle without samples past their time."""
        self.publisher.publish(drop_samples_before=self.oldest_text())


@contextmanager
def open_workspace(folder: DataFolder) -> Iterator[Workspace]:
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
        hasher = Hasher(load_salt(salt_path(folder.root)))
        optout = load_optout(folder.optout)
        settle_moves(store, buffer, optout, folder, publisher)
        identities = Identities(store.query("identities").to_pylist())
        try:
            yield Workspace(folder, settings, store, publisher, buffer, hasher, optout, identities)
        finally:
            buffer.close()

"""The workspace of requests: an open data folder, with or without a running daemon."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pipeline.config import PipelineSettings, salt_path
from pipeline.privacy.hashing import Hasher, salt_of
from pipeline.requests.backup import BackupJob
from pipeline.requests.import_child import ImportChild
from pipeline.requests.moves import settle_moves
from pipeline.requests.queue import NotBefore, NotYet
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.found import Found
from pipeline.vocabulary.stored import load_scorers
from pipeline.windows.buffer import Buffer, expire_scratch
from pipeline.windows.item_log import ItemLog
from warehouse.config import BucketSettings, DataFolder
from warehouse.consent import OptOut, save_optout, settled_optout
from warehouse.identities import Identities
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.inbox.tidying import tidy
from warehouse.kinds import refuse_mixing
from warehouse.permissions import tighten
from warehouse.published.publisher import Publisher
from warehouse.records import Window, iso, utc
from warehouse.shards import ALONE, Shard
from warehouse.store.store import Store

_SETTLED_S = 65.0  # after this all windows of before are committed: none is heard once more
_LONGEST_S = 3600.0  # that chat is in the queue


class Others(Protocol):
    """The other shards, as requests at shard 0 see them (warehouse/bucket/dispatch.py).

    ready: every request that waits was looked at since the start.
    """

    others: range
    ready: bool

    def send(self, request: Request, shards: Collection[int], files: Path | None = None) -> None:
        """It is to be done by the shards. files: the folder of those that go with it."""
        ...

    def told(self, request_id: str) -> dict[int, Mapping[str, Any]]:
        """What came of one that was sent, by shard, of those that have told."""
        ...

    def missing(self, request_id: str) -> list[int]:
        """Shards that are waited for."""
        ...

    def waiting(self) -> dict[int, int]:
        """Requests that are waited for, by shard."""
        ...

    def rows(self, table: str) -> list[dict[str, Any]] | None:
        """What they publish in a small table; None until they were asked just now."""
        ...


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
    def chatters(self) -> Collection[int]:
        """Hashes of those who were seen lately, on whichever shard."""
        ...

    @property
    def served(self) -> str:
        """The name of the model that forecasts, '' for none."""
        ...

    def now(self) -> float:
        """The source's time now, epoch seconds."""
        ...

    def past_clip(self, asked: Any, is_first: bool) -> tuple[str, str] | None:
        """Kind and detail of the event that came of a clip (requests/clips.py: PastClip); None
        while Twitch makes it. is_first: it was not asked for before."""
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

    def found(self, found: Found) -> None:
        """Names that an import found count with those of live chat."""
        ...


@dataclass
class Workspace:
    """An open data folder. running: None when a command does the work itself.

    shard: which of several daemons it is. others: they, where it is the one that asks them.
    ask_first: takes a request that shard 0 is to do, where this is another.
    queued: its chat comes through a queue, which may tell again what is not settled.
    """

    folder: DataFolder
    settings: PipelineSettings
    store: Store
    publisher: Publisher
    buffer: ItemLog
    hasher: Hasher
    optout: OptOut
    identities: Identities
    running: Running | None = None
    shard: Shard = ALONE
    others: Others | None = None
    ask_first: Callable[[Request], object] | None = None
    queued: bool = False

    @cached_property
    def inbox(self) -> InboxFolder:
        """What is asked of this folder."""
        return InboxFolder(self.folder.inbox)

    @cached_property
    def errands(self) -> InboxFolder:
        """What shard 0 sent to this one."""
        return InboxFolder(self.folder.errands)

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

    def everyone(self) -> Identities:
        """Who every channel is, of whichever shard. Raises NotYet."""
        if self.others is None:
            return self.identities
        own = self.store.query("identities").to_pylist()
        return Identities([*own, *self.elsewhere("channels")])

    def channels_of(self, channel_id: str, key: str) -> list[dict[str, Any]]:
        """Channels that have this id or key, of whichever shard. Raises NotYet."""
        of = {"channel_id": channel_id, "channel": key}
        rows: list[dict[str, Any]] = self.store.query("channels_of_id", **of).to_pylist()
        return rows + [
            {k: row[k] for k in of}
            for row in self.elsewhere("channels")
            if row["channel_id"] == channel_id or row["channel"] == key
        ]

    def elsewhere(self, table: str) -> list[dict[str, Any]]:
        """Rows of a small table that other shards publish. Raises NotYet while they are asked."""
        rows = [] if self.others is None else self.others.rows(table)
        if rows is None:
            raise NotYet
        return rows

    def await_chat(self, request: Request) -> None:
        """Raises NotBefore while chat of before the request may still come through the queue."""
        running = self.running
        age_s = max(inbox.age_s(request.id) for inbox in (self.inbox, self.errands))
        asked = min(request.time.timestamp(), time.time() - age_s)  # its clock may be ahead
        if not self.queued or running is None or running.source == "replay":
            return
        if running.clock < asked + _SETTLED_S and time.time() < asked + _LONGEST_S:
            raise NotBefore

    def keep_optout(self) -> None:
        """Who opted out is on the disk, twice."""
        save_optout(self.folder.optout, self.optout, self.store)

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
    tighten(folder.root)
    with Store(folder.warehouse) as store:
        # first, while published/ still fits: or it would all be made anew
        source = store.meta("source") or "replay"
        publisher = Publisher(folder, store, source, keep_source=True)
        buffer = Buffer(folder.buffer, settings.retention_h * 3600)
        buffer.expire(time.time())
        expire_scratch(folder.scratch, buffer.retention_s)
        tidy(folder.inbox)
        hasher = Hasher(salt_of(salt_path(folder.root), store))
        optout = settled_optout(folder.optout, store)
        settle_moves(store, buffer, optout, folder, publisher)
        identities = Identities(store.query("identities").to_pylist())
        try:
            place = BucketSettings()
            yield Workspace(
                folder, settings, store, publisher, buffer, hasher, optout, identities,
                shard=Shard(place.shard, place.shards),
            )  # fmt: skip
        finally:
            buffer.close()

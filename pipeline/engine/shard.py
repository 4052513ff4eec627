"""A shard of several: its claim and its bucket, before the daemon begins and beside its turns."""

import asyncio
import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import duckdb

from pipeline.chat.message import Source
from pipeline.config import PipelineSettings, salt_path
from pipeline.engine.control import ControlFile, Exchange
from pipeline.engine.pushing import Pushing, to_its_end
from pipeline.engine.state import State
from pipeline.privacy.hashing import load_salt
from warehouse.atomic import locked, private_folder
from warehouse.bucket.claim import Claims
from warehouse.bucket.install import check_install
from warehouse.bucket.objects import Bucket, BucketFailed, BucketRefused, open_bucket
from warehouse.bucket.past import Past
from warehouse.bucket.push import Pusher
from warehouse.bucket.trained import push_trained, take_trained
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import AppError, WarehouseLocked
from warehouse.shards import Shard

log = logging.getLogger(__name__)

_RETRY_S = 5.0
_TRAINED_S = 60.0


@dataclass
class ClaimedShard:
    """The shard that a daemon writes, and nobody else: claimed. Beside (daemon.py) once it has
    the state. beginning: open until then."""

    bucket: Bucket
    number: int
    count: int
    folder: DataFolder
    pusher: Pusher
    beginning: ExitStack = field(default_factory=ExitStack)

    def begin(self, state: State) -> None:
        """The daemon begins: every publishing cycle is pushed from now on."""
        self.beginning.close()
        self.pushing = Pushing(self.pusher, state)
        state.gauges.append(self.pushing.gauge)
        self.past = Past(self.bucket, self.number, self.folder, state.store, state.publisher)
        state.awaited, state.bucket_health = self.past.awaited, self.health
        place = Shard(self.number, self.count)
        self.exchange = Exchange(self.bucket, place, state, self.pushing.revision)

    def health(self) -> dict[str, float]:
        """Seconds since the last push, and files of the past that are still to come."""
        age = time.monotonic() - self.pushing.pushed_at
        return {"push_age_s": age, "past_files": float(len(self.past.awaited))}

    async def keep(self, source: Source) -> None:
        """Push, and bring what is still in the bucket alone, until cancelled. Raises Replaced."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.pushing.keep(source))
                tasks.create_task(self._bring())
                tasks.create_task(self._give_models())
                tasks.create_task(self.exchange.keep())
        except ExceptionGroup as group:  # of one task: the rest were only cancelled
            raise group.exceptions[0] from None

    async def finish(self, source: Source) -> None:
        """The last push."""
        await self.pushing.finish(source)

    async def _bring(self) -> None:
        began, failed = time.monotonic(), False
        if self.past.awaited:
            log.info("the past follows from the bucket: files=%d", len(self.past.awaited))
        while self.past.awaited:
            try:
                path = await to_its_end(self.past.step)
                log.info("the past: brought=%s left=%d", path, len(self.past.awaited))
                if not self.past.awaited:
                    log.info("all of the past is here, after %.0f s", time.monotonic() - began)
                failed = False
            except (AppError, OSError, duckdb.Error) as exc:
                if not failed:
                    log.error("the past is waited for: %s", str(exc).splitlines()[0][:200])
                failed = True
                await asyncio.sleep(_RETRY_S)

    async def _give_models(self) -> None:
        """Shard 0's models are everybody's."""
        given = dict[str, object]()
        while self.number == 0:
            with suppress(BucketFailed, OSError):
                await to_its_end(push_trained, self.bucket, self.folder, given)
            await asyncio.sleep(_TRAINED_S)


def open_shard(folder: DataFolder, settings: BucketSettings) -> ClaimedShard:
    """This machine's shard, ours from now on: it waits while another writes it. Raises AppError."""
    bucket, number = open_bucket(settings), settings.shard
    salt, is_told = load_salt(salt_path(folder.root)), False
    while True:
        try:
            check_install(bucket, settings.shards, salt)
            break
        except BucketRefused:
            raise
        except BucketFailed as exc:
            if not is_told:
                log.error("waiting: %s", exc)
            is_told = True
            time.sleep(_RETRY_S)
    tag, writer = _claimed(bucket, number, folder)
    retention_s = PipelineSettings().retention_h * 3600
    pusher = Pusher(bucket, number, folder, tag, writer, retention_s)
    shard = ClaimedShard(bucket, number, settings.shards, folder, pusher)
    shard.beginning.enter_context(pusher.living())  # to begin may take a while
    if number:
        take_trained(bucket, folder)
    else:
        ControlFile(bucket, folder).keep()
    return shard


def _claimed(bucket: Bucket, number: int, folder: DataFolder) -> tuple[str, str]:
    """(tag, writer). One process a folder: two would take over into it."""
    private_folder(folder.root)
    with locked(folder.root / "claim.lock") as is_ours:
        if not is_ours:
            raise WarehouseLocked(
                f"another process claims shard {number} for {folder.root}; stop that one, or set "
                "DLD_DATA to another folder"
            )
        return Claims(bucket, number, folder).take()

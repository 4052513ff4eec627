"""Control of several machines, beside the turns: requests between shards, and what `collect` obeys.

Loaded where there is a bucket, and only there.
"""

import asyncio
import atexit
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from hashlib import blake2b
from threading import Event, Thread
from typing import Any

import orjson

from pipeline.alerts import Alert
from pipeline.engine.state import State
from pipeline.sources.channel_list import load_channels
from warehouse.atomic import stamp_or_none
from warehouse.bucket.control import get_control, put_control
from warehouse.bucket.dispatch import Dispatcher
from warehouse.bucket.errands import ErrandsOfShard, Settled
from warehouse.bucket.objects import ABSENT, Bucket, Replaced
from warehouse.bucket.shared_inbox import INBOX, SharedInbox
from warehouse.config import DataFolder
from warehouse.consent import load_optout
from warehouse.errors import AppError, WarehouseBroken, place_of
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.shards import Shard

log = logging.getLogger(__name__)

_MOST = 50  # new terms that wait to be told
BUSY_S, IDLE_S = 1.0, 3.0  # between looks into the bucket


class Exchange:
    """A shard's exchange of requests with the others. pushed: the revision of the last push."""

    def __init__(
        self, bucket: Bucket, shard: Shard, state: State, pushed: Callable[[], int]
    ) -> None:
        folder, revision = state.folder, lambda: state.store.revision
        state.workspace.shard = shard
        self._parts: list[Callable[[], object]] = []
        if shard.number:
            settled = Settled(InboxFolder(folder.errands), revision, pushed)
            self._parts.append(ErrandsOfShard(bucket, shard.number, settled).step)
            self._parts.append(AskedOfFirst(bucket, state).step)
        else:
            settled = Settled(InboxFolder(folder.inbox), revision, pushed)
            if shard.count > 1:
                others = Dispatcher(bucket, shard.count, settled)
                state.workspace.others = others
                self._parts.append(others.step)
            self._parts.append(SharedInbox(bucket, settled).step)
        if shard.count > 1:
            self._parts.append(NewTerms(bucket, state).step)
        self._state, self._has_warned = state, False
        state.gauges.append(self._requests)

    async def keep(self) -> None:
        """Exchange until cancelled; while the bucket does not answer, requests wait."""
        while True:
            is_busy = await asyncio.to_thread(self.step)
            await asyncio.sleep(BUSY_S if is_busy else IDLE_S)

    def step(self) -> bool:
        """Look once. True while something is waited for."""
        is_busy, troubles = False, []
        for part in self._parts:
            try:
                is_busy = bool(part()) or is_busy
            except (AppError, OSError) as exc:
                troubles.append(str(exc))
            except Exception as exc:  # of what another has written: the others go on
                troubles.append(f"a fault, please report it: {place_of(exc)}")
        if troubles and not self._has_warned:
            log.warning("requests wait: %s", "; ".join(dict.fromkeys(troubles)))
        self._has_warned = bool(troubles)
        return is_busy

    def _requests(self) -> dict[str, tuple[float, Mapping[str, Any]]]:
        """Those that wait, and for which shards."""
        folder, others = self._state.folder, self._state.workspace.others
        waits = [len(InboxFolder(place).waiting()) for place in (folder.inbox, folder.errands)]
        waits_for = {str(shard): n for shard, n in others.waiting().items()} if others else {}
        return {"requests": (float(sum(waits)), {"waits_for": waits_for})}


class AskedOfFirst:
    """Requests of this shard for shard 0, put where those of readers' machines are."""

    def __init__(self, bucket: Bucket, state: State) -> None:
        self._bucket = bucket
        self._waiting: deque[Request] = deque(maxlen=_MOST)
        state.workspace.ask_first = self._waiting.append

    def step(self) -> None:
        """Raises BucketFailed; what was not put waits."""
        while self._waiting:
            asked = self._waiting[0]
            head = {"id": asked.id, "at": asked.at, "by": asked.by, "action": asked.action}
            self._bucket.put(f"{INBOX}/{asked.id}.json", orjson.dumps({**asked.body, **head}))
            self._waiting.popleft()


class NewTerms:
    """Alerts of new terms, told by whichever shard is the first to say so in the bucket."""

    def __init__(self, bucket: Bucket, state: State) -> None:
        self._bucket, self._webhook = bucket, state.webhook
        self._found: deque[Alert] = deque(maxlen=_MOST)
        state.tell_terms = self._found.extend

    def step(self) -> None:
        """Raises BucketFailed."""
        while self._found:
            alert = self._found[0]
            name = blake2b(alert.alert_id.encode(), digest_size=12).hexdigest()
            try:
                self._bucket.put(f"alerts/{name}", b"", ABSENT)
                self._webhook.put([alert])
            except Replaced:
                pass  # another shard has told it
            self._found.popleft()


class ControlFile:
    """Keeper of what the collector obeys: the lists of shard 0's folder."""

    def __init__(self, bucket: Bucket, folder: DataFolder) -> None:
        self._bucket, self._folder = bucket, folder
        self._seen: object = None
        self._version = 0

    def keep(self) -> None:
        """Do so from now on, in a thread: the collector, too, waits for it before there is chat."""
        over = Event()
        keeping = Thread(target=self._keep, args=[over], daemon=True)
        keeping.start()
        # one that goes on while Python ends makes DuckDB print of leaks
        atexit.register(keeping.join, 1.0)
        atexit.register(over.set)  # comes first

    def _keep(self, over: Event) -> None:
        has_warned = False
        while not over.is_set():
            try:
                self.step()
                has_warned = False
            except (AppError, OSError) as exc:
                if not has_warned:
                    log.warning("the collector is not told: %s", exc)
                has_warned = True
            over.wait(IDLE_S)

    def step(self) -> None:
        """Put them where they changed. Raises BucketFailed."""
        folder = self._folder
        stamps = stamp_or_none(folder.optout), stamp_or_none(folder.channels)
        if (stamps,) == self._seen:
            return
        optout, channels = load_optout(folder.optout), load_channels(folder.channels)
        self._version = max(self._version or self._last(), int(time.time())) + 1
        put_control(self._bucket, optout, channels, self._version)
        self._seen = (stamps,)

    def _last(self) -> int:
        try:
            found = get_control(self._bucket)
        except (FileNotFoundError, WarehouseBroken):
            return 0
        return found[0].version if found else 0

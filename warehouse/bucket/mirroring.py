"""The process that mirrors: rounds over a bucket, until it is told to stop.

Wherever it is stopped or killed the folder is as readable as before, and the next one goes on.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

from warehouse.atomic import locked, private_folder
from warehouse.bucket.inbox_forwarding import ForwardedInbox
from warehouse.bucket.install import INSTALL, read_install
from warehouse.bucket.mirror import Mirror
from warehouse.bucket.mirror_state import WHOLE, MirrorState
from warehouse.bucket.objects import Bucket, BucketFailed, BucketRefused, open_bucket
from warehouse.bucket.replicas import Replica
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import BadInput, NothingPublished, WarehouseLocked
from warehouse.permissions import tighten

EVERY_S = 2.0
LONGEST_WAIT_S = 60.0  # between rounds, while the bucket does not answer
_ASK_EVERY_S = 300.0  # how many shards there are
_ENDS_WITHIN_S = 1.5


class Mirroring:
    """Rounds of one mirror. is_over: true once it is to end, asked between files."""

    def __init__(
        self,
        bucket: Bucket,
        folder: DataFolder,
        months: int,
        is_over: Callable[[], bool] = lambda: False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = MirrorState(folder, bucket.address, now_s)
        self._bucket, self._folder, self._months = bucket, folder, months
        self._is_over, self._now_s = is_over, now_s
        self._mirror: Mirror | None = None
        self._inbox = ForwardedInbox(bucket, folder.inbox, now_s)
        self._replica = Replica(bucket, folder.ebs)
        self._failures, self._ask_at = 0, 0.0
        self._has_worked = False

    def round(self) -> float:
        """One round; how long to wait before the next. Raises BadInput for a bucket that is not
        this folder's, BucketRefused where it never answered before."""
        is_done = False
        try:
            is_done = self._round()
            self._failures, self._has_worked = 0, True
        except BucketFailed as exc:
            if isinstance(exc, BucketRefused) and not self._has_worked:
                raise
            self._failures += 1
            self.state.trouble(WHOLE, str(exc))
            self._without_bucket()
        except OSError as exc:
            self.state.trouble(WHOLE, f"cannot write below {self._folder.root}: {exc.strerror}")
        self.state.end_round(is_done)
        is_idle = is_done or bool(self.state.troubles)
        return min(EVERY_S * 2**self._failures, LONGEST_WAIT_S) if is_idle else 0.0

    def _round(self) -> bool:
        if self._mirror is None or self._now_s() >= self._ask_at:
            self._begin()
        if self._mirror is None:
            return False
        is_done = self._mirror.cycle(self._is_over)
        self._inbox.step()
        self._replica.step(is_done and not self.state.is_troubled)
        return is_done

    def _without_bucket(self) -> None:
        """Text goes in time all the same."""
        if self._mirror is None:
            shards = len(list(self._folder.published.glob("shard-*")))
            self._mirror = self._of(shards) if shards else None
            self._ask_at = 0.0  # how many there are is still to be asked
        if self._mirror is not None:
            self._mirror.show()

    def _of(self, shards: int) -> Mirror:
        return Mirror(self._bucket, self._folder, shards, self._months, self.state, self._now_s)

    def _begin(self) -> None:
        """Once it is known how many shards there are; from time to time they may be others."""
        there = read_install(self._bucket)
        if there is None:
            install = f"{self._bucket.address}/{INSTALL}"
            self.state.trouble(WHOLE, f"{install} is not there; the first shard puts it")
            return
        self.state.belongs(there["salt"])
        shards = there["shards"]
        self._ask_at = self._now_s() + _ASK_EVERY_S
        if self._mirror is None or len(self._mirror.copies) != shards:
            self._mirror = self._of(shards)


def mirror(folder: DataFolder, settings: BucketSettings, once: bool) -> None:
    """Mirror until SIGTERM or Ctrl-C; with `once` until all is here. Raises BadInput,
    WarehouseLocked, BucketRefused; with `once` also BucketFailed and NothingPublished."""
    if not settings.bucket_url:
        raise BadInput("DLD_BUCKET_URL is not set: there is nothing to mirror")
    if folder.warehouse.exists():
        raise BadInput(
            f"{folder.root} has a warehouse.duckdb: it is a writer's; set DLD_DATA to another"
        )
    private_folder(folder.root)
    tighten(folder.root)
    with locked(folder.root / "mirror.lock") as is_ours:
        if not is_ours:
            raise WarehouseLocked(f"another process mirrors into {folder.root}")
        _until_told(partial(_rounds, folder, settings, once))


def _rounds(
    folder: DataFolder, settings: BucketSettings, once: bool, is_over: threading.Event
) -> None:
    bucket = open_bucket(settings)
    mirroring = Mirroring(bucket, folder, settings.mirror_months, is_over.is_set)
    left = -1
    while not is_over.is_set():
        wait_s = mirroring.round()
        if not once:
            is_over.wait(wait_s)
        elif wait_s and mirroring.state.waiting in (0, left):  # what can be had is here
            break
        left = mirroring.state.waiting
    mirroring.state.write()
    if once and (troubles := mirroring.state.troubles.values()):
        raise NothingPublished("; ".join(what for what, _ in troubles))


def _until_told(work: Callable[[threading.Event], None]) -> None:
    """Do it beside the main thread, which takes the signals: an object under way may take long, and
    is given up then."""
    is_over, raised = threading.Event(), list[BaseException]()

    def do() -> None:
        try:
            work(is_over)
        except BaseException as exc:
            raised.append(exc)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    worker = threading.Thread(target=do, daemon=True)
    worker.start()
    while worker.is_alive() and not is_over.is_set():
        worker.join(0.2)
    worker.join(_ENDS_WITHIN_S)
    if worker.is_alive():
        os._exit(0)
    if raised:
        raise raised[0]

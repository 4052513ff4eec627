"""Chat from the queue that `collect` fills: one shard's, in the order in which it was told."""

import asyncio
import logging
import re
import signal
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.chat.message import Batch, ChannelInfo, Item, Source
from pipeline.chat.oddities import Malformed
from pipeline.config import QueueSettings, salt_path
from pipeline.privacy.hashing import load_salt
from pipeline.queue.body import Body, unpack
from pipeline.queue.coverage import Memory
from pipeline.queue.queue import EXTEND_S, Delivery, QueueFailed, Receiver, open_receiver
from pipeline.queue.sequence import Sequence
from pipeline.sources.opening import Opening
from warehouse.config import BucketSettings
from warehouse.errors import AppError, BadInput
from warehouse.records import KEY, window_start
from warehouse.salt import fingerprint

log = logging.getLogger(__name__)

_MOST = 4000  # bodies that are ours and not settled: more than an hour, a second each
_FETCH, _FEW = 100, 10  # bodies at a time; while many wait for one that is missing
_WAITING = 500
_WAIT_S = 1.0  # for a body; then there is an empty batch, for whatever else is to be done
_GRACE_S = 5.0  # a window closes so long after its end
_QUIET_S = 30.0  # without a body: something is wrong
_RETRY_S = 2.0
_FIRST_S = 5.0
_HASH = re.compile(r"-1|[0-9]{0,19}")  # of a chatter; -1: chat/anonymous.py


@dataclass(frozen=True)
class Expected:
    """Bodies of this queue are of this shard, salt (its fingerprint) and kind of chat, '' any."""

    shard: int
    salt: str
    kind: str = ""

    def refuses(self, body: Body) -> str:
        """Why it cannot be used; '' where it can."""
        if body.salt != self.salt:
            return "of another install (DLD_SALT_FILE names another salt there)"
        if body.shard != self.shard:
            return f"of shard {body.shard}, and this is shard {self.shard}"
        is_other = self.kind and body.kind != self.kind
        return f"of {body.kind} chat, and this reads {self.kind} chat" if is_other else ""


@dataclass(slots=True)
class _Ours:
    """A body that is not settled. until: the clock that has to be stored first."""

    handle: Any
    sent: float
    until: float = float("inf")


class QueueSource(Source):
    """clock: the source's when it was stored last, 0 for nothing stored."""

    def __init__(self, settings: QueueSettings, expected: Expected, clock: float = 0.0) -> None:
        self.settings, self.expected, self.kind = settings, expected, expected.kind
        self.clock = clock
        self._stored, self._leased = 0.0, float("inf")
        self._sequence = Sequence(_settled(clock) if clock else None)
        self._told = Memory()
        self._ours: dict[str, _Ours] = {}  # by id
        self._malformed = 0
        self._refused: set[str] = set()
        self._trouble = ""
        self._troubles: Mapping[str, str] = {}  # of the sender
        self._news: Mapping[str, str] = {}
        self._last = time.monotonic()

    def channels(self) -> list[ChannelInfo]:
        """None: bodies tell of them."""
        return []

    def stored(self, clock: float) -> None:
        """What closed by then is stored: bodies from before its windows are settled, soon."""
        self._stored = max(self._stored, clock)

    def leased(self, until: float) -> None:
        """Nothing is read after that, nor kept from another reader."""
        self._leased = until

    def age(self, now: float) -> float:
        """Seconds since the oldest body that is not settled was sent; now: epoch seconds."""
        return max([0.0, *(now - ours.sent for ours in list(self._ours.values()))])

    def gauge(self) -> Mapping[str, tuple[float, Mapping[str, Any]]]:
        """`queue`: the age of the oldest body that is not settled, and how many are not."""
        return {"queue": (self.age(time.time()), {"bodies": len(self._ours)})}

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """A batch a body, and an empty one a second while there is none."""
        receiver = await _opened(self.settings, self.expected.shard)
        keeping = asyncio.ensure_future(self._keep(receiver))
        try:
            while True:
                await self._fetch(receiver)
                is_idle = True
                for body, missing, before in self._sequence.ready():
                    is_idle = False
                    yield self._batch(body, missing, before)
                if keeping.done():
                    keeping.result()  # what it failed with; without it nothing is settled
                if is_idle:
                    yield Batch(None, (), self._changed(), self._odd())
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._leave(receiver)

    # -- bodies in ---------------------------------------------------------------------------

    async def _fetch(self, receiver: Receiver) -> None:
        """What is new. Nothing while there is too much that is ours."""
        if why := self._waits():
            self._tell(why)
            await asyncio.sleep(_WAIT_S)
            return
        most = _FETCH if self._sequence.waiting() < _WAITING else _FEW
        try:
            deliveries = await receiver.fetch(most, _WAIT_S)
            await self._take(receiver, deliveries)
        except QueueFailed as exc:
            self._tell(str(exc))
            await asyncio.sleep(_RETRY_S)
            return
        now = time.monotonic()
        self._last = now if deliveries else self._last
        is_quiet = now - self._last > _QUIET_S
        self._tell("nothing comes; is `python -m pipeline collect` running?" if is_quiet else "")

    def _waits(self) -> str:
        """Why nothing is to be read now; '' for no reason."""
        if time.monotonic() >= self._leased:
            return "the bucket does not answer; chat waits in the queue"
        is_much = len(self._ours) >= _MOST
        return "too much is not stored yet; the queue has to wait" if is_much else ""

    async def _take(self, receiver: Receiver, deliveries: list[Delivery]) -> None:
        """Raises NewerBody."""
        refused = []
        for delivery in deliveries:
            body, why = _read(delivery, self.expected)
            if body is None:
                self._refuse(why)
                refused.append(delivery)
            elif self._sequence.is_past(body):  # a copy of one that was settled
                self._ours[body.id] = _Ours(delivery.handle, delivery.sent, 0.0)
            elif self._sequence.add(body):
                self._ours[body.id] = _Ours(delivery.handle, delivery.sent)
            elif body.id in self._ours:
                self._ours[body.id].handle = delivery.handle
            else:  # it was settled, which its queue does not know yet
                self._ours[body.id] = _Ours(delivery.handle, delivery.sent, 0.0)
        if refused:
            await receiver.refuse(refused)

    def _refuse(self, why: str) -> None:
        self._malformed += 1
        if why not in self._refused:
            self._refused.add(why)
            log.error("bodies of the queue are put aside: they are %s", why)

    # -- batches out -------------------------------------------------------------------------

    def _batch(self, body: Body, missing: int, before: float) -> Batch:
        items = []
        if missing > 0:
            log.warning(
                "missing bodies=%d: `collect` dropped them, or another process reads this shard's "
                "queue; what they had was not observed", missing,
            )  # fmt: skip
            items = self._told.lost(body.run, before, body.start)
        elif missing < 0:
            settled_at, is_whole = self._sequence.settled_at, self._sequence.is_whole(body)
            since = settled_at if is_whole and settled_at is not None else body.start
            self._told.sound[body.run] = since
        items += self._told.items(body)
        if body.closes:
            self.clock = body.at if body.back else max(self.clock, body.at)
        self._ours[body.id].until = max(body.at, self.clock)
        if body.troubles is not None:
            self._troubles = body.troubles
        malformed = self._odd() + body.malformed
        return Batch(
            self.clock or None, tuple(items), self._changed(), malformed,
            hashed=True, chatters=body.chatters,
        )  # fmt: skip

    def _changed(self) -> Mapping[str, str] | None:
        """The troubles there are, where they are others than the last time."""
        troubles = {**self._troubles, **({"": self._trouble} if self._trouble else {})}
        before, self._news = self._news, troubles
        return None if troubles == before else troubles

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("not reading: %s", trouble)
        elif self._trouble and not trouble:
            log.info("over: not reading")
        self._trouble = trouble

    def _odd(self) -> int:
        taken, self._malformed = self._malformed, 0
        return taken

    # -- bodies settled ----------------------------------------------------------------------

    async def _keep(self, receiver: Receiver) -> None:
        """Settle what is stored, every second; extend what is not."""
        extended = time.monotonic()
        while True:
            await asyncio.sleep(_WAIT_S)
            try:
                await self._settle(receiver)
                now = time.monotonic()
                if now - extended >= EXTEND_S and now < self._leased:
                    await receiver.extend([ours.handle for ours in self._ours.values()])
                    extended = now
            except QueueFailed as exc:
                self._tell(str(exc))

    async def _settle(self, receiver: Receiver) -> None:
        until = _settled(self._stored)
        done = {name: ours for name, ours in self._ours.items() if ours.until <= until}
        if done:
            await receiver.settle([ours.handle for ours in done.values()])
            for name in done:
                del self._ours[name]

    async def _leave(self, receiver: Receiver) -> None:
        """What is stored is settled, the rest is for whoever comes next."""
        try:
            await self._settle(receiver)
            await receiver.give_back([ours.handle for ours in self._ours.values()])
        except AppError as exc:
            log.warning("%s", exc)
        await receiver.close()


def await_chat(folder: Path) -> None:
    """There is a body. Before the warehouse is open: until then commands may still write to it.
    Raises as `open_source` does."""
    salt = fingerprint(load_salt(salt_path(folder)))
    if asyncio.run(_first(QueueSettings(), Expected(BucketSettings().shard, salt))) is None:
        raise SystemExit(0)


def open_source(opening: Opening) -> QueueSource:
    """The queue of this machine's shard, of the kind of chat that its first body has; waits for
    one. Raises BadInput for a queue of another install or shard."""
    if opening.channels:
        raise BadInput("--source queue reads all channels of its shard; `collect` chooses them")
    settings, shard = QueueSettings(), BucketSettings().shard
    salt = fingerprint(load_salt(salt_path(opening.folder.root)))
    first = asyncio.run(_first(settings, Expected(shard, salt)))
    if first is None:  # SIGTERM, Ctrl-C
        raise SystemExit(0)
    meta = opening.store.meta
    clock = float(meta("clock") or 0) if meta("source") == first.kind else 0.0
    return QueueSource(settings, Expected(shard, salt, first.kind), clock)


async def _first(settings: QueueSettings, expected: Expected) -> Body | None:
    """The first body that there is, which stays in the queue; None where we are to stop."""
    waiting = asyncio.ensure_future(_wait_for_first(settings, expected))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, waiting.cancel)
    with suppress(asyncio.CancelledError):
        return await waiting
    return None


async def _wait_for_first(settings: QueueSettings, expected: Expected) -> Body:
    receiver = await _opened(settings, expected.shard)
    try:
        while True:
            try:
                if body := await _peek(receiver, expected):
                    return body
                log.info("waiting for chat in the queue of shard %d", expected.shard)
            except QueueFailed as exc:
                log.warning("%s; trying again", exc)
                await asyncio.sleep(_RETRY_S)
    finally:
        await receiver.close()


async def _peek(receiver: Receiver, expected: Expected) -> Body | None:
    """A body, which is given back; None where there is none. Raises BadInput, NewerBody."""
    for delivery in await receiver.fetch(1, _FIRST_S):
        try:
            body, why = _read(delivery, expected)
        except AppError:
            await receiver.give_back([delivery.handle])
            raise
        if body or why != "malformed":
            await receiver.give_back([delivery.handle])
        else:
            await receiver.refuse([delivery])
        if body is None and why != "malformed":
            raise BadInput(f"the bodies in the queue are {why}; check DLD_QUEUE_URL and DLD_SHARD")
        return body
    return None


async def _opened(settings: QueueSettings, shard: int) -> Receiver:
    """The shard's end, as soon as the queue answers. Raises BadInput for what never works."""
    while True:
        try:
            return await open_receiver(settings, shard)
        except QueueFailed as exc:
            log.warning("%s; trying again", exc)
            await asyncio.sleep(_RETRY_S)


def _read(delivery: Delivery, expected: Expected) -> tuple[Body | None, str]:
    """The body, or None and why it cannot be used. Raises NewerBody."""
    try:
        body = unpack(delivery.data)
    except Malformed:
        return None, "malformed"
    if not all(map(_is_anonymous, body.items)):
        return None, "malformed"
    why = expected.refuses(body)
    return (None, why) if why else (body, "")


def _is_anonymous(item: Item) -> bool:
    """True where a channel is a channel, and a chatter a hash, or none."""
    who = getattr(item, "chatter", "")
    return bool(KEY.fullmatch(item.channel) and _HASH.fullmatch(who))


def _settled(clock: float) -> float:
    """Bodies up to then have given all that they had to windows which are stored by `clock`."""
    return float(window_start(clock - _GRACE_S))

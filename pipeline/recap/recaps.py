"""Recaps to a webhook: each stream that is over is told once, by a task beside the turns.

What is told, or given up, is remembered in the warehouse, so that a restart does not repeat it;
what a restart finds untold and not too old is told then.
"""

import asyncio
import logging
import os
import random
import sys
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.alerts.webhook import Failed, post
from pipeline.config import RecapSettings
from pipeline.web import backoff_s, session
from warehouse.config import DataFolder
from warehouse.records import naive, utc
from warehouse.store.store import Store

if TYPE_CHECKING:  # loaded by whoever posts
    from aiohttp import ClientSession, FormData

log = logging.getLogger(__name__)

USER_AGENT = "DLD/0.1 (recaps of Twitch chats)"
COMMAND = (sys.executable, "-m", "pipeline.recap.child")
LEAST_S = 600.0  # shorter streams are not told
SETTLED_S = 90.0  # after its end all windows of a stream are closed
LATE_S = 12 * 3600.0  # after which it is no news
TRIES, FIRST_S, LONGEST_S = 8, 5.0, 240.0  # about ten minutes
TIMEOUT_S, CHILD_S = 20.0, 300.0
META, KEPT = "recaps", 500  # where the streams are remembered that were told; how many
_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Over:
    """A stream that is over. mark: what is remembered of it, which names nobody."""

    stream_id: str
    channel: str

    @property
    def mark(self) -> str:
        return blake2b(self.stream_id.encode(), digest_size=8).hexdigest()


@dataclass
class RecapCounts:
    """Outcomes of recaps. failed: attempts; dropped: recaps that were never told."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


class Recaps:
    """simulated: simulated chat is told, too. clock: the source's, epoch seconds. name_of: what
    people call the channel with a key."""

    def __init__(
        self,
        folder: DataFolder,
        settings: RecapSettings,
        source: str,
        simulated: bool,
        clock: Callable[[], float],
        name_of: Callable[[str], str] = str,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._folder, self._settings, self._source = folder, settings, source
        self.is_on = bool(settings.webhook.get_secret_value()) and (
            source == "live" or (source == "simulated" and simulated)
        )
        self.clock, self.name_of, self.dice = clock, name_of, dice
        self.first_s, self.command = FIRST_S, COMMAND
        self.counts = RecapCounts()
        self._waiting: deque[Over] = deque()
        self._lock = Lock()  # turns put streams in and take them out, in another thread
        self._taken: set[str] = set()  # marks of this run
        self._over: list[str] = []  # marks that are to be remembered

    def look(self, store: Store, hidden: Collection[str]) -> None:
        """Streams that ended a while ago and were not told wait from now on; those of before the
        webhook was there are none of them."""
        if not self.is_on or store.awaited():
            return
        now = self.clock()
        span = {"since": naive(utc(now - LATE_S)), "until": naive(utc(now - SETTLED_S))}
        rows = store.query("streams_over", source=self._source, least_s=LEAST_S, **span)
        ended = [Over(row["stream_id"], row["channel"]) for row in rows.to_pylist()]
        told = store.meta(META)
        if told is None:  # the first look there ever was
            told = " ".join(over.mark for over in ended)
            store.write({}, {META: told})
        known = {*told.split(), *self._taken}
        new = [over for over in ended if over.mark not in known and over.channel not in hidden]
        self._taken.update(over.mark for over in new)
        with self._lock:
            self._waiting.extend(new)

    def remember(self, store: Store) -> None:
        """What was told or given up since the last call is in the warehouse."""
        if self._over:
            marks, self._over = self._over, []
            told = [*(store.meta(META) or "").split(), *marks]
            store.write({}, {META: " ".join(told[-KEPT:])})

    def forget_channel(self, channel: str) -> None:
        """What waits of the channel is not told."""
        with self._lock:
            self._waiting = deque(over for over in self._waiting if over.channel != channel)

    def gauge(self) -> dict[str, tuple[float, dict[str, int]]]:
        """Counts, for `health`."""
        parts = {**vars(self.counts), "waiting": len(self._waiting)} if self.is_on else {}
        return {"recaps": (parts.get("sent", 0), parts)}

    async def keep(self) -> None:
        """Tell what waits, until cancelled. Whatever happens here, chat goes on being read."""
        if not self.is_on:
            return
        async with session(USER_AGENT) as http:
            while True:
                if over := self._next():
                    await self._tell(http, over)
                await asyncio.sleep(_IDLE_S)

    def _next(self) -> Over | None:
        with self._lock:
            return self._waiting[0] if self._waiting else None

    def _is_wanted(self, over: Over) -> bool:
        """False once its channel was forgotten meanwhile."""
        with self._lock:
            return over in self._waiting

    async def _tell(self, http: "ClientSession", over: Over) -> None:
        """One recap, to its end: told, or given up with one line in the log."""
        try:
            await self._try(http, over)
            self.counts.sent += 1
        except Failed as exc:
            self.counts.dropped += 1
            log.warning("recap: %s; this stream is not told", exc)
        except Exception as exc:
            self.counts.dropped += 1
            # without its text, which may quote the address
            log.error("recap: a mistake of ours (%s); going on", type(exc).__name__)
        with self._lock:
            self._over.append(over.mark)
            self._waiting = deque(o for o in self._waiting if o != over)

    async def _try(self, http: "ClientSession", over: Over) -> None:
        """Post it, again and again for some minutes; made anew each time, as somebody may have had
        something forgotten meanwhile. Raises Failed."""
        address = self._settings.webhook.get_secret_value()
        for attempt in range(1, TRIES + 1):
            made = await self._made(over)
            if not self._is_wanted(over):
                raise Failed("its channel was forgotten", again=False)
            try:
                await post(http, address, TIMEOUT_S, **content(self._settings.format, made))
                return
            except Failed as exc:
                self.counts.failed += 1
                if not exc.again or attempt == TRIES:
                    raise Failed(f"webhook: {exc}", again=False) from None
                wait_s = backoff_s(attempt, LONGEST_S, self.first_s, self.dice)
                await asyncio.sleep(max(min(exc.wait_s, LONGEST_S), wait_s))

    async def _made(self, over: Over) -> dict[str, Any]:
        """Message and picture, made by a child. Raises Failed."""
        child = await asyncio.create_subprocess_exec(
            *self.command, over.stream_id, self.name_of(over.channel),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "DLD_DATA": str(self._folder.root)},
            start_new_session=True,  # Ctrl-C is for the daemon, which ends its child
        )  # fmt: skip
        try:
            async with asyncio.timeout(CHILD_S):
                told, _ = await child.communicate()
        except TimeoutError:
            raise Failed(f"it was not made within {CHILD_S / 60:.0f} minutes", False) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode:
            raise Failed(f"it could not be made (code {child.returncode})", again=False)
        made: dict[str, Any] = orjson.loads(told)
        return made


def content(format: str, made: dict[str, Any]) -> "dict[str, Any | FormData]":
    """What is posted, made anew for each attempt: JSON, or Discord's form with the picture.

    Source: discord.com/developers/docs/reference#uploading-files.
    """
    if format == "json":
        return {"json": made["message"]}
    import aiohttp

    form = aiohttp.FormData()
    form.add_field(
        "payload_json", orjson.dumps(made["message"]).decode(), content_type="application/json"
    )
    png = b64decode(made["picture"])
    form.add_field("files[0]", png, filename="chart.png", content_type="image/png")
    return {"data": form}

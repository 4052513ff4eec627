"""Webhook for alerts: a bounded queue, and a task beside the turns that empties it.

What cannot be told in time is dropped and counted; chat is never kept waiting. The address is a
secret: it is in no log line and in no error.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from pipeline.alerts.discord import body
from pipeline.alerts.watch import Alert
from pipeline.config import AlertSettings
from pipeline.web import NoAnswer, backoff_s, request, retry_after_s, session

if TYPE_CHECKING:  # loaded by whoever posts
    from aiohttp import ClientSession

log = logging.getLogger(__name__)

USER_AGENT = "DLD/0.1 (alerts on Twitch chats)"
MOST = 50  # alerts that wait
STALE_S = 600.0  # after which an alert is no news
FIRST_S = 2.0  # before the second attempt; doubled each time
LONGEST_S = 120.0
TIMEOUT_S = 10.0  # for the webhook's answer
_LONGEST_WAIT_S = 3600.0  # that it may ask for: by then nothing that waits is news
_IDLE_S = 0.5
_PAUSE_S = 1.0  # between messages; Discord takes five in two seconds


@dataclass
class WebhookCounts:
    """Outcomes of alerts. failed: attempts; dropped: alerts that were never told."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


class Failed(Exception):
    """An attempt. again: another may do better; wait_s: what was asked for."""

    def __init__(self, why: str, again: bool, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.again, self.wait_s = again, wait_s


async def post(http: "ClientSession", address: str, timeout_s: float, **content: Any) -> None:
    """One message to a webhook. Raises Failed, which does not quote the address."""
    try:
        async with request(http, "POST", address, timeout_s, **content) as answer:
            status, after = answer.status, answer.headers.get("Retry-After", "")
    except NoAnswer as exc:
        raise Failed(str(exc), again=True) from None
    if not 200 <= status < 300:
        again = status == 429 or status >= 500
        wait_s = retry_after_s(after, _LONGEST_WAIT_S) if again else 0.0
        raise Failed(f"it refuses ({status})", again, wait_s)


class Webhook:
    """clock: the wall's, epoch seconds. dice: 0..1, at random. name_of: what people call the
    channel with a key, when it is told."""

    def __init__(
        self,
        settings: AlertSettings,
        source: str,
        clock: Callable[[], float] = time.time,
        dice: Callable[[], float] = random.random,
        name_of: Callable[[str], str] = str,
    ) -> None:
        self._address = settings.webhook
        self.timeout_s = TIMEOUT_S
        self.is_on = bool(self._address.get_secret_value()) and (
            source == "live" or (source == "simulated" and settings.simulated)
        )
        self.clock, self.dice, self.name_of = clock, dice, name_of
        self.counts = WebhookCounts()
        self.pause_s, self.idle_s, self.first_s = _PAUSE_S, _IDLE_S, FIRST_S
        self._waiting: deque[Alert] = deque()
        self._lock = Lock()  # turns put alerts in and take them out, in another thread
        self._fails = 0  # attempts since the last that went well
        self._has_warned = False  # of the trouble

    def put(self, alerts: Iterable[Alert]) -> None:
        """To be told. The oldest go where too many wait."""
        if not self.is_on:
            return
        with self._lock:
            self._waiting.extend(alerts)
            while len(self._waiting) > MOST:
                self._waiting.popleft()
                self.counts.dropped += 1

    def forget_channel(self, channel: str) -> None:
        """What waits of the channel is not told; nor are terms, which may be of it."""
        with self._lock:
            gone = (channel, "")
            self._waiting = deque(a for a in self._waiting if a.channel not in gone)

    def forget_terms(self) -> None:
        """No term that waits is told: one may be somebody's name."""
        self.forget_channel("")

    def health(self) -> dict[str, int]:
        """Counts, by name."""
        if not self.is_on:
            return {}
        return {**vars(self.counts), "waiting": len(self._waiting)}

    async def keep(self) -> None:
        """Tell what waits, until cancelled. Whatever happens here, chat goes on being read."""
        if not self.is_on:
            return
        async with session(USER_AGENT) as http:
            while True:
                try:
                    wait_s = await self.step(http)
                except Exception as exc:
                    # without its text, which may quote the address
                    log.error("alerts: a mistake of ours (%s); going on", type(exc).__name__)
                    wait_s = LONGEST_S
                await asyncio.sleep(wait_s)

    async def step(self, http: "ClientSession") -> float:
        """Try to tell the oldest that waits; returns seconds to wait before the next step."""
        alert = self._oldest()
        if alert is None:
            return self.idle_s
        try:
            address = self._address.get_secret_value()
            await post(http, address, self.timeout_s, json=body(alert, self.name_of))
        except Failed as exc:
            return self._failed(alert, exc)
        self.counts.sent += 1
        self._fails = 0
        if self._has_warned:
            self._has_warned = False
            log.info("alerts: the webhook answers again")
        self._done(alert)
        return self.pause_s

    def _failed(self, alert: Alert, exc: Failed) -> float:
        self.counts.failed += 1
        self._fails += 1
        if not self._has_warned:
            self._has_warned = True
            log.warning("alerts: webhook: %s; told once, until it answers", exc)
        if not exc.again:
            self.counts.dropped += 1
            self._done(alert)
        return max(exc.wait_s, backoff_s(self._fails, LONGEST_S, self.first_s, self.dice))

    def _done(self, alert: Alert) -> None:
        with self._lock:
            if self._waiting and self._waiting[0] is alert:  # else a turn dropped it meanwhile
                self._waiting.popleft()

    def _oldest(self) -> Alert | None:
        """The next to be told, once those that are no news any more are dropped."""
        with self._lock:
            while self._waiting and self.clock() - self._waiting[0].at.timestamp() > STALE_S:
                self._waiting.popleft()
                self.counts.dropped += 1
            return self._waiting[0] if self._waiting else None

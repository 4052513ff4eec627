"""Each closed window, once, to all viewers of its channel: when, how often tried, when dropped.

What sends is `pubsub.py`; which worker does is `lock.py`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from ebs.bodies import STALE_AFTER_S, ChannelBody, Latest
from ebs.broadcasting.viewers import Audience
from warehouse.errors import AppError

MOST_MESSAGE = 5 * 1024  # bytes; Twitch answers 422 above
LEAST_APART_S = 1.0  # of a channel: Twitch takes 100 a minute
AT_ONCE = 16
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a try. name: sent, refused, too_large, or retried; then after wait_s at the
    earliest."""

    name: str
    wait_s: float = 0.0


Post = Callable[[str, bytes], Awaitable[Outcome]]


class Broadcaster:
    """Look once a second; what is to be sent is sent beside it."""

    def __init__(
        self,
        latest: Latest,
        audience: Audience,
        post: Post,
        count: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        may_post: Callable[[], bool] = lambda: True,
    ) -> None:
        """post: a channel's id and its body, to all viewers; count: what became of it. may_post:
        false once another machine may have taken over."""
        self._may_post = may_post
        self._latest, self._audience, self._post, self._count = latest, audience, post, count
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._settled: dict[str, str] = {}  # by channel: the last window, sent or given up
        self._posted: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def look(self) -> int:
        """Begin to send what is new; how many channels have viewers."""
        watched = self._audience.watched()
        for channel_id in watched - self._tasks.keys():
            if self._news(channel_id):
                task = asyncio.create_task(self._deliver(channel_id))
                self._tasks[channel_id] = task
                task.add_done_callback(partial(self._ended, channel_id))
        return len(watched)

    def _ended(self, channel_id: str, _: "asyncio.Task[None]") -> None:
        self._tasks.pop(channel_id, None)

    def pass_over(self) -> None:
        """The windows that are published now are settled: another may have sent them."""
        for channel_id in self._latest.channels():
            try:
                self._settled[channel_id] = self._latest.of(channel_id).window
            except AppError:
                continue

    async def finish(self, within_s: float) -> None:
        """Let what is being sent end; the rest is dropped."""
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _news(self, channel_id: str) -> ChannelBody | None:
        """The channel's body if its last window is yet to be sent."""
        try:
            published = self._latest.of(channel_id)
        except AppError:
            return None
        window = published.window
        if not window or window == self._settled.get(channel_id):
            return None
        if published.age(self._clock()) > STALE_AFTER_S:
            self._settle(channel_id, window, "stale")
            return None
        return published

    async def _deliver(self, channel_id: str) -> None:
        tried, tries = "", 0
        while published := self._news(channel_id):
            if tried and published.window != tried:
                self._count("superseded")
                tries = 0
            tried = published.window
            rest_s = self._posted.get(channel_id, 0.0) + LEAST_APART_S - self._clock()
            if 0 < rest_s <= LEAST_APART_S:  # more of it: the clock was set back
                await self._sleep(rest_s)
                continue  # there may be a newer one
            if not self._may_post():
                return
            outcome = await self._send(channel_id, published.fresh.plain)
            if outcome.name == "retried":
                self._count("retried")
                await self._sleep(self._backoff_s(tries, outcome.wait_s))
                tries += 1
            else:
                self._settle(channel_id, tried, outcome.name)
                tried = ""

    async def _send(self, channel_id: str, body: bytes) -> Outcome:
        if len(body) > MOST_MESSAGE:
            return Outcome("too_large")
        async with self._turns:
            self._posted[channel_id] = self._clock()
            return await self._post(channel_id, body)

    def _backoff_s(self, tries: int, wait_s: float) -> float:
        """Doubled each time, from half of it to all; never sooner than was asked for."""
        longest = min(FIRST_RETRY_S * 2.0**tries, LONGEST_RETRY_S)
        return max(wait_s, longest * (0.5 + 0.5 * self._jitter()))

    def _settle(self, channel_id: str, window: str, outcome: str) -> None:
        self._settled[channel_id] = window
        self._count(outcome)

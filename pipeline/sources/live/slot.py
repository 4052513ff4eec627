"""Connection that is kept up: opened again when lost, and before it is left on request."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from pipeline.sources.live.connection import Connection
from pipeline.sources.live.shared import Shared
from pipeline.web import backoff_s, why_unreached
from warehouse.errors import AppError

log = logging.getLogger(__name__)

_STEADY_S = 30.0  # a connection that lived so long had not failed

C = TypeVar("C", bound=Connection)
S = TypeVar("S", bound=Shared)


@dataclass
class Attempt:
    """Attempts of a connection to get a channel; when the last was, and the next is due, in loop
    seconds."""

    times: int = 0
    at: float = 0.0
    again_at: float = 0.0


class Slot(ABC, Generic[C, S]):
    """Channels that share a connection. channels: login to id, those wanted here; change it at
    will. connections: newest last; those before it are being left. url: where they go to.
    trouble: why there is none that Twitch answers on, and what to do; '' while there is.

    tell: called when what its connections saw has to be told at once.
    """

    def __init__(self, shared: S, tell: Callable[[Self], None], url: str) -> None:
        self.shared, self.limits, self.url = shared, shared.limits, url
        self.trouble = ""
        self.channels: dict[str, str] = {}
        self.connections: list[C] = []
        self.tell: Callable[[], None] = lambda: tell(self)
        self._attempts: dict[tuple[C, str], Attempt] = {}
        self._steps = 0  # of the clock, as far as they are told

    def spans(self, channel: str) -> Iterator[tuple[float, float]]:
        """Since when and up to when each of its connections has seen the channel."""
        for connection in self.connections:
            if (joined := connection.joined.get(channel)) is not None:
                joined = max(joined, self.shared.clock.since)
                yield joined, max(joined, connection.heard)

    def rename(self, names: Mapping[str, str]) -> None:
        """Channels are called otherwise from now on. names: by those of before."""
        self.channels = {names.get(c, c): id for c, id in self.channels.items()}
        for connection in self.connections:
            joined = connection.joined.items()
            connection.joined = {names.get(c, c): since for c, since in joined}
        self._attempts = {(n, names.get(c, c)): a for (n, c), a in self._attempts.items()}

    async def keep(self) -> None:
        """Hold a connection until cancelled."""
        failures, url = 0, ""
        async with asyncio.TaskGroup() as tasks:
            while True:
                new, url = await self._opened(failures, url)
                began = time.monotonic()
                new.oddities = self.shared.oddities
                self.connections.append(new)
                tasks.create_task(self._serve(new))
                await self._relieve(new, has_moved=bool(url))
                await new.over.wait()
                url = new.moved_to
                if not new.proven and not self.trouble:
                    self.trouble = unreached(self.url, ConnectionResetError())
                is_steady = url or time.monotonic() - began > _STEADY_S
                failures = 0 if is_steady else failures + 1

    async def _opened(self, failures: int, url: str) -> tuple[C, str]:
        """A connection, and the address that Twitch named for it: a dead one is not tried again."""
        while True:
            if failures:
                await asyncio.sleep(backoff_s(failures, self.limits.backoff_s))
            try:
                return await self._open(url), url
            except (OSError, TimeoutError, WebSocketException, AppError) as exc:
                failures, url = failures + 1, ""
                is_ours = isinstance(exc, AppError)
                self.trouble = first_line(exc) if is_ours else unreached(self.url, exc)
                self.shared.first -= self.channels.keys()  # else others would wait for them
                log.info("no connection: %s; attempt %d", first_line(exc), failures)

    async def _serve(self, connection: C) -> None:
        """Read a connection to its end."""
        asking = asyncio.ensure_future(self._ask_for_channels(connection))
        try:
            await self._read(connection)
            if self._is_newest(connection):
                code = connection.socket.close_code
                level = logging.WARNING if connection.joined else logging.INFO
                log.log(level, "connection lost channels=%d code=%s", len(connection.joined), code)
        finally:
            asking.cancel()
            self.tell()  # while it still counts what the connection saw
            self._give_up(connection)
            self.connections.remove(connection)
            self.tell()  # before anything that comes by another one
            self._settle()
            self._attempts = {k: a for k, a in self._attempts.items() if k[0] is not connection}
            connection.over.set()
            await connection.close()

    async def _ask_for_channels(self, connection: C) -> None:
        while True:
            await self._bring_to_wanted(connection)
            await asyncio.sleep(self.limits.look_s)

    def _is_newest(self, connection: C) -> bool:
        return connection is self.connections[-1]

    def _attempt(self, connection: C, channel: str) -> Attempt:
        return self._attempts.setdefault((connection, channel), Attempt())

    def _refused(self, connection: C, channel: str, reason: str) -> None:
        self._attempt(connection, channel).again_at = time.monotonic() + self.limits.retry_s
        self.shared.report(channel, reason)

    def _joined(self, connection: C, channel: str) -> None:
        connection.joined.setdefault(channel, self.shared.clock.monotonic())
        self.shared.clear(channel)
        self._prove(connection)

    def _prove(self, connection: C) -> None:
        """Twitch has let us in."""
        if not connection.proven:
            connection.proven, self.trouble = True, ""

    def _follow_clock(self) -> None:
        """Tell of a step of the clock before what showed it, which would say that its channel was
        seen all the time up to it."""
        if self.shared.clock.steps != self._steps:
            self._steps = self.shared.clock.steps
            self.tell()

    # -- what each source does in its own way ----------------------------------------------

    @abstractmethod
    async def _open(self, url: str) -> C:
        """A new connection. url: where Twitch asked to reconnect, '' for anywhere."""

    @abstractmethod
    async def _read(self, connection: C) -> None:
        """Put all that comes into the outbox, until the connection ends."""

    @abstractmethod
    async def _bring_to_wanted(self, connection: C) -> None:
        """Join what is wanted, leave what is not; called for as long as the connection lives."""

    async def _relieve(self, connection: C, has_moved: bool) -> None:
        """A new connection is there: older ones may go. has_moved: what they joined, it has."""

    def _give_up(self, connection: C) -> None:
        """The connection ends."""

    def _settle(self) -> None:
        """Tell what was held back and need not be any more."""


def unreached(url: str, exc: Exception) -> str:
    """That there is no connection, why, and what to do."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    return (
        f"Twitch is not reached, no connection to {host}: {why_unreached(exc)}; "
        "look at the connection, a firewall or DLD_TWITCH_URL, it is tried again by itself"
    )


def first_line(exc: Exception) -> str:
    """Of what an error says."""
    return str(exc).splitlines()[0][:200] if str(exc) else type(exc).__name__

"""Link to Twitch IRC: one connection, its lines, and what they prove of its being alive."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pipeline.sources.irc.lines import Frames, IrcLine, parse
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.connection import Connection, open_socket
from pipeline.sources.live.shared import Limits

_CAPABILITIES = ("twitch.tv/tags", "twitch.tv/commands")
_LEAVING = "dld-leaving"
_STALL_S = 1.0  # that went by without our reading: what is read next may have come long ago


class Link(Connection):
    """A connection, heard with its last byte. granted: once we are to get tags and commands.
    has_spoken: a byte came; welcomed: Twitch knows our name. opened_at: loop seconds.

    After a time in which we did not read (the engine was busy, the disk full, the machine asleep)
    bytes prove nothing: they may have waited, and the connection be gone since. Then it is known
    to have been alive when it was asked for the sign of life that it answers.
    """

    def __init__(self, socket: ClientConnection, limits: Limits, clock: TwitchClock) -> None:
        super().__init__(socket, limits, clock)
        self.nick = f"justinfan{random.randint(10_000, 99_999_999)}"
        self.opened_at = time.monotonic()
        self.granted = asyncio.Event()
        self.has_spoken = self.welcomed = False
        self._capabilities = set[str]()
        self._frames = Frames()
        self._question, self._asked_at = "", 0.0  # in doubt: what has to be answered
        self._questions = 0

    async def greet(self) -> None:
        """Ask for tags and commands, and take an anonymous name."""
        await self.socket.send(f"CAP REQ :{' '.join(_CAPABILITIES)}")
        await self.socket.send(f"NICK {self.nick}")

    def grant(self, names: Iterable[str]) -> None:
        """Twitch grants capabilities."""
        self._capabilities.update(names)
        if self._capabilities.issuperset(_CAPABILITIES):
            self.granted.set()

    async def send(self, line: str) -> None:
        """Send a line; on a connection that is gone, nothing."""
        try:
            await self.socket.send(line)
        except ConnectionClosed:
            return

    async def lines(self) -> AsyncIterator[IrcLine]:
        """Every line, until the connection ends or has been silent for too long.

        Silence is broken by our own PING. Nobody is called silent while we do not listen.
        """
        is_asked = False
        while True:
            began = self.clock.monotonic()
            patience = self.patience_s if is_asked else self.limits.ping_after_s
            try:
                async with asyncio.timeout(patience):
                    # as it came: a text that is not UTF-8 is no reason to be cut off
                    frame = await self.socket.recv(decode=False)
            except TimeoutError:
                if is_asked:
                    return
                is_asked = True
                await self.ask()
                continue
            except ConnectionClosed:
                return
            is_asked = False
            await self._came(began + patience)
            began = self.clock.monotonic()
            for raw in self._frames.lines(frame):
                if (line := await self._line(raw)) is not None:
                    if line.command == "PONG" and line.params[-1:] == (_LEAVING,):
                        return
                    yield line
            if self.clock.monotonic() > began + _STALL_S:
                await self._doubt()

    async def _came(self, due: float) -> None:
        """A frame was read; due: when waiting for it would have ended, monotonic seconds."""
        self.has_spoken = True
        if self.clock.monotonic() > due + _STALL_S:  # we slept
            await self._doubt()
        elif not self._question:
            self.heard = self.clock.monotonic()

    async def _doubt(self) -> None:
        """From now on only an answer to this counts."""
        self._questions += 1
        self._question, self._asked_at = f"dld-{self._questions}", self.clock.monotonic()
        await self.send(f"PING :{self._question}")

    async def _line(self, raw: str) -> IrcLine | None:
        """The line, unless it is none or only about the connection."""
        line = parse(raw)
        if line is None:
            self.oddities.malformed += 1
        elif line.command == "PING":
            await self.send(f"PONG :{line.params[-1] if line.params else ''}")
            return None
        elif line.command == "PONG" and line.params[-1:] == (self._question,):
            self.heard, self._question = max(self.heard, self._asked_at), ""
        return line

    async def ask(self) -> None:
        """Ask for a sign of life."""
        await self.send("PING :dld")

    async def leave(self) -> None:
        """End `lines` once everything sent so far has been read."""
        await self.send(f"PING :{_LEAVING}")


async def open_link(url: str, limits: Limits, clock: TwitchClock) -> Link:
    """A new connection. Raises OSError, TimeoutError, WebSocketException."""
    link = Link(await open_socket(url, limits), limits, clock)
    try:
        await link.greet()
    except ConnectionClosed as exc:
        raise ConnectionResetError("closed at once") from exc
    return link

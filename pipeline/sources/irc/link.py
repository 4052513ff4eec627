"""One WebSocket to Twitch IRC: what it has joined, when it last gave a sign of life.

It says what it hears and knows nothing of other links; whether a channel is covered is for
those who hold all of them (source.py).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pipeline.config import IrcSettings
from pipeline.sources.irc.lines import Frames, Line, parse

_LARGEST = 1 << 20  # bytes of a frame
_CLOSE_S = 2.0
_LEAVING = "dld-leaving"
_STALL_S = 1.0  # that went by without our reading: what is read next may have come long ago


class Link:
    """An open connection. heard: up to when it is known to have been alive, epoch seconds: its
    last byte's. answered: whether any byte came. malformed: lines so far that were none.

    After a time in which we did not read (the engine was busy, the disk full, the machine asleep)
    bytes prove nothing: they may have waited, and the connection be gone since. Then it is known
    to have been alive when it was asked for the sign of life that it answers.
    """

    def __init__(self, socket: ClientConnection, settings: IrcSettings, clock: Callable[[], float]):
        self.socket, self.settings, self.clock = socket, settings, clock
        self.nick = f"justinfan{random.randint(10_000, 99_999_999)}"
        self.joined: dict[str, float] = {}  # channel to when we were in it, epoch seconds
        self.heard = clock()
        self.answered = asyncio.Event()
        self.malformed = 0
        self._frames = Frames()
        self._question, self._asked_at = "", 0.0  # in doubt: what has to be answered
        self._questions = 0

    async def greet(self) -> None:
        """Ask for tags and commands, and take an anonymous name."""
        await self.socket.send("CAP REQ :twitch.tv/tags twitch.tv/commands")
        await self.socket.send(f"NICK {self.nick}")

    async def send(self, line: str) -> None:
        """Send a line; on a connection that is gone, nothing."""
        try:
            await self.socket.send(line)
        except ConnectionClosed:
            return

    async def lines(self) -> AsyncIterator[Line]:
        """Every line, until the connection ends or has been silent for too long.

        Silence is broken by our own PING. Nobody is called silent while we do not listen.
        """
        asked = False
        while True:
            began, patience = self.clock(), self._patience(asked)
            try:
                async with asyncio.timeout(patience):
                    # as it came: a text that is not UTF-8 is no reason to be cut off
                    frame = await self.socket.recv(decode=False)
            except TimeoutError:
                if asked:
                    return
                asked = True
                await self.ask()
                continue
            except ConnectionClosed:
                return
            asked = False
            await self._came(began + patience)
            began = self.clock()
            for raw in self._frames.lines(frame):
                if (line := await self._known(raw)) is not None:
                    if line.command == "PONG" and line.params[-1:] == (_LEAVING,):
                        return
                    yield line
            if self.clock() > began + _STALL_S:
                await self._doubt()

    async def _came(self, due: float) -> None:
        """A frame was read; due: when waiting for it would have ended, epoch seconds."""
        self.answered.set()
        if self.clock() > due + _STALL_S:  # we slept
            await self._doubt()
        elif not self._question:
            self.heard = self.clock()

    async def _doubt(self) -> None:
        """From now on only an answer to this counts."""
        self._questions += 1
        self._question, self._asked_at = f"dld-{self._questions}", self.clock()
        await self.send(f"PING :{self._question}")

    async def _known(self, raw: str) -> Line | None:
        """The line, unless it is none or only about the connection."""
        line = parse(raw)
        if line is None:
            self.malformed += 1
        elif line.command == "PING":
            await self.send(f"PONG :{line.params[-1] if line.params else ''}")
            return None
        elif line.command == "PONG" and line.params[-1:] == (self._question,):
            self.heard, self._question = max(self.heard, self._asked_at), ""
        return line

    async def ask(self) -> None:
        """Ask for a sign of life."""
        await self.send("PING :dld")

    def _patience(self, asked: bool) -> float:
        ping, dead = self.settings.ping_after_s, self.settings.dead_after_s
        return max(0.1, dead - ping) if asked else ping

    async def leave(self) -> None:
        """End `lines` once everything sent so far has been read."""
        await self.send(f"PING :{_LEAVING}")

    async def close(self) -> None:
        """Hang up; on a peer that does not answer too."""
        await self.socket.close()


async def open_link(settings: IrcSettings, clock: Callable[[], float]) -> Link:
    """A new connection. Raises OSError, TimeoutError, WebSocketException."""
    socket = await connect(
        settings.url,
        open_timeout=settings.connect_timeout_s,
        close_timeout=_CLOSE_S,
        ping_interval=None,  # IRC has its own, which proves more
        max_size=_LARGEST,
        max_queue=64,
        compression=None,
    )
    link = Link(socket, settings, clock)
    try:
        await link.greet()
    except ConnectionClosed as exc:
        raise ConnectionResetError("closed at once") from exc
    return link

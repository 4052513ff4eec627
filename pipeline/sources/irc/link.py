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


class Link:
    """An open connection. heard: epoch seconds of the last byte; malformed: lines so far that
    were none."""

    def __init__(self, socket: ClientConnection, settings: IrcSettings, clock: Callable[[], float]):
        self.socket, self.settings, self.clock = socket, settings, clock
        self.nick = f"justinfan{random.randint(10_000, 99_999_999)}"
        self.joined: dict[str, float] = {}  # channel to when we were in it, epoch seconds
        self.heard = clock()
        self.malformed = 0
        self._frames = Frames()

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
            try:
                async with asyncio.timeout(self._patience(asked)):
                    frame = await self.socket.recv()
            except TimeoutError:
                if asked:
                    return
                asked = True
                await self.send("PING :dld")
                continue
            except ConnectionClosed:
                return
            asked, self.heard = False, self.clock()
            for raw in self._frames.lines(frame):
                line = parse(raw)
                if line is None:
                    self.malformed += 1
                elif line.command == "PING":
                    await self.send(f"PONG :{line.params[-1] if line.params else ''}")
                elif line.command == "PONG" and line.params[-1:] == (_LEAVING,):
                    return
                else:
                    yield line

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

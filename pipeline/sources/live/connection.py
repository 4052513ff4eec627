"""WebSocket to Twitch: what it has joined, and up to when it is known to have been alive.

Whether a channel is covered is for those who hold all connections (source.py).
"""

import asyncio

from websockets.asyncio.client import ClientConnection, connect

from pipeline.chat.oddities import Oddities
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits

_LARGEST = 1 << 20  # bytes of a frame
_CLOSE_S = 2.0


class Connection:
    """An open connection. joined: channel to when we were in it, heard: up to when it is known to
    have been alive, both in monotonic seconds. oddities: what came that was nothing. proven:
    Twitch has let us in.

    over: set when another one has to be opened; moved_to: where Twitch asked us to go.
    """

    def __init__(self, socket: ClientConnection, limits: Limits, clock: TwitchClock) -> None:
        self.socket, self.limits, self.clock = socket, limits, clock
        self.joined: dict[str, float] = {}
        self.heard = clock.monotonic()
        if socket.response is not None:
            clock.dated(next(iter(socket.response.headers.get_all("Date")), None))
        self.oddities = Oddities()
        self.proven = False
        self.over = asyncio.Event()
        self.moved_to = ""

    @property
    def patience_s(self) -> float:
        """Seconds that an answer to a ping may take."""
        return max(0.1, self.limits.dead_after_s - self.limits.ping_after_s)

    async def close(self) -> None:
        """Hang up; on a peer that does not answer too."""
        await self.socket.close()


async def open_socket(url: str, limits: Limits) -> ClientConnection:
    """A new WebSocket. Raises OSError, TimeoutError, WebSocketException."""
    return await connect(
        url,
        open_timeout=limits.connect_timeout_s,
        close_timeout=_CLOSE_S,
        ping_interval=None,  # our own proves more, sooner
        max_size=_LARGEST,
        max_queue=64,
        compression=None,
    )

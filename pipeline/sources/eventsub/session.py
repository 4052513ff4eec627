"""One EventSub WebSocket: its frames, what it is subscribed to, up to when it was alive.

twitchio's own WebSocket is not used: it ends for good after a reconnect to a dead address, on
close code 4003, and on a frame that lacks what it expects.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.frames import Frame, parse, text

_LARGEST = 1 << 20  # bytes of a frame
_CLOSE_S = 2.0
_KEEPALIVE_S = 10  # what Twitch is asked for; the shortest there is
_LOOK_S = 0.25


class Session:
    """An open connection that Twitch has welcomed.

    joined: channel to when its chat was subscribed to, epoch seconds. subs: id of a subscription
    to (channel, type). heard: Twitch's stamp of the last frame, or when a ping was sent that was
    answered. malformed: frames that were none. moved_to: where Twitch asked us to go.
    """

    def __init__(
        self, socket: ClientConnection, settings: TwitchSettings, clock: Callable[[], float]
    ) -> None:
        self.socket, self.settings, self.clock = socket, settings, clock
        self.id = ""
        self.joined: dict[str, float] = {}
        self.subs: dict[str, tuple[str, str]] = {}
        self.heard = clock()
        self.malformed = 0
        self.moved_to = ""
        self.pings = True  # Twitch bears them; else its keepalives have to do
        self.over = asyncio.Event()  # another one has to be opened
        self._reading = False

    async def frames(self) -> AsyncIterator[Frame]:
        """Every frame, until the connection ends or is dead."""
        watching = asyncio.ensure_future(self._watch())
        try:
            while True:
                self._reading = True
                raw = await self.socket.recv(decode=False)
                self._reading = False
                frame = parse(raw, self.clock())
                if frame is None:
                    self.malformed += 1
                    continue
                # Twitch's own stamp: a frame that waited for us says nothing of later
                self.heard = max(self.heard, min(frame.at, self.clock()))
                yield frame
        except ConnectionClosed:
            return
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        """Ask for a sign of life in silence; hang up when none comes. Nobody is called dead
        while we do not read."""
        while True:
            await asyncio.sleep(min(_LOOK_S, self.settings.ping_after_s / 2))
            silence = self.clock() - self.heard
            if not self._reading or silence < self.settings.ping_after_s:
                continue
            is_alive = await self.prove() if self.pings else silence < self.settings.dead_after_s
            if not is_alive and self._reading:
                self.socket.transport.abort()
                return

    async def prove(self) -> bool:
        """Whether it is alive now; then it is known to have been, up to this call."""
        if not self.pings:
            return False
        asked, is_alive = self.clock(), await self._answers()
        if is_alive:
            self.heard = max(self.heard, asked)
        return is_alive

    async def _answers(self) -> bool:
        patience = max(0.1, self.settings.dead_after_s - self.settings.ping_after_s)
        before = self.heard
        try:
            async with asyncio.timeout(patience):
                await (await self.socket.ping())
        except TimeoutError:
            return self.heard > before  # a frame came instead
        except ConnectionClosed:
            return False
        return True

    async def close(self) -> None:
        """Hang up; on a peer that does not answer too."""
        await self.socket.close()


async def open_session(
    settings: TwitchSettings, clock: Callable[[], float], url: str = ""
) -> Session:
    """A welcomed session. url: where Twitch asked to reconnect, '' for a new one.

    Raises OSError, TimeoutError, WebSocketException.
    """
    mark = "&" if "?" in settings.eventsub_url else "?"
    socket = await connect(
        url or f"{settings.eventsub_url}{mark}keepalive_timeout_seconds={_KEEPALIVE_S}",
        open_timeout=settings.connect_timeout_s,
        close_timeout=_CLOSE_S,
        ping_interval=None,  # our own is quicker
        max_size=_LARGEST,
        max_queue=64,
        compression=None,
    )
    session = Session(socket, settings, clock)
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            session.id = await _welcomed(session)
    except (TimeoutError, ConnectionClosed) as exc:
        with suppress(Exception):
            socket.transport.abort()
        raise TimeoutError("Twitch did not welcome us") from exc
    return session


async def _welcomed(session: Session) -> str:
    """Id of the session. Raises ConnectionClosed."""
    while True:
        frame = parse(await session.socket.recv(decode=False), session.clock())
        if frame is None or frame.kind != "session_welcome":
            continue
        if name := text(frame.part("session").get("id")):
            return name

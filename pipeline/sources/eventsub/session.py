"""Session of Twitch's EventSub: one connection, its frames, what it is subscribed to.

twitchio's own WebSocket is not used: it ends for good after a reconnect to a dead address, on
close code 4003, and on a frame that lacks what it expects.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pipeline.sources.eventsub.frames import Frame, parse, text
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.connection import Connection, open_socket
from pipeline.sources.live.shared import Limits

_KEEPALIVE_S = 10  # what Twitch is asked for; the shortest there is
_LOOK_S = 0.25


class Session(Connection):
    """A connection that Twitch has welcomed. A channel is joined with its chat.

    subs: id of a subscription to (channel, type). heard: when Twitch sent the last frame, or
    when a ping was sent that was answered. pings: Twitch bears them; else its keepalives have to
    do.
    """

    def __init__(
        self, socket: ClientConnection, limits: Limits, clock: TwitchClock, pings: bool
    ) -> None:
        super().__init__(socket, limits, clock)
        self.id = ""
        self.subs: dict[str, tuple[str, str]] = {}
        self.pings = pings
        self._reading = False

    async def frames(self) -> AsyncIterator[Frame]:
        """Every frame, until the connection ends or is dead."""
        watching = asyncio.ensure_future(self._watch())
        try:
            while True:
                self._reading = True
                raw = await self.socket.recv(decode=False)
                self._reading = False
                frame = self.parsed(raw)
                if frame is None:
                    self.oddities.malformed += 1
                    continue
                # Twitch's own stamp: a frame that waited for us says nothing of later
                self.heard = max(self.heard, min(self.clock.mono(frame.at), self.clock.monotonic()))
                yield frame
        except ConnectionClosed:
            return
        finally:
            watching.cancel()

    def parsed(self, raw: str | bytes) -> Frame | None:
        """A frame, or None for what is none; its stamp shows what time it is."""
        frame, steps = parse(raw, self.clock.arrival()), self.clock.steps
        name = text(frame.part("event").get("message_id")) if frame else ""
        if frame and (name or frame.kind != "notification"):  # nobody knows whether it is new
            self.clock.saw(frame.stamp, name)
        return frame if self.clock.steps == steps else parse(raw, self.clock.arrival())

    async def _watch(self) -> None:
        """Ask for a sign of life in silence; hang up when none comes. Nobody is called dead
        while we do not read."""
        while True:
            await asyncio.sleep(min(_LOOK_S, self.limits.ping_after_s / 2))
            silence = self.clock.monotonic() - self.heard
            if not self._reading or silence < self.limits.ping_after_s:
                continue
            is_alive = await self.prove() if self.pings else silence < self.limits.dead_after_s
            if not is_alive and self._reading:
                self.socket.transport.abort()
                return

    async def prove(self) -> bool:
        """True if it is alive now; then it is known to have been, up to this call."""
        if not self.pings:
            return False
        asked_at, is_alive = self.clock.monotonic(), await self._answers()
        if is_alive:
            self.heard = max(self.heard, asked_at)
        return is_alive

    async def _answers(self) -> bool:
        before = self.heard
        try:
            async with asyncio.timeout(self.patience_s):
                await (await self.socket.ping())
        except TimeoutError:
            return self.heard > before  # a frame came instead
        except ConnectionClosed:
            return False
        return True


async def open_session(url: str, limits: Limits, clock: TwitchClock, pings: bool = True) -> Session:
    """A welcomed session. Raises OSError, TimeoutError, WebSocketException."""
    socket = await open_socket(url, limits)
    session = Session(socket, limits, clock, pings)
    try:
        async with asyncio.timeout(limits.connect_timeout_s):
            session.id = await _welcomed(session)
    except (TimeoutError, ConnectionClosed) as exc:
        with suppress(Exception):
            socket.transport.abort()
        raise TimeoutError("Twitch did not welcome us") from exc
    return session


def session_url(eventsub: str) -> str:
    """Address of a new session."""
    return f"{eventsub}{'&' if '?' in eventsub else '?'}keepalive_timeout_seconds={_KEEPALIVE_S}"


async def _welcomed(session: Session) -> str:
    """Id of the session. Raises ConnectionClosed."""
    while True:
        frame = session.parsed(await session.socket.recv(decode=False))
        if frame is None or frame.kind != "session_welcome":
            continue
        if name := text(frame.part("session").get("id")):
            return name

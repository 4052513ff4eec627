"""Twitch IRC over WebSocket on loopback: what a reader of public chat may meet, on demand."""

import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HOST = ":tmi.twitch.tv"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message. at_ms: Twitch's stamp; reached: connections it was written to."""

    id: str
    channel: str
    at_ms: int
    reached: int


@dataclass(eq=False)
class Peer:
    """A reader. channels: joined; frozen: nothing is sent to it nor read from it any more."""

    socket: ServerConnection
    nick: str = ""
    channels: set[str] = field(default_factory=set)
    got: list[str] = field(default_factory=list)
    frozen: bool = False

    async def send(self, *lines: str) -> bool:
        """Whether it was written: in one frame, however many lines."""
        return await self.raw("".join(f"{line}\r\n" for line in lines))

    async def raw(self, *frames: str | bytes) -> bool:
        """Frames as they are."""
        if self.frozen:
            return False
        try:
            for frame in frames:
                await self.socket.send(frame)
        except ConnectionClosed:
            return False
        return True

    def drop(self) -> None:
        """The network is gone: what was written still arrives, no WebSocket farewell does."""
        self.frozen = True  # what is written to a closing transport is lost without an error
        self.socket.transport.close()


class IrcServer:
    """rooms: the channels there are, None for any. refuse: connections are turned away; freeze:
    they are accepted, and never told anything.

    joins: (loop time, channel) of every JOIN; sent: every message said.
    """

    def __init__(self, rooms: Collection[str] | None = None) -> None:
        self.rooms = rooms
        self.refuse = self.freeze = False
        self.notices: dict[str, str] = {}  # by channel: the msg-id that answers its JOIN
        self.peers: list[Peer] = []  # those that are connected
        self.all_peers: list[Peer] = []
        self.connects = 0
        self.joins: list[tuple[float, str]] = []
        self.sent: list[Sent] = []
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._handle, "127.0.0.1", 0, ping_interval=None, compression=None, close_timeout=0.2
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server
        for peer in self.peers:
            peer.socket.transport.abort()
        self._server.close(close_connections=False)

    @property
    def url(self) -> str:
        """Its WebSocket's address."""
        return self.base.replace("http", "ws")

    @property
    def base(self) -> str:
        """Its address, for DLD_TWITCH_URL."""
        assert self._server
        return f"http://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    # -- what it says ----------------------------------------------------------------------

    def line(self, channel: str, text: str, login: str = "ann", tags: str = "") -> tuple[str, str]:
        """(id, line) of a new message."""
        name = f"m{len(self.sent)}-{channel}"
        stamp = int(time.time() * 1000)
        self.sent.append(Sent(name, channel, stamp, 0))
        more = f";{tags}" if tags else ""
        told = f"@id={name};tmi-sent-ts={stamp};room-id={room_id(channel)}{more}"
        return name, f"{told} :{login}!{login}@{login}.tmi.twitch.tv PRIVMSG #{channel} :{text}"

    async def say(self, channel: str, text: str, login: str = "ann", tags: str = "") -> str:
        """A message to whoever is in the channel; its id."""
        name, line = self.line(channel, text, login, tags)
        await self.tell(channel, line)
        return name

    async def tell(self, channel: str, line: str, times: int = 1) -> None:
        """The newest message's line to whoever is in the channel, so many times."""
        reached = 0
        for peer in [peer for peer in self.peers if channel in peer.channels]:
            reached += await peer.send(*[line] * times)
        self.sent[-1] = Sent(self.sent[-1].id, channel, self.sent[-1].at_ms, reached)

    async def broadcast(self, *lines: str) -> None:
        """Lines to everybody."""
        for peer in list(self.peers):
            await peer.send(*lines)

    def counts(self) -> Counter[tuple[str, int]]:
        """Messages that reached somebody, by channel and start of the window."""
        return Counter((s.channel, s.at_ms // 30_000 * 30) for s in self.sent if s.reached)

    # -- what it is told -------------------------------------------------------------------

    async def _handle(self, socket: ServerConnection) -> None:
        self.connects += 1
        if self.refuse:
            socket.transport.abort()
            return
        peer = Peer(socket, frozen=self.freeze)
        self.peers.append(peer)
        self.all_peers.append(peer)
        try:
            async for frame in socket:
                for line in str(frame).splitlines():
                    peer.got.append(line)
                    if not peer.frozen:
                        await self._answer(peer, line)
        except ConnectionClosed:
            pass
        finally:
            self.peers.remove(peer)

    async def _answer(self, peer: Peer, line: str) -> None:
        command, _, rest = line.partition(" ")
        if command == "CAP":
            await peer.send(f"{HOST} CAP * ACK :twitch.tv/tags twitch.tv/commands")
        elif command == "NICK":
            peer.nick = rest
            await peer.send(f"{HOST} 001 {rest} :Welcome, GLHF!", f"{HOST} 376 {rest} :>")
        elif command == "PING":
            await peer.send(f"{HOST} PONG tmi.twitch.tv {rest}")
        elif command in ("JOIN", "PART"):
            for channel in rest.replace("#", "").split(","):
                await (self._join if command == "JOIN" else self._part)(peer, channel)

    async def _join(self, peer: Peer, channel: str) -> None:
        self.joins.append((time.monotonic(), channel))
        if channel in self.notices:
            told = self.notices[channel]
            await peer.send(f"@msg-id={told} {HOST} NOTICE #{channel} :No.")
        elif self.rooms is None or channel in self.rooms:
            peer.channels.add(channel)
            await peer.send(
                f":{peer.nick}!{peer.nick}@{peer.nick}.tmi.twitch.tv JOIN #{channel}",
                f"@emote-only=0;room-id={room_id(channel)};slow=0 {HOST} ROOMSTATE #{channel}",
            )

    async def _part(self, peer: Peer, channel: str) -> None:
        peer.channels.discard(channel)
        await peer.send(f":{peer.nick}!{peer.nick}@{peer.nick}.tmi.twitch.tv PART #{channel}")


def room_id(channel: str) -> str:
    """A made-up id of a channel, always the same."""
    return str(1000 + sum(ord(c) * (k + 7) for k, c in enumerate(channel)))


def channel_names(count: int) -> Iterable[str]:
    """channel00, channel01 ..."""
    return [f"channel{k:02d}" for k in range(count)]

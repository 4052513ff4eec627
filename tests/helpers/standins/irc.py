"""Twitch IRC over WebSocket on loopback: what a reader of public chat may meet, on demand."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

HOST = ":tmi.twitch.tv"
CAPABILITIES = ("twitch.tv/tags", "twitch.tv/commands", "twitch.tv/membership")
# what Twitch says to those alone who asked for its commands; a NOTICE to * is for everybody
COMMANDS = ("CLEARCHAT", "CLEARMSG", "GLOBALUSERSTATE", "RECONNECT", "ROOMSTATE")
COMMANDS += ("USERNOTICE", "USERSTATE")
MOTD = ("001 {} :Welcome, GLHF!", "002 {} :Your host is tmi.twitch.tv")
MOTD += ("003 {} :This server is rather new", "004 {} :-", "375 {} :-")
MOTD += ("372 {} :You are in a maze of twisty passages, all alike.", "376 {} :>")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message. at_ms: Twitch's stamp; reached: connections it was written to."""

    id: str
    channel: str
    at_ms: int
    reached: int


@dataclass(eq=False)
class Peer:
    """A reader. channels: joined; frozen: nothing is sent to it nor read from it any more.

    password: what it logged in with, '' for nobody. asked: the capabilities it has.
    """

    socket: ServerConnection
    nick: str = ""
    password: str = ""
    asked: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    got: list[str] = field(default_factory=list)
    frozen: bool = False

    async def send(self, *lines: str) -> bool:
        """Whether it was written: in one frame, however many lines, each as it asked for it."""
        heard = [line for line in map(self._as_asked, lines) if line]
        return await self.raw("".join(f"{line}\r\n" for line in heard)) if heard else False

    def _as_asked(self, line: str) -> str:
        """The line, without its tags where it has not asked for them; '' for none of its."""
        tags, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
        command, _, target = rest.partition(" ")[2].partition(" ")
        is_more = command in COMMANDS or (command == "NOTICE" and target.startswith("#"))
        if is_more and "twitch.tv/commands" not in self.asked:
            return ""
        return line if not tags or "twitch.tv/tags" in self.asked else rest

    @property
    def who(self) -> str:
        """It, as others see it."""
        return f":{self.nick}!{self.nick}@{self.nick}.tmi.twitch.tv"

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
    they are accepted, and never told anything. no_login: the notice that answers a NICK; hangs_up:
    and the connection ends with it. verb: that answers a request for capabilities, '' for nothing.
    room_s: seconds in which one JOIN is heard, as other programs take the rest of the limit.

    ahead_s: of this machine's clock, that Twitch's is. joins: (loop time, channel) of every JOIN;
    sent: every message said.
    """

    def __init__(self, rooms: Collection[str] | None = None) -> None:
        self.rooms = rooms
        self.refuse = self.freeze = False
        self.no_login, self.hangs_up, self.verb, self.room_s = "", False, "ACK", 0.0
        self._full_until, self.ahead_s = 0.0, 0.0
        self.notices: dict[str, str] = {}  # by channel: the msg-id that answers its JOIN
        self.words: dict[str, str] = {}  # by channel: what the notice says
        self.peers: list[Peer] = []  # those that are connected
        self.all_peers: list[Peer] = []
        self.connects = 0
        self.joins: list[tuple[float, str]] = []
        self.sent: list[Sent] = []
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._handle,
            "127.0.0.1",
            0,
            select_subprotocol=_subprotocol,
            ping_interval=None,
            compression=None,
            close_timeout=0.2,
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
        stamp = int((time.time() + self.ahead_s) * 1000)
        self.sent.append(Sent(name, channel, stamp, 0))
        told = said_by(login, tags, channel=channel, id=name, **{"tmi-sent-ts": stamp})
        return name, f"@{told} :{login}!{login}@{login}.tmi.twitch.tv PRIVMSG #{channel} :{text}"

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

    def joined(self) -> set[str]:
        """Channels that somebody is in."""
        return {channel for peer in self.peers for channel in peer.channels}

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
            await self._capabilities(peer, *rest.split(" ", 1))
        elif command == "PASS":
            peer.password = rest
        elif command == "NICK":
            await self._welcome(peer, rest)
        elif command == "PING":
            await peer.send(f"{HOST} PONG tmi.twitch.tv {rest}" if rest else "PONG")
        elif command == "QUIT":
            await peer.socket.close()
        elif command in ("JOIN", "PART"):
            for channel in rest.replace("#", "").split(","):
                await (self._join if command == "JOIN" else self._part)(peer, channel)

    async def _capabilities(self, peer: Peer, verb: str, rest: str = "") -> None:
        """LS, or REQ: those there are, and no others; END asks for no answer."""
        wanted = rest.removeprefix(":").split()
        if verb == "LS":
            await peer.send(f"{HOST} CAP * LS :{' '.join(CAPABILITIES)}")
        if verb != "REQ" or not self.verb:
            return
        if self.verb == "NAK":
            await peer.send(f"{HOST} CAP * NAK :{' '.join(wanted)}")
            return
        if known := [name for name in wanted if name in CAPABILITIES]:
            peer.asked |= set(known)
            await peer.send(f"{HOST} CAP * ACK :{' '.join(known)}")
        if unknown := [name for name in wanted if name not in CAPABILITIES]:
            await peer.send(f"{HOST} CAP * NAK :{' '.join(unknown)}")

    async def _welcome(self, peer: Peer, nick: str) -> None:
        peer.nick = nick
        if self.no_login:
            await peer.send(f"{HOST} NOTICE * :{self.no_login}")
            if self.hangs_up:
                await peer.socket.close()
            return
        await peer.send(*(f"{HOST} {line.format(nick)}" for line in MOTD))
        if peer.password and not nick.startswith("justinfan"):
            await peer.send(f"@{said_by(nick)} {HOST} GLOBALUSERSTATE")

    async def _join(self, peer: Peer, channel: str) -> None:
        now = time.monotonic()
        self.joins.append((now, channel))
        if now < self._full_until:
            return
        self._full_until = now + self.room_s
        if channel in self.notices:
            told, said = self.notices[channel], self.words.get(channel, "No.")
            await peer.send(f"@msg-id={told} {HOST} NOTICE #{channel} :{said}")
        elif self.rooms is None or channel in self.rooms:
            peer.channels.add(channel)
            mode = "emote-only=0;followers-only=-1;r9k=0;slow=0;subs-only=0"
            await peer.send(
                f"{peer.who} JOIN #{channel}",
                f":{peer.nick}.tmi.twitch.tv 353 {peer.nick} = #{channel} :{peer.nick}",
                f":{peer.nick}.tmi.twitch.tv 366 {peer.nick} #{channel} :End of /NAMES list",
                f"@{mode};room-id={room_id(channel)} {HOST} ROOMSTATE #{channel}",
            )

    async def _part(self, peer: Peer, channel: str) -> None:
        peer.channels.discard(channel)
        await peer.send(f"{peer.who} PART #{channel}")


def _subprotocol(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The one that tmi.js asks for; nobody has to."""
    return next((name for name in offered if name == "irc"), None)


def said_by(login: str, more: str = "", /, channel: str = "", **named: object) -> str:
    """Tags as Twitch sends them with what somebody says; `more` comes in place of them."""
    tags = {"badge-info": "", "badges": "", "color": "#00FF7F", "display-name": login.title()}
    tags |= {"emotes": "", "first-msg": "0", "flags": "", "mod": "0", "subscriber": "0"}
    tags |= {"turbo": "0", "user-id": room_id(login), "user-type": ""}
    tags |= {"room-id": room_id(channel)} if channel else {}
    tags |= {name: str(value) for name, value in named.items()}
    tags |= dict(pair.split("=", 1) for pair in more.split(";") if pair)
    return ";".join(f"{name}={value}" for name, value in tags.items())


def room_id(channel: str) -> str:
    """A made-up id of a channel, always the same."""
    return str(1000 + sum(ord(c) * (k + 7) for k, c in enumerate(channel)))


def channel_names(count: int) -> Iterable[str]:
    """channel00, channel01 ..."""
    return [f"channel{k:02d}" for k in range(count)]

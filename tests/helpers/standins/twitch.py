"""Twitch's EventSub, Helix and login server on loopback: what a reader may meet, on demand."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import orjson
from aiohttp import WSMsgType, web

from pipeline.config import TwitchSettings
from pipeline.web import EVENTSUB
from tests.helpers.standins.irc import Sent, room_id
from tests.helpers.standins.served import Served
from tests.helpers.standins.studio import Studio, problem
from warehouse.config import TwitchAddress

READER = "7"  # id of the user who logged in
CHAT = "channel.chat.message"


@dataclass(eq=False)
class Peer:
    """A session. frozen: it is told nothing any more, pings are not answered."""

    socket: web.WebSocketResponse
    request: web.Request
    id: str
    frozen: bool = False
    pings: int = 0
    opened: float = field(default_factory=time.monotonic)

    async def raw(self, *frames: str | bytes) -> bool:
        """Whether the frames were written."""
        if self.frozen or self.socket.closed:
            return False
        try:
            for frame in frames:
                if isinstance(frame, str):
                    await self.socket.send_str(frame)
                else:
                    await self.socket.send_bytes(frame)
        except ConnectionError:
            return False
        return True

    def drop(self) -> None:
        """The network is gone: no WebSocket farewell."""
        self.frozen = True
        if self.request.transport:
            self.request.transport.close()


@dataclass
class Subscription:
    """One that Twitch sends for. session: '' for a conduit's."""

    id: str
    type: str
    version: str
    condition: dict[str, str]
    session: str
    conduit: str = ""
    created_at: str = field(default_factory=lambda: stamp(time.time()))

    def row(self) -> dict[str, Any]:
        """As Helix tells it."""
        transport = (
            {"method": "conduit", "conduit_id": self.conduit}
            if self.conduit
            else {"method": "websocket", "session_id": self.session}
            | {"connected_at": self.created_at}
        )
        return {
            "id": self.id,
            "status": "enabled",
            "type": self.type,
            "version": self.version,
            "condition": self.condition,
            "cost": 0,
            "transport": transport,
            "created_at": self.created_at,
        }


class TwitchServer(Served):
    """users: login to display name of the channels there are, None for any. banned: logins whose
    chat answers 403. live: login to its stream. extension: logins that have it active and live.

    fail(path, ...) makes the next answers failures. refused: by type of subscription, (status,
    message) of who asks for one; exclusive: what one session has, no other may. refuse: connections
    are turned away; silent: they get no welcome; keepalive_s: between keepalives, None for none.
    studio: its markers, clips and videos.
    """

    def __init__(self, users: Iterable[str] | None = None) -> None:
        self.users = None if users is None else set(users)
        self.banned: set[str] = set()
        self.live: dict[str, dict[str, Any]] = {}
        self.extension: list[str] = []
        self.refuse = self.silent = False
        self.refused: dict[str, tuple[int, str]] = {}
        self.exclusive = False
        self.no_pings = False  # whoever sends one is closed with 4001
        self.keepalive_s: float | None = 0.1
        self.unused_s = 10.0  # a session without subscriptions is closed then, with 4003
        self.access, self.refresh = {"access-0"}, {"refresh-0"}
        self.scopes = ["user:read:chat"]
        self.studio = Studio(READER, self.scopes)
        self.pending: deque[str] = deque()  # of the device flow: what it answers before the token
        self.device_calls: list[dict[str, str]] = []
        self.peers: list[Peer] = []
        self.connects = 0
        self.subs: dict[str, Subscription] = {}
        self.subscribes: list[tuple[float, str, str]] = []  # (loop time, type, channel id)
        self.calls: list[tuple[str, str]] = []  # (method, path)
        self.refreshes = self.refreshes_asked = 0
        self.shards: list[str] = []  # sessions that became the conduit's
        self.sent: list[Sent] = []
        self._fails: defaultdict[str, deque[tuple[int, str]]] = defaultdict(deque)
        self._names: dict[str, str] = {}  # id to login
        self.ids: dict[str, str] = {}  # login to id, of those that changed hands
        self._count = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        add = app.router.add_route
        add("GET", "/ws", self._socket)
        add("GET", "/oauth2/validate", self._validate)
        add("POST", "/oauth2/token", self._token)
        add("POST", "/oauth2/device", self._device)
        add("*", "/helix/{path:.*}", self._helix)
        self.base = await self.serve(app)
        self.address = TwitchAddress(twitch_url=self.base)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        for peer in self.peers:
            if peer.request.transport:
                peer.request.transport.abort()
        await super().__aexit__(kind, exc, tb)

    @staticmethod
    def login(**more: Any) -> TwitchSettings:
        """Settings of the application that it knows."""
        return TwitchSettings(**{"client_id": "client", **more})

    # -- what it says ----------------------------------------------------------------------

    def frame(
        self, kind: str, payload: dict[str, Any], name: str = "", of: str = "", version: str = "1"
    ) -> str:
        """A frame. name: its id, '' for a new one; of: the subscription's type."""
        self._count += 1
        told = {
            "message_id": name or f"frame-{self._count}",
            "message_type": kind,
            "message_timestamp": stamp(time.time()),
        }
        if of:
            told |= {"subscription_type": of, "subscription_version": version}
        return orjson.dumps({"metadata": told, "payload": payload}).decode()

    async def notify(self, type: str, channel: str, event: dict[str, Any], times: int = 1) -> int:
        """Tell it to whoever subscribed, so many times each; to how many it was written."""
        reached, of = 0, self.name(channel)
        for sub in [s for s in self.subs.values() if s.type == type]:
            if of != sub.condition.get("broadcaster_user_id"):
                continue
            whose = {"id": of, "login": channel, "name": channel.upper()}
            event = {f"broadcaster_user_{key}": value for key, value in whose.items()} | event
            payload = {"subscription": sub.row(), "event": event}
            frame = self.frame("notification", payload, of=type, version=sub.version)
            for peer in self._receivers(sub):
                reached += await peer.raw(*[frame] * times)
        return reached

    def _receivers(self, sub: Subscription) -> list[Peer]:
        to = self.shards[-1] if sub.conduit and self.shards else sub.session
        return [peer for peer in self.peers if peer.id == to]

    async def say(
        self, channel: str, text: str, login: str = "ann", times: int = 1, **more: Any
    ) -> str:
        """A message; its id."""
        name, at = f"m{len(self.sent)}-{channel}", time.time()
        reached = await self.notify(CHAT, channel, said(name, text, login) | more, times)
        self.sent.append(Sent(name, channel, int(at * 1000), reached))
        return name

    async def broadcast(self, *frames: str | bytes) -> None:
        """Frames as they are, to everybody."""
        for peer in list(self.peers):
            await peer.raw(*frames)

    async def move(self, url: str = "") -> None:
        """Ask everybody to reconnect, there or here."""
        for peer in list(self.peers):
            same = urlencode({**peer.request.query, "moved": peer.id})
            to = url or f"{self.address.of(EVENTSUB)}?{same}"
            session = {"id": peer.id, "status": "reconnecting", "reconnect_url": to}
            session |= {"keepalive_timeout_seconds": None, "connected_at": stamp(time.time())}
            await peer.raw(self.frame("session_reconnect", {"session": session}))

    async def revoke(self, channel: str, status: str, type: str = CHAT) -> None:
        """Take a subscription away."""
        for sub in [s for s in self.subs.values() if s.type == type]:
            if sub.condition.get("broadcaster_user_id") == room_id(channel):
                del self.subs[sub.id]
                row = sub.row() | {"status": status}
                for peer in self._receivers(sub):
                    await peer.raw(
                        self.frame(
                            "revocation", {"subscription": row}, of=type, version=sub.version
                        )
                    )

    async def close(self, code: int) -> None:
        """Close every session with a code of Twitch's."""
        for peer in list(self.peers):
            await peer.socket.close(code=code, drain=False)

    def fail(self, path: str, *statuses: int, says: str = "") -> None:
        """The next answers of a path (`users`, `eventsub/subscriptions`, `oauth2/token` ...); 0:
        one that does not fail."""
        says = says or f"asked to fail {path}"
        self._fails[path].extend((status, says) for status in statuses)

    def of(self, type: str = CHAT) -> list[str]:
        """Logins of the channels it sends that type of, sorted."""
        found = (s.condition["broadcaster_user_id"] for s in self.subs.values() if s.type == type)
        return sorted(self._names[id] for id in found)

    # -- sessions --------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.connects += 1
        if self.refuse:
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=False, timeout=0.2)
        await socket.prepare(request)
        peer = Peer(socket, request, f"session-{self.connects}")
        if not self.silent:
            await self._welcome(peer, request.query.get("moved", ""))
        beating = asyncio.ensure_future(self._beat(peer))
        try:
            await self._read(peer)
        finally:
            beating.cancel()
            if peer in self.peers:
                self.peers.remove(peer)
            self._forget(peer.id)
        return socket

    async def _welcome(self, peer: Peer, moved: str) -> None:
        for sub in self.subs.values():
            if moved and sub.session == moved:
                sub.session = peer.id
        self.peers.append(peer)
        patience = int(peer.request.query.get("keepalive_timeout_seconds", 10))
        session = {"id": peer.id, "status": "connected", "keepalive_timeout_seconds": patience}
        session |= {"connected_at": stamp(time.time()), "reconnect_url": None}
        await peer.raw(self.frame("session_welcome", {"session": session}))

    async def _read(self, peer: Peer) -> None:
        while True:
            told = await peer.socket.receive()
            if told.type == WSMsgType.PING:
                peer.pings += 1
                if self.no_pings:
                    await peer.socket.close(code=4001, drain=False)
                elif not peer.frozen:
                    await peer.socket.pong(told.data)
            elif told.type == WSMsgType.TEXT:
                await peer.socket.close(code=4001)
            elif (
                told.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
                or told.type == WSMsgType.ERROR
            ):
                return

    async def _beat(self, peer: Peer) -> None:
        while True:
            await asyncio.sleep(self.keepalive_s or 0.05)
            if self.keepalive_s and not self.silent:
                await peer.raw(self.frame("session_keepalive", {}))
            used = any(s.session == peer.id for s in self.subs.values()) or peer.id in self.shards
            if not used and time.monotonic() - peer.opened > self.unused_s:
                await peer.socket.close(code=4003, drain=False)

    def _forget(self, session: str) -> None:
        for name in [s.id for s in self.subs.values() if s.session == session]:
            del self.subs[name]

    # -- logins ----------------------------------------------------------------------------

    async def _validate(self, request: web.Request) -> web.Response:
        if (failed := self._failing("oauth2/validate")) is not None:
            return failed
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "OAuth" or token not in self.access:
            return problem(401, "invalid access token")
        who = {} if token.startswith("app-") else {"login": "reader", "user_id": READER}
        told = {"client_id": "client", "scopes": self.scopes if who else [], "expires_in": 14400}
        return web.json_response(who | told)

    async def _token(self, request: web.Request) -> web.Response:
        self.refreshes_asked += (await request.post()).get("grant_type") == "refresh_token"
        if (failed := self._failing("oauth2/token")) is not None:
            return failed
        sent = {**request.query, **dict(await request.post())}
        grant = sent.get("grant_type")
        if grant == "client_credentials":
            return self._given({"expires_in": 14400}, user=False)
        if grant == "refresh_token":
            if sent.get("refresh_token") not in self.refresh:
                return problem(400, "Invalid refresh token")
            self.refresh.discard(str(sent["refresh_token"]))  # it works once
            self.refreshes += 1
            return self._given({"expires_in": 14400, "scope": self.scopes})
        self.device_calls.append({key: str(value) for key, value in sent.items()})
        if self.pending:
            return problem(400, self.pending.popleft())
        return self._given({"expires_in": 14400, "scope": self.scopes})

    def _given(self, more: dict[str, Any], user: bool = True) -> web.Response:
        self._count += 1
        token = f"access-{self._count}" if user else f"app-{self._count}"
        self.access.add(token)
        told = {"access_token": token, "token_type": "bearer", **more}
        if user:
            told["refresh_token"] = f"refresh-{self._count}"
            self.refresh.add(told["refresh_token"])
        return web.json_response(told)

    async def _device(self, request: web.Request) -> web.Response:
        if (failed := self._failing("oauth2/device")) is not None:
            return failed
        told = {"device_code": "device-secret", "user_code": "ABCDEFGH", "expires_in": 1800}
        address = "https://www.twitch.tv/activate?public=true&device-code=ABCDEFGH"
        return web.json_response({**told, "interval": 0, "verification_uri": address})

    # -- Helix -----------------------------------------------------------------------------

    async def _helix(self, request: web.Request) -> web.Response:
        answer = await self._answer(request)
        left, again = 0 if answer.status == 429 else 799, str(int(time.time()) + 1)
        told = {"Ratelimit-Limit": "800", "Ratelimit-Remaining": str(left)}
        answer.headers.update(told | {"Ratelimit-Reset": again})
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.calls.append((request.method, path))
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer not in self.access or request.headers.get("Client-Id") != "client":
            return problem(401, "Invalid OAuth token")
        if (failed := self._failing(path)) is not None:
            return failed
        answer = {
            "users": self._users,
            "streams": self._streams,
            "extensions/live": self._extensions,
            "eventsub/subscriptions": self._subscriptions,
            "eventsub/conduits/shards": self._shard,
        }.get(path) or self.studio.routes().get(f"{request.method} {path}")
        return await answer(request) if answer else problem(404, "Not Found")

    def _failing(self, path: str) -> web.Response | None:
        if not self._fails[path]:
            return None
        status, says = self._fails[path].popleft()
        return problem(status, says) if status else None

    def name(self, login: str) -> str:
        """Id of a channel, which from now on is known."""
        channel_id = self.ids.get(login) or room_id(login)
        self._names[channel_id] = login
        return channel_id

    async def _users(self, request: web.Request) -> web.Response:
        logins, ids = request.query.getall("login", []), request.query.getall("id", [])
        if not logins and not ids:  # whose the token is
            return web.json_response({"data": [user(READER, "reader")]})
        asked = logins + [self._names[id] for id in ids if id in self._names]
        there = [login for login in asked if self.users is None or login in self.users]
        return web.json_response({"data": [user(self.name(login), login) for login in there]})

    async def _streams(self, request: web.Request) -> web.Response:
        asked = [self._names.get(id, "") for id in request.query.getall("user_id", [])]
        asked += request.query.getall("user_login", [])
        rows = [stream(n) | self.live[n] for n in asked if n in self.live]
        return web.json_response({"data": rows, "pagination": {}})

    async def _extensions(self, request: web.Request) -> web.Response:
        """Two a page; the last one has an empty text for its successor."""
        first = int(request.query.get("after") or 0)
        some = self.extension[first : first + 2]
        rows = [{"broadcaster_id": self.name(n), "broadcaster_name": n.upper()} for n in some]
        after = str(first + 2) if first + 2 < len(self.extension) else ""
        return web.json_response({"data": rows, "pagination": after})

    async def _subscriptions(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            return self._subscribe(await request.json())
        if request.method == "DELETE":
            gone = self.subs.pop(request.query["id"], None)
            return web.Response(status=204) if gone else problem(404, "Not Found")
        of = request.query.get("type")
        rows = [s.row() for s in self.subs.values() if of in (None, s.type)]
        return web.json_response(self._costs() | {"data": rows, "pagination": {}})

    def _costs(self) -> dict[str, int]:
        """What Helix adds to every answer about subscriptions."""
        return {"total": len(self.subs), "total_cost": 0, "max_total_cost": 10}

    def _subscribe(self, body: dict[str, Any]) -> web.Response:
        of = body["condition"]["broadcaster_user_id"]
        self.subscribes.append((time.monotonic(), body["type"], of))
        if self._names.get(of, "") in self.banned and body["type"].startswith("channel.chat"):
            return problem(403, "subscription missing proper authorization")
        if body["type"] in self.refused:
            return problem(*self.refused[body["type"]])
        transport = body["transport"]
        session, conduit = transport.get("session_id", ""), transport.get("conduit_id", "")
        if not conduit and all(peer.id != session for peer in self.peers):
            return problem(400, "websocket transport session does not exist or has already d/c")
        new = Subscription("", body["type"], body["version"], body["condition"], session, conduit)
        same = [s for s in self.subs.values() if (s.type, s.condition) == (new.type, new.condition)]
        if any(self.exclusive or (s.session, s.conduit) == (session, conduit) for s in same):
            return problem(409, "subscription already exists")
        self._count += 1
        new.id = f"sub-{self._count}"
        self.subs[new.id] = new
        return web.json_response(self._costs() | {"data": [new.row()]}, status=202)

    async def _shard(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.shards += [shard["transport"]["session_id"] for shard in body["shards"]]
        return web.json_response({"data": body["shards"], "errors": []}, status=202)


def user(id: str, login: str) -> dict[str, Any]:
    """As Helix tells of somebody."""
    told = {"id": id, "login": login, "display_name": login.upper(), "type": ""}
    told |= dict.fromkeys(("broadcaster_type", "description", "profile_image_url"), "")
    return {**told, "offline_image_url": "", "view_count": 0, "created_at": "2020-01-01T00:00:00Z"}


def stream(login: str) -> dict[str, Any]:
    """As Helix tells of one, before what is said of it."""
    whose = {"user_id": room_id(login), "user_login": login, "user_name": login.upper()}
    about = {"title": "", "game_id": "", "game_name": "", "language": "en", "viewer_count": 1}
    told = {"type": "live", "tag_ids": [], "tags": [], "is_mature": False, "thumbnail_url": ""}
    return whose | about | told


def stamp(at: float) -> str:
    """RFC 3339 with nanoseconds, as Twitch writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def said(name: str, text: str, login: str = "ann") -> dict[str, Any]:
    """Of a chat message: without channel_points_animation_id, as Twitch's own example."""
    fragment = {"type": "text", "text": text, "cheermote": None, "emote": None, "mention": None}
    return {
        "chatter_user_id": room_id(login),
        "chatter_user_login": login,
        "chatter_user_name": login.title(),
        "message_id": name,
        "message": {"text": text, "fragments": [fragment]},
        "message_type": "text",
        "color": "#00FF7F",
        "badges": [],
        "cheer": None,
        "reply": None,
        "channel_points_custom_reward_id": None,
        "source_broadcaster_user_id": None,
    }

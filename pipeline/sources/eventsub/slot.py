"""Slot of EventSub: up to 50 channels on a session, which moves when Twitch asks.

Subscriptions belong to a session: a new one needs all of them anew, but one that Twitch moved
takes them along. With a conduit they belong to that, and a new session becomes its shard.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

from pipeline.chat.message import Item
from pipeline.chat.oddities import identifier
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.frames import Frame, label, mapping, text
from pipeline.sources.eventsub.items import items
from pipeline.sources.eventsub.plan import CHAT, Want, wants
from pipeline.sources.eventsub.session import Session, open_session, session_url
from pipeline.sources.eventsub.streams import Live, Streams
from pipeline.sources.live.shared import Limits, Shared
from pipeline.sources.live.slot import Slot, first_line
from pipeline.web import EVENTSUB, backoff_s
from warehouse.config import safe_url
from warehouse.errors import NotAuthorised

log = logging.getLogger(__name__)

_TOLD = 5000  # frames that are known when they come again
_NO_INBOUND = 4001  # Twitch's close code for whoever sends it something


@dataclass(frozen=True)
class EventSubLimits(Limits):
    """rooms: that Twitch lets an account be in. supervise_s: between looks at what Twitch sends
    us, who is live, and who has the extension. resolve_s: between looks for new channels."""

    channels: int = 50  # 8 subscriptions each are more than 300, but only few have all 8
    dead_after_s: float = 15.0  # Twitch breaks a silence every 10
    rooms: int = 100
    supervise_s: float = 30.0
    resolve_s: float = 0.5


class EventSubShared(Shared):
    """Twitch's API, the streams that are on, and what Twitch bears, for all sessions.

    costly: there may be room for subscriptions that count against our limit. news: a channel was
    joined. pings: Twitch bears ours.
    """

    limits: EventSubLimits

    def __init__(self, api: Api, limits: EventSubLimits, clock: Callable[[], float]) -> None:
        super().__init__(limits, clock)
        self.api, self.oddities = api, api.oddities
        self.streams = Streams()
        self.costly = self.pings = True
        self.news = asyncio.Event()

    @property
    def conduit(self) -> str:
        """Id of the conduit; '' without one."""
        return self.api.settings.conduit_id


class SessionSlot(Slot[Session, EventSubShared]):
    """Channels with their ids, each with its subscriptions on the newest session."""

    def __init__(self, shared: EventSubShared, tell: Callable[[Self], None]) -> None:
        super().__init__(shared, tell, shared.api.address.of(EVENTSUB))
        self._told: dict[int, None] = {}  # hashes of the ids of frames, oldest first
        self._lacking: set[str] = set()  # channels whose chat we have, but not all the rest

    async def _open(self, url: str) -> Session:
        shared = self.shared
        to = url or session_url(self.url)
        session = await open_session(to, self.limits, shared.clock, shared.pings)
        if shared.conduit and not url:
            await shared.api.shard(session.id)
        self._prove(session)
        return session

    async def _relieve(self, session: Session, has_moved: bool) -> None:
        older = self.connections[:-1]
        for old in older if has_moved else ():
            session.subs.update(old.subs)
            session.joined.update(dict.fromkeys(old.joined, self.shared.clock()))
        for old in older:
            await old.prove()  # else nobody knows of the time in between
            self.tell()
            await old.close()

    async def _read(self, session: Session) -> None:
        async for frame in session.frames():
            if heard := self.shared.oddities.sound(self._heard, session, frame):
                await self.shared.outbox.put(heard)
        self.shared.pings = self.shared.pings and session.socket.close_code != _NO_INBOUND

    def _move(self, session: Session, frame: Frame) -> None:
        """Twitch asks to reconnect; an address that is none of its own kind is not followed."""
        log.info("Twitch asks to reconnect")
        try:
            url = text(frame.part("session").get("reconnect_url"))
            session.moved_to = safe_url(url, "wss") if url else ""
        except ValueError:
            session.moved_to = ""
        session.over.set()

    def _revoked(self, session: Session, frame: Frame) -> None:
        subscription = frame.part("subscription")
        channel, kind = session.subs.pop(text(subscription.get("id")), ("", ""))
        if kind == CHAT:
            self._lost(session, channel)
            reason = f"Twitch revoked it ({text(subscription.get('status'))[:40]})"
            self._refused(session, channel, reason)

    def _lost(self, session: Session, channel: str) -> None:
        self.tell()
        session.joined.pop(channel, None)

    # -- what comes ------------------------------------------------------------------------

    def _heard(self, session: Session, frame: Frame) -> list[Item]:
        if frame.kind == "session_reconnect":
            self._move(session, frame)
        elif frame.kind == "revocation":
            self._revoked(session, frame)
        return self._notified(frame) if frame.kind == "notification" else []

    def _notified(self, frame: Frame) -> list[Item]:
        if frame.id and self._is_told(hash(frame.id)):
            return []
        of = text(frame.part("event").get("broadcaster_user_id"))
        channel = next((name for name, id in self.channels.items() if id == of), "")
        if not channel:
            return []
        if frame.type.startswith("stream.") or frame.type == "channel.update":
            return self._stream(frame, channel)
        return items(frame, channel, self.shared.oddities)

    def _is_told(self, frame: int) -> bool:
        """True for a frame that came before: Twitch may send it again, with another time."""
        if frame in self._told:
            return True
        self._told[frame] = None
        if len(self._told) > _TOLD:
            del self._told[next(iter(self._told))]
        return False

    def _stream(self, frame: Frame, channel: str) -> list[Item]:
        event, streams = frame.part("event"), self.shared.streams
        if frame.type == "stream.offline":
            return streams.ended(channel, frame.at)
        if frame.type == "stream.online":
            before = streams.by_channel.get(channel)
            title, category = (before.title, before.category) if before else (None, None)
            name = identifier(event.get("id"))
            return streams.began(channel, Live(name, frame.at, title or "", category or ""))
        title, category = label(event.get("title")), label(event.get("category_name"))
        return streams.changed(channel, title, category, frame.at, frame.id)

    # -- what is asked for -----------------------------------------------------------------

    async def _bring_to_wanted(self, session: Session) -> None:
        if not self._is_newest(session):
            return
        for name in [s for s, (c, _) in session.subs.items() if c not in self.channels]:
            channel, _ = session.subs.pop(name)
            session.joined.pop(channel, None)
            await self._end(name)
        for channel, channel_id in list(self.channels.items()):
            if channel not in session.joined or channel in self._lacking:
                await self._subscribe(session, channel, channel_id)

    async def _end(self, name: str) -> None:
        try:
            await self.shared.api.unsubscribe(name)
        except (TwitchRefused, NotAuthorised) as exc:
            log.info("subscription not ended: %s", first_line(exc))

    async def _subscribe(self, session: Session, channel: str, channel_id: str) -> None:
        """Chat first: with it the channel is seen. A refusal is told once, and tried rarely."""
        attempt = self._attempt(session, channel)
        if time.monotonic() < attempt.again_at or self.shared.waits(channel):
            return
        await self.shared.pace.turn()
        self.shared.first.discard(channel)
        if not self._is_newest(session) or channel not in self.channels:
            return  # a turn may take long
        self._lacking.discard(channel)
        try:
            for want in self._wants(session, channel, channel_id):
                await self._take(session, want, channel, channel_id)
        except TwitchRefused as exc:
            if exc.is_passing:
                attempt.times += 1
                wait_s = backoff_s(attempt.times, self.limits.backoff_s)
                attempt.again_at = time.monotonic() + wait_s
                log.info("channel=%s later: %s", channel, exc)
            else:
                self._refused(session, channel, _why(exc))
        except NotAuthorised as exc:
            attempt.again_at = time.monotonic() + self.shared.limits.supervise_s
            self.shared.report("", str(exc))

    def _wants(self, session: Session, channel: str, channel_id: str) -> list[Want]:
        token = self.shared.api.token
        have = {kind for name, kind in session.subs.values() if name == channel}
        all_of_it = wants(channel_id, token.user_id, token.scopes, self.shared.costly)
        return [want for want in all_of_it if want.type not in have]

    async def _take(self, session: Session, want: Want, channel: str, channel_id: str) -> None:
        """One subscription. Raises TwitchRefused for chat itself; the rest may be missing."""
        try:
            name = await self.shared.api.subscribe(want, channel_id, self._transport(session))
        except TwitchRefused as exc:
            if exc.status != 409:  # 409: there already
                if want.type == CHAT:
                    raise
                self.shared.costly = self.shared.costly and (want.as_reader or exc.is_passing)
                if exc.is_passing:
                    self._lacking.add(channel)
                    later = time.monotonic() + self.shared.limits.supervise_s
                    self._attempt(session, channel).again_at = later
                return
            name = f"{channel}:{want.type}"
        session.subs[name] = channel, want.type
        if want.type == CHAT:
            self._joined(session, channel)
            self.shared.news.set()

    def _transport(self, session: Session) -> dict[str, str]:
        if self.shared.conduit:
            return {"method": "conduit", "conduit_id": self.shared.conduit}
        return {"method": "websocket", "session_id": session.id}

    def supervise(self, enabled: Collection[dict[str, Any]]) -> None:
        """Compare with what Twitch says it sends: what is missing is asked for again."""
        if not self.connections:
            return
        session = self.connections[-1]
        transport = self._transport(session).items()
        ours = [row for row in enabled if transport <= mapping(row.get("transport")).items()]
        there = {text(row.get("id")) for row in ours}
        named = {
            (text(mapping(row.get("condition")).get("broadcaster_user_id")), text(row.get("type"))):
            text(row.get("id"))
            for row in ours
        }  # fmt: skip
        for name, (channel, kind) in list(session.subs.items()):
            if name in there:
                continue
            session.subs.pop(name)
            if earlier := named.get((self.channels.get(channel, ""), kind)):
                session.subs[earlier] = channel, kind  # it was there before us
            elif kind == CHAT:
                self._lost(session, channel)
                log.warning("channel=%s is subscribed to again: Twitch lost it", channel)
            else:
                self._lacking.add(channel)


def _why(exc: TwitchRefused) -> str:
    if exc.status == 403:
        return f"we are banned from it, or may not read more ({exc.why})"
    return str(exc)

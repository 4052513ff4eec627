"""Slot of EventSub: up to 50 channels on a session, which moves when Twitch asks.

Subscriptions belong to a session: a new one needs all of them anew, but one that Twitch moved
takes them along. With a conduit they belong to that, and a new session becomes its shard.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

from pipeline.chat.message import Item
from pipeline.chat.oddities import identifier
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.frames import Frame, label, mapping, text
from pipeline.sources.eventsub.items import items
from pipeline.sources.eventsub.plan import CHAT, COSTLY, Want, wants
from pipeline.sources.eventsub.session import Session, open_session, session_url
from pipeline.sources.eventsub.shared import CLOSE_IT, EventSubLimits, EventSubShared
from pipeline.sources.eventsub.streams import Live
from pipeline.sources.live.slot import Slot, first_line
from pipeline.web import EVENTSUB, backoff_s
from warehouse.config import safe_url
from warehouse.errors import AppError, NotAuthorised

log = logging.getLogger(__name__)

_TOLD = 5000  # frames that are known when they come again
_NO_INBOUND = 4001  # Twitch's close code for whoever sends it something
_LASTS = 4  # refusals in a row
_HELD = "Twitch says that another session has its chat"
_SESSIONS = (
    "Twitch's limit of three EventSub connections for a login is reached, so others hold them"
)


class SessionSlot(Slot[Session, EventSubShared]):
    """Channels with their ids, each with its subscriptions on the newest session."""

    limits: EventSubLimits

    def __init__(self, shared: EventSubShared, tell: Callable[[Self], None]) -> None:
        super().__init__(shared, tell, shared.api.address.of(EVENTSUB))
        self._told: dict[int, None] = {}  # hashes of the ids of frames, oldest first
        # channels whose chat we have, but not all the rest; not what counts against the limit
        self._lacking: set[str] = set()
        self._costless: set[str] = set()

    async def _open(self, url: str) -> Session:
        shared = self.shared
        if not url:  # one that subscribes to nothing is closed at once
            await asyncio.sleep(max(0.0, shared.held_until - time.monotonic()))
        to = url or session_url(self.url)
        session = await open_session(to, self.limits, shared.clock, shared.pings)
        try:
            if shared.conduit and not url:
                await shared.api.shard(session.id)
        except AppError:
            await session.close()
            raise
        shared.holders.opened(session)
        self._prove(session)
        return session

    def _give_up(self, connection: Session) -> None:
        self.shared.holders.closed(connection)

    async def _relieve(self, session: Session, has_moved: bool) -> None:
        older = self.connections[:-1]
        for old in older if has_moved else ():
            session.subs.update(old.subs)
            session.joined.update(dict.fromkeys(old.joined, self.shared.clock.monotonic()))
        for old in older:
            await old.prove()  # else nobody knows of the time in between
            self.tell()
            await old.close()

    async def _read(self, session: Session) -> None:
        async for frame in session.frames():
            self._follow_clock()
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

    def rename(self, names: Mapping[str, str]) -> None:
        super().rename(names)
        self._lacking = {names.get(name, name) for name in self._lacking}
        for session in self.connections:
            session.subs = {s: (names.get(c, c), kind) for s, (c, kind) in session.subs.items()}

    # -- what is asked for -----------------------------------------------------------------

    async def _bring_to_wanted(self, session: Session) -> None:
        if not self._is_newest(session):
            return
        for name in [s for s, (c, _) in session.subs.items() if c not in self.channels]:
            channel, _ = session.subs.pop(name)
            session.joined.pop(channel, None)
            await self._end(name)
        for channel, channel_id in list(self.channels.items()):
            is_due = channel in self._costless and self.shared.costly
            if channel not in session.joined or channel in self._lacking or is_due:
                await self._subscribe(session, channel, channel_id)

    async def _end(self, name: str) -> None:
        try:
            await self.shared.api.unsubscribe(name)
        except (TwitchRefused, NotAuthorised) as exc:
            log.info("subscription not ended: %s", first_line(exc))

    async def _subscribe(self, session: Session, channel: str, channel_id: str) -> None:
        """Chat first: with it the channel is seen. A refusal is told once, and tried rarely."""
        attempt, shared = self._attempt(session, channel), self.shared
        again_at = max(attempt.again_at, shared.held_until)
        if time.monotonic() < again_at or shared.waits(channel):
            return
        await shared.pace.turn()
        shared.first.discard(channel)
        if not self._is_newest(session) or channel not in self.channels:
            return  # a turn may take long
        if time.monotonic() < shared.held_until:
            return
        self._lacking.discard(channel)
        try:
            for want in self._wants(session, channel, channel_id):
                await self._take(session, want, channel, channel_id)
            attempt.times = 0
        except TwitchRefused as exc:
            self._put_off(session, channel, exc)
        except NotAuthorised as exc:
            shared.hold(self.limits.supervise_s)
            shared.login_refused(str(exc))

    def _put_off(self, session: Session, channel: str, exc: TwitchRefused) -> None:
        """Ask again, soon or not, and tell why it is not read; 429 is of all channels."""
        attempt, reads = self._attempt(session, channel), channel in session.joined
        if not (exc.is_passing or _is_held(exc) or _is_gone(exc)):
            return self._refused(session, channel, _why(exc))
        attempt.times += 1
        wait_s = max(exc.wait_s, backoff_s(attempt.times, self.limits.backoff_s))
        attempt.again_at = time.monotonic() + wait_s
        log.info("channel=%s later: %s", channel, exc)
        if _is_held(exc):
            if attempt.times > 1 and not reads:
                self.shared.report(
                    channel, f"{_HELD} ({exc.why}), a dead one's is ended; {CLOSE_IT}"
                )
        elif exc.status == 429:
            self.shared.hold(exc.wait_s)
            self._report_limit(session, exc)
        return None

    def _report_limit(self, session: Session, exc: TwitchRefused) -> None:
        """All that waits here is not read; of a limit on requests, only where it lasts."""
        if "transport" not in exc.why and self.shared.refusals < _LASTS:
            return
        what = (
            _SESSIONS if "transport" in exc.why else "Twitch takes no more requests of this login"
        )
        for channel in self.channels.keys() - session.joined.keys():
            self.shared.report(channel, f"{what} ({exc.why}); {CLOSE_IT}")

    def _wants(self, session: Session, channel: str, channel_id: str) -> list[Want]:
        token = self.shared.api.token
        have = {kind for name, kind in session.subs.values() if name == channel}
        all_of_it = wants(channel_id, token.user_id, token.scopes)
        return [want for want in all_of_it if want.type not in have]

    async def _take(self, session: Session, want: Want, channel: str, channel_id: str) -> None:
        """One subscription. Raises TwitchRefused where Twitch is to be asked later, and whatever
        it says of chat; what else it refuses may be missing."""
        if want in COSTLY and not self.shared.costly:
            self._costless.add(channel)
            return
        try:
            name = await self._subscribed(session, want, channel_id)
        except TwitchRefused as exc:
            if want in COSTLY and 400 <= exc.status < 500 and exc.status != 409:
                self._costless.add(channel)
                self.shared.full(f"{exc.why}, {exc.status}")
            elif want.type == CHAT or exc.is_passing or _is_held(exc):
                self._lacking.add(channel)
                raise
            return
        session.subs[name] = channel, want.type
        if want in COSTLY:
            self._costless.discard(channel)
            self.shared.roomy()
        if want.type == CHAT:
            self.shared.refusals = 0
            self._joined(session, channel)
            self.shared.news.set()

    async def _subscribed(self, session: Session, want: Want, channel_id: str) -> str:
        """Id of a subscription that Twitch confirms to be this session's. Raises TwitchRefused."""
        transport = self._transport(session)
        try:
            if name := await self.shared.api.subscribe(want, channel_id, transport):
                return name
            refusal = TwitchRefused(0, "a subscription without an id")
        except TwitchRefused as exc:
            if not _is_held(exc):
                raise
            refusal = exc
        if name := await self.shared.holders.find(want, channel_id, transport):
            return name
        raise refusal

    def _transport(self, session: Session) -> dict[str, str]:
        if self.shared.conduit:
            return {"method": "conduit", "conduit_id": self.shared.conduit}
        return {"method": "websocket", "session_id": session.id}

    def supervise(self, enabled: Collection[dict[str, Any]], asked: Collection[str]) -> None:
        """Compare with what Twitch says it sends: what is missing is asked for again. asked: ids of
        what we had when Twitch was asked."""
        if not self.connections:
            return
        session = self.connections[-1]
        transport = self._transport(session).items()
        there = {
            text(row.get("id"))
            for row in enabled
            if transport <= mapping(row.get("transport")).items()
        }
        for name, (channel, kind) in list(session.subs.items()):
            if name in there or name not in asked:
                continue
            session.subs.pop(name)
            if kind == CHAT:
                self._lost(session, channel)
                self._attempt(session, channel).again_at = 0.0
                log.warning("channel=%s is subscribed to again: Twitch lost it", channel)
            else:
                self._lacking.add(channel)


def _is_held(exc: TwitchRefused) -> bool:
    """True if another subscription stands in the way: 409, or too many alike."""
    return exc.status == 409 or (exc.status == 429 and "type and condition" in exc.why)


def _is_gone(exc: TwitchRefused) -> bool:
    """True if it is our session that is over: the next one asks again."""
    return exc.status == 400 and "session" in exc.why


def _why(exc: TwitchRefused) -> str:
    if exc.status == 403:
        return f"we are banned from it, or may not read more ({exc.why})"
    return str(exc)

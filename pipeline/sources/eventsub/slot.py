"""A session that is kept up, with up to 50 channels: opened again when lost, moved when asked.

Subscriptions belong to a session: a new one needs all of them anew, but one that Twitch moved
takes them along. With a conduit they belong to that, and a new session becomes its shard.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from websockets.exceptions import WebSocketException

from pipeline.chat.message import Item
from pipeline.sources.eventsub.calls import Refused
from pipeline.sources.eventsub.frames import Frame, mapping, text
from pipeline.sources.eventsub.items import items
from pipeline.sources.eventsub.plan import CHAT, Want, wants
from pipeline.sources.eventsub.session import Session, open_session
from pipeline.sources.eventsub.shared import Shared
from pipeline.sources.eventsub.streams import Live
from pipeline.sources.live.pace import backoff_s
from warehouse.config import safe_url
from warehouse.errors import NotAuthorised

log = logging.getLogger(__name__)

_LOOK_S = 0.2
_NO_INBOUND = 4001  # Twitch's close code for whoever sends it something
_STEADY_S = 30.0  # a session that lived so long had not failed


@dataclass
class _Ask:
    """How often a session failed to get a channel, and when it is to try again."""

    failures: int = 0
    again_at: float = 0.0


class Slot:
    """channels: login to id, those wanted here; change it at will. told: called when what its
    sessions saw has to be told at once."""

    def __init__(self, shared: Shared, told: Callable[["Slot"], None]) -> None:
        self.shared, self.settings = shared, shared.settings
        self.channels: dict[str, str] = {}
        self.sessions: list[Session] = []  # newest last; those before it are being left
        self._told = told
        self._asks: dict[tuple[Session, str], _Ask] = {}
        self._lacking: set[str] = set()  # channels whose chat we have, but not all the rest

    def spans(self, channel: str) -> Iterator[tuple[float, float]]:
        """Since when and up to when each of its sessions has seen the channel."""
        for session in self.sessions:
            if (joined := session.joined.get(channel)) is not None:
                yield joined, max(joined, session.heard)

    async def keep(self) -> None:
        """Hold a session until cancelled."""
        failures, url = 0, ""
        async with asyncio.TaskGroup() as tasks:
            while True:
                session, moved = await self._open(failures, url)
                session.pings = self.shared.pings
                began, older = time.monotonic(), list(self.sessions)
                if moved:
                    _take_over(session, older, self.shared.clock())
                self.sessions.append(session)
                tasks.create_task(self._serve(session))
                for old in older:
                    await old.prove()  # else nobody knows of the time in between
                    self._told(self)
                    await old.close()
                await session.over.wait()
                url = session.moved_to
                failures = 0 if time.monotonic() - began > _STEADY_S or url else failures + 1

    async def _open(self, failures: int, url: str) -> tuple[Session, bool]:
        """(session, whether it is the one at `url`): a dead address is not tried again."""
        while True:
            if failures:
                await asyncio.sleep(backoff_s(failures, self.settings.backoff_max_s))
            try:
                session = await open_session(self.settings, self.shared.clock, url)
                if self.settings.conduit_id and not url:
                    await self.shared.api.shard(session.id)
                return session, bool(url)
            except (OSError, TimeoutError, WebSocketException, Refused, NotAuthorised) as exc:
                failures, url = failures + 1, ""
                log.warning("no connection: %s; attempt %d", _reason(exc), failures)

    async def _serve(self, session: Session) -> None:
        """Read a session to its end."""
        subscribing = asyncio.ensure_future(self._subscribe(session))
        try:
            async for frame in session.frames():
                if frame.kind == "session_reconnect":
                    self._move(session, frame)
                elif frame.kind == "revocation":
                    self._revoked(session, frame)
                elif frame.kind == "notification" and (said := self._said(frame)):
                    await self.shared.outbox.put(said)
            code = session.socket.close_code
            self.shared.pings = self.shared.pings and code != _NO_INBOUND
            if session is self.sessions[-1]:
                log.warning("connection lost channels=%d code=%s", len(session.joined), code)
        finally:
            subscribing.cancel()
            self._told(self)  # while it still counts what the session saw
            self.sessions.remove(session)
            self._told(self)
            self._asks = {key: a for key, a in self._asks.items() if key[0] is not session}
            session.over.set()
            await session.close()

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
        told = frame.part("subscription")
        channel, kind = session.subs.pop(text(told.get("id")), ("", ""))
        if kind == CHAT:
            self._lost(session, channel)
            self._refused(session, channel, f"Twitch revoked it ({text(told.get('status'))[:40]})")

    def _lost(self, session: Session, channel: str) -> None:
        self._told(self)
        session.joined.pop(channel, None)

    def _refused(self, session: Session, channel: str, reason: str) -> None:
        ask = self._asks.setdefault((session, channel), _Ask())
        ask.again_at = time.monotonic() + self.settings.retry_s
        self.shared.report(f"channel={channel}", reason)

    # -- what comes ------------------------------------------------------------------------

    def _said(self, frame: Frame) -> list[Item]:
        of = text(frame.part("event").get("broadcaster_user_id"))
        channel = next((name for name, id in self.channels.items() if id == of), "")
        if not channel:
            return []
        if frame.type.startswith("stream.") or frame.type == "channel.update":
            return self._stream(frame, channel)
        return items(frame, channel)

    def _stream(self, frame: Frame, channel: str) -> list[Item]:
        event, streams = frame.part("event"), self.shared.streams
        if frame.type == "stream.offline":
            return streams.ended(channel, frame.at)
        if frame.type == "stream.online":
            known = streams.known.get(channel)
            title, category = (known.title, known.category) if known else (None, None)
            return streams.began(
                channel, Live(text(event.get("id")), frame.at, title or "", category or "")
            )
        title, category = text(event.get("title")), text(event.get("category_name"))
        return streams.changed(channel, title, category, frame.at, frame.id)

    # -- what is asked for -----------------------------------------------------------------

    async def _subscribe(self, session: Session) -> None:
        """Bring the session to the channels that are wanted, for as long as it is the newest."""
        while True:
            if session is self.sessions[-1]:
                for name in [s for s, (c, _) in session.subs.items() if c not in self.channels]:
                    channel, _ = session.subs.pop(name)
                    session.joined.pop(channel, None)
                    await self._end(name)
                for channel, channel_id in list(self.channels.items()):
                    if channel not in session.joined or channel in self._lacking:
                        await self._ask(session, channel, channel_id)
            await asyncio.sleep(_LOOK_S)

    async def _end(self, name: str) -> None:
        try:
            await self.shared.api.unsubscribe(name)
        except (Refused, NotAuthorised) as exc:
            log.info("subscription not ended: %s", _reason(exc))

    async def _ask(self, session: Session, channel: str, channel_id: str) -> None:
        """Chat first: with it the channel is seen. A refusal is told once, and tried rarely."""
        ask = self._asks.setdefault((session, channel), _Ask())
        if time.monotonic() < ask.again_at:
            return
        await self.shared.pace.turn()
        if session is not self.sessions[-1] or channel not in self.channels:
            return  # a turn may take long
        self._lacking.discard(channel)
        try:
            for want in self._wants(session, channel, channel_id):
                await self._take(session, want, channel, channel_id)
        except Refused as exc:
            if exc.is_passing:
                ask.failures += 1
                wait = backoff_s(ask.failures, self.settings.backoff_max_s)
                ask.again_at = time.monotonic() + wait
                log.info("channel=%s later: %s", channel, exc)
            else:
                self._refused(session, channel, _why(exc))
        except NotAuthorised as exc:
            ask.again_at = time.monotonic() + self.settings.supervise_s
            self.shared.report("chat", str(exc))

    def _wants(self, session: Session, channel: str, channel_id: str) -> list[Want]:
        token = self.shared.api.token
        have = {kind for name, kind in session.subs.values() if name == channel}
        found = wants(channel_id, token.user_id, token.scopes, self.shared.costly)
        return [want for want in found if want.type not in have]

    async def _take(self, session: Session, want: Want, channel: str, channel_id: str) -> None:
        """One subscription. Raises Refused for chat itself; the rest may be missing."""
        transport = self.shared.transport or {"method": "websocket", "session_id": session.id}
        try:
            name = await self.shared.api.subscribe(want, channel_id, transport)
        except Refused as exc:
            if exc.status != 409:  # 409: there already
                if want.type == CHAT:
                    raise
                self.shared.costly = self.shared.costly and (want.as_reader or exc.is_passing)
                if exc.is_passing:
                    self._lacking.add(channel)
                    later = time.monotonic() + self.settings.supervise_s
                    self._asks.setdefault((session, channel), _Ask()).again_at = later
                return
            name = f"{channel}:{want.type}"
        session.subs[name] = channel, want.type
        if want.type == CHAT:
            session.joined.setdefault(channel, self.shared.clock())
            self.shared.reported.discard(f"channel={channel}")
            self.shared.news.set()

    def supervise(self, enabled: Collection[dict[str, object]]) -> None:
        """Compare with what Twitch says it sends: what is missing is asked for again."""
        if not self.sessions:
            return
        session = self.sessions[-1]
        ours = [row for row in enabled if self._is_ours(session, row)]
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
            if known := named.get((self.channels.get(channel, ""), kind)):
                session.subs[known] = channel, kind  # it was there before us
            elif kind == CHAT:
                self._lost(session, channel)
                log.warning("channel=%s is subscribed to again: Twitch lost it", channel)
            else:
                self._lacking.add(channel)

    def _is_ours(self, session: Session, row: dict[str, object]) -> bool:
        transport = mapping(row.get("transport"))
        if self.settings.conduit_id:
            return transport.get("conduit_id") == self.settings.conduit_id
        return transport.get("session_id") == session.id


def _take_over(session: Session, older: list[Session], now: float) -> None:
    """Subscriptions move along."""
    for old in older:
        session.subs.update(old.subs)
        session.joined.update(dict.fromkeys(old.joined, now))


def _why(exc: Refused) -> str:
    if exc.status == 403:
        return f"we are banned from it, or may not read more ({exc.why})"
    return str(exc)


def _reason(exc: Exception) -> str:
    return str(exc).splitlines()[0][:200] if str(exc) else type(exc).__name__

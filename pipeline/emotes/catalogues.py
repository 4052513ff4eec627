"""Emotes in force in each channel, kept up to date by a task beside the turns.

A turn only looks names up in what is there. Fetching, reading and writing happen elsewhere; when
a catalogue is down or tells nonsense, what was known of it goes on.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.config import TwitchSettings
from pipeline.emotes.cache import Cache, Kept
from pipeline.emotes.fetch import TIMEOUT_S, USER_AGENT, Fetched, Unanswered, fetch
from pipeline.emotes.providers import EVERYWHERE, PROVIDERS, Garbage, Place, address, read
from pipeline.emotes.schedule import Schedule
from pipeline.sources.eventsub.tokens import TokenFile
from pipeline.web import session
from warehouse.config import TwitchAddress
from warehouse.errors import NotAuthorised

if TYPE_CHECKING:  # loaded by whoever asks
    from aiohttp import ClientSession

log = logging.getLogger(__name__)

IDLE_S = 2.0  # between looks for something to do
PAUSE_S = 0.5  # between requests
_STUMBLED_S = 60.0
_MAX_ID = 20  # digits of a channel's id


@dataclass
class CatalogueCounts:
    """Outcomes of asking. garbage: of the failed ones, answers that made no sense; dropped:
    names that can be no emote's."""

    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    garbage: int = 0
    dropped: int = 0


class Catalogues:
    """All names by channel, and their providers. clock: seconds that only go forward.

    is_on: false, nothing is fetched nor known. client_id: of the application whose login may ask
    for Twitch's own catalogue.
    """

    def __init__(
        self,
        root: Path,
        client_id: str,
        twitch: TwitchAddress,
        is_on: bool = True,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.client_id, self.twitch, self.is_on = client_id, twitch, is_on
        self.timeout_s = TIMEOUT_S
        self.cache = Cache(root / "cache" / "emotes")
        self.counts = CatalogueCounts()
        self.schedule = Schedule(clock, dice)
        self._tokens = TokenFile(root)
        self._kept: dict[Place, Kept] = {}
        self._rooms: dict[str, str] = {}  # channel to Twitch's id
        self._everywhere: dict[str, str] = {}  # name to provider
        self._in_channel: dict[str, dict[str, str]] = {}  # with those that are everywhere
        self._lock = Lock()  # a channel is forgotten by a turn, in another thread
        self._warned: set[str] = set()  # providers whose trouble was logged
        self.pause_s, self.idle_s = PAUSE_S, IDLE_S

    # -- what a turn asks ------------------------------------------------------------------

    def known(self, channel: str) -> Mapping[str, str]:
        """Provider by name of every emote in force in the channel."""
        return self._in_channel.get(channel, self._everywhere)

    def provider(self, channel: str, term: str) -> str | None:
        """twitch, bttv, ffz or 7tv; None for a term in no catalogue. channel '': of any."""
        provider = self.known(channel).get(term)
        if provider or channel:
            return provider
        return next((m[term] for _, m in sorted(self._in_channel.items()) if term in m), None)

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is kept. Raises OSError."""
        with self._lock:
            self._in_channel.pop(channel, None)
            room = self._rooms.pop(channel, "")
            if room:
                self.schedule.drop(room)
                for place in (Place(provider, room) for provider in PROVIDERS):
                    self._kept.pop(place, None)
                    self.cache.drop(place)

    def health(self) -> dict[str, int]:
        """Counts for the health table, by name."""
        counts = {**vars(self.counts), "broken": self.cache.broken} if self.is_on else {}
        return {f"emotes_{name}": value for name, value in counts.items()}

    # -- the task --------------------------------------------------------------------------

    async def keep(self, rooms: Callable[[], Mapping[str, str]]) -> None:
        """Fetch what is due, one request at a time, until cancelled. rooms: Twitch's id of each
        channel that is being read. Whatever happens here, chat goes on being read."""
        if not self.is_on:
            return
        await asyncio.to_thread(self.cache.expire, time.time())
        async with session(USER_AGENT) as http:
            while True:
                try:
                    was_due = await self.step(http, rooms())
                    wait_s = self.pause_s if was_due else self.idle_s
                except Exception:
                    log.exception("emotes: a mistake of ours; going on without news of them")
                    wait_s = _STUMBLED_S
                await asyncio.sleep(wait_s)

    async def step(self, http: "ClientSession", rooms: Mapping[str, str]) -> bool:
        """Ask for one place; false if none is due."""
        wanted = await asyncio.to_thread(self._wanted, dict(rooms))
        place = self.schedule.next(wanted)
        if place is not None:
            await self._refresh(http, place)
        return place is not None

    def _wanted(self, rooms: dict[str, str]) -> list[Place]:
        """Every place to be kept up to date; what the disk has of new ones is in force."""
        with self._lock:
            rooms = {c: room for c, room in rooms.items() if _is_id(room)}
            ids = [EVERYWHERE, *dict.fromkeys(rooms.values())]
            providers = [p for p in PROVIDERS if p != "twitch" or self._login()]
            wanted = [Place(provider, room) for room in ids for provider in providers]
            new = [place for place in wanted if not self.schedule.knows(place)]
            for place in new:
                self._load(place)
            fresh = rooms.items() - self._rooms.items()
            self._rooms |= rooms
            if new or fresh:
                self._combine({EVERYWHERE, *(place.room for place in new), *dict(fresh).values()})
            return wanted

    def _load(self, place: Place) -> None:
        kept = self.cache.load(place)
        if kept is not None:
            self._kept[place] = kept
        age = None if kept is None else time.time() - kept.at
        # of a time to come: the clock was set back, nobody knows how old it is
        self.schedule.put(place, None if age is None or age < 0 else age)

    async def _refresh(self, http: "ClientSession", place: Place) -> None:
        url = address(place, self.twitch)
        before = self._kept.get(place)
        try:
            answer = await fetch(http, url, self._headers(place, before), self.timeout_s)
            if answer.body is None and before is not None:
                self.counts.unchanged += 1
                kept = replace(before, at=time.time())
            else:
                names = await asyncio.to_thread(self._read, place, answer)
                kept = Kept(names, time.time(), answer.etag, answer.modified)
                self.counts.fetched += 1
        except Garbage as exc:
            self.counts.garbage += 1
            self._failed(place, str(exc), of_all=False)
        except Unanswered as exc:
            self._failed(place, str(exc), exc.of_all, exc.wait_s)
        else:
            self.schedule.done(place)
            self._recovered(place.provider)
            await asyncio.to_thread(self._keep, place, kept)

    def _headers(self, place: Place, before: Kept | None) -> dict[str, str]:
        headers = dict(self._login() or {}) if place.provider == "twitch" else {}
        if before and before.etag:
            headers["If-None-Match"] = before.etag
        if before and before.modified:
            headers["If-Modified-Since"] = before.modified
        return headers

    def _read(self, place: Place, answer: Fetched) -> tuple[str, ...]:
        """The names in an answer; a channel that a catalogue does not know has no emotes there.
        Raises Garbage."""
        if answer.is_missing and place.room:
            return ()
        try:
            content: Any = orjson.loads(answer.body or b"")
        except ValueError:
            raise Garbage("the answer is no JSON") from None
        names, dropped = read(place, content)
        self.counts.dropped += dropped
        return names

    def _keep(self, place: Place, kept: Kept) -> None:
        """In force from now on, and on disk if there is room."""
        with self._lock:
            if not self.schedule.knows(place) or (
                place.room and place.room not in self._rooms.values()
            ):
                return  # its channel was forgotten meanwhile
            self._kept[place] = kept
            self._combine({place.room})
            try:
                self.cache.save(place, kept)
            except OSError as exc:
                self._say("cache", f"not kept on disk: {exc.strerror}")

    def _combine(self, rooms: set[str]) -> None:
        """Put the names of the channels in `rooms` in force: all of them, for ''."""
        if EVERYWHERE in rooms:
            self._everywhere = self._named(EVERYWHERE, {})
        for channel, room in self._rooms.items():
            if room in rooms or EVERYWHERE in rooms:
                self._in_channel[channel] = self._named(room, self._everywhere)

    def _named(self, room: str, base: Mapping[str, str]) -> dict[str, str]:
        """base with the names of a room; the first of PROVIDERS has the last word."""
        providers = dict(base)
        for provider in reversed(PROVIDERS):
            kept = self._kept.get(Place(provider, room))
            providers.update(dict.fromkeys(kept.names if kept else (), provider))
        return providers

    def _login(self) -> dict[str, str] | None:
        """What Twitch's API wants of a user who is logged in. The token is renewed by whoever
        reads chat with it; one that has expired is as none."""
        try:
            token = self._tokens.load()
        except (NotAuthorised, OSError):
            return None
        if token.client_id != self.client_id or token.expires_at < time.time():
            return None
        return {"Authorization": f"Bearer {token.access}", "Client-Id": token.client_id}

    def _failed(self, place: Place, why: str, of_all: bool, wait_s: float = 0.0) -> None:
        self.counts.failed += 1
        self.schedule.failed(place, of_all, wait_s)
        self._say(place.provider, why)

    def _say(self, who: str, why: str) -> None:
        """Once, until it has passed."""
        if who not in self._warned:
            self._warned.add(who)
            log.warning("emotes of %s: %s; going on with those known", who, why)

    def _recovered(self, provider: str) -> None:
        if provider in self._warned and not self.schedule.has_trouble(provider):
            self._warned.discard(provider)
            log.info("emotes of %s: it answers again", provider)


def _is_id(room: str) -> bool:
    return room.isascii() and room.isdigit() and len(room) <= _MAX_ID


def catalogues_for(root: Path, is_on: bool) -> Catalogues:
    """Those of a data folder."""
    return Catalogues(root, TwitchSettings().client_id, TwitchAddress(), is_on)

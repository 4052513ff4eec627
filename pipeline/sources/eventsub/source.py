"""Chat with a login, through Twitch's EventSub: streams, titles and deletions are told too."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

from pipeline.chat.message import ChannelInfo
from pipeline.chat.oddities import numeric_id
from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.frames import label
from pipeline.sources.eventsub.plan import SESSIONS
from pipeline.sources.eventsub.shared import EventSubLimits, EventSubShared
from pipeline.sources.eventsub.slot import SessionSlot
from pipeline.sources.eventsub.streams import ABSENT
from pipeline.sources.eventsub.tokens import TokenFile
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.source import LiveSource
from pipeline.sources.opening import Opening
from warehouse.config import TwitchAddress
from warehouse.errors import NotAuthorised

log = logging.getLogger(__name__)


class EventSub(LiveSource[SessionSlot]):
    """Channels that `wanted` names and, with an extension id, those live ones that have it active.
    Every `supervise_s` what Twitch sends is compared with what is wanted.

    Raises NotAuthorised where there is no login.
    """

    shared: EventSubShared

    def __init__(
        self,
        wanted: Callable[[], Collection[str]],
        settings: TwitchSettings,
        tokens: TokenFile,
        address: TwitchAddress,
        limits: EventSubLimits | None = None,
        clock: TwitchClock | None = None,
    ) -> None:
        super().__init__()
        self.wanted, self.settings, self.clock = wanted, settings, clock or TwitchClock()
        self.tokens, self.address, self.limits = tokens, address, limits or EventSubLimits()
        tokens.load()
        self.ids: dict[str, str] = {}  # login to id
        self.followed: set[str] = set()  # by their extension
        self.first: Collection[str] = ()  # channels that were on air
        self._logins: dict[str, str] = {}  # id to login, of those followed so far
        self._absent: dict[str, int] = {}  # id of a followed one to its absences in a row
        self._missing: dict[str, float] = {}  # login to when to look again, loop seconds

    def _start(self) -> list[Coroutine[Any, Any, None]]:
        self.api = Api(self.settings, self.tokens, self.address)
        self.shared = EventSubShared(self.api, self.limits, self.clock)
        self.shared.first.update(self.first)
        return [self._resolving(), self._supervising()]

    # -- which channels --------------------------------------------------------------------

    def _names(self) -> list[str]:
        """Those to be read, as many as Twitch allows."""
        names, rooms = [*self.wanted(), *sorted(self.followed)], self.limits.rooms
        names = list(dict.fromkeys(names))
        for name in names[rooms:]:
            self.shared.report(name, f"Twitch lets a login be in {rooms} chat rooms")
        return names[:rooms]

    def _wanted(self) -> dict[str, str]:
        return {name: self.ids[name] for name in self._names() if name in self.ids}

    def _named(self) -> set[str]:
        return {*self.wanted(), *self.followed}

    def _slot(self) -> SessionSlot:
        return SessionSlot(self.shared, self._tell)

    def _room(self) -> tuple[int, float]:
        if self.settings.conduit_id:
            return self.limits.rooms, 1
        return self.limits.channels, SESSIONS

    def _drop(self, slot: SessionSlot, name: str) -> None:
        super()._drop(slot, name)
        self.shared.streams.forget(name)

    # -- what Twitch is asked --------------------------------------------------------------

    async def _resolving(self) -> None:
        """Find the ids of new channels, soon after they were named."""
        while True:
            now = time.monotonic()
            new = [n for n in self._names() if n not in self.ids and self._missing.get(n, 0) <= now]
            if new:
                await self._try(self._resolve, new)
            await asyncio.sleep(self.limits.resolve_s)

    async def _resolve(self, names: list[str]) -> None:
        # asked again soon where the answer fails
        later = time.monotonic() + min(10.0, self.limits.supervise_s)
        self._missing.update(dict.fromkeys(names, later))
        users = await self.api.ids(names)
        for name in names:
            user = users.get(name, {})
            if channel_id := numeric_id(user.get("id")):
                self._know(name, channel_id, label(user.get("display_name")))
                self._missing.pop(name, None)
            else:
                self._missing[name] = time.monotonic() + self.limits.retry_s
                self.shared.report(name, "Twitch knows no such channel")

    def _know(self, name: str, channel_id: str, display_name: str) -> None:
        self.ids[name] = channel_id
        self.shared.outbox.add([ChannelInfo(name, channel_id, display_name)])

    async def _supervising(self) -> None:
        """Compare wanted and live, and see which streams are on."""
        while True:
            await self._try(self._supervise)
            with suppress(TimeoutError):  # of channels just joined the stream is told at once
                await asyncio.wait_for(self.shared.news.wait(), self.limits.supervise_s)
                await asyncio.sleep(min(1.0, self.limits.supervise_s))
            self.shared.news.clear()

    async def _supervise(self) -> None:
        await self.api.check()
        self.shared.login_holds()
        if self.settings.extension_id:
            await self._try(self._follow)
        ids = {
            name: id
            for slot in self.slots
            for name, id in slot.channels.items()
            if any(name in session.joined for session in slot.connections)
        }
        if not ids:
            return
        live = await self.api.live(ids.values())
        by_name = {name: live[id] for name, id in ids.items() if id in live}
        at = self.clock.arrival()
        self.shared.outbox.add(self.shared.streams.listed(by_name, ids, at))
        asked = {name for session in self.shared.holders.sessions for name in session.subs}
        enabled = await self.api.subscriptions()
        for slot in self.slots:
            slot.supervise(enabled, asked)

    async def _follow(self) -> None:
        """The live channels that have the extension: by their ids, names are for display. One that
        a single answer lacks is followed on."""
        live = await self.api.extension_live()
        if new := [id for id in live if id not in self._logins]:
            self._logins.update(await self.api.logins(new))
        absent = {id: times + 1 for id, times in self._absent.items() if id not in live}
        self._absent = {id: n for id, n in absent.items() if n < ABSENT} | dict.fromkeys(live, 0)
        self.followed = {self._logins[id] for id in self._absent if id in self._logins}

    async def _try(self, step: Callable[..., Any], *values: Any) -> None:
        """A step that may fail: it is told once, and done again another time."""
        try:
            await step(*values)
        except NotAuthorised as exc:
            self.shared.login_refused(str(exc))
            self._load_again()
        except TwitchRefused as exc:
            log.info("asked again later: %s", exc)
        except Exception as exc:  # a fault of ours: an answer of a shape that nobody thought of
            self.shared.oddities.failed(exc)

    def _load_again(self) -> None:
        """Somebody may have logged in anew."""
        try:
            self.api.token = self.tokens.load()
        except NotAuthorised:
            return

    async def _close(self, tasks: list["asyncio.Task[None]"]) -> None:
        await super()._close(tasks)
        await self.api.close()


def open_source(opening: Opening) -> EventSub:
    """The kept list of channels; it may be empty where an extension names others.

    Raises BadInput for nothing to read, NotAuthorised without a login.
    """
    settings = TwitchSettings()
    wanted = opening.wanted() if settings.extension_id else opening.some_wanted()
    source = EventSub(wanted.now, settings, TokenFile(opening.folder.root), TwitchAddress())
    source.first = opening.on_air
    return source

"""Chat with a login, through Twitch's EventSub: streams, titles and deletions are told too."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from pipeline.chat.message import ChannelInfo
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
from warehouse.identities import Identities
from warehouse.records import login_or_none, numeric_id

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
        identities: Identities | None = None,
    ) -> None:
        super().__init__()
        self.wanted, self.settings, self.clock = wanted, settings, clock or TwitchClock()
        self.tokens, self.address, self.limits = tokens, address, limits or EventSubLimits()
        tokens.load()
        self.identities = identities or Identities()
        self.logins: dict[str, str] = {}  # by id, of today
        self.followed: set[str] = set()  # ids, by their extension
        self.first: Collection[str] = ()  # channels that were on air
        self._absent: dict[str, int] = {}  # id of a followed one to its absences in a row
        self._asked: dict[str, str] = {}  # names of the list to ids
        self._infos: dict[str, ChannelInfo] = {}  # by id, as told
        self._missing: dict[str, float] = {}  # name or ~id to when to look again, loop seconds

    def _start(self) -> list[Coroutine[Any, Any, None]]:
        self.api = Api(self.settings, self.tokens, self.address)
        self.shared = EventSubShared(self.api, self.limits, self.clock)
        self.shared.first.update(self.first)
        return [self._resolving(), self._supervising()]

    # -- which channels --------------------------------------------------------------------

    def _ids(self) -> list[str]:
        """Of those to be read, as many as Twitch allows."""
        named = {id: name for name in self.wanted() if (id := self._id_of(name))}
        ids, rooms = list(named | dict.fromkeys(sorted(self.followed), "")), self.limits.rooms
        for id in ids[rooms:]:
            name = self.logins.get(id) or named.get(id) or id
            self.shared.report(name, f"Twitch lets a login be in {rooms} chat rooms")
        return ids[:rooms]

    def _id_of(self, name: str) -> str:
        """Whom a name of the list means: who has that login, else who was met by it; '' for one
        that Twitch is yet to be asked about."""
        known = self.identities.id_of(self.identities.resolve(name))
        return known or self._asked.get(name, "")

    def _wanted(self) -> dict[str, str]:
        return {self.logins[id]: id for id in self._ids() if id in self.logins}

    def _named(self) -> set[str]:
        return {*self.wanted(), *self.logins.values()}

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
        """Find the ids of new channels, and logins of new ids, soon after they were named."""
        while True:
            if names := [name for name in self.wanted() if not self._id_of(name)]:
                await self._try(self._resolve, self._due(names))
            if ids := [id for id in self._ids() if id not in self.logins]:
                await self._try(self._learn, self._due(ids, "~"))
            await asyncio.sleep(self.limits.resolve_s)

    def _due(self, what: Iterable[str], mark: str = "") -> list[str]:
        """Those that are to be asked about now; again soon where the answer fails. mark: of ids,
        since a login may be digits, too."""
        now, soon = time.monotonic(), min(10.0, self.limits.supervise_s)
        due = [one for one in what if self._missing.get(mark + one, 0) <= now]
        self._missing.update({mark + one: now + soon for one in due})
        return due

    async def _resolve(self, names: list[str]) -> None:
        users = await self.api.ids(names) if names else {}
        for name in names:
            user = users.get(name, {})
            if channel_id := numeric_id(user.get("id")):
                self._asked[name] = channel_id
            else:
                self._is_missing(name)
        self._know(users.values())

    async def _learn(self, ids: list[str]) -> None:
        """Logins of today: they change, and pass on to others."""
        users = await self.api.users(ids) if ids else {}
        for id in ids:
            if id not in users and id not in self.logins:
                key = self.identities.by_id(id)
                self._is_missing(self.identities.name_of(key) if key else id, "~" + id)
        self._know(users.values())

    def _is_missing(self, name: str, what: str = "") -> None:
        self._missing[what or name] = time.monotonic() + self.limits.retry_s
        self.shared.report(name, "Twitch knows no such channel")

    def _know(self, users: Iterable[dict[str, Any]]) -> None:
        """Tell who has which login, where that is news; who is read goes on under the new one."""
        infos = [info for user in users if (info := _info(user)) is not None]
        news = [info for info in infos if self._infos.get(info.channel_id) != info]
        before = dict(self.logins)
        self._infos.update({info.channel_id: info for info in news})
        self.logins.update({info.channel_id: info.channel for info in infos})
        now = {info.channel: info.channel_id for info in infos}
        for id, login in before.items():
            if self.logins[id] == login and now.get(login, id) != id:  # whose it was: not known
                del self.logins[id]
                for slot in [slot for slot in self.slots if login in slot.channels]:
                    self._drop(slot, login)
        for info in news:
            self.shared.clear(info.channel)
        self.shared.outbox.add(news)
        names = {before[id]: login for login, id in now.items() if before.get(id, login) != login}
        self._rename(names)
        self.shared.streams.rename(names)

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
        wanted = self._ids()
        self.logins = {id: login for id, login in self.logins.items() if id in wanted}
        await self._learn(list(self.logins))
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
        absent = {id: times + 1 for id, times in self._absent.items() if id not in live}
        self._absent = {id: n for id, n in absent.items() if n < ABSENT} | dict.fromkeys(live, 0)
        self.followed = set(self._absent)

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
    tokens, who = TokenFile(opening.folder.root), opening.identities
    source = EventSub(wanted.now, settings, tokens, TwitchAddress(), identities=who)
    source.first = opening.on_air
    return source


def _info(user: dict[str, Any]) -> ChannelInfo | None:
    """A user as Twitch tells of one; None for what is none."""
    login, channel_id = login_or_none(user.get("login")), numeric_id(user.get("id"))
    if not (login and channel_id):
        return None
    return ChannelInfo(login, channel_id, label(user.get("display_name")))

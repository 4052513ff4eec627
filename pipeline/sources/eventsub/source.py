"""Chat with a login, through Twitch's EventSub: streams, titles and deletions are told too."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from pipeline.chat.message import Batch, ChannelInfo, Item, Source, StreamEnd
from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import Refused
from pipeline.sources.eventsub.frames import text
from pipeline.sources.eventsub.plan import PER_SOCKET, SOCKETS
from pipeline.sources.eventsub.shared import Shared
from pipeline.sources.eventsub.slot import Slot
from pipeline.sources.eventsub.tokens import TokenFile
from pipeline.sources.live.coverage import Coverage
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace
from pipeline.sources.opening import Opening
from warehouse.errors import NotAuthorised

log = logging.getLogger(__name__)

_BATCH_S = 0.5
_RESOLVE_S = 0.5


class EventSub(Source):
    """Reads the channels that `wanted` names and, with an extension id, those live ones that have
    it active. Every `supervise_s` what Twitch sends is compared with what is wanted.

    Raises NotAuthorised where there is no login.
    """

    kind = "live"

    def __init__(
        self,
        wanted: Callable[[], Collection[str]],
        settings: TwitchSettings,
        tokens: TokenFile,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.wanted, self.settings, self.clock = wanted, settings, clock
        self.tokens = tokens
        tokens.load()
        self.slots: dict[Slot, asyncio.Task[None]] = {}
        self.ids: dict[str, str] = {}  # login to id
        self.followed: set[str] = set()  # by their extension
        self._logins: dict[str, str] = {}  # id to login, of those followed so far
        self._missing: dict[str, float] = {}  # login to when to look again, loop seconds
        self._coverage: dict[str, Coverage] = {}

    def channels(self) -> list[ChannelInfo]:
        """None: Twitch is asked when it runs."""
        return []

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """What came in, twice a second, for as long as it is asked."""
        settings = self.settings
        self.api = Api(settings, self.tokens, self.clock)
        pace = Pace(settings.joins, settings.joins_per_s)
        self.shared = Shared(settings, self.api, Outbox(), pace, clock=self.clock)
        background = [asyncio.ensure_future(t) for t in (self._resolving(), self._supervising())]
        try:
            while True:
                self._reconcile()
                await self.shared.outbox.wait(_BATCH_S)
                for task in (*background, *self.slots.values()):
                    if task.done():  # none ends by itself: a fault of ours
                        task.result()
                for slot in self.slots:
                    self._tell(slot)
                items, infos = self.shared.outbox.take()
                yield Batch(self.clock(), items, infos)
        finally:
            await self._close(background)

    # -- which channels --------------------------------------------------------------------

    def _names(self) -> list[str]:
        """Those to be read, as many as Twitch allows."""
        names = list(dict.fromkeys([*self.wanted(), *sorted(self.followed)]))
        for name in names[self.settings.rooms :]:
            self.shared.report(
                f"channel={name}", f"Twitch lets a login be in {self.settings.rooms} chat rooms"
            )
        return names[: self.settings.rooms]

    def _reconcile(self) -> None:
        """New channels onto sessions with room, others off theirs, empty ones closed."""
        wanted = {name: self.ids[name] for name in self._names() if name in self.ids}
        for slot in self.slots:
            for name in [name for name in slot.channels if name not in wanted]:
                self._drop(slot, name)
        held = {name for slot in self.slots for name in slot.channels}
        for name in sorted(wanted.keys() - held):
            self._roomy().channels[name] = wanted[name]
        for slot in [slot for slot in self.slots if not slot.channels]:
            self.slots.pop(slot).cancel()

    def _drop(self, slot: Slot, name: str) -> None:
        slot.channels.pop(name)
        self.shared.reported.discard(f"channel={name}")
        self.shared.streams.forget(name)
        if self._coverage.pop(name, None):
            self.shared.outbox.add([StreamEnd(name, self.clock())])

    def _roomy(self) -> Slot:
        most = self.settings.rooms if self.settings.conduit_id else PER_SOCKET
        slots = 1 if self.settings.conduit_id else SOCKETS
        for slot in self.slots:
            if len(slot.channels) < most or len(self.slots) >= slots:
                return slot
        slot = Slot(self.shared, self._tell)
        self.slots[slot] = asyncio.ensure_future(slot.keep())
        return slot

    def _tell(self, slot: Slot) -> None:
        """When the slot's channels were seen, as far as it is news."""
        told: list[Item] = []
        for channel in slot.channels:
            coverage = self._coverage.get(channel) or Coverage(channel)
            told += coverage.step(slot.spans(channel), self.clock())
            if coverage.to is not None or channel in self._coverage:
                self._coverage[channel] = coverage
        self.shared.outbox.add(told)

    # -- what Twitch is asked --------------------------------------------------------------

    async def _resolving(self) -> None:
        """Find the ids of new channels, soon after they were named."""
        while True:
            now = time.monotonic()
            new = [n for n in self._names() if n not in self.ids and self._missing.get(n, 0) <= now]
            if new:
                await self._try(self._resolve, new)
            await asyncio.sleep(_RESOLVE_S)

    async def _resolve(self, names: list[str]) -> None:
        # asked again soon where the answer fails
        later = time.monotonic() + min(10.0, self.settings.supervise_s)
        self._missing.update(dict.fromkeys(names, later))
        found = await self.api.ids(names)
        for name in names:
            if user := found.get(name):
                self._know(name, user)
                self._missing.pop(name, None)
            else:
                self._missing[name] = time.monotonic() + self.settings.retry_s
                self.shared.report(f"channel={name}", "Twitch knows no such channel")

    def _know(self, name: str, user: dict[str, Any]) -> None:
        self.ids[name] = text(user.get("id"))
        shown = text(user.get("display_name"))
        self.shared.outbox.tell(ChannelInfo(name, self.ids[name], shown))

    async def _supervising(self) -> None:
        """Compare wanted and live, and see which streams are on."""
        while True:
            await self._try(self._supervise)
            with suppress(TimeoutError):  # of channels just joined the stream is told at once
                await asyncio.wait_for(self.shared.news.wait(), self.settings.supervise_s)
                await asyncio.sleep(min(1.0, self.settings.supervise_s))
            self.shared.news.clear()

    async def _supervise(self) -> None:
        await self.api.check()
        self.shared.reported.discard("chat")
        if self.settings.extension_id:
            await self._follow()
        ids = {
            name: id
            for slot in self.slots
            for name, id in slot.channels.items()
            if any(name in session.joined for session in slot.sessions)
        }
        if not ids:
            return
        live = await self.api.live(ids.values())
        by_name = {name: live[id] for name, id in ids.items() if id in live}
        self.shared.outbox.add(self.shared.streams.listed(by_name, ids, self.clock()))
        enabled = await self.api.subscriptions()
        for slot in self.slots:
            slot.supervise(enabled)

    async def _follow(self) -> None:
        """The live channels that have the extension: by their ids, names are for display."""
        found = await self.api.extension_live()
        if new := [id for id in found if id not in self._logins]:
            self._logins.update(await self.api.logins(new))
        self.followed = {self._logins[id] for id in found if id in self._logins}

    async def _try(self, step: Callable[..., Any], *values: Any) -> None:
        """A step that may fail: it is told once, and done again another time."""
        try:
            await step(*values)
        except NotAuthorised as exc:
            self.shared.report("chat", str(exc))
            self._load_again()
        except Refused as exc:
            log.info("asked again later: %s", exc)

    def _load_again(self) -> None:
        """Somebody may have logged in anew."""
        try:
            self.api.token = self.tokens.load()
        except NotAuthorised:
            return

    async def _close(self, background: Sequence["asyncio.Future[None]"]) -> None:
        tasks = [*background, *self.slots.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.slots.clear()
        await self.api.close()


def open_source(opening: Opening) -> EventSub:
    """The kept list of channels; it may be empty where an extension names others.

    Raises BadInput for nothing to read, NotAuthorised without a login.
    """
    settings = TwitchSettings()
    wanted = opening.wanted() if settings.extension_id else opening.some_wanted()
    return EventSub(wanted.now, settings, TokenFile(opening.folder.root))

"""Slot of public chat: joins on pace, refusals, and a new link before the old one is left."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Self

from pipeline.chat.message import ChannelInfo, Item
from pipeline.sources.irc.handover import Handover
from pipeline.sources.irc.items import items, sent_at
from pipeline.sources.irc.joins import MISSING, Joins
from pipeline.sources.irc.lines import IrcLine
from pipeline.sources.irc.link import Link, open_link
from pipeline.sources.irc.notices import NO_CAPABILITIES, NO_LOGIN, notice_to_all, refusal
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits, Shared
from pipeline.sources.live.slot import Attempt, Slot, unreached
from warehouse.records import numeric_id

log = logging.getLogger(__name__)

_HANDOVER_S = 120.0  # the old connection is left then, joined or not
_LONGER = 8  # times as long as at first, between joins that may come to nothing


class IrcShared(Shared):
    """Outbox, pace and troubles of all links, and their joins without an answer."""

    def __init__(self, limits: Limits, clock: TwitchClock | None = None) -> None:
        super().__init__(limits, clock)
        self.joins = Joins(self.pace)


class IrcSlot(Slot[Link, IrcShared]):
    """Up to 90 channels on one link to `url`."""

    def __init__(self, shared: IrcShared, tell: Callable[[Self], None], url: str) -> None:
        super().__init__(shared, tell, url)
        self._handover = Handover(self.connections)
        self._ids: dict[str, str] = {}  # whose each login is

    async def _open(self, url: str) -> Link:
        return await open_link(self.url, self.limits, self.shared.clock)

    async def _read(self, link: Link) -> None:
        async for line in link.lines():
            if line.command == "RECONNECT":
                log.info("Twitch asks to reconnect")
                link.over.set()
            elif why := self._shut_out(link, line):
                self.trouble = why
                return
            elif heard := self.shared.oddities.sound(self._heard, link, line):
                await self._pass_on(link, line.channel, heard)
            if self._handover.is_on():
                self._settle()

    async def _pass_on(self, link: Link, channel: str, heard: list[Item]) -> None:
        if not self._handover.holds(link, channel, heard):
            await self.shared.outbox.put(heard)

    async def keep(self) -> None:
        """Hold a link until cancelled, and hand channels over between links."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_over())
            await super().keep()

    async def _hand_over(self) -> None:
        while True:
            await asyncio.sleep(self.limits.look_s)
            if self._handover.is_on():
                self.tell()
                await self._handover.press(self.shared.clock.monotonic())
                self._settle()

    def _give_up(self, link: Link) -> None:
        self._handover.give_up(link)
        self._settle()

    def _settle(self) -> None:
        if held := list(self._handover.settled()):
            self.tell()
            self.shared.outbox.add(held)

    # -- whether we are let in -----------------------------------------------------------------

    def _shut_out(self, link: Link, line: IrcLine) -> str:
        """Why Twitch does not let us in at all; '' for any other line."""
        if line.channel or line.nick:
            return ""
        if line.command == "CAP" and line.params[1:2] == ("ACK",):
            link.grant(line.params[-1].split())
        elif line.command == "CAP" and line.params[1:2] == ("NAK",):
            return NO_CAPABILITIES
        elif line.command == "001":
            link.welcomed = True
        elif line.command == "NOTICE":
            return self._notice_to_all(link, line)
        if link.welcomed and link.granted.is_set() and not self.trouble.startswith(NO_LOGIN):
            self._prove(link)
        return ""

    def _notice_to_all(self, link: Link, line: IrcLine) -> str:
        why, is_final = notice_to_all(line)
        if not is_final and not link.joined:
            self.trouble = why
        return why if is_final else ""

    async def _is_granted(self, link: Link) -> bool:
        """True once tags are sure to come; a link without them is given up."""
        try:
            async with asyncio.timeout(self.limits.connect_timeout_s):
                await link.granted.wait()
        except TimeoutError:
            silent = unreached(self.url, TimeoutError())
            self.trouble = NO_CAPABILITIES if link.has_spoken else silent
            await link.close()
        return link.granted.is_set()

    # -- what comes ------------------------------------------------------------------------

    def _heard(self, link: Link, line: IrcLine) -> list[Item]:
        channel = line.channel
        if channel not in self.channels:
            return []
        if line.command in ("PRIVMSG", "USERNOTICE", "CLEARCHAT", "CLEARMSG"):
            clock = self.shared.clock
            clock.saw(sent_at(line.tags), line.tags.get("id", ""))
            self._follow_clock()
            heard = items(line, clock.arrival(), self.shared.oddities)
            return [*self._whose(channel, line), *heard]
        if line.command == "ROOMSTATE" or (line.command == "JOIN" and line.nick == link.nick):
            self._joined(link, channel)
            self._attempts.pop((link, channel), None)
            self.shared.joins.answered(channel)
            self.shared.outbox.add(self._whose(channel, line))
        elif line.command == "PART" and line.nick == link.nick:
            link.joined.pop(channel, None)
            later = time.monotonic() + self.limits.join_timeout_s
            self._attempt(link, channel).again_at = later
        elif line.command == "NOTICE" and not line.nick:
            self._noticed(link, channel, line)
        return []

    def _noticed(self, link: Link, channel: str, line: IrcLine) -> None:
        """A notice about a channel: why it is not to be joined, or nothing of that kind."""
        reason = refusal(line, is_joined=channel in link.joined)
        if not reason:
            return
        link.joined.pop(channel, None)
        self.shared.joins.answered(channel)
        self._attempt(link, channel).times = 0
        self._refused(link, channel, reason)

    def _whose(self, channel: str, line: IrcLine) -> list[Item]:
        """Whose login it is, where that is news: it may pass on while it is read."""
        channel_id = numeric_id(line.tags.get("room-id"))
        if not channel_id or self._ids.get(channel) == channel_id:
            return []
        self._ids[channel] = channel_id
        return [ChannelInfo(channel, channel_id, at=self.shared.clock.arrival())]

    # -- what is asked for -----------------------------------------------------------------

    async def _bring_to_wanted(self, link: Link) -> None:
        if not await self._is_granted(link):
            return
        for channel in link.joined.keys() - self.channels.keys():
            link.joined.pop(channel, None)
            await link.send(f"PART #{channel}")
        for channel in sorted(self.channels.keys() - link.joined.keys()):
            if self._is_newest(link):
                await self._join(link, channel)
        if self._is_newest(link):
            await self._leave_older(link)

    async def _join(self, link: Link, channel: str) -> None:
        """JOIN, again after a while where there is no answer."""
        attempt = self._attempt(link, channel)
        if time.monotonic() < attempt.again_at or self.shared.waits(channel):
            return
        wait_s = self._unanswered(channel, attempt) if attempt.times else 0.0
        await self.shared.pace.turn()
        attempt.times, attempt.at = attempt.times + 1, time.monotonic()
        attempt.again_at = attempt.at + max(wait_s, self.limits.join_timeout_s)
        self.shared.first.discard(channel)
        if channel in self.channels:  # still: a turn may take long
            self.shared.joins.asked(channel)
            await link.send(f"JOIN #{channel}")

    def _unanswered(self, channel: str, attempt: Attempt) -> float:
        """Say what follows from its JOIN without an answer; returns how long the next may take."""
        reason = self.shared.joins.missed(channel, attempt.at)
        if reason:
            self.shared.report(channel, reason)
        if reason == MISSING:
            return self.limits.retry_s
        return self.limits.join_timeout_s * min(attempt.times, _LONGER)

    async def _leave_older(self, link: Link) -> None:
        """Once the new link has all that the old ones have, they are left."""
        is_late = time.monotonic() - link.opened_at > _HANDOVER_S
        for older in self.connections[:-1]:
            if is_late or set(older.joined) <= set(link.joined):
                await older.leave()

"""Slot of public chat: joins on pace, refusals, and a new link before the old one is left."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Self

from pipeline.chat.message import ChannelInfo, Item
from pipeline.chat.oddities import numeric_id
from pipeline.sources.irc.handover import Handover
from pipeline.sources.irc.items import items
from pipeline.sources.irc.lines import IrcLine
from pipeline.sources.irc.link import Link, open_link
from pipeline.sources.live.shared import Shared
from pipeline.sources.live.slot import Slot

log = logging.getLogger(__name__)

_HANDOVER_S = 120.0  # the old connection is left then, joined or not
# why Twitch does not let anybody into a channel, by the id of its notice
_REFUSALS = {
    "msg_channel_suspended": "it is suspended",
    "msg_banned": "we are banned from it",
    "msg_room_not_found": "it does not exist",
    "tos_ban": "it was closed for breaking Twitch's terms",
    "msg_channel_blocked": "it blocks us",
}


class IrcSlot(Slot[Link, Shared]):
    """Up to 90 channels on one link to `url`."""

    def __init__(self, shared: Shared, tell: Callable[[Self], None], url: str) -> None:
        super().__init__(shared, tell, url)
        self._handover = Handover(self.connections)

    async def _open(self, url: str) -> Link:
        return await open_link(self.url, self.limits, self.shared.clock)

    async def _read(self, link: Link) -> None:
        async for line in link.lines():
            if line.command == "001":
                self._prove(link)
            if line.command == "RECONNECT":
                log.info("Twitch asks to reconnect")
                link.over.set()
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
                await self._handover.press(self.shared.clock())
                self._settle()

    def _give_up(self, link: Link) -> None:
        self._handover.give_up(link)
        self._settle()

    def _settle(self) -> None:
        if held := list(self._handover.settled()):
            self.tell()
            self.shared.outbox.add(held)

    # -- what comes ------------------------------------------------------------------------

    def _heard(self, link: Link, line: IrcLine) -> list[Item]:
        channel = line.channel
        if channel not in self.channels:
            return []
        if line.command in ("PRIVMSG", "USERNOTICE", "CLEARCHAT", "CLEARMSG"):
            return items(line, self.shared.clock(), self.shared.oddities)
        if line.command == "ROOMSTATE" or (line.command == "JOIN" and line.nick == link.nick):
            self._joined(link, channel)
            if channel_id := numeric_id(line.tags.get("room-id")):
                self.shared.outbox.add([ChannelInfo(channel, channel_id)])
        elif line.command == "PART" and line.nick == link.nick:
            link.joined.pop(channel, None)
        elif line.command == "NOTICE" and line.tags.get("msg-id") in _REFUSALS:
            link.joined.pop(channel, None)
            self._refused(link, channel, _REFUSALS[line.tags["msg-id"]])
        return []

    # -- what is asked for -----------------------------------------------------------------

    async def _bring_to_wanted(self, link: Link) -> None:
        await link.answered.wait()  # else joins may be wasted
        for channel in link.joined.keys() - self.channels.keys():
            link.joined.pop(channel, None)
            await link.send(f"PART #{channel}")
        for channel in sorted(self.channels.keys() - link.joined.keys()):
            if self._is_newest(link):
                await self._join(link, channel)
        if self._is_newest(link):
            await self._leave_older(link)

    async def _join(self, link: Link, channel: str) -> None:
        """JOIN, again after a while; Twitch says nothing of channels that do not exist."""
        attempt = self._attempt(link, channel)
        if time.monotonic() < attempt.again_at:
            return
        if attempt.times == 2:
            reason = "no answer from Twitch; is there such a channel?"
            self.shared.report(channel, reason)
        await self.shared.pace.turn()
        attempt.times += 1
        wait_s = self.limits.join_timeout_s if attempt.times <= 2 else self.limits.retry_s
        attempt.again_at = time.monotonic() + wait_s
        if channel in self.channels:  # still: a turn may take long
            await link.send(f"JOIN #{channel}")

    async def _leave_older(self, link: Link) -> None:
        """Once the new link has all that the old ones have, they are left."""
        is_late = time.monotonic() - link.opened_at > _HANDOVER_S
        for older in self.connections[:-1]:
            if is_late or set(older.joined) <= set(link.joined):
                await older.leave()

"""A connection that is kept up: opened again when lost, and before it is left on request."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException

from pipeline.chat.message import ChannelInfo, Item
from pipeline.config import IrcSettings
from pipeline.sources.irc.handover import Handover
from pipeline.sources.irc.items import items
from pipeline.sources.irc.lines import Line
from pipeline.sources.irc.link import Link, open_link
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace, backoff_s

log = logging.getLogger(__name__)

_LOOK_S = 0.2  # how often it looks for channels to join or to leave
_STEADY_S = 30.0  # a connection that lived so long had not failed
_HANDOVER_S = 120.0  # the old connection is left then, joined or not
# why Twitch does not let anybody into a channel, by the id of its notice
_REFUSALS = {
    "msg_channel_suspended": "it is suspended",
    "msg_banned": "we are banned from it",
    "msg_room_not_found": "it does not exist",
    "tos_ban": "it was closed for breaking Twitch's terms",
    "msg_channel_blocked": "it blocks us",
}


@dataclass
class Shared:
    """What all connections of a source share. reported: channels complained about already."""

    settings: IrcSettings
    outbox: Outbox
    pace: Pace
    clock: Callable[[], float] = time.time
    reported: set[str] = field(default_factory=set)

    def report(self, channel: str, reason: str) -> None:
        """Say once why a channel is not read."""
        if channel not in self.reported:
            self.reported.add(channel)
            log.warning("channel=%s is not read: %s", channel, reason)


@dataclass
class _Ask:
    """How often a link asked for a channel, and when it is to ask again, in loop seconds."""

    times: int = 0
    again_at: float = 0.0


class Slot:
    """Up to 90 channels on one connection. channels: those wanted here; change it at will.

    told: called when what its links saw has to be told at once.
    """

    def __init__(self, shared: Shared, told: Callable[["Slot"], None]) -> None:
        self.shared, self.settings = shared, shared.settings
        self.channels: set[str] = set()
        self.links: list[Link] = []  # newest last; those before it are being left
        self._told = told
        self._handover = Handover(self.links)
        self._asks: dict[tuple[Link, str], _Ask] = {}

    def spans(self, channel: str) -> Iterator[tuple[float, float]]:
        """Since when and up to when each of its links has seen the channel."""
        for link in self.links:
            if (joined := link.joined.get(channel)) is not None:
                yield joined, max(joined, link.heard)

    async def keep(self) -> None:
        """Hold a connection until cancelled."""
        failures = 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_over())
            while True:
                link = await self._open(failures)
                began, over = time.monotonic(), asyncio.Event()
                self.links.append(link)
                tasks.create_task(self._serve(link, over))
                await over.wait()
                failures = 0 if time.monotonic() - began > _STEADY_S else failures + 1

    async def _open(self, failures: int) -> Link:
        while True:
            if failures:
                await asyncio.sleep(backoff_s(failures, self.settings.backoff_max_s))
            try:
                return await open_link(self.settings, self.shared.clock)
            except (OSError, TimeoutError, WebSocketException) as exc:
                failures += 1
                log.warning("no connection: %s; attempt %d", _reason(exc), failures)

    async def _serve(self, link: Link, over: asyncio.Event) -> None:
        """Read a link to its end. over: set when another one has to be opened."""
        joining = asyncio.ensure_future(self._join(link))
        try:
            async for line in link.lines():
                if line.command == "RECONNECT":
                    log.info("Twitch asks to reconnect")
                    over.set()
                elif said := self._said(link, line):
                    await self._pass_on(link, line.channel, said)
                if self._handover.is_on():
                    self._settle()
            if link is self.links[-1]:
                log.warning("connection lost channels=%d", len(link.joined))
        finally:
            joining.cancel()
            self._told(self)  # while it still counts what the link saw
            self._handover.give_up(link)
            self._settle()
            self.links.remove(link)
            self._told(self)  # before anything that comes by another one
            self._settle()
            self._asks = {key: ask for key, ask in self._asks.items() if key[0] is not link}
            over.set()
            await link.close()

    async def _pass_on(self, link: Link, channel: str, said: list[Item]) -> None:
        if not self._handover.holds(link, channel, said):
            await self.shared.outbox.put(said)

    async def _hand_over(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._handover.is_on():
                self._told(self)
                await self._handover.press(self.shared.clock())
                self._settle()

    def _settle(self) -> None:
        """Tell what was held back and need not be any more."""
        if held := list(self._handover.settled()):
            self._told(self)
            self.shared.outbox.add(held)

    # -- what comes ------------------------------------------------------------------------

    def _said(self, link: Link, line: Line) -> list[Item]:
        channel = line.channel
        if channel not in self.channels:
            return []
        if line.command in ("PRIVMSG", "USERNOTICE", "CLEARCHAT", "CLEARMSG"):
            return items(line, self.shared.clock())
        if line.command == "ROOMSTATE" or (line.command == "JOIN" and line.nick == link.nick):
            self._joined(link, channel, line.tags.get("room-id", ""))
        elif line.command == "PART" and line.nick == link.nick:
            link.joined.pop(channel, None)
        elif line.command == "NOTICE" and line.tags.get("msg-id") in _REFUSALS:
            link.joined.pop(channel, None)
            self._refused(link, channel, _REFUSALS[line.tags["msg-id"]])
        return []

    def _joined(self, link: Link, channel: str, channel_id: str) -> None:
        link.joined.setdefault(channel, self.shared.clock())
        self.shared.reported.discard(channel)
        if channel_id.isdecimal():
            self.shared.outbox.tell(ChannelInfo(channel, channel_id))

    def _refused(self, link: Link, channel: str, reason: str) -> None:
        ask = self._asks.setdefault((link, channel), _Ask())
        ask.again_at = time.monotonic() + self.settings.rejoin_s
        self.shared.report(channel, reason)

    # -- what is asked for -----------------------------------------------------------------

    async def _join(self, link: Link) -> None:
        """Bring the link to the channels that are wanted, for as long as it lives."""
        began = time.monotonic()
        await link.answered.wait()  # else joins may be wasted
        while True:
            for channel in set(link.joined) - self.channels:
                link.joined.pop(channel, None)
                await link.send(f"PART #{channel}")
            for channel in sorted(self.channels - set(link.joined)):
                if link is self.links[-1]:
                    await self._ask(link, channel)
            if link is self.links[-1]:
                await self._leave_older(link, time.monotonic() - began)
            await asyncio.sleep(_LOOK_S)

    async def _ask(self, link: Link, channel: str) -> None:
        """JOIN, again after a while; Twitch says nothing of channels that do not exist."""
        ask = self._asks.setdefault((link, channel), _Ask())
        if time.monotonic() < ask.again_at:
            return
        if ask.times == 2:
            self.shared.report(channel, "no answer from Twitch; is there such a channel?")
        await self.shared.pace.turn()
        ask.times += 1
        wait = self.settings.join_timeout_s if ask.times <= 2 else self.settings.rejoin_s
        ask.again_at = time.monotonic() + wait
        if channel in self.channels:  # still: a turn may take long
            await link.send(f"JOIN #{channel}")

    async def _leave_older(self, link: Link, age: float) -> None:
        """Once the new link has all that the old ones have, they are left."""
        for older in self.links[:-1]:
            if set(older.joined) <= set(link.joined) or age > _HANDOVER_S:
                await older.leave()


def _reason(exc: Exception) -> str:
    return str(exc).splitlines()[0][:200] if str(exc) else type(exc).__name__

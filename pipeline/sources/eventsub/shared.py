"""All that EventSub's sessions share: Twitch's API, what it bears, who holds a subscription.

Twitch has been seen to refuse what a session that is over still holds. What it says there is
(409) is ours only where its list names our session.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.frames import mapping, text
from pipeline.sources.eventsub.plan import COSTLY, Want
from pipeline.sources.eventsub.session import Session
from pipeline.sources.eventsub.streams import Streams
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits, Shared
from pipeline.web import backoff_s

log = logging.getLogger(__name__)

# what may not be read while chat is; words, for no channel has such a name
BUT_CHAT, AT_ONCE = "anything but chat", "titles and starts at once"
_COST = 8  # of the ten that Twitch allows, what is ours: then it is we who fill it
_LIST_S = 5.0  # a list is asked for no more often, however many ask
CLOSE_IT = "close the other program with the same login, it is asked again by itself"


class Holders:
    """Twitch's list of subscriptions, as far as somebody stands in the way of ours.

    sessions: ours that are open. patience_s: one that we do not know may be another program's; what
    it has held up for longer is a dead one's: for a living one Twitch refuses nothing.
    """

    def __init__(self, api: Api, patience_s: float, list_s: float = _LIST_S) -> None:
        self.api, self.patience_s, self.list_s = api, patience_s, list_s
        self.sessions: list[Session] = []
        self._ours: set[str] = set()  # ids of sessions, of those too that are over
        self._rows: list[dict[str, Any]] = []
        self._listed_at = float("-inf")
        self._since: dict[str, float] = {}  # by subscription: how long it has been in the way

    def opened(self, session: Session) -> None:
        """A session of ours."""
        self.sessions.append(session)
        self._ours.add(session.id)

    def closed(self, session: Session) -> None:
        """It is over; what it holds is nobody's."""
        if session in self.sessions:
            self.sessions.remove(session)

    async def find(self, want: Want, channel_id: str, transport: Mapping[str, str]) -> str:
        """Id of the subscription, if the transport has it; '' if not, and then a dead session's
        is ended. Raises TwitchRefused, NotAuthorised."""
        condition = want.condition(channel_id, self.api.token.user_id).items()
        rows = [
            row
            for row in await self._list()
            if row.get("type") == want.type and condition <= mapping(row.get("condition")).items()
        ]
        for row in rows:
            if transport.items() <= mapping(row.get("transport")).items():
                return text(row.get("id"))
        for row in rows:
            if self._is_dead(row):
                await self._end(text(row.get("id")))
        return ""

    async def _end(self, name: str) -> None:
        self._listed_at = float("-inf")
        try:
            await self.api.unsubscribe(name)
        except TwitchRefused as exc:
            log.info("a dead session's subscription is not ended: %s", exc)

    async def _list(self) -> list[dict[str, Any]]:
        if time.monotonic() >= self._listed_at + self.list_s:
            self._rows = await self.api.subscriptions()
            self._listed_at = time.monotonic()
            there = {text(row.get("id")) for row in self._rows}
            self._since = {name: at for name, at in self._since.items() if name in there}
        return self._rows

    def _is_dead(self, row: Mapping[str, Any]) -> bool:
        transport = mapping(row.get("transport"))
        session = text(transport.get("session_id"))
        if not session or any(session == open.id for open in self.sessions):
            return False
        now = time.monotonic()
        since = self._since.setdefault(text(row.get("id")), now)
        return session in self._ours or now - since >= self.patience_s


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

    held_until: nothing is subscribed to before, loop seconds; full_until: nothing that counts
    against the limit of ten. news: a channel was joined. pings: Twitch bears ours.
    """

    limits: EventSubLimits

    def __init__(self, api: Api, limits: EventSubLimits, clock: TwitchClock) -> None:
        super().__init__(limits, clock)
        self.api, self.oddities = api, api.oddities
        self.streams = Streams()
        self.holders = Holders(api, 2 * limits.dead_after_s, min(5.0, limits.supervise_s))
        self.pings = True
        self.held_until = self.full_until = 0.0
        self.refusals = self.fulls = 0  # in a row, for all who ask
        self.news = asyncio.Event()

    @property
    def conduit(self) -> str:
        """Id of the conduit; '' without one."""
        return self.api.settings.conduit_id

    @property
    def costly(self) -> bool:
        """True if there may be room for subscriptions that count against the limit."""
        return time.monotonic() >= self.full_until

    def hold(self, wait_s: float = 0.0) -> None:
        """Subscribe to nothing for so long, and the longer the more often it was refused."""
        self.refusals += 1
        wait_s = max(wait_s, backoff_s(self.refusals, self.limits.backoff_s))
        self.held_until = time.monotonic() + wait_s

    def full(self, why: str) -> None:
        """There is no room for more that counts: looked at again, and told where it is not ours."""
        self.fulls += 1
        wait_s = backoff_s(self.fulls, self.limits.retry_s, 60.0)
        self.full_until = time.monotonic() + wait_s
        costly = {want.type for want in COSTLY}
        ours = [kind for session in self.holders.sessions for _, kind in session.subs.values()]
        if sum(kind in costly for kind in ours) >= _COST:
            log.info("titles and starts of more channels are told up to a minute late: %s", why)
            return
        limit = "Twitch's limit of ten such subscriptions of a login is reached"
        self.report(AT_ONCE, f"{limit} ({why}), they are told up to a minute late; {CLOSE_IT}")

    def roomy(self) -> None:
        """There is room for what counts."""
        self.fulls = 0
        self.clear(AT_ONCE)

    def login_refused(self, says: str) -> None:
        """What is subscribed to stays so: chat may go on without a login."""
        reads = any(session.joined for session in self.holders.sessions)
        self.login_holds()
        self.report(BUT_CHAT if reads else "", says)

    def login_holds(self) -> None:
        """Twitch accepts the login."""
        self.clear("")
        self.clear(BUT_CHAT)

"""What all sessions of the source share."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.streams import Streams
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace

log = logging.getLogger(__name__)


@dataclass
class Shared:
    """What all sessions of a source share. reported: what was complained about already."""

    settings: TwitchSettings
    api: Api
    outbox: Outbox
    pace: Pace
    streams: Streams = field(default_factory=Streams)
    clock: Callable[[], float] = time.time
    costly: bool = True  # there may be room for subscriptions that count against our limit
    reported: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)  # a channel was joined
    pings: bool = True  # Twitch bears our pings

    def report(self, what: str, reason: str) -> None:
        """Say once why something is not read."""
        if what not in self.reported:
            self.reported.add(what)
            log.warning("%s is not read: %s", what, reason)

    @property
    def transport(self) -> dict[str, str]:
        """Of a conduit; empty without one."""
        conduit = self.settings.conduit_id
        return {"method": "conduit", "conduit_id": conduit} if conduit else {}

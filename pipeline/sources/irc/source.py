"""Anonymous public chat: any channel, without registration, over as few connections as it takes."""

import math
from collections.abc import Callable, Collection

from pipeline.sources.irc.slot import IrcShared, IrcSlot
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits
from pipeline.sources.live.source import LiveSource
from pipeline.sources.opening import Opening
from pipeline.web import IRC
from warehouse.config import TwitchAddress


class Irc(LiveSource[IrcSlot]):
    """Channels that `wanted` names, read at `url`."""

    shared: IrcShared

    def __init__(
        self,
        wanted: Callable[[], Collection[str]],
        url: str = IRC,
        limits: Limits | None = None,
        clock: TwitchClock | None = None,
    ) -> None:
        super().__init__()
        self.wanted, self.url = wanted, url
        self.shared = IrcShared(limits or Limits(), clock)

    def _wanted(self) -> dict[str, str]:
        return dict.fromkeys(self.wanted(), "")

    def _drop(self, slot: IrcSlot, name: str) -> None:
        super()._drop(slot, name)
        self.shared.joins.forget(name)

    def _slot(self) -> IrcSlot:
        return IrcSlot(self.shared, self._tell, self.url)

    def _room(self) -> tuple[int, float]:
        return self.shared.limits.channels, math.inf


def open_source(opening: Opening) -> Irc:
    """The kept list of channels. Raises BadInput for an empty one."""
    url = TwitchAddress().of(IRC)
    source = Irc(opening.some_wanted().now, url)
    source.shared.first.update(opening.on_air)
    return source

"""Opening of a source: all that `run` knows of what is to be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.sources.channel_list import Wanted, change_channels
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.errors import BadInput
from warehouse.identities import Identities


class MetaStore(Protocol):
    """Values that outlive a run, by name: the warehouse's."""

    def meta(self, name: str) -> str | None:
        """The value, None where there is none."""
        ...

    def write(self, tables: Mapping[str, Any], meta: Mapping[str, str]) -> object:
        """Keep values; no tables are given."""
        ...


@dataclass(frozen=True)
class Opening:
    """The folder, who is not to be read, what the last run left, and the options of `run`.

    channels: only these; of live chat they become the kept list. file, streams, speed, to_now,
    undated: of a replay. clock, sleep: for chat that is told by the clock, epoch seconds. on_air:
    channels that were on air when the last run ended. identities: the engine's own, which change
    while it runs.
    """

    folder: DataFolder
    optout: OptOut
    store: MetaStore
    channels: Sequence[str] = ()
    file: Path | None = None
    streams: Sequence[str] = ()
    speed: float = 1
    to_now: bool = False
    undated: bool = False
    on_air: Collection[str] = ()
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    identities: Identities = field(default_factory=Identities)

    def wanted(self) -> Wanted:
        """The kept list of live channels; those of the options, where there are any, become it."""
        if self.channels:
            change_channels(self.folder, self.optout, self.identities, "set", self.channels)
        return Wanted(self.folder, self.identities)

    def some_wanted(self) -> Wanted:
        """The same for a source that has no other channels. Raises BadInput for an empty list."""
        wanted = self.wanted()
        if not wanted.now():
            raise BadInput(
                f"no channels to read in {self.folder.root}; name some with --channel NAME, "
                "or `python -m pipeline channels add NAME`"
            )
        return wanted

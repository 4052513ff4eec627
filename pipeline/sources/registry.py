"""Registry of sources, the one place to add one: `run --source`, doctor and tests follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from pipeline.chat.message import Source
from pipeline.sources.opening import Opening
from pipeline.web import EVENTSUB, HELIX, IRC, LOGINS


@dataclass(frozen=True)
class SourceKind:
    """A kind of source. module: has `open_source(Opening) -> Source`; it is loaded when one is
    opened, since nobody else needs the libraries of live chat.

    is_simulated: nobody said its chat. is_live: it reads the kept list of channels. needs_file: it
    reads `--file`. is_queue: another process reads the source, and it tells which kind of chat it
    is when it is opened. endpoints: that have to answer, where needs_login only with one.
    """

    module: str
    is_simulated: bool = False
    is_live: bool = False
    needs_file: bool = False
    needs_login: bool = False
    is_queue: bool = False
    endpoints: tuple[str, ...] = ()


SOURCES: Mapping[str, SourceKind] = {
    "simulate": SourceKind("pipeline.sources.simulation.source", is_simulated=True),
    "replay": SourceKind("pipeline.sources.replay", needs_file=True),
    "irc": SourceKind("pipeline.sources.irc.source", is_live=True, endpoints=(IRC,)),
    "eventsub": SourceKind(
        "pipeline.sources.eventsub.source",
        is_live=True,
        needs_login=True,
        endpoints=(EVENTSUB, HELIX, LOGINS),
    ),
    "queue": SourceKind("pipeline.sources.queue", is_queue=True),
}


def open_source(name: str, opening: Opening) -> Source:
    """The source of that name. Raises AppError where there is nothing it could read."""
    source: Source = import_module(SOURCES[name].module).open_source(opening)
    return source

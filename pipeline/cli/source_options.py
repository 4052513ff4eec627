"""Options of the commands that read a source: which one, and what of it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.sources.channel_list import channel_logins
from pipeline.sources.registry import SOURCES, SourceKind
from warehouse.records import typed_name


class Times(StrEnum):
    """Times of a replay: as they were, or moved."""

    kept = "kept"
    now = "now"


def _known(name: str) -> str:
    if name not in SOURCES:
        names = ", ".join(map(repr, SOURCES))
        raise typer.BadParameter(f"{name!r} is not one of {names}.")
    return name


SourceOption = Annotated[
    str, typer.Option(help="where chat comes from", metavar=f"[{'|'.join(SOURCES)}]", parser=_known)
]
ChannelOption = Annotated[list[str] | None, typer.Option(help="only these channels")]
FileOption = Annotated[Path | None, typer.Option(help="replay: the table of chat")]
StreamOption = Annotated[list[str] | None, typer.Option(help="replay: only these streams")]
SpeedOption = Annotated[
    float, typer.Option(min=0, help="replay: 1 as it happened, 0 as fast as it goes")
]
TimesOption = Annotated[Times, typer.Option(help="replay: times as they were, or moved to end now")]
UndatedOption = Annotated[
    bool, typer.Option("--undated", help="replay: place undated streams from 2000-01-01")
]


@dataclass(frozen=True)
class Chosen:
    """A source as the options name it, with the channels, if only some are to be read."""

    kind: SourceKind
    names: list[str]


def chosen(source: str, channel: list[str] | None, file: Path | None) -> Chosen:
    """Raises BadParameter for a source without what it needs, BadInput for no channel."""
    kind, typed = SOURCES[source], [typed_name(name) for name in channel or ()]
    names = channel_logins(typed) if kind.is_live else typed
    if kind.needs_file and file is None:
        raise typer.BadParameter(f"--source {source} needs --file, a Parquet or CSV table of chat")
    return Chosen(kind, names)

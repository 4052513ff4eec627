"""`python -m pipeline run`: chat from any source into the warehouse, until Ctrl-C."""

import asyncio
import logging
import shlex
import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.config import PipelineSettings
from pipeline.engine.daemon import run as run_daemon
from pipeline.engine.engine import Engine
from pipeline.memory import spare_memory
from pipeline.sources.channel_list import channel_logins
from pipeline.sources.opening import Opening
from pipeline.sources.registry import SOURCES, open_source
from warehouse.config import BucketSettings, DataFolder, data_folder
from warehouse.consent import load_optout
from warehouse.erase import scrub
from warehouse.identities import Identities
from warehouse.kinds import SIMULATED, refuse_mixing
from warehouse.packages import require_packages
from warehouse.records import lowered
from warehouse.store.store import Store

log = logging.getLogger(__name__)


class Times(StrEnum):
    """Times of a replay: as they were, or moved."""

    kept = "kept"
    now = "now"


def _known(name: str) -> str:
    if name not in SOURCES:
        names = ", ".join(map(repr, SOURCES))
        raise typer.BadParameter(f"{name!r} is not one of {names}.")
    return name


def run(
    source: Annotated[
        str,
        typer.Option(help="where chat comes from", metavar=f"[{'|'.join(SOURCES)}]", parser=_known),
    ] = "simulate",
    channel: Annotated[list[str] | None, typer.Option(help="only these channels")] = None,
    file: Annotated[Path | None, typer.Option(help="replay: the table of chat")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="replay: only these streams")] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="replay: 1 as it happened, 0 as fast as it goes")
    ] = 1,
    times: Annotated[
        Times, typer.Option(help="replay: times as they were, or moved to end now")
    ] = Times.kept,
    undated: Annotated[
        bool, typer.Option("--undated", help="replay: place undated streams from 2000-01-01")
    ] = False,
) -> None:
    """Read chat, store windows, forecast and publish, until Ctrl-C.

    DLD_DATA has simulated chat (simulate) or real chat (the others, and imports), never both.
    """
    kind = SOURCES[source]
    typed = [lowered(name) for name in channel or ()]
    names = channel_logins(typed) if kind.is_live else typed
    if kind.needs_file and file is None:
        raise typer.BadParameter(f"--source {source} needs --file, a Parquet or CSV table of chat")
    folder, settings = data_folder(), PipelineSettings()
    spare_memory()
    scrub(folder.warehouse)
    shard = _shard(folder)
    optout = load_optout(folder.optout)
    with Store(folder.warehouse) as store:
        there = store.query("sources")["source"].to_pylist()
        coming = SIMULATED if kind.is_simulated else source
        command = "python -m pipeline " + shlex.join(sys.argv[1:])
        if not kind.is_queue:
            refuse_mixing(folder.root, there, coming, command)
        if SIMULATED in there and len(there) > 1:
            log.warning(
                "simulated chat lies beside real chat; `python -m pipeline doctor` says more"
            )
        to_now = times is Times.now
        identities = Identities(store.query("identities").to_pylist())
        optout.refuse(names, identities)
        rows = store.query("on_air", source="live").to_pylist() if kind.is_live else []
        on_air = [identities.login_of(row["channel"]) or row["channel"] for row in rows]
        opening = Opening(
            folder, optout, store, names, file, stream or (), speed, to_now, undated, on_air,
            identities=identities,
        )  # fmt: skip
        chat = open_source(source, opening)
        refuse_mixing(folder.root, there, chat.kind, command)
        engine = Engine(folder, settings, chat.kind, store, identities=identities, anew=chat.anew)
        if shard:
            shard.begin(engine.state)
        asyncio.run(run_daemon(engine, chat, shard))


def _shard(folder: DataFolder) -> Any:
    """What it writes to beside its folder; None where there is no bucket."""
    settings = BucketSettings()
    if not settings.bucket_url:
        return None
    require_packages("machines")
    try:
        return import_module("pipeline.engine.shard").open_shard(folder, settings)
    except KeyboardInterrupt:  # while it stands by
        raise SystemExit(130) from None

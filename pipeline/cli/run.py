"""`python -m pipeline run`: chat from any source into the warehouse, until Ctrl-C."""

import asyncio
import logging
import shlex
import sys
from importlib import import_module
from typing import Any

from pipeline.cli.source_options import (
    ChannelOption,
    FileOption,
    SourceOption,
    SpeedOption,
    StreamOption,
    Times,
    TimesOption,
    UndatedOption,
    chosen,
)
from pipeline.config import PipelineSettings, QueueSettings
from pipeline.engine.daemon import run as run_daemon
from pipeline.engine.engine import Engine
from pipeline.memory import spare_memory
from pipeline.preparing.past import make_past
from pipeline.sources.opening import Opening
from pipeline.sources.registry import open_source
from pipeline.sources.simulation.source import Simulate
from warehouse.config import BucketSettings, DataFolder, data_folder
from warehouse.consent import settled_optout
from warehouse.erase import scrub
from warehouse.errors import BadInput
from warehouse.identities import Identities
from warehouse.kinds import SIMULATED, refuse_mixing
from warehouse.packages import require_packages
from warehouse.permissions import tighten
from warehouse.shards import Shard
from warehouse.store.store import Store

log = logging.getLogger(__name__)


def run(
    source: SourceOption = "simulate",
    channel: ChannelOption = None,
    file: FileOption = None,
    stream: StreamOption = None,
    speed: SpeedOption = 1,
    times: TimesOption = Times.kept,
    undated: UndatedOption = False,
) -> None:
    """Read chat, store windows, forecast and publish, until Ctrl-C.

    DLD_DATA has simulated chat (simulate) or real chat (the others, and imports), never both.
    """
    choice = chosen(source, channel, file)
    kind, names = choice.kind, choice.names
    folder, settings = data_folder(), PipelineSettings()
    if folder.mirror.exists():
        raise BadInput(
            f"{folder.root} is a mirror of what others publish; set DLD_DATA to another folder"
        )
    _refuse_half(kind.is_queue)
    spare_memory()
    tighten(folder.root)
    scrub(folder.warehouse)
    shard = _shard(folder)
    _refuse_others(folder)
    if kind.is_queue:
        import_module(kind.module).await_chat(folder.root)
    with Store(folder.warehouse) as store:
        optout = settled_optout(folder.optout, store)
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
        past = None
        if isinstance(chat, Simulate) and store.meta("clock") is None:
            past = make_past(folder, settings, store, optout, chat)
        engine = Engine(
            folder, settings, chat.kind, store,
            identities=identities, anew=chat.anew, optout=optout,
        )  # fmt: skip
        if past:
            past.adopt(engine.state)
        engine.state.workspace.queued = kind.is_queue
        engine.state.gauges.append(chat.gauge)
        if shard:
            shard.begin(engine.state)
        asyncio.run(run_daemon(engine, chat, shard))


def _refuse_half(is_queue: bool) -> None:
    """Several shards need a queue that divides the chat, and a bucket in which they meet."""
    settings, queue_url = BucketSettings(), QueueSettings().queue_url.get_secret_value()
    if settings.shards > 1 and not (is_queue and queue_url and settings.bucket_url):
        raise BadInput(
            f"DLD_SHARDS is {settings.shards}: that needs DLD_QUEUE_URL, DLD_BUCKET_URL and "
            "`run --source queue`; unset it for one machine"
        )


def _refuse_others(folder: DataFolder) -> None:
    """A folder with channels that are other shards' is one of another number of shards."""
    settings = BucketSettings()
    if settings.shards == 1:
        return
    shard = Shard(settings.shard, settings.shards)
    with Store(folder.warehouse) as store:
        keys = [row["channel"] for row in store.query("identities").to_pylist()]
    if others := [key for key in keys if not shard.has(key)]:
        raise BadInput(
            f"{folder.root} has {len(others)} of {len(keys)} channels that are not shard "
            f"{shard.number}'s of {shard.count}; set DLD_SHARDS and DLD_SHARD to what they were, "
            "or begin an empty folder with `python -m pipeline restore --bucket`"
        )


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

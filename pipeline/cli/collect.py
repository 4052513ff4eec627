"""`python -m pipeline collect`: chat from any source into the queue that the shards read."""

import asyncio
from functools import partial
from importlib import import_module
from typing import Any

import typer

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
from pipeline.collect.backlog import Backlog
from pipeline.collect.collect_state import CollectState
from pipeline.collect.collector import Collector
from pipeline.collect.consent import CollectFolder, Consent
from pipeline.collect.seconds import Seconds
from pipeline.config import QueueSettings, salt_path
from pipeline.memory import spare_memory
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.queue.packer import Packer
from pipeline.queue.queue import check_address, open_sender
from pipeline.sources.opening import Opening
from pipeline.sources.registry import open_source
from warehouse.atomic import locked, private_folder
from warehouse.config import BucketSettings, DataFolder, data_folder
from warehouse.errors import BadInput, WarehouseLocked
from warehouse.packages import require_packages
from warehouse.permissions import tighten
from warehouse.salt import fingerprint


def collect(
    source: SourceOption = "simulate",
    channel: ChannelOption = None,
    file: FileOption = None,
    stream: StreamOption = None,
    speed: SpeedOption = 1,
    times: TimesOption = Times.kept,
    undated: UndatedOption = False,
) -> None:
    """Read chat into the queue of DLD_QUEUE_URL, until Ctrl-C; the shards read it from there.

    Names of chatters are hashed before, and who opted out is left out.
    """
    choice = chosen(source, channel, file)
    if choice.kind.is_queue:
        raise typer.BadParameter("collect fills the queue and cannot read it: name another source")
    settings, shared = QueueSettings(), BucketSettings()
    check_address(settings)
    root = data_folder().root
    private_folder(root)
    tighten(root)
    spare_memory()
    with locked(root / "collect.lock") as is_ours:
        if not is_ours:
            raise WarehouseLocked(f"another `collect` runs with {root}; give it another DLD_DATA")
        hasher = Hasher(load_salt(salt_path(root)))
        bucket = _bucket(shared, hasher.salt)
        if bucket and choice.kind.is_live and choice.names:
            raise BadInput(
                "shard 0 keeps the list of channels that all read; type "
                f"`python -m pipeline channels add {' '.join(choice.names)}` on its machine"
            )
        folder = CollectFolder(root) if bucket else DataFolder(root)
        kept, consent = CollectState(root / "collect.json"), _consent(folder, bucket)
        consent.optout().refuse(choice.names, kept.identities)
        opening = Opening(
            folder, consent.optout(), kept, choice.names, file, stream or (), speed,
            times is Times.now, undated, kept.on_air, identities=kept.identities,
        )  # fmt: skip
        chat = open_source(source, opening)
        packer = Packer(chat.kind, fingerprint(hasher.salt))
        seconds = Seconds(packer, shared.shards, kept.identities, hasher, consent.optout)
        opened = partial(open_sender, settings, shared.shards)
        backlog = Backlog(opened, shared.shards, waits=not choice.kind.is_live)
        asyncio.run(Collector(chat, seconds, backlog, kept, consent.look).run())


def _consent(folder: DataFolder, bucket: Any | None) -> Consent:
    try:
        return Consent(folder, bucket)
    except KeyboardInterrupt:  # while it waits for shard 0
        raise SystemExit(130) from None


def _bucket(shared: BucketSettings, salt: bytes) -> Any | None:
    """The bucket that is shared, if there is one. Raises BadInput for that of another install."""
    if not shared.bucket_url:
        if shared.shards > 1:
            raise BadInput(f"DLD_SHARDS is {shared.shards}: several shards need DLD_BUCKET_URL")
        return None
    require_packages("machines")
    bucket = import_module("warehouse.bucket.objects").open_bucket(shared)
    import_module("warehouse.bucket.install").check_install(bucket, shared.shards, salt)
    return bucket

"""Checks of several machines: the queue, the bucket, the mirrored folder. Without their settings
there is nothing to check, and nothing is loaded."""

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import orjson

from pipeline.config import QueueSettings, salt_path
from pipeline.doctor.finding import Finding, ok, problem, warning
from pipeline.privacy.hashing import load_salt
from pipeline.queue.queue import Waiting, look
from warehouse.config import BucketSettings, DataFolder
from warehouse.durations import lasting_s
from warehouse.errors import AppError
from warehouse.inbox.requests import read_object
from warehouse.packages import require_packages
from warehouse.salt import fingerprint

_OLD_S = 120.0  # a body is settled after about 35 s
_STALE_S = 180.0  # a shard publishes at least once a minute
_AWAY_S = 30.0  # a mirror tells of itself every five seconds
_USERINFO = re.compile(r"//[^/\s]*@")


def check_queue(folder: DataFolder) -> Iterator[Finding]:
    """That it answers, what waits for which shard, and of which install that is."""
    settings, shards = QueueSettings(), BucketSettings().shards
    if not settings.queue_url.get_secret_value():
        return
    try:
        waiting = asyncio.run(look(settings, shards))
        salt = _salt(folder)
    except AppError as exc:
        yield _failed("queue", exc)
        return
    yield ok("queue", "it answers; " + ", ".join(map(_said, range(shards), waiting)))
    for shard, found in enumerate(waiting):
        yield from _amiss(shard, found, fingerprint(salt) if salt else "")


def _said(shard: int, found: Waiting) -> str:
    age = f", the oldest {lasting_s(time.time() - found.first[1])} old" if found.first else ""
    return f"shard {shard}: {found.bodies} bodies{age}"


def _amiss(shard: int, found: Waiting, salt: str) -> Iterator[Finding]:
    if not found.bodies:
        do = "see that `python -m pipeline collect` runs with this DLD_QUEUE_URL"
        yield warning("queue", f"nothing comes for shard {shard}", do)
    if not found.first:
        return
    if time.time() - found.first[1] > _OLD_S:
        do = f"see that shard {shard} runs (`run --source queue`) and reaches the bucket"
        yield warning("queue", f"shard {shard} is behind; an hour is kept", do)
    try:
        its_salt = import_module("pipeline.queue.body").unpack(found.first[0]).salt
    except (AppError, ValueError):  # whoever reads it tells
        return
    if salt and its_salt != salt:
        do = "set DLD_SALT_FILE to that install's salt, or DLD_QUEUE_URL to a queue of this one"
        yield problem("queue", f"the bodies of shard {shard} are of another install", do)


def check_bucket(folder: DataFolder) -> Iterator[Finding]:
    """That it answers, is of this install, and when each shard published last."""
    settings = BucketSettings()
    if not settings.bucket_url:
        return
    try:
        require_packages("machines")
        bucket = import_module("warehouse.bucket.objects").open_bucket(settings)
        install = import_module("warehouse.bucket.install")
        shards = install.shards_of(bucket)
        if salt := _salt(folder):
            install.compare_install(bucket, settings.shards, salt)
        fits = ", and is of this install" if salt else ""
        yield ok("bucket", f"{_shown(bucket.address)} answers{fits}")
        yield from [_shard(bucket, shard) for shard in range(shards)]
    except AppError as exc:
        yield _failed("bucket", exc)


def _shard(bucket: Any, shard: int) -> Finding:
    do = f"see that a daemon of shard {shard} runs and reaches the bucket"
    try:
        told = orjson.loads(bucket.get(f"shard-{shard}/manifest.json")[0])["published_at"]
        age = _age(told)
    except FileNotFoundError:
        return warning("bucket", f"shard {shard} has published nothing yet", do)
    except (ValueError, KeyError, TypeError):
        return problem("bucket", f"the manifest of shard {shard} cannot be read", do)
    says = f"shard {shard} published {lasting_s(age)} ago"
    return warning("bucket", says, do) if age > _STALE_S else ok("bucket", says)


def check_mirror(folder: DataFolder) -> Iterator[Finding]:
    """How far behind the bucket this folder is, where it is mirrored."""
    state = read_object(folder.mirror)
    if not state:
        return
    try:
        away, behind = _age(state["at"]), float(state["behind_s"])
        troubles = [str(at["trouble"]) for at in (state, *state["shards"]) if at["trouble"]]
    except (ValueError, KeyError, TypeError):
        yield problem("mirror", f"{folder.mirror} cannot be read", "start the mirror again")
        return
    if away > _AWAY_S:
        do = "start it: python -m warehouse mirror"
        yield problem("mirror", f"no mirror runs since {lasting_s(away)}: readers see old data", do)
        return
    for trouble in troubles:
        says, _, do = _shown(trouble).partition("; ")
        yield warning("mirror", says, do or "it is tried again by itself")
    if not troubles:
        yield ok(
            "mirror", f"{lasting_s(behind)} behind the bucket, {state['waiting']} files to load"
        )


def _salt(folder: DataFolder) -> bytes | None:
    """None on a reader's machine. Raises BadInput."""
    path = salt_path(folder.root)
    return load_salt(path) if path.is_file() else None


def _age(told: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(told)).total_seconds()


def _failed(check: str, exc: AppError) -> Finding:
    says, _, do = _shown(str(exc)).partition("; ")
    return problem(check, says, do)


def _shown(text: str) -> str:
    """Without the name and password that an address may have."""
    return _USERINFO.sub("//…@", text)

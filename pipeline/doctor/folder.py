"""Checks of the data folder: can it be written, is there room, is the database whole."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.finding import Finding, ok, problem, warning
from warehouse.config import DataFolder
from warehouse.errors import AppError, WarehouseLocked
from warehouse.figures import signed
from warehouse.inbox.requests import InboxFolder
from warehouse.kinds import SIMULATED
from warehouse.permissions import loose
from warehouse.published.reader import published_sources
from warehouse.store.store import schema_numbers

_NEEDED_MB, _AMPLE_MB = 200, 2000  # as `make run` asks; a month of a few channels
_WAITS_S = 60.0  # a running pipeline answers a request within seconds
_APART_S = 2.0
_NAMED = 12  # channels of a line


def check_folder(folder: DataFolder) -> Iterator[Finding]:
    """That it can be written, and its files have times of this clock."""
    if not folder.root.is_dir():
        place = _existing(folder.root)
        if folder.root.exists() or not os.access(place, os.W_OK):
            yield _not_writable(folder, f"it cannot be made in {place}")
        else:
            yield ok("data", f"{folder.root} is not there yet; the first run makes it")
        return
    probe = folder.root / f".doctor.{os.getpid()}"
    try:
        probe.write_bytes(b"?")
        apart = probe.stat().st_mtime - time.time()
    except OSError as exc:
        yield _not_writable(folder, exc.strerror or type(exc).__name__)
        return
    finally:
        probe.unlink(missing_ok=True)
    yield ok("data", f"{folder.root} can be written")
    if abs(apart) > _APART_S:
        do = "set the clock of this machine, or of the one the folder is on"
        yield warning("clock", f"files in {folder.root} get times {signed(apart, 0)} s off", do)


def _not_writable(folder: DataFolder, why: str) -> Finding:
    do = "change who may write there, or set DLD_DATA to another folder"
    return problem("data", f"{folder.root} cannot be written: {why}", do)


def check_disk(folder: DataFolder) -> Iterator[Finding]:
    """Room where the folder is or will be."""
    free_mb = shutil.disk_usage(_existing(folder.root)).free / 1e6
    says = f"{free_mb / 1000:.1f} GB free"
    if free_mb < _NEEDED_MB:
        yield problem("disk", says, "free some: without room the pipeline pauses")
    elif free_mb < _AMPLE_MB:
        yield warning("disk", says, "free some before it is full")
    else:
        yield ok("disk", says)


def check_private(folder: DataFolder) -> Iterator[Finding]:
    """That only their owner can read what is kept."""
    found = list(loose(folder.root))
    for path, mode in found[:1]:
        more = f", and {len(found) - 1} more" if found[1:] else ""
        do = f"chmod {mode:o} {path}" + ("; the next run mends the rest" if more else "")
        yield problem("privacy", f"{path} is not its owner's alone{more}", do)


def is_running(folder: DataFolder) -> bool:
    """True if somebody has the lock."""
    try:
        if folder.warehouse.exists():
            schema_numbers(folder.warehouse)
    except WarehouseLocked:
        return True
    except AppError:  # told by its own check
        return False
    return False


def check_warehouse(folder: DataFolder) -> Iterator[Finding]:
    """That a pipeline has the database; where none has, that it can be opened."""
    if not folder.warehouse.exists():
        yield ok("warehouse", "none yet; the first run makes it")
        return
    try:
        have, known = schema_numbers(folder.warehouse)
    except WarehouseLocked as exc:
        pid = re.search(r"PID (\d+)", str(exc.__cause__))
        yield ok("warehouse", f"in use by process {pid[1] if pid else '?'}: a pipeline runs")
        return
    except AppError as exc:
        says, _, do = str(exc).partition("; ")
        yield problem("warehouse", says, do)
        return
    if have > known:
        do = "update DLD (git pull, make run), or set DLD_DATA to another folder"
        yield problem("warehouse", f"schema {have}, this DLD knows {known}", do)
    else:
        later = "" if have == known else f", brought to {known} by the next run"
        yield ok("warehouse", f"schema {have}{later}; no pipeline runs")


def check_kind(folder: DataFolder) -> Iterator[Finding]:
    """That simulated chat is not beside real chat, as earlier versions let it be."""
    there = published_sources(folder)
    if SIMULATED in there and len(there) > 1:
        names = ", ".join(there[SIMULATED][:_NAMED])
        more = f" and {len(there[SIMULATED]) - _NAMED} more" if there[SIMULATED][_NAMED:] else ""
        do = "python -m pipeline forget --channel NAME drops one, with all that is under its name"
        yield problem("data", f"simulated chat lies beside real chat: {names}{more}", do)


def check_inbox(folder: DataFolder, running: bool) -> Iterator[Finding]:
    """Requests that wait longer than they should."""
    inbox = InboxFolder(folder.inbox)
    waiting = inbox.waiting()
    old = [request_id for request_id in waiting if inbox.age_s(request_id) > _WAITS_S]
    if old and running:
        do = "look at the pipeline's log: is it paused (disk full), or busy with another folder?"
        yield warning("inbox", f"{len(old)} requests wait for more than a minute", do)
    elif waiting:
        yield ok("inbox", f"{len(waiting)} requests wait for the next run")


def _existing(path: Path) -> Path:
    return next(place for place in [path, *path.parents] if place.is_dir())

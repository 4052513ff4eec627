"""Nightly retraining: `python -m models train` as a child of the daemon, at low priority.

The child reads published/ only and promotes its version itself, if it is better; the daemon
finds that in serving.json (forecasts.py). Nothing here ever waits in a turn.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.atomic import private_folder, read_file
from warehouse.config import DataFolder

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "models", "train", "--nice", "19")
LOG = "train.log"  # what the last one said
_LOOK_S = 20.0  # how often the clock is looked at: it may be set, or the machine sleep
_PATIENCE_S = 5.0  # for the child to end when told


def following(at: str, now: float) -> float:
    """The next time that UTC clocks show `at` (HH:MM), in epoch seconds, after `now`."""
    hour, minute = map(int, at.split(":"))
    today = datetime.fromtimestamp(now, UTC)
    next_ = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if next_ <= today:
        next_ += timedelta(days=1)
    return next_.timestamp()


async def keep(folder: DataFolder, at: str, command: Sequence[str] = COMMAND) -> None:
    """Train every day at `at`, until cancelled; a training under way is then ended."""
    due = following(at, time.time())
    while True:
        await asyncio.sleep(_LOOK_S)
        if time.time() >= due:
            await train(folder, command)
            due = following(at, time.time())


async def train(folder: DataFolder, command: Sequence[str] = COMMAND) -> bool:
    """One training, to its end; whether it went well. A line when it begins and when it ends."""
    began, said = time.monotonic(), folder.models / LOG
    try:
        private_folder(folder.models)
        with said.open("wb") as out:
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "DLD_DATA": str(folder.root)},
                start_new_session=True,  # Ctrl-C is for the daemon, which ends its child
            )
    except OSError as exc:
        log.error("training not begun: %s", exc)
        return False
    log.info("training begun pid=%d log=%s", child.pid, said)
    try:
        code = await child.wait()
    finally:
        await _end(child)
    took = round(time.monotonic() - began)
    if code == 0:
        log.info("training ended took_s=%d result=%s", took, _last_line(said))
    else:
        log.warning("training failed code=%d took_s=%d why=%s", code, took, _last_line(said))
    return code == 0


async def _end(child: asyncio.subprocess.Process) -> None:
    """Nothing of the child is left: told to stop, then made to."""
    if child.returncode is not None:
        return
    for tell in (child.terminate, child.kill):
        with suppress(ProcessLookupError):
            tell()
        waiting = asyncio.ensure_future(child.wait())
        await asyncio.wait({waiting}, timeout=_PATIENCE_S)
        if child.returncode is not None:
            break
    log.info("training stopped pid=%d", child.pid)


def _last_line(path: Path) -> str:
    try:
        lines = read_file(path).decode(errors="replace").strip().splitlines()
    except OSError as exc:
        return str(exc)
    return lines[-1][:200] if lines else "nothing was said"

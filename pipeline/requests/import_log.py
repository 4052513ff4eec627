"""Logs dropped on the dashboard: imported by a child of the daemon, one at a time and in order.

The child (pipeline.imports.sandbox) reads the log and asks for the import like anybody else; here
it is begun, looked after and ended. Nothing waits in a turn.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.requests.queue import NotYet, Request
from warehouse.config import DataFolder, UploadSettings
from warehouse.errors import BadInput
from warehouse.inbox.uploaded_log import WAITS, Dropped, told
from warehouse.published.manifest import replace_file
from warehouse.store.store import Store

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine
    from pipeline.requests.workspace import Site

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "pipeline.imports.sandbox")
TRIES = 2  # a log whose import was killed this often is given up
_LIMIT_S = 1800.0  # of one import
_ALONE_S = 600.0  # a log without a request is being written no longer
_PATIENCE_S = 5.0


class Refused(BadInput):
    """An import that came to nothing. more: what is kept beside the reason."""

    def __init__(self, reason: str, more: dict[str, Any]) -> None:
        super().__init__(reason)
        self.more = more


class Importing(threading.Thread):
    """One import under way. The thread lives as long as its child, which dies with it."""

    def __init__(self, folder: DataFolder, request_id: str, command: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self.folder, self.id, self.command = folder, request_id, command
        self.why = ""  # it had to be ended
        self.stopped = False  # it goes on after the next start
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        try:
            self._child = subprocess.Popen(
                [*self.command, self.id, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # it may quote the log
                env={**os.environ, "DLD_DATA": str(self.folder.root)},
                start_new_session=True,  # Ctrl-C is for the daemon, which ends its child
            )
            if self.stopped:
                self._child.kill()
            code = self._child.wait(_LIMIT_S)
            self.why = f"its import broke off (code {code}); the machine may be short of memory"
        except subprocess.TimeoutExpired:
            self._kill()
            self.why = f"its import took more than {_LIMIT_S / 60:.0f} minutes"
        except OSError as exc:
            self.why = f"its import could not be begun: {exc.strerror}"

    def stop(self) -> None:
        """End the child; its log waits for the next start."""
        self.stopped = True
        self._kill()
        self.join(_PATIENCE_S)
        Dropped(self.folder.inbox / self.id).tries.unlink(missing_ok=True)  # no fault of the log

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def import_log(
    site: Site, inbox: Path, store: Store, request: Request, meta: dict[str, str]
) -> None:
    """See the import of a dropped log through. Raises NotYet until it is over, Refused with what
    its page has to ask or tell."""
    place = Dropped(inbox / request.id)
    outcome = told(place.outcome) or _outcome(site, place, request)
    place.log.unlink(missing_ok=True)
    kept = {"name": str(request.body.get("name", ""))[:80]}
    if "result" not in outcome:
        if fault := outcome.get("fault"):
            log.error("dropped log not imported id=%s fault=%s", request.id, fault)
        reason = str(outcome.get("reason", "no reason given"))
        raise Refused(reason, {**kept, "by": request.by, "asks": outcome.get("asks", [])})
    done = {k: outcome[k] for k in ("result", "note") if k in outcome}
    body = {"id": request.id, "at": request.at, "by": request.by, "action": request.action}
    store.write({}, meta)
    replace_file(inbox / f"{request.id}.json", orjson.dumps({**body, **kept, **done}))


def _outcome(site: Site, place: Dropped, request: Request) -> dict[str, Any]:
    """What came of an import that left no outcome itself. Raises NotYet while there is hope."""
    engine = site.engine
    job = engine.importing if engine else None
    if job and (job.is_alive() or job.stopped):
        raise NotYet
    if job and job.id == request.id:
        return told(place.outcome) or {"reason": job.why}  # it may have come between two looks
    if why := _hopeless(place, request):
        return {"reason": why}
    if engine is not None:  # else there is nobody whom the child could ask
        _begin(engine, place, request.id)
    raise NotYet


def _hopeless(place: Dropped, request: Request) -> str:
    """Why no import of it is begun; '' where one may be."""
    most = UploadSettings().mb
    try:
        size = place.log.stat().st_size
    except OSError:
        return "its log is no longer there; drop it again"
    if size > most * 1_000_000:
        return f"it has {size / 1e6:,.0f} MB; DLD_UPLOAD_MB allows {most}"
    at = datetime.fromisoformat(request.at)
    if datetime.now(UTC) - (at if at.tzinfo else at.replace(tzinfo=UTC)) > WAITS:
        return f"it waited for more than {WAITS.total_seconds() / 3600:.0f} hours; drop it again"
    if told(place.tries).get("tries", 0) >= TRIES:
        return f"the pipeline ended {TRIES} times while it was read; it is not tried again"
    return ""


def _begin(engine: Engine, place: Dropped, request_id: str) -> None:
    begun = told(place.tries).get("tries", 0) + 1
    replace_file(place.tries, orjson.dumps({"tries": begun}))
    log.info("dropped log: import begun id=%s", request_id)
    engine.importing = Importing(engine.folder, request_id, COMMAND)
    engine.importing.start()


def expire_logs(inbox: Path) -> None:
    """Remove logs that nobody asks for, or that waited too long: text is not kept."""
    for path in inbox.glob("*/log"):
        try:
            age_s = time.time() - path.stat().st_mtime
            asked = (inbox / f"{path.parent.name}.json").exists()
            if age_s > WAITS.total_seconds() or (not asked and age_s > _ALONE_S):
                path.unlink()
                if not asked:
                    path.parent.rmdir()
        except OSError:  # it has just gone
            continue

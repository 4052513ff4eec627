"""Long work that the dashboard asks for: a dropped log's import, a backtest. A child of the
daemon does it, one at a time and in order.

The child is begun here, looked after and ended. Nothing waits in a turn.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.requests.import_child import COMMAND, ImportChild
from pipeline.requests.queue import NotYet
from pipeline.requests.workspace import Workspace
from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder, UploadSettings
from warehouse.errors import BadInput
from warehouse.foreign_files import check_plain, is_folder, remove
from warehouse.inbox.requests import InboxFolder, Request, read_object
from warehouse.inbox.uploaded_log import ACTION, WAITS, UploadedLog
from warehouse.store.store import Store

BACKTEST = "backtest"  # the action
log = logging.getLogger(__name__)

TRIES = 2  # a log whose import was killed this often is given up


class ImportRefused(BadInput):
    """An import that came to nothing. more: what is kept beside the reason."""

    def __init__(self, reason: str, more: dict[str, Any]) -> None:
        super().__init__(reason)
        self.more = more


def import_log(
    workspace: Workspace, inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]
) -> None:
    """See the import of a dropped log through. Raises NotYet until it is over,
    ImportRefused with what its page has to ask or tell."""
    place = UploadedLog(inbox.files(request.id))
    try:
        workspace.refuse_real('make run CHANNELS="NAME", and drop it there')
        outcome = read_object(place.outcome) or _outcome(workspace, place, request)
    except BadInput as exc:
        root = workspace.folder.root  # its place is nobody's business who sees the dashboard
        outcome = {"reason": str(exc).replace(str(root), root.name)}
    remove(place.log)
    kept = {"name": str(request.body.get("name", ""))[:80]}
    if "result" not in outcome:
        if fault := outcome.get("fault"):
            log.error("dropped log not imported id=%s fault=%s", request.id, fault)
        reason = str(outcome.get("reason", "no reason given"))
        raise ImportRefused(reason, {**kept, "by": request.by, "asks": outcome.get("asks", [])})
    done = {k: v for k, v in outcome.items() if k in ("result", "note")}
    store.write({}, meta)
    inbox.rewrite(request, {**kept, **done})


def run_backtest(
    workspace: Workspace, inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]
) -> None:
    """See a backtest through. Raises NotYet until it is over, BadInput with why there is none."""
    place = UploadedLog(inbox.files(request.id))
    outcome = read_object(place.outcome) or _outcome(workspace, place, request)
    if "result" not in outcome:
        raise BadInput(str(outcome.get("reason", "no reason given")))
    store.write({}, meta)
    inbox.rewrite(request, {"result": outcome["result"]})


def _outcome(workspace: Workspace, place: UploadedLog, request: Request) -> dict[str, Any]:
    """What came of work that left no outcome itself. Raises NotYet while there is hope."""
    running = workspace.running
    child = running.importing if running else None
    if child and (child.is_alive() or child.stopped):
        raise NotYet
    if child and child.id == request.id:
        return read_object(place.outcome) or {
            "reason": child.why
        }  # it may have come between two looks
    if why := _hopeless(place, request):
        return {"reason": why}
    if running is not None:  # else there is nobody whom the child could ask
        running.importing = _begin(workspace.folder, place, request.id)
    raise NotYet


def _hopeless(place: UploadedLog, request: Request) -> str:
    """Why the work is not begun; '' where it may be."""
    if request.action == ACTION and (why := _unreadable(place)):
        return why
    if datetime.now(UTC) - request.time > WAITS:
        return f"it waited for more than {WAITS.total_seconds() / 3600:.0f} hours; ask again"
    if _tries(place) >= TRIES:
        return f"the pipeline ended {TRIES} times while it was at it; it is not tried again"
    return ""


def _unreadable(place: UploadedLog) -> str:
    """Why its log cannot be read."""
    most = UploadSettings().mb
    try:
        found = place.log.lstat()
        check_plain(found, found.st_size)
        if not is_folder(place.folder):
            raise FileNotFoundError(place.folder)
    except OSError:
        return "its log is no longer there; drop it again"
    if found.st_size > most * 1_000_000:
        return f"it has {found.st_size / 1e6:,.0f} MB; DLD_UPLOAD_MB allows {most}"
    return ""


def _tries(place: UploadedLog) -> int:
    tries = read_object(place.tries).get("tries", 0)
    return tries if isinstance(tries, int) else TRIES


def _begin(folder: DataFolder, place: UploadedLog, request_id: str) -> ImportChild:
    private_folder(place.folder)
    replace_file(place.tries, orjson.dumps({"tries": _tries(place) + 1}))
    log.info("begun beside the turns id=%s", request_id)
    child = ImportChild(folder, request_id, COMMAND)
    child.start()
    return child

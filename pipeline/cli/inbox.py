"""`python -m pipeline inbox`: do what waits in the inbox, where no daemon runs."""

import orjson

from pipeline.requests.client import settle
from pipeline.requests.import_child import COMMAND, ImportChild
from pipeline.requests.import_log import BACKTEST
from pipeline.requests.workspace import open_workspace
from warehouse.atomic import locked, private_folder, replace_file
from warehouse.config import DataFolder, data_folder
from warehouse.errors import BadInput, WarehouseLocked
from warehouse.inbox.requests import InboxFolder, read_object
from warehouse.inbox.uploaded_log import ACTION, UploadedLog

_PATIENCE_S = 30.0  # for a daemon that has the folder, and does it itself
_LOCK = "inbox.lock"


def inbox() -> None:
    """Do the requests that waited while no pipeline ran: imports, decisions, backtests."""
    folder = data_folder()
    if not folder.inbox.is_dir():
        return
    with locked(folder.root / _LOCK, wait=True):  # one after another: each sees what came since
        while waiting := _waiting(folder):
            for request_id in waiting:
                _see_through(folder, request_id)


def _waiting(folder: DataFolder) -> list[str]:
    return [request.id for request in InboxFolder(folder.inbox).requests()]


def _see_through(folder: DataFolder, request_id: str) -> None:
    """Long work by a child, as a daemon has it done. A refusal is told where it was asked."""
    requests = InboxFolder(folder.inbox)
    _, content = requests.read(request_id)
    if content.get("action") in (ACTION, BACKTEST) and not _is_held(folder):
        _work(folder, UploadedLog(requests.files(request_id)), request_id)
    try:
        settle(folder, request_id, _PATIENCE_S)
    except BadInput:
        if requests.waits(request_id):
            raise


def _is_held(folder: DataFolder) -> bool:
    """True where a daemon runs after all."""
    try:
        with open_workspace(folder):
            return False
    except WarehouseLocked:
        return True


def _work(folder: DataFolder, place: UploadedLog, request_id: str) -> None:
    child = ImportChild(folder, request_id, COMMAND)
    child.start()
    child.join()
    if not read_object(place.outcome):
        private_folder(place.folder)
        replace_file(place.outcome, orjson.dumps({"reason": child.why}))

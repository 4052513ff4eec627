"""A request from a command: the daemon applies it, or the command itself where none runs."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.requests.actions import OF_ONE, apply_waiting
from pipeline.requests.seen_through import seen_through
from pipeline.requests.workspace import open_workspace
from warehouse.config import BucketSettings, DataFolder
from warehouse.erase import scrub
from warehouse.errors import BadInput, WarehouseLocked
from warehouse.inbox.requests import InboxFolder, Request, asked_now, new_id

WAIT_S = 300.0  # for a running daemon to apply a request


def ask(
    folder: DataFolder,
    action: str,
    body: Mapping[str, Any],
    wait_s: float = WAIT_S,
    request_id: str | None = None,
) -> str:
    """Send a request and see it through; returns its id. Raises BadInput with the reason when
    it is refused."""
    request_id = request_id or new_id()
    inbox = InboxFolder(folder.inbox)
    inbox.put(Request(request_id, asked_now(), "command", action, dict(body)))
    settle(folder, request_id, wait_s)
    return request_id


def ask_all(folder: DataFolder, action: str, bodies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Send requests together and see all of them through, in order; of each why it was refused,
    '' for one that was done."""
    ids = [new_id() for _ in bodies]
    began = datetime.now(UTC)
    for number, (request_id, body) in enumerate(zip(ids, bodies, strict=True)):
        at = (began + timedelta(microseconds=number)).isoformat(timespec="microseconds")
        InboxFolder(folder.inbox).put(Request(request_id, at, "command", action, dict(body)))
    return [_reason(folder, request_id) for request_id in ids]


def _reason(folder: DataFolder, request_id: str) -> str:
    try:
        settle(folder, request_id)
    except BadInput as exc:
        return str(exc)
    return ""


def settle(folder: DataFolder, request_id: str, wait_s: float = WAIT_S) -> None:
    """Do the work with the lock, or wait for the daemon that holds it; in a mirrored folder for
    shard 0, to which the mirror forwards it. wait_s: for them; 0 to try once.

    Raises BadInput with the reason when the request is refused, or still waits at the end.
    """
    until = time.monotonic() + wait_s
    inbox = InboxFolder(folder.inbox)
    while (reason := inbox.outcome(request_id)) is None:
        if inbox.is_gone(request_id):
            raise BadInput(f"request {request_id} is over, and what came of it is kept no longer")
        try:
            if folder.mirror.exists() or _is_for_daemon(inbox, request_id):
                raise WarehouseLocked(f"{folder.root} is a mirror, or one of several shards'")
            with seen_through():
                with open_workspace(folder) as workspace:
                    apply_waiting(workspace)
                    workspace.publish()
                scrub(folder.warehouse)
        except WarehouseLocked:
            time.sleep(0.2)
        if time.monotonic() > until and inbox.waits(request_id):
            raise BadInput(f"request {request_id} still waits in {folder.inbox}")
    if reason:
        raise BadInput(reason)


def _is_for_daemon(inbox: InboxFolder, request_id: str) -> bool:
    """True for what other shards have to be told."""
    _, content = inbox.read(request_id)
    return BucketSettings().shards > 1 and content.get("action") not in OF_ONE

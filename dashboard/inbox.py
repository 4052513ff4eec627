"""Asking the pipeline for something: a file in the inbox, and its answer. The only thing that the
dashboard ever writes."""

import os
from collections.abc import Sequence
from typing import Any

from dashboard import access, config, worker
from warehouse.errors import BadInput
from warehouse.inbox.requests import (
    WAITING,
    InboxFolder,
    Request,
    asked_now,
    new_id,
    read_object,
)
from warehouse.inbox.uploaded_log import ACTION, UploadedLog

BY = "dashboard"  # where nobody signs
GONE = "it is over, and what came of it is kept no longer"
LONGEST_NAME = 60  # the pipeline keeps no more
# waiting at most: requests of all, of one who is logged in; logs of all, of one
MOST = (1000, 100, 10, 3)
WHAT = ("1,000 requests", "100 requests of yours", "10 logs", "3 logs of yours")


def can_ask() -> bool:
    """Whether requests can be put in; the inbox itself may be yet to be made."""
    inbox = config.folder().inbox
    place = next(p for p in (inbox, *inbox.parents) if p.exists())
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def ask(
    action: str, body: dict[str, Any], by: str = "", log: Sequence[memoryview | bytes] = ()
) -> str:
    """Put a request in; returns its id. by: who asks, as they sign it. log: the bytes of a chat
    log to go with it.

    Raises BadInput where the inbox cannot be written or has no room, NotAuthorised for a channel
    that is not for whoever is logged in.
    """
    who = access.current()
    channel = str(body.get("channel") or "")
    who.require(channel)
    if channel:  # a key, which may be the login of another: requests have what people say
        body = {**body, "channel": access.identities().name_of(channel)}
    inbox = InboxFolder(config.folder().inbox)
    request = Request(new_id(), asked_now(), who.signature or signature(by), action, body)
    if config.settings().has_login or config.settings().open:
        _require_room(inbox, who.signature, bool(log))
    try:
        if log:  # before its request: that is what says it is whole
            UploadedLog(inbox.files(request.id)).put(log)
        inbox.put(request)
    except OSError as exc:
        raise BadInput(
            f"{inbox.folder} cannot be written ({exc.strerror}): "
            "this dashboard can show, not decide"
        ) from exc
    worker.begin()
    return request.id


def _require_room(inbox: InboxFolder, by: str, is_log: bool) -> None:
    """Raises BadInput where too much waits of somebody, or of all. by: '' without a login."""
    waiting = [i for i in inbox.waiting() if not i.startswith("ebs-")]
    found = [inbox.read(i)[1] for i in waiting[: MOST[0] + 1]]
    mine = [content for content in found if by and content.get("by") == by]
    counts = [len(waiting), len(mine)]
    if is_log:
        counts += [sum(c.get("action") == ACTION for c in some) for some in (found, mine)]
    for count, most, what in zip(counts, MOST, WHAT, strict=False):
        if count >= most:
            raise BadInput(
                f"{what} wait for the pipeline, which may be off: try again when some are done"
            )


def signature(by: str) -> str:
    """A name as people sign without a login, on one line and without the mark of those who have
    one; the dashboard's own where there is none."""
    return " ".join(by.replace(":", " ").split())[:LONGEST_NAME] or BY


def answer(request_id: str) -> str | None:
    """'' when it was done, the reason when it was refused, GONE when that is kept no longer, None
    while it waits."""
    inbox = InboxFolder(config.folder().inbox)
    return GONE if inbox.is_gone(request_id) else inbox.outcome(request_id)


def progress(request_id: str) -> int:
    """How much of a request's work was told to be done, 0 before any."""
    inbox = InboxFolder(config.folder().inbox)
    done = read_object(UploadedLog(inbox.files(request_id)).progress).get("done", 0)
    return done if isinstance(done, int) else 0


def dropped(request_id: str) -> dict[str, Any] | None:
    """What became of a log that was dropped: {} while it waits, {"step", "done", "of"} while it
    is read, {"result"} when it is in, {"reason", "asks"} when it was refused.

    None for a request that is not there, or was put in by somebody else.
    """
    if not request_id.isalnum() or len(request_id) > 64:  # it names a file
        return None
    inbox = InboxFolder(config.folder().inbox)
    place, content = inbox.read(request_id)
    if content.get("action") != ACTION or not access.current().may_see(content.get("by")):
        return None
    log = UploadedLog(inbox.files(request_id))
    return read_object(log.progress) if place == WAITING else content

"""Asking the pipeline for something: a file in the inbox, and its answer. The only thing that the
dashboard ever writes."""

import os
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson

from dashboard import access, config
from warehouse.errors import BadInput
from warehouse.inbox.requests import put_request
from warehouse.inbox.uploaded_log import ACTION, Dropped, told

BY = "dashboard"  # where nobody signs
LONGEST_NAME = 60  # the pipeline keeps no more


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

    Raises BadInput where the inbox cannot be written, NotAuthorised for a channel that is not
    for whoever is logged in.
    """
    who = access.current()
    who.require(str(body.get("channel") or ""))
    request_id, inbox = uuid4().hex, config.folder().inbox
    try:
        if log:  # before its request: that is what says it is whole
            Dropped(inbox / request_id).put(log)
        put_request(inbox, request_id, action, signature(who.name or by), body)
    except OSError as exc:
        raise BadInput(
            f"{inbox} cannot be written ({exc.strerror}): this dashboard can show, not decide"
        ) from exc
    return request_id


def signature(by: str) -> str:
    """A name as people sign, on one line; the dashboard's own where there is none."""
    return " ".join(by.split())[:LONGEST_NAME] or BY


def answer(request_id: str) -> str | None:
    """'' when it was done, the reason when it was refused, None while it waits."""
    inbox = config.folder().inbox
    if (inbox / "done" / f"{request_id}.json").is_file():
        return ""
    try:
        refused = orjson.loads((inbox / "refused" / f"{request_id}.json").read_bytes())
        return str(refused.get("reason", "no reason given"))
    except (OSError, ValueError, AttributeError):
        return None


def dropped(request_id: str) -> dict[str, Any] | None:
    """What became of a log that was dropped: {} while it waits, {"step", "done", "of"} while it
    is read, {"result"} when it is in, {"reason", "asks"} when it was refused.

    None for a request that is not there, or was put in by somebody else.
    """
    inbox, file = config.folder().inbox, f"{request_id}.json"
    if not request_id.isalnum() or len(request_id) > 64:  # it names a file
        return None
    for place in (inbox, inbox / "done", inbox / "refused"):
        if found := told(place / file):
            ours = found.get("action") == ACTION and access.current().may_see(found.get("by"))
            waits = place == inbox
            return (
                (told(Dropped(inbox / request_id).progress) if waits else found) if ours else None
            )
    return None

"""Requests applied: each once and in order, done or refused with its reason."""

import errno
import logging
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pipeline.chat.logins import channel_name
from warehouse.errors import AppError, BadInput, StorageFull, WarehouseBroken, place_of
from warehouse.inbox.requests import FEW, InboxFolder, Request
from warehouse.records import iso
from warehouse.store.import_files import ImportFiles, apply_import
from warehouse.store.store import Store

TRIES = 5  # of a request during which the pipeline ended each time
_FULL = (errno.ENOSPC, errno.EDQUOT)
AHEAD_S = 86400.0  # by which the clock of whoever asks may be off
log = logging.getLogger(__name__)


class NotYet(Exception):
    """A request that is being worked on beside everything else; it goes on waiting."""


class NotBefore(NotYet):
    """One that imports which came after it must not overtake."""


# what is asked of a store; the mapping is to be kept with it, as the mark that it was done
Action = Callable[[InboxFolder, Store, Request, dict[str, str]], None]


def apply_all(
    inbox: InboxFolder,
    store: Store,
    more: Mapping[str, Action] | None = None,
    within_s: float = math.inf,
) -> int:
    """Apply requests that wait, oldest first; returns how many were applied.

    more: actions by name, beside and before those that need nothing but the store. within_s: of
    many none is begun after that; the next call goes on with those.
    One that cannot be applied is refused, whatever it is. Raises StorageFull or WarehouseBroken,
    which are no fault of a request: it goes on waiting.
    """
    applied, until = 0, time.monotonic() + within_s
    held: list[Request] = []
    is_held = False
    for number, request in enumerate(inbox.requests(), start=1):
        try:
            if is_held and request.action == "import":
                raise NotYet
            _apply(inbox, store, request, more or {})
            applied += 1
        except NotYet as exc:
            is_held = is_held or isinstance(exc, NotBefore)
            held.append(request)
        except AppError as exc:
            if isinstance(exc, StorageFull | WarehouseBroken):
                inbox.postpone([*held, request])
                raise
            inbox.refuse(request.id, request.action, str(exc), getattr(exc, "more", {}))
        if number >= FEW and time.monotonic() > until:
            break
    inbox.postpone(held)
    return applied


def _apply(inbox: InboxFolder, store: Store, request: Request, more: Mapping[str, Action]) -> None:
    """Once. Raises NotYet, and AppError with why it cannot be done."""
    key = f"request:{request.id}"
    if store.meta(key) is None:  # a kill after the commit: only the move is left
        if inbox.begin(request.id) > TRIES:
            raise BadInput(
                f"the pipeline ended {TRIES} times while it was applied; `python -m pipeline "
                "doctor` may say why"
            )
        try:
            _action(request, more)(inbox, store, request, {key: iso(datetime.now(UTC))})
        except WarehouseBroken:  # the request's files may have done it: that is not over
            raise
        except BaseException as exc:
            inbox.over()
            if isinstance(exc, AppError | NotYet) or not isinstance(exc, Exception):
                raise
            raise _failure(request, exc) from exc
        inbox.over()
    inbox.finish(request.id)


def _failure(request: Request, exc: Exception) -> AppError:
    """A fault that nobody thought of, told by its place: its message may quote the request."""
    if isinstance(exc, OSError) and exc.errno in _FULL:
        return StorageFull("no space left in DLD_DATA; free some and it goes on")
    where = place_of(exc)
    log.error("request failed id=%s action=%s fault=%s", request.id, request.action, where)
    return BadInput(f"it failed: {where}; the pipeline's log has this line too, please report it")


def _action(request: Request, more: Mapping[str, Action]) -> Action:
    actions: dict[str, Action] = {"import": run_import, "marker": add_marker, **more}
    if request.action not in actions:
        raise BadInput(f"unknown action {request.action!r}; known: {', '.join(actions)}")
    return actions[request.action]


def run_import(
    inbox: InboxFolder,
    store: Store,
    request: Request,
    meta: dict[str, str],
    keyed: ImportFiles | None = None,
) -> None:
    """Take an import's files in, and note what became of windows that were there. keyed: the
    files under the keys of their channels, where they have others."""
    moved = request.body.get("moved", [])
    if not isinstance(moved, list) or not all(isinstance(name, str) for name in moved):
        raise BadInput(f"moved is a list of streams, not {str(moved)[:40]!a}")
    files = keyed or ImportFiles(inbox.files(request.id))
    replace = request.body.get("replace") is True
    told = apply_import(store, files, meta, moved, replace)
    inbox.rewrite(request, {**request.body, "told": told, "revision": store.revision})


def add_marker(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
    """Keep a marker among the events of its channel."""
    channel, text = request.body.get("channel"), request.body.get("text", "")
    if not isinstance(channel, str) or not isinstance(text, str):
        raise BadInput("a marker needs a channel and a text, both texts")
    if request.time.timestamp() > time.time() + AHEAD_S:
        raise BadInput(
            f"a marker cannot be set ahead: {request.at} is yet to come; is the clock right?"
        )
    row = {
        "event_id": request.id,
        "channel": channel_name(channel),
        "at": request.time,
        "kind": "marker",
        "detail": text[:200],
    }
    store.write({"events": store.rows("events", [row])}, meta)

"""Requests applied: each once and in order, done or refused with its reason."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from warehouse.errors import AppError, BadInput, StorageFull, WarehouseBroken
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import iso
from warehouse.store.import_files import ImportFiles, apply_import
from warehouse.store.store import Store


class NotYet(Exception):
    """A request that is being worked on beside everything else; it goes on waiting."""


class NotBefore(NotYet):
    """One that imports which came after it must not overtake."""


# what is asked of a store; the mapping is to be kept with it, as the mark that it was done
Action = Callable[[InboxFolder, Store, Request, dict[str, str]], None]


def apply_all(inbox: InboxFolder, store: Store, more: Mapping[str, Action] | None = None) -> int:
    """Apply every request that waits, oldest first; returns how many were applied.

    more: actions by name, beside and before those that need nothing but the store.
    One that cannot be applied is refused. Raises StorageFull or WarehouseBroken, which are no
    fault of a request: it goes on waiting.
    """
    applied, held = 0, False
    for request in inbox.requests():
        if held and request.action == "import":
            continue
        key = f"request:{request.id}"
        try:
            if store.meta(key) is None:  # a kill after the commit: only the move is left
                _action(request, more or {})(inbox, store, request, {key: iso(datetime.now(UTC))})
            inbox.finish(request.id)
            applied += 1
        except (StorageFull, WarehouseBroken):
            raise
        except NotYet as exc:
            held = held or isinstance(exc, NotBefore)
            continue
        except AppError as exc:
            inbox.refuse(request.id, request.action, str(exc), getattr(exc, "more", {}))
    return applied


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
        raise BadInput("moved is a list of streams")
    files = keyed or ImportFiles(inbox.files(request.id))
    replace = request.body.get("replace") is True
    told = apply_import(store, files, meta, moved, replace)
    inbox.rewrite(request, {**request.body, "told": told, "revision": store.revision})


def add_marker(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
    """Keep a marker among the events of its channel."""
    channel, text = request.body.get("channel"), request.body.get("text", "")
    if not isinstance(channel, str) or not isinstance(text, str):
        raise BadInput("a marker needs a channel and a text")
    row = {
        "event_id": request.id,
        "channel": channel,
        "at": request.time,
        "kind": "marker",
        "detail": text[:200],
    }
    store.write({"events": store.rows("events", [row])}, meta)

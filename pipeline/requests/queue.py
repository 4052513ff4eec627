"""The inbox: what others ask of the pipeline, one JSON file each, applied once and in order.

A request is `{"id", "at", "by", "action", ...}`, written aside and renamed in. It ends in
inbox/done or, with its reason, in inbox/refused. Files beside it go with it.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from warehouse.atomic import replace_file
from warehouse.errors import AppError, BadInput, StorageFull, WarehouseBroken
from warehouse.inbox.requests import put_request
from warehouse.records import iso
from warehouse.store.import_files import ImportFiles, apply_import
from warehouse.store.store import Store

_ID = re.compile(r"(?!done$|refused$)[A-Za-z0-9_-]{1,64}")  # it names a file and a folder here


@dataclass(frozen=True)
class Request:
    """A request as asked. at: ISO time, which orders them; by: a command or a page."""

    id: str
    at: str
    by: str
    action: str
    body: dict[str, Any] = field(default_factory=dict)


class NotYet(Exception):
    """A request that is being worked on beside everything else; it goes on waiting."""


# what is asked of a store; the mapping is to be kept with it, as the mark that it was done
Action = Callable[[Path, Store, Request, dict[str, str]], None]


def new_id() -> str:
    """An id that no other request has."""
    return uuid4().hex


def send(inbox: Path, request: Request) -> None:
    """Put a request in."""
    put_request(inbox, request.id, request.action, request.by, request.body, request.at)


def outcome(inbox: Path, request_id: str) -> str | None:
    """'' when done, the reason when refused, None while it waits."""
    if (inbox / "done" / f"{request_id}.json").is_file():
        return ""
    refused = inbox / "refused" / f"{request_id}.json"
    if refused.is_file():
        return str(orjson.loads(refused.read_bytes()).get("reason", "no reason given"))
    return None


def apply_all(inbox: Path, store: Store, more: Mapping[str, Action] | None = None) -> int:
    """Apply every request that waits, oldest first; returns how many were applied.

    more: actions by name, beside and before those that need nothing but the store.
    One that cannot be applied is refused. Raises StorageFull or WarehouseBroken, which are no
    fault of a request: it goes on waiting.
    """
    applied = 0
    for path, request in _waiting(inbox):
        key = f"request:{request.id}"
        try:
            if store.meta(key) is None:  # a kill after the commit: only the move is left
                _action(request, more or {})(inbox, store, request, {key: iso(datetime.now(UTC))})
            _move(inbox, path, "done")
            applied += 1
        except (StorageFull, WarehouseBroken):
            raise
        except NotYet:
            continue
        except AppError as exc:
            _refuse(inbox, path, request, str(exc), getattr(exc, "more", {}))
    return applied


def _waiting(inbox: Path) -> list[tuple[Path, Request]]:
    found = []
    for path in filter(Path.is_file, inbox.glob("*.json")):
        try:
            found.append((path, _read(path)))
        except BadInput as exc:
            _refuse(inbox, path, Request(path.stem, "", "", ""), str(exc))
    return sorted(found, key=lambda pair: (_time(pair[1]), pair[1].id))


def _time(request: Request) -> datetime:
    """When it was asked; UTC where it does not say."""
    at = datetime.fromisoformat(request.at)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _read(path: Path) -> Request:
    try:
        raw = orjson.loads(path.read_bytes())
        known = {name: str(raw.pop(name)) for name in ("id", "at", "by", "action")}
        datetime.fromisoformat(known["at"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as exc:
        raise BadInput(f"{path.name} is not a request: it needs id, at, by and action") from exc
    if not _ID.fullmatch(known["id"]):
        raise BadInput(f"{path.name} has an id that is not letters, digits, - and _")
    if known["id"] != path.stem:
        raise BadInput(f"{path.name} has the id {known['id']!r}, which is not its file's name")
    return Request(**known, body=raw)


def _action(request: Request, more: Mapping[str, Action]) -> Action:
    actions: dict[str, Action] = {"import": run_import, "marker": _marker, **more}
    if request.action not in actions:
        raise BadInput(f"unknown action {request.action!r}; known: {', '.join(actions)}")
    return actions[request.action]


def run_import(inbox: Path, store: Store, request: Request, meta: dict[str, str]) -> None:
    """Take an import's files in."""
    apply_import(store, ImportFiles(inbox / request.id), meta)


def _marker(inbox: Path, store: Store, request: Request, meta: dict[str, str]) -> None:
    channel, text = request.body.get("channel"), request.body.get("text", "")
    if not isinstance(channel, str) or not isinstance(text, str):
        raise BadInput("a marker needs a channel and a text")
    row = {
        "event_id": request.id,
        "channel": channel,
        "at": _time(request),
        "kind": "marker",
        "detail": text[:200],
    }
    store.write({"events": store.rows("events", [row])}, meta)


def _refuse(
    inbox: Path, path: Path, request: Request, reason: str, more: Mapping[str, Any] | None = None
) -> None:
    body = {**(more or {}), "id": request.id, "action": request.action, "reason": reason}
    (inbox / "refused").mkdir(parents=True, exist_ok=True)
    replace_file(inbox / "refused" / path.name, orjson.dumps(body))
    path.unlink(missing_ok=True)
    if _ID.fullmatch(path.stem):  # or it is not a folder of a request
        shutil.rmtree(inbox / path.stem, ignore_errors=True)


def _move(inbox: Path, path: Path, where: str) -> None:
    (inbox / where).mkdir(parents=True, exist_ok=True)
    path.replace(inbox / where / path.name)
    shutil.rmtree(inbox / path.stem, ignore_errors=True)

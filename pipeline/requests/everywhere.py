"""Requests of shard 0 that concern others: applied here, sent on, done when all have done them.

What another shard needs to do the same is in the request's body once it was applied here: hashes
and keys in the place of names, a decision as it was made, an import's files under keys.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.chat.logins import channel_name
from pipeline.requests.queue import Action, NotYet
from pipeline.requests.workspace import Others, Workspace
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import iso
from warehouse.shards import Shard, shard_of
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import Store

_HEAD = ("id", "at", "by", "action")
_SOME = ("import", "marker", "moment")  # concern some shards; their bodies say which


def everywhere(others: Others, action: Action) -> Action:
    """The action here and at the other shards; it waits for them."""

    def run(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        here = f"here:{request.id}"
        if store.meta(here) is None:
            action(inbox, store, request, {here: iso(datetime.now(UTC))})
        request = _as_sent(inbox, request)
        named = request.body["shards"] if request.action in _SOME else others.others
        shards = set(named) & set(others.others)
        told = _await(others, request, shards, inbox.files(request.id)) if shards else {}
        store.write({}, meta)
        _finish(inbox, request, told)

    return run


def _as_sent(inbox: InboxFolder, request: Request) -> Request:
    """The request as the action left it."""
    _, content = inbox.read(request.id)
    return replace(request, body={k: v for k, v in content.items() if k not in _HEAD})


def _await(
    others: Others, request: Request, shards: Collection[int], folder: Path
) -> Mapping[int, Mapping[str, Any]]:
    """What came of it at the shards. Raises NotYet, and BadInput where one refuses."""
    others.send(request, shards, folder if request.action == "import" else None)
    told = others.told(request.id)
    for shard, outcome in sorted(told.items()):
        if reason := outcome.get("reason"):
            raise BadInput(f"shard {shard} refused: {reason}")
    if others.missing(request.id):
        raise NotYet
    return told


def _finish(inbox: InboxFolder, request: Request, told: Mapping[int, Mapping[str, Any]]) -> None:
    """The request as it is kept: what is forgotten is not named, an import has one summary."""
    body = {k: v for k, v in request.body.items() if k not in ("shards", "verified")}
    if request.action == "import":
        more = [row for shard in sorted(told) for row in told[shard].get("told", [])]
        body["told"] = [*body.get("told", []), *more]
    inbox.rewrite(request, {} if request.action == "forget" else body)


def later(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
    """The request waits for a daemon. Raises NotYet."""
    raise NotYet


def refuse_here(shard: Shard) -> Action:
    """The answer to a request that was put into the inbox of another shard than 0."""

    def run(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        raise BadInput(
            f"this is shard {shard.number}; ask shard 0: its DLD_DATA, or a mirrored folder"
        )

    return run


def share_import(
    workspace: Workspace, inbox: InboxFolder, request: Request, keyed: ImportFiles
) -> Request:
    """The request with its files under keys, for whichever shards have channels in them."""
    count = workspace.shard.count
    shards = sorted({shard_of(name, count) for name in keyed.channels()})
    for table in keyed.tables:
        keyed.path(table).replace(ImportFiles(inbox.files(request.id)).path(table))
    request = replace(request, body={**request.body, "shards": shards})
    inbox.rewrite(request, request.body)
    return request


def share_by_channel(workspace: Workspace, inbox: InboxFolder, request: Request) -> Request:
    """The request with its channel's key, for whichever shard has it."""
    key = workspace.everyone().resolve(channel_name(request.body.get("channel")))
    shards = [shard_of(key, workspace.shard.count)]
    request = replace(request, body={**request.body, "channel": key, "shards": shards})
    inbox.rewrite(request, request.body)
    return request

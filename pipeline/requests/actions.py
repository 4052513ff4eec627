"""Actions of the inbox that reach beyond the store: forget, opt-out, opt-in, backup, imports,
reviews."""

from collections.abc import Mapping
from typing import Any

from pipeline.chat.logins import channel_name, login
from pipeline.requests import claims
from pipeline.requests.backup import run_backup
from pipeline.requests.forget import forget_channel, forget_chatter, stop_reading
from pipeline.requests.import_log import import_log
from pipeline.requests.queue import Action, NotYet, run_import
from pipeline.requests.vocabulary_decision import review
from pipeline.requests.workspace import Workspace
from pipeline.sources.channel_list import change_channels, channel_logins
from warehouse.consent import save_optout
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.inbox.uploaded_log import ACTION
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import Store

_HASH_BITS = 63


def actions(workspace: Workspace) -> dict[str, Action]:
    """By name; each is idempotent, and keeps its mark (`meta`) when all of it is done."""

    def forget(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if workspace.running and workspace.running.is_at_work():
            raise NotYet  # a backup or an import under way would have what is forgotten
        if "channel_id" in request.body:
            names = _known(workspace, inbox, request)
        else:
            kind, who = _subject(workspace, inbox, request)
            names = [str(who)] if kind == "channels" else []
            if kind == "chatters":
                forget_chatter(workspace, int(who))
        called = [*names, *map(workspace.identities.name_of, names)]
        for name in names:
            forget_channel(workspace, name)
        store.write({}, meta)
        _redact(inbox, request, called)

    def opt_out(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if "channel_id" in request.body:
            claims.opt_out(workspace, request.body["channel_id"], request.body.get("channel"))
            store.write({}, meta)
            return
        kind, who = _subject(workspace, inbox, request)
        undo = request.body.get("undo", False)
        if not isinstance(undo, bool):
            raise BadInput("undo is true or false")
        workspace.optout.change(kind, who, undo)
        _with_its_id(workspace, kind, who, undo)
        save_optout(workspace.folder.optout, workspace.optout)
        if kind == "channels" and not undo:
            stop_reading(workspace, str(who))
        store.write({}, meta)

    def opt_in(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        claims.opt_in(workspace, request.body.get("channel_id"), request.body.get("channel"))
        store.write({}, meta)

    def import_(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        workspace.refuse_real("python -m pipeline import ...")
        who, files = workspace.identities, ImportFiles(inbox.files(request.id))
        files.check()
        keyed = files.by_key(who)
        named = keyed.channels()
        if out := sorted(named & workspace.optout.channels):
            workspace.optout.refuse(map(who.name_of, out), who)
        run_import(inbox, store, request, meta, keyed)
        who.add(store.query("channels_rows", channels=sorted(named)).to_pylist())

    def backup(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        jobs = workspace.running.jobs if workspace.running else None
        run_backup(workspace.folder, store, jobs, request.id)
        store.write({}, meta)

    def channels(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        change, names = request.body.get("change"), request.body.get("channels")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadInput("channels is a list of logins")
        if change != "remove":
            workspace.refuse_real(f"python -m pipeline channels {change} ...")
        who = workspace.identities
        change_channels(workspace.folder, workspace.optout, who, str(change), names)
        if workspace.running and change != "remove":
            keys = map(who.resolve, channel_logins(names))
            workspace.running.barred.difference_update(keys)
        store.write({}, meta)

    def vocabulary(
        inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]
    ) -> None:
        review(workspace, store, request, meta)

    def dropped(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        import_log(workspace, inbox, store, request, meta)

    return {
        "forget": forget,
        "opt-out": opt_out,
        "opt-in": opt_in,
        "import": import_,
        ACTION: dropped,
        "backup": backup,
        "channels": channels,
        "vocabulary": vocabulary,
    }


def _subject(workspace: Workspace, inbox: InboxFolder, request: Request) -> tuple[str, int | str]:
    """("chatters", hash) or ("channels", key). A chatter's login leaves the request's file
    before anything else is done."""
    given = {
        k: request.body[k] for k in ("chatter", "chatter_hash", "channel") if k in request.body
    }
    if len(given) != 1:
        raise BadInput(f"{request.action} needs either a chatter or a channel")
    ((name, value),) = given.items()
    if name == "channel":
        return "channels", _key(workspace, inbox, request, value)
    who = _hash(value) if name == "chatter_hash" else workspace.hasher.of(login(value))
    _rewrite(inbox, request, {"chatter_hash": str(who)})
    return "chatters", who


def _key(workspace: Workspace, inbox: InboxFolder, request: Request, value: Any) -> str:
    """Of the channel that is called so. It is kept with the request: after a crash half-way
    nothing else may know it."""
    if "verified" in request.body:
        return _verified(request)[0]
    key = workspace.identities.resolve(channel_name(value))
    _rewrite(inbox, request, {"channel": value, "verified": [key]})
    return key


def _known(workspace: Workspace, inbox: InboxFolder, request: Request) -> list[str]:
    """Keys of the request's channel_id; never those of another. Kept as `_key` does."""
    if "verified" in request.body:
        return _verified(request)
    channel_id = request.body["channel_id"]
    names = claims.keys_of(workspace, channel_id, request.body.get("channel"))
    if not names:
        raise BadInput(f"nothing is stored of the channel with the id {channel_id}")
    _rewrite(inbox, request, {"channel_id": channel_id, "verified": names})
    return names


def _verified(request: Request) -> list[str]:
    """Keys that were found before a crash."""
    names = request.body["verified"]
    if not isinstance(names, list) or not names:
        raise BadInput("verified is for the pipeline to say")
    return list(map(channel_name, names))


def _with_its_id(workspace: Workspace, kind: str, who: int | str, undo: bool) -> None:
    """The extension asks by id how a channel stands."""
    if kind != "channels":
        return
    for row in workspace.store.query("channels_of_id", channel_id="", channel=who).to_pylist():
        if row["channel_id"]:
            workspace.optout.ids[row["channel_id"]] = str(who)
    if undo:
        for channel_id in [key for key, login in workspace.optout.ids.items() if login == who]:
            del workspace.optout.ids[channel_id]


def _hash(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) < 1 << _HASH_BITS:
        raise BadInput("chatter_hash is not a chatter's hash")
    return int(text)


def _redact(inbox: InboxFolder, request: Request, names: list[str]) -> None:
    """What is forgotten is not named by the request that asked for it, nor by older ones."""
    _rewrite(inbox, request, {})
    for name in names:
        inbox.forget(name)


def _rewrite(inbox: InboxFolder, request: Request, more: Mapping[str, Any]) -> None:
    kept = {k: v for k, v in request.body.items() if k == "undo"}
    inbox.rewrite(request, {**kept, **more})

"""Actions of the inbox that reach beyond the store: forget, opt-out, opt-in, backup, imports,
reviews, clips."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.chat.logins import channel_name, login
from pipeline.privacy.hashing import check_same
from pipeline.requests import claims
from pipeline.requests.backup import run_backup
from pipeline.requests.clips import ACTION as CLIP
from pipeline.requests.clips import make_clip
from pipeline.requests.everywhere import (
    everywhere,
    later,
    refuse_here,
    share_by_channel,
    share_import,
)
from pipeline.requests.forget import forget_channel, forget_chatter, stop_reading
from pipeline.requests.found import ACTION as FOUND
from pipeline.requests.found import take_found
from pipeline.requests.import_log import BACKTEST, import_log, run_backtest
from pipeline.requests.moment_decision import decide
from pipeline.requests.queue import Action, NotYet, add_marker, apply_all, run_import
from pipeline.requests.record import ACTION as RECORD
from pipeline.requests.record import take_record
from pipeline.requests.vocabulary_decision import review
from pipeline.requests.workspace import Workspace
from pipeline.sources.channel_list import change_channels, channel_logins
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.inbox.uploaded_log import ACTION
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import Store

_TURN_S = 0.5  # of a daemon's turn: windows close meanwhile
OF_ONE = ("backup", "channels")  # may be done without a daemon that reaches the other shards
_HASH_BITS = 63
_SUBJECTS = ("chatter", "chatter_hash", "channel")


def actions(workspace: Workspace) -> dict[str, Action]:
    """By name; each is idempotent, and keeps its mark (`meta`) when all of it is done."""

    def forget(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if "chatter" in request.body:  # a login does not wait, its hash does
            _subject(workspace, inbox, request)
        workspace.await_chat(request)
        everyone = workspace.everyone()
        if workspace.running and workspace.running.is_at_work():
            raise NotYet  # a backup or an import under way would have what is forgotten
        if "channel_id" in request.body:
            names = _known(workspace, inbox, request)
        else:
            kind, who = _subject(workspace, inbox, request)
            names = [str(who)] if kind == "channels" else []
            if kind == "chatters":
                forget_chatter(workspace, int(who))
        called = [*names, *map(everyone.name_of, names)]
        for name in names:
            forget_channel(workspace, name)
        store.write({}, meta)
        if workspace.others is None:  # else they are yet to know whom
            _rewrite(inbox, request, {})
        for name in called:  # nor do older requests name it
            inbox.forget(name)

    def opt_out(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if "channel_id" in request.body:
            theirs = _theirs(workspace, inbox, request)
            claims.opt_out(workspace, request.body["channel_id"], theirs)
            store.write({}, meta)
            return
        kind, who = _subject(workspace, inbox, request)
        undo = request.body.get("undo", False)
        if not isinstance(undo, bool):
            raise BadInput(f"undo is true or false, not {str(undo)[:40]!a}")
        workspace.optout.change(kind, who, undo)
        _with_its_id(workspace, kind, who, undo)
        workspace.keep_optout()
        if kind == "channels" and not undo:
            stop_reading(workspace, str(who))
        store.write({}, meta)

    def opt_in(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        theirs = _theirs(workspace, inbox, request)
        channel_id, name = request.body.get("channel_id"), request.body.get("channel")
        claims.opt_in(workspace, channel_id, name, theirs)
        store.write({}, meta)

    def import_(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        workspace.refuse_real("python -m pipeline import ...")
        check_same(request.body.get("salt"), workspace.hasher.salt)
        who, files = workspace.everyone(), ImportFiles(inbox.files(request.id))
        files.check()
        keyed = files if workspace.shard.number else files.by_key(who)  # shard 0 has done it
        named = keyed.channels()
        if out := sorted(named & workspace.optout.channels):
            workspace.optout.refuse(map(who.name_of, out), who)
        if workspace.others is not None:
            request = share_import(workspace, inbox, request, keyed)
        if workspace.shard.count > 1:
            keyed = files.of(workspace.shard.has)
        run_import(inbox, store, request, meta, keyed)
        rows = store.query("channels_rows", channels=sorted(named)).to_pylist()
        workspace.identities.add(rows)

    def backup(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        jobs = workspace.running.jobs if workspace.running else None
        run_backup(workspace.folder, store, jobs, request.id)
        store.write({}, meta)

    def channels(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        change, names = request.body.get("change"), request.body.get("channels")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadInput(f"channels is a list of logins, not {str(names)[:40]!a}")
        if change != "remove":
            workspace.refuse_real(f"python -m pipeline channels {change} ...")
        who = workspace.everyone()
        change_channels(workspace.folder, workspace.optout, who, str(change), names)
        if workspace.running and change != "remove":
            keys = map(who.resolve, channel_logins(names))
            workspace.running.barred.difference_update(keys)
        store.write({}, meta)

    def vocabulary(
        inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]
    ) -> None:
        review(workspace, inbox, store, request, meta)

    def dropped(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        import_log(workspace, inbox, store, request, meta)

    def found(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        workspace.refuse_real("python -m pipeline import ...")
        take_found(workspace, request, meta)

    def backtest(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        run_backtest(workspace, inbox, store, request, meta)

    def record(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        take_record(workspace, inbox, request, meta)

    def clip(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        make_clip(workspace, store, request, meta)

    of_all: dict[str, Action] = {
        "forget": _with_all_rows(workspace, forget),
        "opt-out": opt_out,
        "opt-in": opt_in,
        "import": _with_all_rows(workspace, import_),
        "channels": channels,
        "vocabulary": vocabulary,
        "marker": _of_its_shard(workspace, add_marker),
        "moment": _of_its_shard(workspace, decide),
    }
    if workspace.others is not None:
        of_all = {name: everywhere(workspace.others, action) for name, action in of_all.items()}
    of_here = {
        ACTION: dropped,
        "backup": backup,
        BACKTEST: backtest,
        FOUND: found,
        RECORD: record,
        CLIP: clip,
    }
    return {**of_all, **{name: _with_all_rows(workspace, of) for name, of in of_here.items()}}


def apply_waiting(workspace: Workspace) -> int:
    """Apply what waits for this folder, as much as a turn has time for; returns how much. Raises
    as `apply_all`."""
    inbox, store = workspace.inbox, workspace.store
    of_here = actions(workspace)
    within_s = _TURN_S if workspace.running else math.inf
    if workspace.shard.number:
        sent = apply_all(workspace.errands, store, of_here, within_s)
        refused = {name: refuse_here(workspace.shard) for name in of_here}
        more = {**refused, "backup": of_here["backup"]}
        return sent + apply_all(inbox, store, more, within_s)
    if workspace.shard.count > 1 and workspace.others is None:  # the daemon is to send them on
        of_here = {n: of_here[n] if n in OF_ONE else later for n in of_here}
    applied = apply_all(inbox, store, of_here, within_s)
    if workspace.others is not None:
        workspace.others.ready = True
    return applied


def has_waiting(workspace: Workspace) -> bool:
    """True if there is anything to apply."""
    return workspace.inbox.is_any() or workspace.errands.is_any()


def _of_its_shard(workspace: Workspace, action: Action) -> Action:
    """The action at the shard that has the request's channel, which is told by its key."""

    def there(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if workspace.others is not None:
            request = share_by_channel(workspace, inbox, request)
        elif workspace.shard.number == 0:  # the others are told a key
            key = workspace.everyone().resolve(channel_name(request.body.get("channel")))
            request = replace(request, body={**request.body, "channel": key})
        if workspace.shard.has(str(request.body.get("channel"))):
            action(inbox, store, request, meta)
        else:
            store.write({}, meta)

    return there


def _with_all_rows(workspace: Workspace, action: Action) -> Action:
    """The action, once all of the past is back from the bucket after a takeover."""

    def waiting(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
        if store.awaited():
            if workspace.running:
                raise NotYet
            raise BadInput("part of the past is still in the bucket; start the pipeline and ask it")
        action(inbox, store, request, meta)

    return waiting


def _subject(workspace: Workspace, inbox: InboxFolder, request: Request) -> tuple[str, int | str]:
    """("chatters", hash) or ("channels", key). A chatter's login leaves the request's file
    before anything else is done."""
    given = {k: request.body[k] for k in _SUBJECTS if k in request.body}
    if len(given) != 1:
        raise BadInput(
            f"{request.action} needs a chatter or a channel: one of {', '.join(_SUBJECTS)}"
        )
    ((name, value),) = given.items()
    check_same(request.body.get("salt"), workspace.hasher.salt)
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
    key = workspace.everyone().resolve(channel_name(value))
    _rewrite(inbox, request, {"channel": value, "verified": [key]})
    return key


def _known(workspace: Workspace, inbox: InboxFolder, request: Request) -> list[str]:
    """Keys of the request's channel_id; never those of another. Kept as `_key` does."""
    if "verified" in request.body:
        return _verified(request)
    channel_id = request.body["channel_id"]
    names = claims.keys_of(workspace, channel_id, request.body.get("channel"))
    if not names:
        raise BadInput(f"nothing is stored of the channel with the id {channel_id}; is it right?")
    _rewrite(inbox, request, {"channel_id": channel_id, "verified": names})
    return names


def _theirs(workspace: Workspace, inbox: InboxFolder, request: Request) -> list[str]:
    """Keys that have the request's channel_id for sure; other shards are told them."""
    if "verified" in request.body and workspace.shard.count > 1:
        return list(map(channel_name, request.body["verified"]))
    names = claims.keys_of(workspace, request.body.get("channel_id"), request.body.get("channel"))
    if workspace.others is not None:
        inbox.rewrite(request, {**request.body, "verified": names})
    return names


def _verified(request: Request) -> list[str]:
    """Keys that were found before a crash."""
    names = request.body["verified"]
    if not isinstance(names, list) or not names:
        raise BadInput("only the pipeline sets verified")
    return list(map(channel_name, names))


def _with_its_id(workspace: Workspace, kind: str, who: int | str, undo: bool) -> None:
    """The extension asks by id how a channel stands."""
    if kind != "channels":
        return
    for row in workspace.channels_of("", str(who)):
        if row["channel_id"]:
            workspace.optout.ids[row["channel_id"]] = str(who)
    if undo:
        for channel_id in [key for key, login in workspace.optout.ids.items() if login == who]:
            del workspace.optout.ids[channel_id]


def _hash(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) < 1 << _HASH_BITS:
        raise BadInput(
            "chatter_hash is not a chatter's hash, a number; send their login as chatter"
        )
    return int(text)


def _rewrite(inbox: InboxFolder, request: Request, more: Mapping[str, Any]) -> None:
    kept = {k: v for k, v in request.body.items() if k == "undo"}
    inbox.rewrite(request, {**kept, **more})

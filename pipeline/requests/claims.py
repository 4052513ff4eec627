"""Requests of streamers through the extension. Their token proves the id of their channel, and
no login; so nothing is taken away but from channels that Twitch itself told us have that id.

A channel that we have never read is known by nobody's word but theirs: who opts in claims a login,
which is read until Twitch tells the id of it. Where that is another, it is left at once.
"""

import logging
from collections.abc import Iterable
from typing import Any

from pipeline.chat.logins import made_up_id
from pipeline.chat.message import ChannelInfo
from pipeline.requests.forget import stop_reading
from pipeline.requests.workspace import Workspace
from pipeline.sources.channel_list import change_channels, channel_login, load_channels
from warehouse.consent import Claim, load_claims, save_claims, save_optout
from warehouse.errors import BadInput
from warehouse.sql import Queries

log = logging.getLogger(__name__)


def logins_of(store: Queries, channel_id: Any, login: Any = None) -> list[str]:
    """Channels that have this id for sure. login: what the streamer calls it, if they said.

    Raises BadInput for no id, or a login that is known to be another channel's.
    """
    if not isinstance(channel_id, str) or not (channel_id.isascii() and channel_id.isdigit()):
        raise BadInput("channel_id is Twitch's id of a channel: digits")
    name = "" if login is None else _name(login)
    rows = store.query("channels_of_id", channel_id=channel_id, channel=name).to_pylist()
    known = {row["channel"]: row["channel_id"] for row in rows}
    if known.get(name, channel_id) not in (channel_id, made_up_id(name)):
        raise BadInput(f"{name} is not the channel with the id {channel_id}; nothing was done")
    return [channel for channel, its_id in known.items() if its_id == channel_id]


def _name(login: Any) -> str:
    if not isinstance(login, str):
        raise BadInput("channel is a login")
    return channel_login(login)


def opt_in(workspace: Workspace, channel_id: Any, login: Any) -> None:
    """Read a channel because its streamer asks for it. Raises BadInput."""
    if login is None:
        raise BadInput("to be read, a channel has to say its login")
    theirs = logins_of(workspace.store, channel_id, login)
    name = _name(login)
    known = {*theirs, workspace.optout.ids.get(channel_id, "")} - {""}
    if name in workspace.optout.channels and name not in known:
        raise BadInput(
            f"{name} opted out, and that it has the id {channel_id} is not known; "
            "ask whoever runs this DLD to take that back"
        )
    _unclaim(workspace, channel_id)
    claims = load_claims(workspace.folder.claims)
    if name not in theirs:
        alone = [c.added for c in claims.values() if c.login == name]
        is_new = name not in load_channels(workspace.folder.channels)
        claims[channel_id] = Claim(name, any(alone) or is_new)
        save_claims(workspace.folder.claims, claims)  # first: it is never read without the claim
    workspace.optout.ids.pop(channel_id, None)
    workspace.optout.channels.difference_update(known)
    save_optout(workspace.folder.optout, workspace.optout)
    change_channels(workspace.folder, workspace.optout, "add", [name])
    if workspace.running:
        workspace.running.barred.discard(name)


def opt_out(workspace: Workspace, channel_id: Any, login: Any) -> None:
    """Never read a channel: those that have the id, and any that Twitch tells us has it."""
    theirs = logins_of(workspace.store, channel_id, login)
    workspace.optout.ids[channel_id] = theirs[0] if theirs else ""
    for name in theirs:
        workspace.optout.change("channels", name, undo=False)
    save_optout(workspace.folder.optout, workspace.optout)
    _unclaim(workspace, channel_id)
    for name in theirs:
        stop_reading(workspace, name)


def learn(workspace: Workspace, infos: Iterable[ChannelInfo]) -> None:
    """What Twitch says of channels, beside what was asked by id. Before they are read."""
    for info in infos:
        if not info.channel_id:
            continue
        if (
            info.channel_id in workspace.optout.ids
            and info.channel not in workspace.optout.channels
        ):
            workspace.optout.ids[info.channel_id] = info.channel
            workspace.optout.change("channels", info.channel, undo=False)
            save_optout(workspace.folder.optout, workspace.optout)
            stop_reading(workspace, info.channel)
        _settle(workspace, info)


def _settle(workspace: Workspace, info: ChannelInfo) -> None:
    """Claims of a login end when its id is known."""
    try:
        claims = load_claims(workspace.folder.claims)
    except BadInput as exc:
        log.error("%s", exc)
        return
    of = {key: claim for key, claim in claims.items() if claim.login == info.channel}
    if not of:
        return
    if info.channel_id not in of and any(claim.added for claim in of.values()):
        _leave(workspace, info.channel)
    save_claims(workspace.folder.claims, {k: c for k, c in claims.items() if k not in of})


def _leave(workspace: Workspace, name: str) -> None:
    """It is another's channel, and nobody but the claim had asked for it."""
    log.warning("channel left channel=%s: it is not that of the streamer who asked for it", name)
    change_channels(workspace.folder, workspace.optout, "remove", [name])
    if workspace.running:
        workspace.running.barred.add(name)
        stop_reading(workspace, name)


def _unclaim(workspace: Workspace, channel_id: str) -> None:
    """A channel's older claim is over: it claims one login at most."""
    claims = load_claims(workspace.folder.claims)
    old = claims.pop(channel_id, None)
    if old is None:
        return
    if old.added and all(claim.login != old.login for claim in claims.values()):
        change_channels(workspace.folder, workspace.optout, "remove", [old.login])
    save_claims(workspace.folder.claims, claims)

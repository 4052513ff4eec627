"""Requests of streamers through the extension. Their token proves the id of their channel, and
no login; so nothing is taken away but from channels that Twitch itself told us have that id.

A channel that we have never read is known by nobody's word but theirs: who opts in claims a login,
which is read until Twitch tells the id of it. Where that is another, it is left at once.
"""

import logging
from typing import Any

from pipeline.chat.message import ChannelInfo
from pipeline.requests.forget import stop_reading
from pipeline.requests.workspace import Workspace
from pipeline.sources.channel_list import change_channels, channel_login, load_channels
from warehouse.consent import Claim, load_claims, save_claims
from warehouse.errors import BadInput
from warehouse.identities import made_up_id
from warehouse.inbox.requests import Request, asked_now, new_id
from warehouse.records import CHANNEL_ID

log = logging.getLogger(__name__)


def keys_of(workspace: Workspace, channel_id: Any, login: Any = None) -> list[str]:
    """Channels that have this id for sure. login: what the streamer calls it, if they said.

    Raises BadInput for no id, or a login that is known to be another channel's.
    """
    if not isinstance(channel_id, str) or not CHANNEL_ID.fullmatch(channel_id):
        raise BadInput(
            f"channel_id is Twitch's id of a channel: digits, not {str(channel_id)[:40]!a}"
        )
    name = "" if login is None else _name(login)
    key = workspace.everyone().resolve(name)
    known = {row["channel"]: row["channel_id"] for row in workspace.channels_of(channel_id, key)}
    if known.get(key, channel_id) not in (channel_id, made_up_id(key)):
        raise BadInput(f"{name} is not the channel with the id {channel_id}; nothing was done")
    return [channel for channel, its_id in known.items() if its_id == channel_id]


def _name(login: Any) -> str:
    if not isinstance(login, str):
        raise BadInput(f"channel is a login, not {str(login)[:40]!a}")
    return channel_login(login)


def opt_in(workspace: Workspace, channel_id: Any, login: Any, theirs: list[str]) -> None:
    """Read a channel because its streamer asks for it. theirs: `keys_of` them. Raises BadInput."""
    if login is None:
        raise BadInput("there is no channel: send the login of the one to be read")
    name = _name(login)
    key = workspace.everyone().resolve(name)
    known = {*theirs, workspace.optout.ids.get(channel_id, "")} - {""}
    is_first = workspace.shard.number == 0  # the others do as it found
    if is_first and key in workspace.optout.channels and key not in known:
        raise BadInput(
            f"{name} opted out, and DLD does not know that its id is {channel_id}; "
            "ask whoever runs this DLD to undo that"
        )
    _unclaim(workspace, channel_id)
    claims = load_claims(workspace.folder.claims)
    if key not in theirs:
        alone = [c.added for c in claims.values() if c.login == name]
        is_new = name not in load_channels(workspace.folder.channels)
        claims[channel_id] = Claim(name, any(alone) or is_new)
        save_claims(workspace.folder.claims, claims)  # first: it is never read without the claim
    workspace.optout.ids.pop(channel_id, None)
    workspace.optout.channels.difference_update(known)
    workspace.keep_optout()
    _change(workspace, "add", name)
    if workspace.running:
        workspace.running.barred.discard(key)


def opt_out(workspace: Workspace, channel_id: str, theirs: list[str]) -> None:
    """Never read a channel: those that have the id, which are `theirs`, and any that Twitch tells
    us has it."""
    workspace.optout.ids[channel_id] = theirs[0] if theirs else ""
    for name in theirs:
        workspace.optout.change("channels", name, undo=False)
    workspace.keep_optout()
    _unclaim(workspace, channel_id)
    for name in theirs:
        stop_reading(workspace, name)


def learn(workspace: Workspace, info: ChannelInfo) -> str:
    """The key of a channel that Twitch tells of, beside what was asked by id or by a login of
    nobody yet. Before it is read."""
    optout, who = workspace.optout, workspace.identities
    is_meant = info.channel in optout.channels and not who.id_of(info.channel)
    key = who.key_of(info.channel, info.channel_id)
    if not info.channel_id:
        return key
    if (is_meant or info.channel_id in optout.ids) and not (
        key in optout.channels and info.channel_id in optout.ids
    ):
        _leave_out(workspace, info, key)
    _settle(workspace, info, key)
    return key


def _leave_out(workspace: Workspace, info: ChannelInfo, key: str) -> None:
    """It had opted out, by its id or its login: from now on by its key and its id."""
    optout = workspace.optout
    if not workspace.identities.knows(info.channel):  # who takes the login next is another
        optout.change("channels", info.channel, undo=True)
    optout.ids[info.channel_id] = key
    optout.change("channels", key, undo=False)
    workspace.keep_optout()
    stop_reading(workspace, key)


def _settle(workspace: Workspace, info: ChannelInfo, key: str) -> None:
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
        _leave(workspace, info.channel, key)
    save_claims(workspace.folder.claims, {k: c for k, c in claims.items() if k not in of})


def _leave(workspace: Workspace, name: str, key: str) -> None:
    """It is another's channel, and nobody but the claim had asked for it."""
    log.warning("channel left channel=%s: it is not that of the streamer who asked for it", name)
    try:
        _change(workspace, "remove", name)
    except BadInput as exc:  # a list that somebody broke by hand: it is not read all the same
        log.error("%s", exc)
    if workspace.ask_first is not None:  # its list is what `collect` reads
        body = {"change": "remove", "channels": [name]}
        its_id = f"shard-{workspace.shard.number}-{new_id()}"
        workspace.ask_first(Request(its_id, asked_now(), "shard", "channels", body))
    if workspace.running:
        workspace.running.barred.add(key)
        stop_reading(workspace, key)


def _unclaim(workspace: Workspace, channel_id: str) -> None:
    """A channel's older claim is over: it claims one login at most."""
    claims = load_claims(workspace.folder.claims)
    old = claims.pop(channel_id, None)
    if old is None:
        return
    if old.added and all(claim.login != old.login for claim in claims.values()):
        _change(workspace, "remove", old.login)
    save_claims(workspace.folder.claims, claims)


def _change(workspace: Workspace, change: str, name: str) -> None:
    change_channels(workspace.folder, workspace.optout, workspace.identities, change, [name])

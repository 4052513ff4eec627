"""Requests of a broadcaster's configuration page: how the channel stands, and to change that.

Each wish becomes one request in the inbox; the pipeline alone decides and does it. The token
proves the channel's id, never its login: that is for the pipeline to compare.
"""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import fastapi
from starlette.requests import ClientDisconnect

from ebs.bodies import Latest
from ebs.errors import BadRequest, TooLarge, TooMany, TooSlow, Unavailable
from ebs.middleware import MOST_BODY
from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder
from warehouse.consent import load_claims, load_optout
from warehouse.errors import AppError, BadInput
from warehouse.foreign_files import read_plain
from warehouse.inbox.requests import ASKED, Inbox, InboxFolder, Request, asked_now
from warehouse.records import LOGIN

ACTIONS = {"opt-in": "opt-in", "opt-out": "opt-out", "delete": "forget"}  # of the inbox
MOST_WAITING, MOST_IN_ALL = 5, 10_000  # requests of a channel, of all
BODY_S = 5.0


def standing(data: DataFolder, latest: Latest, channel_id: str) -> dict[str, str | None]:
    """state: followed, requested, opted_out or unknown; login where it is known; why the last
    wish was refused, if it was."""
    inbox = InboxFolder(data.inbox)
    state, login = _state(data, latest, inbox, channel_id)
    return {"state": state, "login": login or None, "refused": _refusal(data, inbox, channel_id)}


def _state(data: DataFolder, latest: Latest, inbox: Inbox, channel_id: str) -> tuple[str, str]:
    with suppress(AppError):  # the pipeline's file, which it tells of itself
        if channel_id in load_optout(data.optout).ids:
            return "opted_out", ""  # what is kept is a key, and logins change
    with suppress(AppError):
        return "followed", latest.of(channel_id).login
    with suppress(AppError):
        claims = load_claims(data.claims)
        if channel_id in claims:
            return "requested", claims[channel_id].login
    waiting = _waiting(inbox, channel_id)
    return ("requested" if any("-opt-in-" in name for name in waiting) else "unknown"), ""


def wish(data: DataFolder, action: str, channel_id: str, login: str) -> str:
    """Put the request in; its id. What was asked for last, and waits, is not asked for twice.

    action: a key of ACTIONS. Raises TooMany, Unavailable.
    """
    inbox = InboxFolder(data.inbox)
    waiting = _waiting(inbox, channel_id)
    if action != "opt-in" and waiting and f"-{action}-" in waiting[-1]:  # or another login is meant
        return waiting[-1]
    if len(waiting) >= MOST_WAITING:
        raise TooMany("requests of this channel are waiting: is the pipeline running?", 60)
    if len(inbox.waiting("ebs-")) >= MOST_IN_ALL:
        raise Unavailable("too many requests are waiting: try later", 60)
    request_id = f"ebs-{channel_id}-{action}-{int(time.time() * 1000)}-{token_hex(3)}"
    body = {"channel_id": channel_id, **({"channel": login} if login else {})}
    try:
        _note(data, channel_id, request_id)
        inbox.put(Request(request_id, asked_now(), "broadcaster", ACTIONS[action], body))
    except OSError as exc:
        raise Unavailable(f"the request cannot be kept ({exc.strerror}): try later", 60) from exc
    return request_id


async def login_of(request: fastapi.Request, is_needed: bool) -> str:
    """The login of a request's body, '' where it has none. Raises Refused or BadInput."""
    raw = await _body(request)
    try:
        body: Any = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        raise BadInput('the body is not JSON: send {"login": "name"}, or nothing') from None
    if not isinstance(body, dict) or set(body) - {"login"}:
        raise BadInput('the body is not {"login": "name"}')
    if not body and not is_needed:
        return ""
    login = body.get("login")
    if not isinstance(login, str) or not LOGIN.fullmatch(login):
        raise BadInput("login is the channel's name: a-z, 0-9 and _, at most 25 characters")
    return login


async def _body(request: fastapi.Request) -> bytes:
    raw = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                raw += part
                if len(raw) > MOST_BODY:
                    raise TooLarge(f"the body is larger than {MOST_BODY} bytes")
    except TimeoutError:
        raise TooSlow(f"the body took longer than {BODY_S:.0f} seconds") from None
    except ClientDisconnect:
        raise BadRequest("the connection ended before the body was whole") from None
    return raw


def _waiting(inbox: Inbox, channel_id: str) -> list[str]:
    """Ids of the channel's requests that wait, oldest first."""
    return sorted(inbox.waiting(f"ebs-{channel_id}-"), key=_asked_at)


def _asked_at(request_id: str) -> str:
    """When `wish` made the id, in ms of 13 digits."""
    return request_id.rsplit("-", 2)[1]


def _note(data: DataFolder, channel_id: str, request_id: str) -> None:
    """Keep which request of the channel is its newest: a search of all that are over would take
    the longer, the more there are. Raises OSError."""
    path = _newest(data, channel_id)
    private_folder(path.parent)
    replace_file(path, request_id.encode())


def _newest(data: DataFolder, channel_id: str) -> Path:
    return data.inbox / ASKED / channel_id


def _refusal(data: DataFolder, inbox: Inbox, channel_id: str) -> str | None:
    """Why the newest of the channel's requests was refused; None where it was not."""
    try:
        newest = read_plain(_newest(data, channel_id), 100).decode()
    except (OSError, ValueError, BadInput):
        return None
    return inbox.outcome(newest) or None

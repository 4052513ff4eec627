"""Requests of a broadcaster's configuration page: how the channel stands, and to change that.

Each wish becomes one request in the inbox; the pipeline alone decides and does it. The token
proves the channel's id, never its login: that is for the pipeline to compare.
"""

import asyncio
import json
import time
from pathlib import Path
from secrets import token_hex
from typing import Any

from fastapi import Request

from ebs.bodies import Latest
from ebs.errors import TooLarge, TooMany, TooSlow, Unavailable
from ebs.middleware import MOST_BODY
from warehouse.config import DataFolder
from warehouse.errors import AppError, BadInput
from warehouse.inbox.requests import put_request
from warehouse.records import LOGIN

ACTIONS = {"opt-in": "opt-in", "opt-out": "opt-out", "delete": "forget"}  # of the inbox
MOST_WAITING = 5  # requests of a channel
BODY_S = 5.0


def standing(data: DataFolder, latest: Latest, channel_id: str) -> dict[str, str | None]:
    """state: followed, requested, opted_out or unknown; login where it is known; why the last
    wish was refused, if it was."""
    state, login = _state(data, latest, channel_id)
    return {"state": state, "login": login or None, "refused": _refusal(data.inbox, channel_id)}


def _state(data: DataFolder, latest: Latest, channel_id: str) -> tuple[str, str]:
    out = _of(_read(data.optout), "ids", channel_id)
    if out is not None:
        return "opted_out", str(out)
    try:
        return "followed", latest.of(channel_id).login
    except AppError:
        pass
    claim = _of(_read(data.claims), "claims", channel_id)
    if isinstance(claim, dict):
        return "requested", str(claim.get("login", ""))
    waiting = _waiting(data.inbox, channel_id)
    return ("requested" if any("-opt-in-" in name for name in waiting) else "unknown"), ""


def wish(data: DataFolder, action: str, channel_id: str, login: str) -> str:
    """Put the request in; its id. What was asked for last, and waits, is not asked for twice.

    action: a key of ACTIONS. Raises TooMany, Unavailable.
    """
    waiting = _waiting(data.inbox, channel_id)
    if action != "opt-in" and waiting and f"-{action}-" in waiting[-1]:  # or another login is meant
        return waiting[-1]
    if len(waiting) >= MOST_WAITING:
        raise TooMany("requests of this channel are waiting: is the pipeline running?", 60)
    request_id = f"ebs-{channel_id}-{action}-{int(time.time() * 1000)}-{token_hex(3)}"
    body = {"channel_id": channel_id, **({"channel": login} if login else {})}
    try:
        put_request(data.inbox, request_id, ACTIONS[action], "broadcaster", body)
    except OSError as exc:
        raise Unavailable(f"the request cannot be kept ({exc.strerror}): try later", 60) from exc
    return request_id


async def login_of(request: Request, is_needed: bool) -> str:
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


async def _body(request: Request) -> bytes:
    raw = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                raw += part
                if len(raw) > MOST_BODY:
                    raise TooLarge(f"the body is larger than {MOST_BODY} bytes")
    except TimeoutError:
        raise TooSlow(f"the body took longer than {BODY_S:.0f} seconds") from None
    return raw


def _waiting(inbox: Path, channel_id: str) -> list[str]:
    """Ids of the channel's requests that wait, oldest first."""
    return sorted((path.stem for path in inbox.glob(f"ebs-{channel_id}-*.json")), key=_asked_at)


def _asked_at(request_id: str) -> str:
    """When `wish` made the id, in ms of 13 digits."""
    return request_id.rsplit("-", 2)[1]


def _refusal(inbox: Path, channel_id: str) -> str | None:
    """Why the newest of the channel's requests was refused; None where it was not."""
    ends = [*(inbox / "done").glob(f"ebs-{channel_id}-*.json")]
    ends += (inbox / "refused").glob(f"ebs-{channel_id}-*.json")
    newest = max(ends, key=lambda path: _asked_at(path.stem), default=None)
    if newest is None or newest.parent.name == "done" or _waiting(inbox, channel_id):
        return None
    reason = _read(newest).get("reason")
    return str(reason) if reason else None


def _of(table: dict[str, Any], name: str, channel_id: str) -> Any:
    rows = table.get(name)
    return rows.get(channel_id) if isinstance(rows, dict) else None


def _read(path: Path) -> dict[str, Any]:
    """What the pipeline wrote; {} where it has not, or not that."""
    try:
        table = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}

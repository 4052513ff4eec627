"""Parsing of requests: what anybody may have written, or why it is none."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from os import fsencode
from typing import Any

import orjson

from warehouse.errors import BadInput

SUFFIX = ".json"
_ID = re.compile(r"(?!(?i:done|refused)$)[A-Za-z0-9_-]{1,64}")  # it names a file and a folder
_HEAD = {"id": 64, "at": 40, "by": 200, "action": 40}  # and the longest of each
_OLDEST, _NEWEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 3000))


@dataclass(frozen=True)
class Request:
    """A request as it was put in. at: ISO time, which orders them; by: a command or a page.

    id: letters, digits, - and _, at most 64.
    """

    id: str
    at: str
    by: str
    action: str
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        """When it was put in; UTC where it does not say."""
        at = datetime.fromisoformat(self.at)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def is_id(text: str) -> bool:
    """True for what can be the id of a request: it names a file."""
    return bool(_ID.fullmatch(text))


def key_of(name: str) -> str:
    """The id under which a file's outcome is kept: its own, or one made of a name that is none."""
    stem = name.removesuffix(SUFFIX)
    if is_id(stem) and name != stem:
        return stem
    return f"odd-{blake2b(fsencode(name), digest_size=8).hexdigest()}"


def parse(name: str, data: bytes) -> Request:
    """The request in the file of this name. Raises BadInput with why it is none."""
    if key_of(name) != name.removesuffix(SUFFIX):
        raise BadInput("its name is not an id (letters, digits, - and _, at most 64) and .json")
    try:
        raw = orjson.loads(data)
        orjson.dumps(raw)  # fewer levels can be written than read, and requests are rewritten
    except (ValueError, TypeError) as exc:
        raise BadInput(f"{name} is not a request: it is not JSON of few levels") from exc
    if not isinstance(raw, dict):
        raise BadInput(f"{name} is not a request: it is no JSON object")
    request = request_of({k: raw.pop(k, None) for k in _HEAD}, raw)
    if name != f"{request.id}{SUFFIX}":
        raise BadInput(f"{name} has the id {request.id!r}, which is not its file's name")
    return request


def request_of(head: dict[str, Any], body: dict[str, Any]) -> Request:
    """Raises BadInput for what is none."""
    for field_name, most in _HEAD.items():
        text = head.get(field_name)
        if not isinstance(text, str) or len(text) > most:
            raise BadInput(
                "that is not a request: it needs id, at, by and action; "
                f"{field_name} is a text of at most {most} characters"
            )
    request = Request(**{k: head[k] for k in _HEAD}, body=body)
    if not is_id(request.id):
        raise BadInput("that is not a request: its id is not letters, digits, - and _")
    _check_time(request)
    return request


def _check_time(request: Request) -> None:
    try:
        at = request.time
    except ValueError as exc:
        raise BadInput("that is not a request: at is not an ISO time") from exc
    if not _OLDEST <= at < _NEWEST:
        raise BadInput(f"it was asked at {request.at}; is the clock right there?")

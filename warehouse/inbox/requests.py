"""The inbox: what others ask of the pipeline, the one way in which anybody but it writes.

inbox/ID.json is a request that waits, `{"id", "at", "by", "action", ...}`, written aside and
renamed in. It ends in inbox/done or, with its reason, in inbox/refused. inbox/ID/ has the files
that go with it, and goes when it ends.
"""

import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import orjson

from warehouse.atomic import private_folder, replace_file
from warehouse.errors import BadInput

WAITING, DONE, REFUSED = "", "done", "refused"  # folders of the inbox, by how a request stands
_ID = re.compile(r"(?!done$|refused$)[A-Za-z0-9_-]{1,64}")  # it names a file and a folder here


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


def new_id() -> str:
    """An id that no other request has."""
    return uuid4().hex


def asked_now() -> str:
    """The time of a request that is put in now."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Inbox(Protocol):
    """The inbox as those see it who put requests in. `put` raises OSError."""

    def put(self, request: Request) -> None:
        """Put a request in."""

    def waiting(self, prefix: str = "") -> list[str]:
        """Ids of the requests that wait, of those that begin so."""

    def ended(self, prefix: str = "") -> list[str]:
        """Ids of the requests that were done or refused, of those that begin so."""

    def outcome(self, request_id: str) -> str | None:
        """'' when done, the reason when refused, None while it waits or is not there."""

    def read(self, request_id: str) -> tuple[str, dict[str, Any]]:
        """(WAITING, DONE or REFUSED, content); an empty content for one that is not there."""


class InboxFolder:
    """The inbox of a data folder, for those who ask and for the pipeline, which answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # -- those who ask ---------------------------------------------------------------------

    def put(self, request: Request) -> None:
        private_folder(self.folder)
        self._write(self._path(request.id), request, request.body)

    def waiting(self, prefix: str = "") -> list[str]:
        return self._ids(WAITING, prefix)

    def ended(self, prefix: str = "") -> list[str]:
        return self._ids(DONE, prefix) + self._ids(REFUSED, prefix)

    def outcome(self, request_id: str) -> str | None:
        if self._path(request_id, DONE).is_file():
            return ""
        refused = self._path(request_id, REFUSED)
        if refused.is_file():
            return str(read_object(refused).get("reason", "no reason given"))
        return None

    def read(self, request_id: str) -> tuple[str, dict[str, Any]]:
        for place in (WAITING, DONE, REFUSED):
            path = self._path(request_id, place)
            if (content := read_object(path)) or path.is_file():
                return place, content
        return WAITING, {}

    # -- the pipeline ----------------------------------------------------------------------

    def requests(self) -> list[Request]:
        """Those that wait, oldest first. What is no request is refused."""
        requests = []
        for path in filter(Path.is_file, self.folder.glob("*.json")):
            try:
                requests.append(_parse(path))
            except BadInput as exc:
                self.refuse(path.stem, "", str(exc))
        return sorted(requests, key=lambda request: (request.time, request.id))

    def waits(self, request_id: str) -> bool:
        """True if the request is there and has not ended."""
        return self._path(request_id).exists()

    def age_s(self, request_id: str) -> float:
        """Seconds since the request was last written; 0 for one that has just ended."""
        try:
            return time.time() - self._path(request_id).stat().st_mtime
        except OSError:
            return 0.0

    def files(self, request_id: str) -> Path:
        """The folder of the files that go with a request; it need not exist."""
        return self.folder / request_id

    def rewrite(self, request: Request, body: Mapping[str, Any]) -> None:
        """Put another body in the place of a waiting request's."""
        self._write(self._path(request.id), request, body)

    def finish(self, request_id: str) -> None:
        """The request is done."""
        path = self._path(request_id, DONE)
        private_folder(path.parent)
        self._path(request_id).replace(path)
        self._drop_files(request_id)

    def refuse(
        self, request_id: str, action: str, reason: str, more: Mapping[str, Any] | None = None
    ) -> None:
        """The request cannot be done. more: kept beside the reason."""
        path = self._path(request_id, REFUSED)
        private_folder(path.parent)
        body = {**(more or {}), "id": request_id, "action": action, "reason": reason}
        replace_file(path, orjson.dumps(body))
        self._path(request_id).unlink(missing_ok=True)
        self._drop_files(request_id)

    def drop(self, request_id: str) -> None:
        """Nothing is left of a request that has ended."""
        for place in (DONE, REFUSED):
            self._path(request_id, place).unlink(missing_ok=True)

    def end(self, request_id: str, place: str, content: bytes) -> None:
        """The request ended elsewhere, done or refused, with this content."""
        path = self._path(request_id, place)
        private_folder(path.parent)
        replace_file(path, content)
        self._path(request_id).unlink(missing_ok=True)
        self._drop_files(request_id)

    def forget(self, name: str) -> None:
        """Nothing is left of requests that are over and name it."""
        named = re.compile(rf"\b{name}\b".encode(), re.IGNORECASE)
        for path in (*self.folder.glob("done/*.json"), *self.folder.glob("refused/*.json")):
            if named.search(path.read_bytes()):
                replace_file(path, orjson.dumps({"id": path.stem, "reason": "forgotten"}))

    def _path(self, request_id: str, place: str = WAITING) -> Path:
        return self.folder / place / f"{request_id}.json"

    def _ids(self, place: str, prefix: str) -> list[str]:
        return [path.stem for path in (self.folder / place).glob(f"{prefix}*.json")]

    def _drop_files(self, request_id: str) -> None:
        if _ID.fullmatch(request_id):  # or it is not a folder of a request
            shutil.rmtree(self.files(request_id), ignore_errors=True)

    def _write(self, path: Path, request: Request, body: Mapping[str, Any]) -> None:
        head = {"id": request.id, "at": request.at, "by": request.by, "action": request.action}
        replace_file(path, orjson.dumps({**body, **head}), lasting=True)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file; {} where there is none."""
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _parse(path: Path) -> Request:
    try:
        raw = orjson.loads(path.read_bytes())
        head = {name: str(raw.pop(name)) for name in ("id", "at", "by", "action")}
        datetime.fromisoformat(head["at"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as exc:
        raise BadInput(f"{path.name} is not a request: it needs id, at, by and action") from exc
    if not _ID.fullmatch(head["id"]):
        raise BadInput(f"{path.name} has an id that is not letters, digits, - and _")
    if head["id"] != path.stem:
        raise BadInput(f"{path.name} has the id {head['id']!r}, which is not its file's name")
    return Request(**head, body=raw)

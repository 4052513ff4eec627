"""The inbox: what others ask of the pipeline, the one way in which anybody but it writes.

inbox/ID.json is a request that waits, `{"id", "at", "by", "action", ...}`, written aside and
renamed in. It ends in inbox/done or, with its reason, in inbox/refused. inbox/ID/ has the files
that go with it, and goes when it ends.
"""

import errno
import heapq
import logging
import math
import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import orjson

from warehouse.atomic import private_folder, replace_file
from warehouse.errors import BadInput
from warehouse.foreign_files import is_folder, read_plain, remove
from warehouse.foreign_files import read_object as read_object
from warehouse.inbox.parsing import SUFFIX, key_of, parse
from warehouse.inbox.parsing import Request as Request
from warehouse.inbox.parsing import is_id as is_id

WAITING, DONE, REFUSED = "", "done", "refused"  # folders of the inbox, by how a request stands
ASKED = ".asked"  # a folder there: of some who ask, which request is their newest
MOST = 1000  # requests of one look into the inbox
FEW = 20  # of them that there is always time for
_LOOK_S = 0.25
_LOOK_BYTES = 16_000_000  # of them, in memory
_AGAIN_S = 60.0  # until what could not be moved is looked at again
_BEGUN = ".begun"  # the request that is being applied
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # troubles of whoever reads
_KEPT = ("id", "at", "by", "action", "reason")  # of one that is over, beside what came of it
_NO_NAMES = ("id", "at", "action", "channel_id")
_CAME: dict[str, type] = {
    "told": list, "revision": int, "name": str, "result": dict, "note": str, "asks": list,
}  # fmt: skip
log = logging.getLogger(__name__)


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
    """The inbox of a data folder, for those who ask and for the pipeline, which answers.

    Whatever lies there, the pipeline's side raises nothing: what is no request is refused, and
    what can be neither moved nor removed is set aside for a while, and told once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listed: deque[str] = deque()  # names that are yet to be looked at
        self._found: deque[Request] = deque()  # looked at, and not taken yet
        self._held: set[str] = set()  # ids of those that wait for something
        self._aside: dict[str, float] = {}  # names, until when they are
        self._has_told = False

    # -- those who ask ---------------------------------------------------------------------

    def put(self, request: Request) -> None:
        private_folder(self.folder)
        self._write(request, request.body)

    def waiting(self, prefix: str = "") -> list[str]:
        return _ids(self.folder, prefix)

    def ended(self, prefix: str = "") -> list[str]:
        return [i for place in (DONE, REFUSED) for i in _ids(self.folder / place, prefix)]

    def outcome(self, request_id: str) -> str | None:
        place, content = self.read(request_id)
        if place == REFUSED:
            return str(content.get("reason", "no reason given"))
        return "" if place == DONE else None

    def read(self, request_id: str) -> tuple[str, dict[str, Any]]:
        for place in (WAITING, DONE, REFUSED) if is_id(request_id) else ():
            path = self._path(request_id, place)
            if (content := read_object(path)) or path.is_file():
                return place, content
        return WAITING, {}

    # -- the pipeline ----------------------------------------------------------------------

    def requests(self) -> Iterator[Request]:
        """Those that wait, oldest first; of very many the oldest. What is no request is refused.

        Whoever stops before the end finds the others first the next time."""
        if self._listed or not self._found:
            self._found.extend(sorted(self._look(), key=lambda r: (r.time, r.id)))
        while self._found:
            request = self._found.popleft()
            if self.waits(request.id):
                yield request

    def postpone(self, requests: Iterable[Request]) -> None:
        """They go on waiting, before those that were not taken yet."""
        held = list(requests)
        self._held = {request.id for request in held}
        if self._found or self._listed:
            self._found.extendleft(reversed(held))

    def is_any(self) -> bool:
        """True if there is anything to take, or to refuse."""
        return bool(self._names())

    def waits(self, request_id: str) -> bool:
        """True if the request is there and has not ended."""
        return is_id(request_id) and os.path.lexists(self._path(request_id))

    def is_gone(self, request_id: str) -> bool:
        """True if the request is over, or never was, and nothing tells what came of it."""
        return not self.waits(request_id) and self.outcome(request_id) is None

    def age_s(self, request_id: str) -> float:
        """Seconds since the request was last written; 0 for one that has just ended."""
        try:
            return time.time() - self._path(request_id).stat().st_mtime
        except OSError:
            return 0.0

    def begin(self, request_id: str) -> int:
        """Note that the request is being applied; how often that was begun, and never over."""
        before = read_object(self.folder / _BEGUN)
        times = before.get("times") if before.get("id") == request_id else 0
        times = times + 1 if isinstance(times, int) else 1
        with suppress(OSError):
            replace_file(self.folder / _BEGUN, orjson.dumps({"id": request_id, "times": times}))
        return times

    def over(self) -> None:
        """Whatever came of it, applying the request did not end the pipeline."""
        with suppress(OSError):
            remove(self.folder / _BEGUN)

    def files(self, request_id: str) -> Path:
        """The folder of the files that go with a request; it need not exist."""
        return self.folder / request_id

    def rewrite(self, request: Request, body: Mapping[str, Any]) -> None:
        """Put another body in the place of a waiting request's."""
        self._write(request, body)

    def finish(self, request_id: str) -> None:
        """The request is done. What it asked for is not kept, but what came of it."""
        self._end(f"{request_id}{SUFFIX}", DONE, read_object(self._path(request_id)))

    def refuse(
        self, request_id: str, action: str, reason: str, more: Mapping[str, Any] | None = None
    ) -> None:
        """The request cannot be done. more: kept beside the reason."""
        content = {**(more or {}), "action": action, "reason": reason}
        self._end(f"{request_id}{SUFFIX}", REFUSED, content)

    def turn_away(self, name: str, reason: str) -> None:
        """What lies there under this name is no request."""
        self._end(name, REFUSED, {"reason": reason})

    def drop(self, request_id: str) -> None:
        """Nothing is left of a request that has ended."""
        for place in (DONE, REFUSED):
            remove(self._path(request_id, place))

    def end(self, request_id: str, place: str, content: bytes) -> None:
        """The request ended elsewhere, done or refused, with this content."""
        try:
            came = orjson.loads(content)
        except ValueError:
            came = {}
        self._end(f"{request_id}{SUFFIX}", place, came if isinstance(came, dict) else {})

    def forget(self, name: str) -> None:
        """Nothing is left of requests that are over and name it."""
        named = re.compile(rf"(?<![\w~]){name}(?![\w~])".encode(), re.IGNORECASE)
        for path in (self._path(i, place) for place in (DONE, REFUSED)
                     for i in _ids(self.folder / place)):  # fmt: skip
            told = [v for k, v in read_object(path).items() if k not in _NO_NAMES]
            if named.search(orjson.dumps(told)):
                replace_file(path, orjson.dumps({"id": path.stem, "reason": "forgotten"}))

    def _path(self, request_id: str, place: str = WAITING) -> Path:
        return self.folder / place / f"{request_id}{SUFFIX}"

    def _names(self) -> list[str]:
        names, now, aside = _names(self.folder), time.monotonic(), self._aside
        self._aside = {n: aside[n] for n in names if aside.get(n, now) > now} if aside else {}
        return [name for name in names if name not in self._aside]

    def _oldest(self) -> list[str]:
        """Names of as many as are looked at at once, of those that wait for something last."""
        names = self._names()
        if len(names) <= FEW:
            return names
        held = {f"{request_id}{SUFFIX}" for request_id in self._held}
        fresh = (name for name in names if name not in held)
        return heapq.nsmallest(MOST, fresh, self._written) + [n for n in names if n in held]

    def _written(self, name: str) -> float:
        try:
            return os.lstat(self.folder / name).st_mtime
        except OSError:
            return 0.0

    def _look(self) -> Iterator[Request]:
        self._listed = self._listed or deque(self._oldest())
        number, size, until = 0, 0, time.monotonic() + _LOOK_S
        while self._listed:
            number, name = number + 1, self._listed.popleft()
            try:
                data = read_plain(self.folder / name)
                size += len(data)
                yield parse(name, data)
            except FileNotFoundError:  # taken back
                pass
            except BadInput as exc:
                self.turn_away(name, str(exc))
            except OSError as exc:
                if exc.errno in _OURS:
                    self._set_aside(name, exc)
                else:
                    self.turn_away(name, f"it cannot be read: {exc.strerror}")
            if size > _LOOK_BYTES or (number >= FEW and time.monotonic() > until):
                return

    def _end(self, name: str, place: str, content: Mapping[str, Any]) -> None:
        """What has this name is over, with what came of it. What stays is set aside."""
        key = key_of(name)
        kept = {k: content[k] for k in _KEPT if k in content}
        came = {k: content[k] for k, kind in _CAME.items() if isinstance(content.get(k), kind)}
        try:
            path = _folder_at(self.folder / place) / f"{key}{SUFFIX}"
            if path.is_dir():
                remove(path)
            replace_file(path, orjson.dumps({**kept, **came, "id": key}))
            if is_folder(self.folder / name):  # somebody's: it stays until it is old
                self._aside[name] = math.inf
                return
            remove(self.folder / name)
            if key == name.removesuffix(SUFFIX):
                remove(self.files(key))
        except OSError as exc:
            self._set_aside(name, exc)

    def _set_aside(self, name: str, exc: OSError) -> None:
        self._aside[name] = time.monotonic() + _AGAIN_S
        if not self._has_told:
            log.error(
                "%s of %s cannot be moved: %s; it stays, and is looked at once a minute",
                key_of(name), self.folder, exc.strerror,
            )  # fmt: skip
        self._has_told = True

    def _write(self, request: Request, body: Mapping[str, Any]) -> None:
        head = {"id": request.id, "at": request.at, "by": request.by, "action": request.action}
        replace_file(self._path(request.id), orjson.dumps({**body, **head}), lasting=True)


def _names(folder: Path) -> list[str]:
    """Of all that may be a request, whatever it is; none where the folder cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
    except OSError:
        return []


def _ids(folder: Path, prefix: str = "") -> list[str]:
    stems = (name.removesuffix(SUFFIX) for name in _names(folder) if name.startswith(prefix))
    return [stem for stem in stems if is_id(stem)]


def _folder_at(path: Path) -> Path:
    """The folder, made where it is missing; whatever else lies there goes. Raises OSError."""
    if not is_folder(path):
        remove(path)
        private_folder(path)
    return path

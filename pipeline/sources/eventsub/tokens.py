"""Twitch's tokens on disk: saved whole and safely before they are used, readable by the owner.

A refresh token of the device-code flow works once. So a refresh first takes the room on disk
that its answer will need, then asks, then saves, and only then is the new token used: a full
disk or a kill -9 loses none of it. What remains is a kill in the milliseconds between Twitch's
answer and the fsync: then `python -m pipeline login` is needed again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from warehouse.atomic import locked
from warehouse.errors import NotAuthorised

_ROOM = 4096  # bytes; more than any answer of Twitch's needs
_AGAIN = "run `python -m pipeline login`"


@dataclass(frozen=True)
class Token:
    """Token that Twitch gave out. Neither of the two is ever part of its repr.

    scopes: what its user allowed. expires_at: epoch seconds.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    user_id: str
    login: str
    client_id: str
    scopes: tuple[str, ...] = ()
    expires_at: float = 0.0


class TokenFile:
    """DLD_DATA/tokens.json, mode 0600, replaced by rename."""

    def __init__(self, root: Path) -> None:
        self.path = root / "tokens.json"

    def load(self) -> Token:
        """The saved token. Raises NotAuthorised where there is none, or none that can be read."""
        try:
            saved = orjson.loads(self.path.read_bytes())
            return Token(**{**saved, "scopes": tuple(saved["scopes"])})
        except FileNotFoundError:
            raise NotAuthorised(f"no Twitch login in {self.path}: {_AGAIN}") from None
        except (ValueError, TypeError, KeyError):  # `from None`: the cause may quote a token
            raise NotAuthorised(f"{self.path} is damaged: {_AGAIN}") from None

    def save(self, token: Token) -> None:
        """Put it on disk, to stay; when this returns it may be used. Raises OSError."""
        with self.room() as put:
            put(token)

    @contextmanager
    def room(self) -> Iterator["Put"]:
        """Room for a token, taken before it is asked for; `put(token)` fills it and saves.

        Raises OSError on a full disk, before anything was asked.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f".tokens.{os.getpid()}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.fchmod(handle, 0o600)  # also where an old one was left behind
            os.write(handle, b" " * _ROOM)
            os.fsync(handle)
            yield Put(handle, aside, self.path)
        finally:
            os.close(handle)
            aside.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else refreshes meanwhile: a refresh token would be used twice.

        Waits for another process; hold it only for one request.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(".tokens.lock"), wait=True):
            yield


class Put:
    """Fills the room that was taken."""

    def __init__(self, handle: int, aside: Path, path: Path) -> None:
        self._handle, self._aside, self._path = handle, aside, path

    def __call__(self, token: Token) -> None:
        """Save it: written, on disk, and in its place."""
        text = orjson.dumps(asdict(token), option=orjson.OPT_INDENT_2)
        os.pwrite(self._handle, text, 0)
        os.ftruncate(self._handle, len(text))
        os.fsync(self._handle)
        self._aside.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename too
        finally:
            os.close(folder)

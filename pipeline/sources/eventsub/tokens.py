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
from typing import BinaryIO

import orjson

from warehouse.atomic import locked, private_file, private_folder, read_file, sync, sync_folder
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
            saved = orjson.loads(read_file(self.path))
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
        private_folder(self.path.parent)
        aside = self.path.with_name(f".tokens.{os.getpid()}")
        try:
            with private_file(aside) as file:
                file.write(b" " * _ROOM)
                sync(file)
                yield Put(file, aside, self.path)
        finally:
            aside.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else refreshes meanwhile: a refresh token would be used twice.

        Waits for another process; hold it only for one request.
        """
        private_folder(self.path.parent)
        with locked(self.path.with_name(".tokens.lock"), wait=True):
            yield


class Put:
    """Fills the room that was taken."""

    def __init__(self, file: BinaryIO, aside: Path, path: Path) -> None:
        self._file, self._aside, self._path = file, aside, path

    def __call__(self, token: Token) -> None:
        """Save it: written, on disk, and in its place."""
        text = orjson.dumps(asdict(token), option=orjson.OPT_INDENT_2)
        self._file.seek(0)
        self._file.write(text)
        self._file.truncate()
        sync(self._file)
        self._aside.rename(self._path)
        sync_folder(self._path.parent)

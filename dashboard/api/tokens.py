"""Tokens of scripts, DLD_DATA/api/tokens.json: whose each is, and until when; never the token.

A token is dld_ID_SECRET, the secret 256 random bits. Its SHA-256 is kept: nobody who reads the
file has a token, and a guess is hopeless, so that a slow hash would protect nothing more.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from warehouse.atomic import Stamp, locked, private_folder, read_file, replace_file, stamp_or_none
from warehouse.config import DataFolder
from warehouse.errors import BadInput, NotAuthorised

log = logging.getLogger(__name__)

DAYS, MOST_DAYS = 90, 366  # that a token holds
MOST_OF_ONE, MOST = 10, 1000  # tokens of a person, and in all
_TOKEN = re.compile(r"dld_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_LARGEST = 1 << 20  # bytes of the file
_NOBODY = "0" * 64  # no secret's hash


class Holder(BaseModel):
    """Whose a token is. sub: Twitch's id of theirs, login: of the day it was made; both '' where
    there was no login. sha256: of the secret. made, ends: aware UTC."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    sub: str = ""
    login: str = ""
    made: AwareDatetime
    ends: AwareDatetime

    @property
    def person(self) -> tuple[str, str]:
        """Whose it is, for comparing."""
        return person(self.sub, self.login)


class TokenFile(BaseModel):
    """Content of tokens.json, by ids of tokens."""

    tokens: dict[str, Holder] = {}


class Tokens:
    """All tokens of a data folder; read again when the file is another."""

    def __init__(self, data: DataFolder) -> None:
        self._path = data.api / "tokens.json"
        self._stamp: Stamp | None = None
        self._known: dict[str, Holder] = {}

    def holder(self, token: str, now: datetime) -> tuple[str, Holder]:
        """(id, whose it is). Raises NotAuthorised for one that is none, was ended or is over."""
        found = _TOKEN.fullmatch(token)
        token_id, secret = found.groups() if found else ("", "")
        held = self._look().get(token_id)
        is_right = hmac.compare_digest(_hash(secret), held.sha256 if held else _NOBODY)
        if not held or not is_right:
            raise NotAuthorised("this token is not known, or was ended: make a new one")
        if now >= held.ends:
            raise NotAuthorised(f"this token was good until {held.ends:%Y-%m-%d}: make a new one")
        return token_id, held

    def add(self, sub: str, login: str, now: datetime, days: int = DAYS) -> tuple[str, Holder]:
        """(a new token, whose it is): told once, and never again. Raises BadInput, OSError."""
        token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        ends = now + timedelta(days=days)
        holder = Holder(sha256=_hash(secret), sub=sub, login=login, made=now, ends=ends)
        with self._changed(now) as known:
            others = [one for one in known.values() if one.person == holder.person]
            if len(others) >= MOST_OF_ONE or len(known) >= MOST:
                raise BadInput(
                    f"{MOST_OF_ONE} tokens of a person and {MOST} in all may hold: end one first"
                )
            known[token_id] = holder
        return f"dld_{token_id}_{secret}", holder

    def end(self, token_id: str, now: datetime, person: tuple[str, str] | None = None) -> bool:
        """True if there was such a token, of that person where one is given; it holds no more.
        Raises BadInput, OSError."""
        with self._changed(now) as known:
            held = known.get(token_id)
            if held is None or person not in (None, held.person):
                return False
            del known[token_id]
            return True

    def listed(self, now: datetime) -> dict[str, Holder]:
        """Those that hold, by id, the newest first. Raises BadInput."""
        held = [(token_id, one) for token_id, one in self._load().items() if now < one.ends]
        return dict(sorted(held, key=lambda item: item[1].made, reverse=True))

    @contextmanager
    def _changed(self, now: datetime) -> Iterator[dict[str, Holder]]:
        """Those that hold, to change; of several who change them one at a time."""
        private_folder(self._path.parent)
        with locked(self._path.with_suffix(".lock"), wait=True):
            known = self.listed(now)
            yield known
            content = TokenFile(tokens=known).model_dump_json().encode()
            replace_file(self._path, content, lasting=True)

    def _load(self) -> dict[str, Holder]:
        try:
            return TokenFile.model_validate_json(read_file(self._path, _LARGEST)).tokens
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError):
            raise BadInput(
                f"{self._path} is damaged: delete it, and make new tokens (python -m dashboard.api "
                "token add)"
            ) from None

    def _look(self) -> dict[str, Holder]:
        """Those of the file; of a damaged one none holds."""
        stamp = stamp_or_none(self._path)
        if stamp != self._stamp:
            try:
                self._known = self._load()
            except BadInput as exc:
                log.error("no token holds: %s", exc)
                self._known = {}
            self._stamp = stamp  # last: other threads look as well
        return self._known


def person(sub: str, login: str) -> tuple[str, str]:
    """Somebody, as tokens of theirs are told by: logins change, ids do not."""
    return sub, "" if sub else login


def utc_now() -> datetime:
    """The time by which tokens end."""
    return datetime.now(UTC)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

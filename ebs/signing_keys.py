"""The secrets that Twitch shares with the extension: which are live, and which one signs.

Written alike in DLD_EBS_SECRET and in the file: secrets apart by commas or line ends, each
`BASE64 [ACTIVE_AT [EXPIRES_AT]]` with ISO times, `-` for one that is not known; or the file is
what Twitch answers to GET helix/extensions/jwt/secrets.
"""

import base64
import binascii
import json
import logging
import math
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ebs.config import DEVELOPMENT_SECRET, EbsSettings
from warehouse.atomic import stamp_or_none
from warehouse.errors import BadInput

log = logging.getLogger(__name__)

SHORTEST_KEY = 32  # bytes, as long as the hash (RFC 7518, 3.2); Twitch's are this long
LARGEST_FILE = 65_536
LOOK_S = 2.0  # between looks at the file
OTHERS = 0o077  # in a file's mode: anybody but its owner


@dataclass(frozen=True, slots=True)
class Secret:
    """A key of a rotation. active_at, expires_at: epoch seconds; live until the latter."""

    key: bytes = field(repr=False)
    active_at: float = 0.0
    expires_at: float = math.inf


class Secrets:
    """Those that were set, and those of a file that is read again when it changes.

    version counts the changes: what was verified before is to be verified again.
    """

    def __init__(
        self,
        fixed: tuple[Secret, ...],
        file: Path | None = None,
        development: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._fixed, self._file, self._development = fixed, file, development
        self._clock = clock
        self._looked = clock()
        self._stamp = stamp_or_none(file) if file else None
        self.all = self._read()
        self.version = 0

    def look(self, now: float) -> None:
        """Read the file again if it has changed. One that cannot be used changes nothing."""
        if self._file is None or 0 <= now - self._looked < LOOK_S:
            return
        self._looked = now
        stamp = stamp_or_none(self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.all = self._read()
        except BadInput as exc:
            log.error("secrets stay as they are: %s", exc)
            return
        self.version += 1
        log.info("secrets read again live=%d", len(self.live(now)))

    def live(self, now: float) -> list[Secret]:
        """Those that may have signed a token that is good now."""
        return [secret for secret in self.all if now < secret.expires_at]

    def signing(self, now: float) -> Secret:
        """The active one that expires last; the first of several. Raises BadInput."""
        active = [secret for secret in self.live(now) if secret.active_at <= now]
        if not active:
            raise BadInput(
                "no secret is active now: get the current ones from the Twitch console "
                "and put them into DLD_EBS_SECRET or DLD_EBS_SECRET_FILE"
            )
        return max(active, key=lambda secret: secret.expires_at)

    def _read(self) -> tuple[Secret, ...]:
        listed = [*self._fixed, *(_of_file(self._file) if self._file else ())]
        development = base64.b64decode(DEVELOPMENT_SECRET)
        if self._development:  # it signs nothing where there is another
            listed.append(Secret(development, active_at=math.inf if listed else 0.0))
        elif not listed:
            raise BadInput(
                "DLD_EBS_SECRET is not set: put the extension's secret from the Twitch console "
                "there or into DLD_EBS_SECRET_FILE, or set DLD_DEVELOPMENT=1 for the preview"
            )
        elif any(secret.key == development for secret in listed):
            raise BadInput(
                "DLD_EBS_SECRET is the development secret, which everyone knows: "
                "use the extension's own, or set DLD_DEVELOPMENT=1"
            )
        by_key: dict[bytes, Secret] = {}
        for secret in listed:
            by_key.setdefault(secret.key, secret)
        return tuple(by_key.values())


def secrets_of(settings: EbsSettings) -> Secrets:
    """What the settings say. Raises BadInput where the EBS must not start with it."""
    text = settings.secret.get_secret_value() if settings.secret else ""
    fixed = parse(text, "DLD_EBS_SECRET")
    return Secrets(fixed, settings.secret_file, settings.development)


def parse(text: str, where: str) -> tuple[Secret, ...]:
    """The secrets of a text. Raises BadInput, which repeats none of it."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    parts = (part.split() for line in lines for part in line.split(","))
    return tuple(_secret(words, where) for words in parts if words)


def _secret(words: list[str], where: str) -> Secret:
    if len(words) > 3:
        raise BadInput(f"{where}: a secret is followed by two times at most, ACTIVE_AT EXPIRES_AT")
    active_at, expires_at = (*words[1:], "-", "-")[:2]
    return Secret(
        _key(words[0], where), _time(active_at, where, 0.0), _time(expires_at, where, math.inf)
    )


def _key(secret: str, where: str) -> bytes:
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"{where} is not base64: copy it whole, as Twitch shows it") from None
    if len(key) < SHORTEST_KEY:
        raise BadInput(f"{where} is too short: it must decode to {SHORTEST_KEY} bytes")
    return key


def _time(text: str, where: str, unknown: float) -> float:
    if text == "-":
        return unknown
    try:
        # Twitch writes nanoseconds, which Python does not read
        at = datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadInput(
            f"{where}: what follows a secret is an ISO time such as 2026-11-22T12:00:00Z, or -"
        ) from None


def _of_file(path: Path) -> tuple[Secret, ...]:
    where = f"DLD_EBS_SECRET_FILE ({path})"
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as exc:
        raise BadInput(f"{where} cannot be read: {exc.strerror}") from exc
    if mode & OTHERS:
        log.warning("secret file=%s can be read by others mode=%03o: chmod 600", path, mode & 0o777)
    if len(raw) > LARGEST_FILE:
        raise BadInput(f"{where} is larger than {LARGEST_FILE} bytes: it is no list of secrets")
    text = raw.decode("utf-8", "replace").strip()
    secrets = _of_twitch(text, where) if text.startswith("{") else parse(text, where)
    if not secrets:
        raise BadInput(f"{where} has no secret in it")
    return secrets


def _of_twitch(text: str, where: str) -> tuple[Secret, ...]:
    try:
        rows: list[dict[str, Any]] = [s for d in json.loads(text)["data"] for s in d["secrets"]]
        times = [[str(row.get(name, "-")) for name in ("active_at", "expires_at")] for row in rows]
        contents = [str(row["content"]) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(f"{where} is not what Twitch answers to extensions/jwt/secrets") from None
    return tuple(_secret([key, *at], where) for key, at in zip(contents, times, strict=True))

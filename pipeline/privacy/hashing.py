"""Chatters are salted hashes: enough to count them, not to name them."""

import os
import secrets
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.consent import Kept
from warehouse.errors import BadInput
from warehouse.records import lowered
from warehouse.salt import fingerprint

_LENGTHS = range(8, 65)  # of a salt, in bytes
_KEPT = "salt"  # meta of a warehouse: the fingerprint of the salt that its hashes were made with


def load_salt(path: Path, may_make: bool | None = None) -> bytes:
    """The salt of this install, made at first use; 16 bytes, readable by its owner only.
    may_make: where there is none; else as long as nobody has opted out by another.

    Raises BadInput for a file that is no salt, and OSError."""
    if not os.path.lexists(path):
        if not may_make and (may_make is False or (path.parent / "optout.json").exists()):
            raise _lost(path, "is missing")
        private_folder(path.parent)
        replace_file(path, secrets.token_bytes(16), lasting=True)
    salt = read_file(path, most=4096)
    if len(salt) not in _LENGTHS:
        raise BadInput(f"{path} is no salt: it has {len(salt)} bytes, and a salt 8 to 64")
    return salt


def salt_of(path: Path, store: Kept) -> bytes:
    """The salt that the store's hashes were made with. Raises BadInput for another one: by that
    nobody who opted out would be known."""
    known = store.meta(_KEPT)
    salt = load_salt(path, may_make=not known)
    if not known:
        store.write({}, {_KEPT: fingerprint(salt)})
    elif known != fingerprint(salt):
        raise _lost(path, "is not the salt that this folder began with")
    return salt


def check_same(told: Any, salt: bytes) -> None:
    """Raises BadInput where what was hashed elsewhere has another salt. told: a fingerprint."""
    if told is not None and told != fingerprint(salt):
        raise BadInput("it was hashed with another salt than the pipeline's; put that one back")


def _lost(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path} {why}, and without it nobody who opted out is known; put it back from a backup, "
        "or move the whole folder away to start anew"
    )


def check_salt(salt: bytes, of: str) -> None:
    """Raises BadInput for bytes that are no salt, or that nobody drew: what they hide can be
    guessed. Of 16 drawn bytes all but one in a billion have eight different ones."""
    if len(salt) not in _LENGTHS or len(set(salt)) < min(8, len(salt) // 2):
        raise BadInput(f"{of} is none: a salt has 8 to 64 bytes, drawn at random")


class Hasher:
    """Login or user id to a 64-bit number that means nothing elsewhere; 0 is unknown."""

    def __init__(self, salt: bytes) -> None:
        self.salt = salt
        self.of = lru_cache(maxsize=16384)(self._of)

    def _of(self, chatter: str) -> int:
        if not chatter:
            return 0
        digest = blake2b(lowered(chatter).encode(errors="replace"), digest_size=8, key=self.salt)
        return int.from_bytes(digest.digest(), "big") >> 1

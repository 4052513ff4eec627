"""Chatters are salted hashes: enough to count them, not to name them."""

import secrets
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from warehouse.atomic import private_folder, replace_file
from warehouse.errors import BadInput
from warehouse.records import lowered


def load_salt(path: Path) -> bytes:
    """The salt of this install, made at first use; 16 bytes, readable by its owner only.
    Raises BadInput for a file that is no salt."""
    private_folder(path.parent)
    if not path.is_file():
        replace_file(path, secrets.token_bytes(16), lasting=True)
    salt = path.read_bytes()
    if not 8 <= len(salt) <= 64:
        raise BadInput(f"{path} is no salt: it has {len(salt)} bytes, and a salt 8 to 64")
    return salt


def check_salt(salt: bytes, of: str) -> None:
    """Raises BadInput for bytes that are no salt, or that nobody drew: what they hide can be
    guessed. Of 16 drawn bytes all but one in a billion have eight different ones."""
    if not 8 <= len(salt) <= 64 or len(set(salt)) < min(8, len(salt) // 2):
        raise BadInput(f"{of} is none: a salt has 8 to 64 bytes, drawn at random")


def fingerprint(salt: bytes) -> str:
    """Tells whether two have the same salt, and not which."""
    return blake2b(b"fingerprint", digest_size=8, key=salt).hexdigest()


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

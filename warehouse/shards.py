"""Shards: which of several daemons has a channel.

A channel's shard follows from the login that its key begins with, so that all who ever had that
login are met by the same daemon.
"""

from dataclasses import dataclass
from zlib import crc32


def shard_of(key: str, shards: int) -> int:
    """0..shards-1. key: of a channel (identities.py)."""
    return crc32(key.partition("~")[0].encode()) % shards


@dataclass(frozen=True)
class Shard:
    """One of `count` daemons, the one with this number, from 0."""

    number: int = 0
    count: int = 1

    def has(self, key: str) -> bool:
        """True for a channel of its own."""
        return self.count == 1 or shard_of(key, self.count) == self.number


ALONE = Shard()

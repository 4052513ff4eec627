"""Shards: which of several daemons has a channel.

A channel's shard follows from the login that its key begins with, so that all who ever had that
login are met by the same daemon.
"""

from zlib import crc32


def shard_of(key: str, shards: int) -> int:
    """0..shards-1. key: of a channel (identities.py)."""
    return crc32(key.partition("~")[0].encode()) % shards

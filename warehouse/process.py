"""The process itself: heaps of the C library, and files that it may have open."""

import ctypes
import resource
from contextlib import suppress

_M_ARENA_MAX = -8  # malloc.h


def share_heaps() -> None:
    """From now on new threads share the heaps there are; best called before there are threads.

    glibc has up to eight for each core. In every one stays what its threads once needed, though
    no two of ours work at a time.
    """
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def allow_open_files(wanted: int) -> None:
    """Let it have so many open, connections too, or as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if hard < 0 else min(hard, wanted)
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

"""The process itself: heaps of the C library, and files that it may have open."""

import ctypes
import resource
from contextlib import suppress

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h
_LARGE = 128 * 1024  # bytes: glibc's own first threshold, which it would raise with every block


def share_heaps() -> None:
    """From now on new threads share the heaps there are; best called before there are threads.

    glibc has up to eight for each core. In every one stays what its threads once needed, though
    no two of ours work at a time.
    """
    _mallopt(_M_ARENA_MAX, 1)


def map_what_is_large() -> None:
    """Give large blocks back to the system one by one: in the heap they would leave holes."""
    _mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _mallopt(option: int, value: int) -> None:
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(option, value)


def allow_open_files(wanted: int) -> None:
    """Let it have so many open, connections too, or as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if hard < 0 else min(hard, wanted)
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

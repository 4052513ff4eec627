"""Memory that the daemon does without, to stay small."""

import ctypes
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

UNUSED = frozenset({"pandas"})
_M_ARENA_MAX = -8  # malloc.h
_MAPS = Path("/proc/self/maps")
_MADV_DONTNEED = 4  # mman.h


class _Unused:
    """Says of the modules in UNUSED that they are not installed."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in UNUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def spare_memory() -> None:
    """Once, before a store is opened: no pandas, and one heap.

    pyarrow and DuckDB import pandas where they find it (the dashboard needs it), 33 MB, only to
    see whether a value is one of its own. glibc keeps a heap for every thread, though no two of
    ours work at a time.
    """
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    if _Unused not in sys.meta_path:
        sys.meta_path.insert(0, _Unused)


def unload_code() -> None:
    """Let go of libraries' code: 44 MB, of which two minutes' work runs 15 and more.

    What runs again comes back from the system's cache of the file. Code alone, which nobody ever
    writes to: what else is mapped of a library may have been changed.
    """
    with suppress(OSError, AttributeError):  # not Linux
        for line in _MAPS.read_text("utf-8", "replace").splitlines():
            span, rights, *_, name = line.split()
            if rights == "r-xp" and ".so" in name:
                first, end = (int(at, 16) for at in span.split("-"))
                madvise = ctypes.CDLL(None).madvise
                madvise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), _MADV_DONTNEED)

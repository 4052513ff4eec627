"""Memory that the daemon does without, to stay small."""

import ctypes
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import ClassVar

from warehouse.process import share_heaps

_M_MMAP_THRESHOLD = -3  # malloc.h
_LARGE = 128 * 1024  # bytes: glibc's own first threshold, which it would raise with every block


class _Unused:
    """Says of the modules in `names` that they are not installed."""

    names: ClassVar[set[str]] = set()

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in _Unused.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def leave_out(*names: str) -> None:
    """These modules are not installed, from now on."""
    _Unused.names.update(names)
    if _Unused not in sys.meta_path:
        sys.meta_path.insert(0, _Unused)


def spare_memory() -> None:
    """Once, before a store is opened: no pandas, one heap, and what is large apart from it.

    pyarrow and DuckDB import pandas where they find it (the dashboard needs it), 33 MB, only to
    see whether a value is one of its own. What is large leaves holes in the heap, and goes back to
    the system if it is not in it.
    """
    share_heaps()
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
    leave_out("pandas")

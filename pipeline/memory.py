"""Memory that the daemon does without, to stay small."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import ClassVar

from warehouse.process import map_what_is_large, share_heaps


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
    map_what_is_large()
    leave_out("pandas")

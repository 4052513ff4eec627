"""Memory that the daemon does without, to stay small."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from warehouse.process import share_heaps

UNUSED = frozenset({"pandas"})


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
    see whether a value is one of its own.
    """
    share_heaps()
    if _Unused not in sys.meta_path:
        sys.meta_path.insert(0, _Unused)

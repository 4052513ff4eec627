"""One process of several does it: whoever holds a lock on a file of DLD_DATA.

The kernel frees the lock when its holder ends, however that happens.
"""

import os
from contextlib import suppress
from pathlib import Path

from warehouse.atomic import lock_file


class Lock:
    """Taken without waiting; kept until `free`, or until this process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """True if it is ours now. Raises OSError where no such file can be."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(0o600)
        with suppress(OSError):  # locks are unknown there, and nobody has it
            self._file = lock_file(self._path)
        return self._file is not None

    def free(self) -> None:
        """Let another have it."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

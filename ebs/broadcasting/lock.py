"""One process of several does it: whoever holds a lock on a file of DLD_DATA.

The kernel frees the lock when its holder ends, however that happens.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


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
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody else's; or locks are unknown there, and nobody has it
            os.close(file)
            return False
        self._file = file
        return True

    def free(self) -> None:
        """Let another have it."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

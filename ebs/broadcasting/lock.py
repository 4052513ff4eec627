"""One process of several does it: whoever holds a lock on a file of DLD_DATA; and where that is a
mirror's, one machine of several: whose mirror has the lease.

The kernel frees the lock when its holder ends, however that happens.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from warehouse.atomic import lock_file, private_folder
from warehouse.config import DataFolder
from warehouse.lease import Lease, read_lease, since_start_s


class Lock:
    """Taken without waiting; kept until `free`, or until this process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """True if it is ours now. Raises OSError where no such file can be."""
        if self._file is not None:
            return True
        private_folder(self._path.parent)
        self._path.touch(0o600)
        with suppress(OSError):  # locks are unknown there, and nobody has it
            self._file = lock_file(self._path)
        return self._file is not None

    def touch(self) -> None:
        """Tell this machine's mirror that there is somebody who would do it."""
        with suppress(OSError):
            os.utime(self._path)

    def free(self) -> None:
        """Let another have it."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


class LeaseWatch:
    """The lease of this machine's mirror, as it was seen last. On one machine nobody else has
    it."""

    def __init__(self, data: DataFolder, now_s: Callable[[], float] = since_start_s) -> None:
        self._mirror, self._path, self._now_s = data.mirror, data.ebs / "lease.json", now_s
        self._is_alone = True
        self._lease: Lease | None = None

    def look(self) -> float | None:
        """When it came here, 0 on one machine; None while it is not here."""
        self._is_alone = not self._mirror.exists()
        self._lease = None if self._is_alone else read_lease(self._path)
        if not self.holds():
            return None
        return self._lease.taken if self._lease else 0.0

    def holds(self) -> bool:
        """True while nobody else can have it."""
        if self._is_alone:
            return True
        return self._lease is not None and self._lease.holds(self._now_s())

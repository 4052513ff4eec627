"""One at a time: trainings in a folder, searches in a study. A killed holder lets go by itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import BadInput


@contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold `path`: a folder, or a file that is made where it is missing.

    Raises BadInput where another process holds it.
    """
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(
                f"{what} is under way in {path}; wait for it to end, or stop it"
            ) from error
        yield
    finally:
        os.close(handle)

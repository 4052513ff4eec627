"""One at a time: trainings in a folder, searches in a study. A killed holder lets go by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.atomic import locked
from warehouse.errors import BadInput


@contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold `path`: a folder, or a file that is made where it is missing.

    Raises BadInput where another process holds it.
    """
    with locked(path) as ours:
        if not ours:
            raise BadInput(f"{what} is under way in {path}; wait for it to end, or stop it")
        yield

"""The scratch folder of one import: its own, locked while it runs, swept when it was killed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.atomic import locked, private_folder
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder, new_id

_LOCK = "lock"
_REQUESTS = "requests"  # a file named after each request the import was to make


@contextmanager
def workplace(folder: DataFolder) -> Iterator[Path]:
    """A folder for text that is on its way; gone at the end, whatever happens."""
    sweep(folder)
    path = folder.scratch / new_id()
    private_folder(path)
    with locked(path / _LOCK, wait=True):
        private_folder(path / _REQUESTS)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def announce(path: Path, request_id: str) -> None:
    """Note a request before its files are written, so that they are found after a kill."""
    (path / _REQUESTS / request_id).touch()


def sweep(folder: DataFolder) -> None:
    """Remove what killed imports left: their scratch, and files that no request is for."""
    inbox = InboxFolder(folder.inbox)
    for path in folder.scratch.glob(f"*/{_LOCK}"):
        with locked(path) as ours:
            if not ours:
                continue  # at work
            for request in (path.parent / _REQUESTS).glob("*"):
                if not inbox.waits(request.name):
                    shutil.rmtree(inbox.files(request.name), ignore_errors=True)
            shutil.rmtree(path.parent, ignore_errors=True)

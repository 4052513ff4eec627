"""Tidying of the inbox: outcomes that were kept long enough go, and what nobody asks for."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path

from warehouse.foreign_files import is_folder, remove
from warehouse.inbox.parsing import SUFFIX
from warehouse.inbox.requests import ASKED, DONE, REFUSED, InboxFolder
from warehouse.inbox.uploaded_log import WAITS, UploadedLog

_KEEPING = (DONE, REFUSED, ASKED)  # folders of an inbox whose files are kept for a while
KEPT = timedelta(days=7)  # outcomes, for whoever asked
NEWEST = 1000  # of them, kept that long; of more each for an hour at least
_WAITED_FOR_S = 3600.0
_AT_ONCE = 5_000  # of them, looked at in one go
_WITHIN_S = 0.5  # of a turn; there is a next one
_ALONE_S = 600.0  # a log without a request is being written no longer
_STRAY_S = 86400.0  # what is no request, and nobody writes at


def tidy(folder: Path) -> None:
    """What is to go from an inbox goes. Nothing that lies there makes it fail."""
    inbox, until = InboxFolder(folder), time.monotonic() + _WITHIN_S
    for name, is_dir in _entries(folder):
        with suppress(OSError):
            if is_dir and name not in _KEEPING:
                _tidy_folder(inbox, folder / name)
            elif not is_dir and not name.endswith(SUFFIX) and _age_s(folder / name) > _STRAY_S:
                inbox.turn_away(name, "its name does not end in .json")
        if time.monotonic() > until:
            break
    for name in _KEEPING:
        prune(folder / name)


def prune(folder: Path) -> None:
    """Files of a folder go when they are old, or newer ones are many."""
    with suppress(OSError):
        names = [name for name, _ in islice(_entries(folder), _AT_ONCE)]
        found = sorted((_age_s(folder / name), name) for name in names)
        for place, (age_s, name) in enumerate(found):
            many = place >= NEWEST and age_s > _WAITED_FOR_S
            if many or age_s > KEPT.total_seconds():
                remove(folder / name)


def _tidy_folder(inbox: InboxFolder, path: Path) -> None:
    """Text is not kept: a log that nobody asks for, or that waited too long, goes."""
    is_asked, log = inbox.waits(path.name), UploadedLog(path).log
    longest_s = WAITS.total_seconds() if is_asked else _ALONE_S
    if os.path.lexists(log) and _age_s(log) > longest_s:
        remove(log)
        if not is_asked:
            path.rmdir()
    elif not is_asked and min(_ages(path)) > _STRAY_S:
        remove(path)


def _ages(path: Path) -> Iterator[float]:
    yield _age_s(path)
    for name, _ in islice(_entries(path), _AT_ONCE):
        yield _age_s(path / name)


def _age_s(path: Path) -> float:
    """Since it was written; a time to come is as old as it is far."""
    return abs(time.time() - os.lstat(path).st_mtime)


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a folder); none of what is no folder, or cannot be read."""
    if not is_folder(folder):
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name, entry.is_dir(follow_symlinks=False)

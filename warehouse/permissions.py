"""Permissions of a data folder: what DLD keeps is its owner's, and nobody else's.

Links are left as they are, and so is what lies in the folder and is not DLD's.
"""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

OTHERS = 0o077  # in a mode: anybody but its owner
_OURS = """
    salt tokens.json .tokens* *.lock .*.aside optout.json claims.json channels.json mirror.json
    writer.json collect.json collect buffer published backup scratch cache ebs api models
    *.duckdb* .*.duckdb*
""".split()
_INBOXES = "inbox", "errands"  # of very many files, which nobody reaches once the folder is shut


def loose(root: Path) -> Iterator[tuple[Path, int]]:
    """(path, mode as it should be) of all that others may read or change, or its owner not."""
    if root.is_dir() and root.parent != root and not root.stat().st_mode & stat.S_ISVTX:
        yield from _loose(root)
    for path in (path for pattern in _OURS for path in root.glob(pattern)):
        yield from _all_below(path)
    for path in (root / name for name in _INBOXES):
        if path.is_symlink() or any(_loose(path)):
            yield from _all_below(path)


def _all_below(path: Path) -> Iterator[tuple[Path, int]]:
    yield from _loose(path)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            yield from _loose(Path(folder, name))


def _loose(path: Path) -> Iterator[tuple[Path, int]]:
    try:
        mode = path.lstat().st_mode
    except OSError:  # it has just gone
        return
    meant = stat.S_IMODE(mode) & ~OTHERS
    if not meant & stat.S_IRUSR:
        meant |= 0o700 if stat.S_ISDIR(mode) else 0o600
    if meant != stat.S_IMODE(mode) and not stat.S_ISLNK(mode):
        yield path, meant


def tighten(root: Path) -> None:
    """Make it so; what is another user's is told, and the rest is done all the same."""
    done, refused = 0, ""
    for path, mode in loose(root):
        try:
            path.chmod(mode)
            done += 1
        except OSError as exc:
            refused = f"{path}: {exc.strerror}"
    if done:
        log.info("made private: files and folders=%d below %s", done, root)
    if refused:
        log.warning("not its owner's alone, and it cannot be changed: %s", refused)

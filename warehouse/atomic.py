"""Files that several processes share: replaced whole, told apart by a stamp, locked.

No reader ever sees half a file, nor misses that another has come.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Stamp = tuple[int, int, int]


def replace_file(path: Path, data: bytes) -> None:
    """Write aside, then rename: nobody ever reads half a file."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def file_stamp(path: Path | str) -> Stamp:
    """Another one once the file was replaced, however coarse its times are. Raises OSError."""
    found = os.stat(path)  # noqa: PTH116  (a Path costs more than the call, and some ask often)
    return found.st_mtime_ns, found.st_ino, found.st_size


def stamp_or_none(path: Path) -> Stamp | None:
    """The file's stamp; None where there is none."""
    try:
        return file_stamp(path)
    except OSError:
        return None


def lock_file(path: Path, wait: bool = False) -> int | None:
    """Lock a file, made where it is missing, or a folder; the handle whose closing lets go.

    None while another process holds it, unless that is waited for. The kernel lets go when a
    holder ends, however that happens. Raises OSError where no such file can be, or locks are
    not known there.
    """
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        return None
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextmanager
def locked(path: Path, wait: bool = False) -> Iterator[bool]:
    """Hold the lock of `lock_file` meanwhile; True if it is ours."""
    handle = lock_file(path, wait)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)

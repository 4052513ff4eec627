"""Files that several processes share: replaced whole, private, told apart by a stamp, locked.

No reader ever sees half a file, nor misses that another has come. What is made here is for its
owner's eyes alone, whatever the umask is.
"""

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

ASIDE = ".aside"  # of files that a crash left before they had their name
_OPENED = {"rb": os.O_RDONLY, "r+b": os.O_RDWR}
Stamp = tuple[int, int, int]


def keep_private() -> None:
    """What this process makes from now on is for its owner alone, also what DuckDB makes."""
    os.umask(0o077)


def private_folder(path: Path) -> None:
    """Make the folder, and those above it that are missing, for its owner alone (0700)."""
    if path.is_dir():
        return
    if not path.parent.exists():
        private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path, flags: int = os.O_TRUNC) -> BinaryIO:
    """A file to write for its owner alone (0600), emptied, or as the flags say (os.O_APPEND,
    os.O_EXCL); its name may be no link. Raises OSError."""
    flags |= os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)  # of one that an earlier version made
    return os.fdopen(handle, "ab" if flags & os.O_APPEND else "wb")


def read_file(path: Path | str, most: int = 1 << 27) -> bytes:
    """The bytes of a file of ours. Raises OSError, also for one of more than `most` bytes and for
    a folder, pipe or device: to open or read one may wait for ever, or never end."""
    with open_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def open_file(path: Path | str, mode: Literal["rb", "r+b"] = "rb", flags: int = 0) -> BinaryIO:
    """A file that is there, to read, or also to write. flags: of `os.open`, beside that. Raises
    OSError as `read_file` does."""
    handle = os.open(path, _OPENED[mode] | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "Not a file", str(path))
    return os.fdopen(handle, mode)


def replace_file(path: Path, data: bytes, lasting: bool = False) -> None:
    """Write aside, for its owner alone, then rename: nobody ever reads half a file.

    lasting: on the disk when this returns, name and all; for what a power cut may not undo.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=ASIDE, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if lasting:
                sync(file)
        os.replace(name, path)  # noqa: PTH105  (a Path costs more, and some write often)
        if lasting:
            sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108


def sync(file: BinaryIO) -> None:
    """Put all that was written on the disk. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk: what was made, renamed or removed there."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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

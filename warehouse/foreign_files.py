"""Files that anybody may have written: read where they are plain and small, removed whatever
they are."""

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import open_file
from warehouse.errors import BadInput

LARGEST = 4_000_000  # bytes of a request, or of what came of one


def read_plain(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a plain file. Raises OSError, and BadInput for one larger than `most` bytes
    and for whatever else lies there: a link, a folder, a pipe, a device."""
    check_plain(path.lstat(), most)  # before it is opened: that alone may wait, or do something
    with open_file(path, flags=os.O_NOFOLLOW) as file:
        data = file.read(most + 1)
    if len(data) > most:  # it grows
        raise BadInput(f"it has more than {most} bytes")
    return data


def check_plain(found: os.stat_result, most: int) -> None:
    """Raises BadInput for what is no plain file, or a larger one."""
    if not stat.S_ISREG(found.st_mode):
        raise BadInput("it is no plain file")
    if found.st_size > most:
        raise BadInput(f"it has {found.st_size} bytes; {most} are most")


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file; {} where there is none."""
    try:
        content = orjson.loads(read_plain(path))
    except (OSError, ValueError, BadInput):
        return {}
    return content if isinstance(content, dict) else {}


def is_folder(path: Path) -> bool:
    """True for a folder, no link to one. Raises OSError."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def is_plain(path: Path) -> bool:
    """True for a plain file, no link to one. Raises OSError."""
    return stat.S_ISREG(path.lstat().st_mode)


def remove(path: Path) -> None:
    """Whatever lies there is gone: a folder with all that is in it, a link without what it leads
    to. Raises OSError."""
    try:
        if is_folder(path):
            shutil.rmtree(path)
        else:
            path.unlink()
    except FileNotFoundError:
        pass

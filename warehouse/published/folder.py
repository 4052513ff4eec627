"""Published objects by name: the bodies that the EBS serves, the manifest, files of tables.

Readers and the publisher meet here and nowhere else. Today's is a folder; another store of
objects that are replaced whole would do. DuckDB itself reads and writes the tables' files by path.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import orjson

from warehouse.atomic import Stamp, file_stamp, private_folder, read_file, replace_file

log = logging.getLogger(__name__)


class Published(Protocol):
    """Objects that are replaced whole, never changed. Every method raises OSError."""

    def put(self, name: str, data: bytes) -> None:
        """Replace the object: readers get the old one or the new one."""

    def get_if_changed(self, name: str, stamp: Stamp | None = None) -> tuple[bytes, Stamp] | None:
        """The object and its stamp; None while it is the one of `stamp`.

        Raises FileNotFoundError, or NotADirectoryError, where there is none.
        """

    def list(self) -> list[str]:
        """Names, sorted."""

    def drop(self, name: str) -> None:
        """It is there no longer, whether it was or not."""


class PublishedFolder:
    """A folder of such objects, each a file; it need not exist yet."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)

    def put(self, name: str, data: bytes) -> None:
        path = Path(self._root, name)
        private_folder(path.parent)
        replace_file(path, data)

    def get_if_changed(self, name: str, stamp: Stamp | None = None) -> tuple[bytes, Stamp] | None:
        path = f"{self._root}/{name}"
        now = file_stamp(path)  # before it is read: one that comes in between is seen next time
        return None if now == stamp else (read_file(path), now)

    def list(self) -> list[str]:
        return sorted(path.name for path in Path(self._root).iterdir() if path.name[0] != ".")

    def drop(self, name: str) -> None:
        Path(self._root, name).unlink(missing_ok=True)


def read_bodies(latest: Published) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, content) of every body that is served; what cannot be read is left out."""
    try:
        names = [name for name in latest.list() if name.endswith(".json")]
    except OSError:
        return
    for name in names:
        try:
            found = latest.get_if_changed(name)
            content = orjson.loads(found[0]) if found else None
        except (OSError, ValueError):
            content = None
        if isinstance(content, dict):
            yield name, content
        else:
            log.warning("skipped file=%s: not a body of DLD", name)

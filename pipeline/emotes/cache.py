"""Cache of what was fetched: a file a place, replaced by rename, checked when it is read.

It can all be fetched again, so nothing is fsynced: a file that a crash left broken is dropped.
"""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.emotes.emote_names import is_name
from pipeline.emotes.providers import Place
from warehouse.atomic import ASIDE, private_folder, read_file, replace_file

_MAX_BYTES = 8 << 20
_UNUSED_S = 30 * 86400.0  # a file that nobody refreshed for so long goes


@dataclass(frozen=True)
class Kept:
    """The names of a place. at: epoch seconds when the catalogue last stood by them; etag,
    modified: what it wants to be asked with, '' for nothing."""

    names: tuple[str, ...]
    at: float
    etag: str = ""
    modified: str = ""


class Cache:
    """DLD_DATA/cache/emotes. broken: files that could not be read, and are gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken = 0

    def load(self, place: Place) -> Kept | None:
        """Names kept of the place; a broken file is removed. Raises no error."""
        path = self._path(place)
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise ValueError("too large")
            return _checked(place, orjson.loads(read_file(path)))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, OSError):
            self.broken += 1
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None

    def save(self, place: Place, kept: Kept) -> None:
        """Put it on disk, whole. Raises OSError."""
        private_folder(self.folder)
        path = self._path(place)
        replace_file(path, orjson.dumps({"v": 1, **place._asdict(), **asdict(kept)}))

    def drop(self, place: Place) -> None:
        """Nothing of the place is kept. Raises OSError."""
        self._path(place).unlink(missing_ok=True)

    def expire(self, now: float) -> None:
        """Files of channels that nobody reads any more go, and what a crash left aside."""
        for path in self.folder.glob("*"):
            with suppress(OSError):
                if path.suffix == ASIDE or path.stat().st_mtime < now - _UNUSED_S:
                    path.unlink(missing_ok=True)

    def _path(self, place: Place) -> Path:
        return self.folder / f"{place.provider}-{place.room or 'global'}.json"


def _checked(place: Place, content: Any) -> Kept:
    """What a file says. Raises ValueError, TypeError or KeyError for anything but ours."""
    kept = Kept(tuple(content["names"]), float(content["at"]), content["etag"], content["modified"])
    ours = content["v"] == 1 and (content["provider"], content["room"]) == place
    shapes = isinstance(content["names"], list) and isinstance(kept.etag + kept.modified, str)
    if not (ours and shapes and all(map(is_name, kept.names)) and kept.at <= time.time() + 86400):
        raise ValueError("not of this place")
    return kept

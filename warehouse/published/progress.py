"""Progress of what comes before chat that is live: a past that is made, or chat that was missed.

One small file beside the manifest, there only meanwhile. Imports nothing that loads DuckDB.
"""

import math
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal, Self

import orjson

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.config import DataFolder

_FRESH_S = 60.0  # older: whoever told it has ended
_MOST = 1000  # bytes
_NUMBERS = "no one two three four five six seven eight nine ten".split()
_UNITS = ((36 * 3600, 86400, "day"), (3600, 3600, "hour"), (0, 60, "minute"))  # from, size


@dataclass(frozen=True)
class Progress:
    """A share of what comes first. what: `past`, made at a first start, or `pause`, in which
    nobody listened. span_s: seconds of chat, in all. share: of them that are there, 0..1.
    simulated: nobody said any of it."""

    what: Literal["past", "pause"]
    span_s: float
    share: float
    simulated: bool = True

    def __str__(self) -> str:
        """Preparing three days of example chat: 38 %."""
        doing = "Preparing" if self.what == "past" else "Catching up on"
        chat = "example chat" if self.simulated else "chat"
        return f"{doing} {_lasting(self.span_s)} of {chat}: {self.share * 100:.0f} %"

    @classmethod
    def read(cls, folder: DataFolder) -> Self | None:
        """Of what goes on now; None where nothing does, or nobody can say how far it is."""
        try:
            told = orjson.loads(read_file(folder.progress, _MOST))
            found = cls(**told["progress"])
            sane = math.isfinite(found.span_s) and 0 <= found.share <= 1
            return found if sane and abs(time.time() - told["at"]) < _FRESH_S else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def tell(self, folder: DataFolder) -> None:
        """From now on this is how far it is. A full disk is told by what is written beside."""
        with suppress(OSError):
            private_folder(folder.published)
            replace_file(
                folder.progress, orjson.dumps({"at": time.time(), "progress": asdict(self)})
            )


def nothing_comes_first(folder: DataFolder) -> bool:
    """What is told from now on is live; whether something came first."""
    was_there = folder.progress.exists()
    folder.progress.unlink(missing_ok=True)
    return was_there


def _lasting(seconds: float) -> str:
    """three days, one hour, 36 hours."""
    _, size, unit = next((u for u in _UNITS if seconds >= u[0]), _UNITS[-1])
    n = max(1, round(seconds / size))
    return f"{_NUMBERS[n] if n < len(_NUMBERS) else n} {unit}{'s' if n > 1 else ''}"

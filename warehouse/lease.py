"""Lease of the one machine of several whose EBS broadcasts, as its mirror and its EBS share it.

The mirror holds it in the bucket, and writes here until when it is sure of it. Times are seconds
since the machine started: no clock that is set, and no sleep, makes an old lease a fresh one.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from warehouse.atomic import private_folder, read_file, replace_file

_SINCE_START = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_start_s() -> float:
    """Seconds since the machine started, those asleep too."""
    return time.clock_gettime(_SINCE_START)


@dataclass(frozen=True)
class Lease:
    """until: it holds so long. taken: when it came here; another's windows were sent before."""

    until: float
    taken: float

    def holds(self, now: float) -> bool:
        """True while nobody else can have it."""
        return self.taken <= now < self.until


def write_lease(path: Path, lease: Lease) -> None:
    """Replace the file whole."""
    private_folder(path.parent)
    replace_file(path, orjson.dumps(asdict(lease)))


def read_lease(path: Path) -> Lease | None:
    """The lease, however old; None where there is none."""
    try:
        raw = orjson.loads(read_file(path))
        return Lease(float(raw["until"]), float(raw["taken"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None

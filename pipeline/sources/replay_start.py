"""Start of a replay that was moved to now, kept so that a restart puts it there again.

Placed anew, what was stored before a kill would be counted a second time.
"""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from pipeline.chat.table import TableStream
from pipeline.sources.opening import MetaStore


def placement(file: Path, chosen: Iterable[TableStream], speed: float) -> str:
    """Name, in `meta`, of the placement of these streams of this file at this speed."""
    stat = file.stat()
    said = [str(file.resolve()), stat.st_size, stat.st_mtime_ns, speed]
    said += sorted(stream.stream_id for stream in chosen)
    return f"replay:{blake2b(repr(said).encode(errors='replace'), digest_size=12).hexdigest()}"


def began(store: MetaStore, name: str, now: float) -> float:
    """The wall clock, epoch seconds, when a run of it that has not ended began; else `now`."""
    value = store.meta(name)
    if not value:
        store.write({}, {name: repr(now)})
    return float(value) if value else now


def ended(store: MetaStore, name: str) -> None:
    """The run came to its end: the next one is another."""
    store.write({}, {name: ""})

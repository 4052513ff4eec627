"""Troubles of reading live chat, as the pipeline tells them in the table `health`.

The row `reading`: their number, and as its detail a JSON list of objects with channel ('' for the
connection as a whole), since (ISO, UTC) and says. `told_at` says until when they held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import orjson
import pyarrow.parquet as pq

from warehouse.config import DataFolder
from warehouse.durations import lasting_s
from warehouse.errors import AppError
from warehouse.published.manifest import read_manifest
from warehouse.published.reader import Reader
from warehouse.records import iso

NAME = "reading"
OFF_S = 2.0  # of the clock, that nobody needs to hear of
_HELD_S = 150.0  # they are told each minute


@dataclass(frozen=True)
class Trouble:
    """A sentence that says why something is not read; and since when."""

    says: str
    since: datetime

    @property
    def what(self) -> str:
        """What is wrong, without what to do."""
        return self.says.partition("; ")[0]

    @property
    def do(self) -> str:
        """What to do; '' where nothing can be."""
        return self.says.partition("; ")[2]


def clock_sentence(offset_s: float) -> str:
    """What is wrong with this machine's clock, which is so many seconds behind Twitch's, below 0
    ahead; '' for nothing worth telling."""
    if abs(offset_s) <= OFF_S:
        return ""
    way = "behind" if offset_s > 0 else "ahead of"
    return (
        f"this machine's clock is {lasting_s(abs(offset_s))} {way} Twitch's; windows go by "
        "Twitch's all the same, but set it (NTP)"
    )


Troubles = Mapping[str, Trouble]  # by channel, '' for the connection as a whole


def told(troubles: Troubles) -> str:
    """The detail of the row."""
    rows = [
        {"channel": name, "since": iso(t.since), "says": t.says}
        for name, t in sorted(troubles.items())
    ]
    return orjson.dumps(rows).decode()


def troubles_in(health: Mapping[str, Mapping[str, Any]], now: float) -> dict[str, Trouble]:
    """Those of the newest health by name; none where it is of too long ago, or unreadable."""
    at = (health.get("told_at") or {}).get("value")
    detail = (health.get(NAME) or {}).get("detail")
    if at is None or not detail or now - at > _HELD_S:
        return {}
    try:
        return {
            row["channel"]: Trouble(row["says"], datetime.fromisoformat(row["since"]))
            for row in orjson.loads(detail)
        }
    except (ValueError, KeyError, TypeError):
        return {}


def waited_for(folder: DataFolder) -> dict[int, int]:
    """Requests that wait, by the shard that they wait for, as told last."""
    try:
        waits = orjson.loads(_newest(folder)["requests"]["detail"])["waits_for"]
        return {int(shard): int(n) for shard, n in sorted(waits.items())}
    except (AppError, duckdb.Error, ValueError, KeyError, TypeError, AttributeError):
        return {}


def published_refusals(folder: DataFolder) -> dict[str, str]:
    """Why no marker or clip was set on Twitch, by channel and which, as told last."""
    try:
        told = orjson.loads(_newest(folder)["twitch"]["detail"])["troubles"]
        return {str(what): str(why) for what, why in sorted(told.items())}
    except (AppError, duckdb.Error, ValueError, KeyError, TypeError, AttributeError):
        return {}


def past_files(folder: DataFolder) -> int:
    """Published files that were in the bucket alone, after a takeover, as told last. While there
    are some a Reader has no views."""
    try:
        files = read_manifest(folder.manifest).tables["health"]
        only = [("name", "=", "past_files")]
        tables = [pq.read_table(folder.published / f.path, filters=only) for f in files if f.rows]
        rows = [row for table in tables for row in table.to_pylist()]
        return int(max(rows, key=lambda row: row["at"])["value"])
    except (AppError, OSError, KeyError, ValueError):
        return 0


def published_troubles(folder: DataFolder, now: float) -> dict[str, Trouble]:
    """Those that the folder's pipeline told last; none where nothing is published."""
    try:
        return troubles_in(_newest(folder), now)
    except (AppError, duckdb.Error):
        return {}


def _newest(folder: DataFolder) -> dict[str, Mapping[str, Any]]:
    rows = Reader(folder).query("dash_health").to_pylist()
    return {row["name"]: row for row in rows}

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

from warehouse.config import DataFolder
from warehouse.errors import AppError
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
        f"this machine's clock is {abs(offset_s):.0f} s {way} Twitch's; windows go by Twitch's all "
        "the same, but set it (NTP)"
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
        rows = Reader(folder).query("dash_health").to_pylist()
        details = [orjson.loads(row["detail"]) for row in rows if row["name"] == "requests"]
        waits = details[0]["waits_for"] if details else {}
        return {int(shard): int(n) for shard, n in sorted(waits.items())}
    except (AppError, duckdb.Error, ValueError, KeyError, TypeError, AttributeError):
        return {}


def published_troubles(folder: DataFolder, now: float) -> dict[str, Trouble]:
    """Those that the folder's pipeline told last; none where nothing is published."""
    try:
        rows = Reader(folder).query("dash_health").to_pylist()
    except AppError:
        return {}
    return troubles_in({row["name"]: row for row in rows}, now)

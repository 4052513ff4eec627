"""Shards of several machines, a row each: is it well, how far behind, what waits; the mirror."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import orjson

from dashboard import config, data, frame, tables, wording
from dashboard.charts.series import Row
from warehouse.inbox.requests import read_object

LATE_S = 60.0  # of a lag or a queue, worth a look
SILENT_S = 150.0  # a daemon tells of itself each minute
Told = Mapping[str, Row]  # what a shard tells, by name


def section(tz: tzinfo) -> None:
    """Drawn where there are several shards, or a mirror brings what is shown."""
    mirror = read_object(config.folder().mirror)
    told = by_shard(data.rows("dash_shards"))
    known = {
        s["shard"]: s for s in mirror.get("shards", []) if isinstance(s, dict) and "shard" in s
    }
    shards = sorted(told.keys() | known.keys())
    if len(shards) < 2 and not mirror:
        return
    frame.heading("Shards", "the daemons that share the channels")
    if mirror:
        frame.put(frame.say(mirror_line(mirror, tz)))
    lines = [line(shard, told.get(shard, {}), known.get(shard, {}), tz) for shard in shards]
    if lines:
        tables.show("shards", {head: tables.text(x[head] for x in lines) for head in lines[0]})


def by_shard(rows: Sequence[Row]) -> dict[int, dict[str, Row]]:
    """Rows of dash_shards, by shard and name."""
    found: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row["shard"]][row["name"]] = row
    return found


def line(shard: int, told: Told, known: Mapping[str, Any], tz: tzinfo) -> dict[str, str]:
    """The cells of a shard. known: of the mirror's state."""
    at = wording.at_second(told["told_at"]["value"]) if "told_at" in told else None
    waits = parts(told, "requests").get("waits_for") or {}
    return {
        "Shard": str(shard),
        "State": state(told, known, at, tz),
        "Lag": _seconds(told, "lag_s"),
        "Oldest in its queue": _seconds(told, "queue"),
        "Not in the bucket for": _seconds(told, "push"),
        "Published": _published(known),
        "Requests": _requests(told, waits if isinstance(waits, dict) else {}),
        "Told": wording.MISSING if at is None else _ago(at),
    }


def state(told: Told, known: Mapping[str, Any], at: datetime | None, tz: tzinfo) -> str:
    """In a few words, the worst first."""
    if at is None:
        return "✕ has told nothing yet"
    if (frame.wall() - at).total_seconds() > SILENT_S:
        return f"✕ silent since {wording.moment(at, tz)}"
    if known.get("trouble"):
        return "✕ " + wording.plain(str(known["trouble"]), 80)
    if _value(told, "reading"):
        return "✕ does not read all of its channels"
    late = [name for name in ("lag_s", "queue", "push") if (_value(told, name) or 0) > LATE_S]
    return "◐ behind" if late else "● well"


def mirror_line(mirror: Mapping[str, Any], tz: tzinfo) -> str:
    """How far the mirror is, in a sentence."""
    try:
        at = datetime.fromisoformat(mirror["at"])
        behind = timedelta(seconds=float(mirror["behind_s"])) + max(timedelta(), frame.wall() - at)
        waiting, trouble = int(mirror["waiting"]), str(mirror.get("trouble") or "")
    except (ValueError, KeyError, TypeError):
        return "✕ What the mirror tells cannot be read."
    if trouble:
        return f"✕ The mirror: {wording.plain(trouble, 200)}."
    if behind.total_seconds() > LATE_S:
        return f"✕ The mirror has not been up to date for {wording.lasting(behind)}; does it run?"
    more = f", {wording.count(waiting)} files of the past follow" if waiting else ""
    return f"The mirror is up to date as of {wording.seconds(behind.total_seconds())} ago{more}."


def parts(told: Told, name: str) -> dict[str, Any]:
    """The JSON beside a value; {} for none, or for what cannot be read."""
    try:
        found = orjson.loads(told[name]["detail"])
    except (KeyError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _value(told: Told, name: str) -> float | None:
    return told[name]["value"] if name in told else None


def _seconds(told: Told, name: str) -> str:
    value = _value(told, name)
    if value is None:
        return wording.MISSING
    bodies = parts(told, name).get("bodies")
    return wording.seconds(value) + (f" (n = {wording.count(bodies)})" if bodies else "")


def _published(known: Mapping[str, Any]) -> str:
    try:
        return _ago(datetime.fromisoformat(known["published_at"]))
    except (ValueError, KeyError, TypeError):
        return wording.MISSING


def _requests(told: Told, waits: Mapping[str, Any]) -> str:
    value = _value(told, "requests")
    if value is None:
        return wording.MISSING
    named = ", ".join(f"shard {wording.plain(str(shard), 5)}" for shard in sorted(waits))
    return wording.count(value) + (f", waiting for {named}" if named else "")


def _ago(at: datetime) -> str:
    return wording.ago(max(timedelta(), frame.wall() - at))

"""Channels that are not read, or all of Twitch: since when, why, and what to do."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import tzinfo

from dashboard import data, frame, wording
from dashboard.health import keeping
from dashboard.markup import element
from warehouse.published.reading import Trouble, clock_sentence, troubles_in

NAMED = 8  # channels of a line


def troubles() -> dict[str, Trouble]:
    """By channel, '' for the connection as a whole."""
    return troubles_in(keeping.newest(), frame.wall().timestamp())


def clock_line(off_s: float) -> None:
    """That this machine's clock is wrong, where it is."""
    if says := clock_sentence(off_s):
        frame.put(frame.say(f"✕ {says[0].upper()}{says[1:]}."))


def line(trouble: Trouble, tz: tzinfo) -> str:
    """In a sentence."""
    return f"since {wording.clock(trouble.since, tz)}: {wording.plain(trouble.says, 400)}"


def banner(found: Mapping[str, Trouble], tz: tzinfo) -> None:
    """One for all of Twitch, where that is so."""
    if trouble := found.get(""):
        says = f"✕ Nothing is read {line(trouble, tz)}"
        frame.put(element("div", {"class": "dld-alarm", "role": "alert"}, says))


def lines(found: Mapping[str, Trouble], told: Collection[str], tz: tzinfo) -> None:
    """A line a reason for channels but those told elsewhere."""
    by_line: dict[str, list[str]] = defaultdict(list)
    for name in sorted(found.keys() - {"", *told}):
        by_line[line(found[name], tz)].append(wording.plain(data.called(name), 40))
    for says, names in by_line.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        frame.put(frame.say(f"✕ {', '.join(names[:NAMED])}{more} not read {says}"))

"""Logs by the clock on somebody's wall: Chatterino's and Chatty's.

A line has the time of day only. The day, and often the zone, are on a line of their own where
the log was begun; past midnight the next day begins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.imports.formats.base import Log, Said, counting
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import lowered

_BEGUN = re.compile(
    r"# ?(?:Start logging at|Log started:) (\d{4}-\d\d-\d\d) (\d\d):(\d\d):(\d\d) ?(.*)"
)
_LINE = re.compile(
    r"\[(?:(\d{4}-\d\d-\d\d) )?(\d\d):(\d\d):(\d\d)(?:\.\d+)?\] +"
    r"(?:<([^>]{1,60})> ?|([^\s:<]{1,60}): )(.*)"
)
_LOGIN = re.compile(r"\(?([A-Za-z0-9_]{1,25})\)?$")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?")
_NOT_SHOWN = re.compile(r"[^\w+:. -]")
_DAY = 86400.0
_LATE_S = 1800.0
# hours east of Greenwich, of names that mean one zone
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5,
    "AWST": 8, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "NST": -3.5, "NDT": -2.5,
}  # fmt: skip
_SPELT = {
    "Coordinated Universal": 0, "GMT": 0, "W. Europe": 1, "Central Europe": 1,
    "Central European": 1, "Romance": 1, "E. Europe": 2, "FLE": 2, "GTB": 2, "Russian": 3,
    "Eastern": -5, "Central": -6, "Mountain": -7, "Pacific": -8, "Tokyo": 9, "Korea": 9,
    "AUS Eastern": 10, "New Zealand": 12,
}  # fmt: skip


CHATTERINO = re.compile(r"^# ?Start logging at", re.M)
CHATTY = re.compile(r"^# ?Log started:", re.M)
_CHATTERINO_LINE = re.compile(r"# ?Start logging at \d{4}|\[\d\d:\d\d:\d\d\] [^\s:<]+: ")
_CHATTY_LINE = re.compile(r"# ?Log started: \d{4}|\[\d\d:\d\d:\d\d\] <")
_HOUR = re.compile(r"\[(\d\d):\d\d:\d\d\]")


def chatterino(lines: Sequence[str]) -> int:
    """Lines that look like Chatterino's."""
    return _on_the_wall(_CHATTERINO_LINE, lines)


def chatty(lines: Sequence[str]) -> int:
    """Lines that look like Chatty's."""
    return _on_the_wall(_CHATTY_LINE, lines)


def _on_the_wall(form: re.Pattern[str], lines: Sequence[str]) -> int:
    """Without a word of when the log was begun, times that begin near zero are offsets."""
    hours = (match[1] for line in lines if (match := _HOUR.match(line)))
    return 0 if next(hours, "") == "00" else counting(form)(lines)


@dataclass
class _Clock:
    """The day it is on the wall, epoch seconds of its midnight; of_day: the last time seen."""

    midnight: float = 0.0
    of_day: float = -1.0

    def at(self, of_day: float) -> float:
        """When a line was, given its seconds of the day.

        Half a day and more back is the next day. A line from before midnight that comes just
        after it is late: it belongs to the day before.
        """
        if self.of_day - of_day > _DAY / 2:
            self.midnight += _DAY
        elif of_day - self.of_day > _DAY - 2 * _LATE_S and self.of_day >= 0:
            return self.midnight - _DAY + of_day
        self.of_day = of_day
        return self.midnight + of_day


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Lines by nobody (somebody joined, was timed out) are counted as no chat."""
    log.clock = True
    log.zone = "it does not say the day"
    clock, east = _Clock(), 0.0
    for line in file.lines():
        if begun := _BEGUN.match(line):
            east = _begin(begun, clock, log)
        elif match := _LINE.match(line):
            day, hours, minutes, seconds, marked, plain, text = match.groups()
            if day:
                clock.midnight, clock.of_day = _midnight(day), -1.0
                log.zone = "" if log.zone.endswith("day") else log.zone
            of_day = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
            yield Said(clock.at(of_day) - east, _login(marked or plain), text)
        elif line.strip():
            log.skip("no chat" if line.startswith(("[", "#")) else "no line of a log")


def _begin(begun: re.Match[str], clock: _Clock, log: Log) -> float:
    """Set the clock; returns seconds east of Greenwich, 0 for a zone nobody can know."""
    day, hours, minutes, seconds, zone = begun.groups()
    clock.midnight = _midnight(day)
    clock.of_day = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    east = zone_east(zone.strip())
    log.zone = f"its zone {_NOT_SHOWN.sub('', zone)[:20]!r} may be several" if east is None else ""
    return east or 0.0


def zone_east(zone: str) -> float | None:
    """Seconds east of Greenwich of +0800, UTC+1, CEST or Windows' spelt names.

    None for what it does not know, and for names of several zones (CST, IST). Without a name
    it is taken for UTC.
    """
    if not zone:
        return 0.0
    if offset := _OFFSET.fullmatch(zone):
        east = int(offset[2]) * 3600 + int(offset[3] or 0) * 60
        return float(-east if offset[1] == "-" else east)
    name, summer, _ = zone.rpartition(" Daylight Time")
    hours = _ZONES.get(zone.upper(), _SPELT.get(name or zone.removesuffix(" Standard Time")))
    return None if hours is None else (hours + bool(summer)) * 3600.0


def _midnight(day: str) -> float:
    try:
        return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()
    except ValueError:
        return 0.0


def _login(name: str) -> str:
    """The login of `@%Name` or `Shown Name (login)`."""
    match = _LOGIN.search(name)
    return lowered(match[1] if match else name)

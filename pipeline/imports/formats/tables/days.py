"""Dates as spreadsheets write them, `2/14/2026 6:00 PM` or `14.02.2026 18:00`, by their columns.

What is the day and what the month, the column itself has to tell: a number above 12 is a day, dots
keep a day from its month, and AM or PM after slashes comes from where the month is first. Or who
imports it says so.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from pipeline.chat.columns import MONTH_FIRST
from pipeline.imports.formats.base import epoch
from pipeline.imports.formats.dates import ZONE, hour_of
from pipeline.imports.formats.wall import zone_east

_DATE = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?:,?\s+(?:@\s)?"
    rf"(\d{{1,2}}):(\d\d)(?::(\d\d(?:[.,]\d{{1,6}})?)\d*)?(?:\s?([APap])\.?\s?[Mm]\b\.?)?({ZONE}))?"
)


def is_dated(cell: object) -> bool:
    """Does a date such as a spreadsheet's stand in the cell?"""
    return isinstance(cell, str) and _DATE.fullmatch(cell.strip()) is not None


def has_hours(cells: Iterable[object]) -> bool:
    """Do times of the day stand behind the dates?"""
    found = (_DATE.fullmatch(cell.strip()) for cell in cells if isinstance(cell, str))
    return any(match and match[5] for match in found)


def month_is_first(cells: Iterable[object], said: str = "") -> bool | None:
    """Of a column's dates; None where they may be read either way, or only in both ways. said: by
    the user, which of the two comes first, '' nothing."""
    found = [m for cell in cells if isinstance(cell, str) and (m := _DATE.fullmatch(cell.strip()))]
    first, second = (any(int(m[k]) > 12 for m in found) for k in (1, 3))
    if first or second:
        return None if first and second else second
    if said or all(m[2] == "." for m in found):
        return said == MONTH_FIRST
    return True if all(m[2] == "/" and m[8] for m in found) else None


def is_by_halves(cells: Iterable[object]) -> bool:
    """Is it nothing but AM and PM that tells the month from the day?"""
    found = [m for cell in cells if isinstance(cell, str) and (m := _DATE.fullmatch(cell.strip()))]
    return all(m[2] == "/" and m[8] and int(m[1]) < 13 and int(m[3]) < 13 for m in found)


def seconds_of(cell: object, month_first: bool) -> float | None:
    """Epoch seconds of the date, UTC where it has no zone; None for what is none, or of a zone that
    may be several."""
    match = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        return None
    month, day = (match[1], match[3]) if month_first else (match[3], match[1])
    year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
    try:
        at = datetime(year, int(month), int(day), hour_of(int(match[5] or 0), match[8]))
    except ValueError:
        return None
    midnight, east = epoch(at.isoformat()), zone_east((match[9] or "").strip().upper())
    if midnight is None or east is None:
        return None
    return midnight + int(match[6] or 0) * 60 + float((match[7] or "0").replace(",", ".")) - east

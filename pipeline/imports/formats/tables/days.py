"""Dates as spreadsheets write them, `2/14/2026 6:00 PM` or `14.02.2026 18:00`, by their columns.

What is the day and what the month, the column itself has to tell: a number above 12 is a day, dots
keep a day from its month, and AM or PM after slashes comes from where the month is first.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from pipeline.imports.formats.base import epoch

_DATE = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})"
    r"(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s?([AP]M))?)?",
    re.IGNORECASE,
)


def is_dated(cell: object) -> bool:
    """Does a date such as a spreadsheet's stand in the cell?"""
    return isinstance(cell, str) and _DATE.fullmatch(cell.strip()) is not None


def has_hours(cells: Iterable[object]) -> bool:
    """Do times of the day stand behind the dates?"""
    found = (_DATE.fullmatch(cell.strip()) for cell in cells if isinstance(cell, str))
    return any(match and match[5] for match in found)


def month_is_first(cells: Iterable[object]) -> bool | None:
    """Of a column's dates; None where they may be read either way, or only in both ways."""
    found = [m for cell in cells if isinstance(cell, str) and (m := _DATE.fullmatch(cell.strip()))]
    first, second = (any(int(m[k]) > 12 for m in found) for k in (1, 3))
    if first or second:
        return None if first and second else second
    if all(m[2] == "." for m in found):
        return False
    return True if all(m[2] == "/" and m[8] for m in found) else None


def seconds_of(cell: object, month_first: bool) -> float | None:
    """Epoch seconds of the date, UTC; None for what is none."""
    match = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        return None
    month, day = (match[1], match[3]) if month_first else (match[3], match[1])
    hour, half = int(match[5] or 0), (match[8] or "").upper()
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    try:
        at = datetime(int(match[4]), int(month), int(day), hour, int(match[6] or 0))
    except ValueError:
        return None
    return epoch(at.replace(second=int(match[7] or 0)).isoformat())

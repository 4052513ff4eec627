"""Times of a table's cells: what kind they are, and how many seconds they come to.

A moment is told by its form or its size, whatever its column is called; a number that is too
small for one is a time since the start. Only milli- and microseconds since the start have to be
told by the column's name.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from pipeline.chat.columns import words
from pipeline.chat.placement import FIRST
from pipeline.imports.formats.base import epoch
from pipeline.imports.formats.dates import worded

Cell = str | float | None


class Kind(StrEnum):
    """Kind of the times of a column: moments (epoch seconds), seconds since the start, seconds
    of a day that is not told, or days (epoch seconds of their midnight)."""

    moment = "moment"
    offset = "offset"
    of_day = "of_day"
    day = "day"


_OFFSET = re.compile(r"(-?)(?:(\d{1,3}):)?(\d{1,3}):(\d\d(?:[.,]\d+)?)")
_COMMA = re.compile(r"-?\d{1,12},\d{1,9}")  # of numbers where points are commas
_SPELT = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(\d+)s")
_ZONED = re.compile(r"(.*\d) ?([+-]\d\d:?\d\d)?(?: ?(?:UTC|GMT|Z))?")
_SLASHES = re.compile(r"^(\d{4})[/.](\d\d)[/.](\d\d)(?!\d)")
_SIZES = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (0.0, 1.0))  # of epochs
_HOUR = 3600.0
_UNITS = dict.fromkeys(("us", "µs", "usec", "micros", "microseconds"), 1e-6) | dict.fromkeys(
    ("ms", "msec", "millis", "milliseconds"), 1e-3
)


def scale_of(name: str) -> float:
    """Seconds in one of a column's units, by a word of its name."""
    return next((_UNITS[word] for word in words(name) if word in _UNITS), 1.0)


def time_of(cell: Cell, scale: float = 1.0) -> tuple[Kind, float] | None:
    """A cell's kind and its seconds; None for what is no time. scale: of numbers since a start."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str) and cell.startswith("'"):  # a spreadsheet's mark of a text
        cell = cell[1:]
    if isinstance(cell, str) and _COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    try:
        number = float(cell)
    except ValueError:
        return _written(str(cell).strip())
    size = next((unit for least, unit in _SIZES if number >= least), 1.0)
    if number * size >= FIRST:
        return Kind.moment, number * size
    return Kind.offset, number * scale


def _written(text: str) -> tuple[Kind, float] | None:
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes, seconds = match.groups()
        whole = int(hours or 0) * _HOUR + int(minutes) * 60 + float(seconds.replace(",", "."))
        return Kind.offset, -whole if sign else whole
    if match := _SPELT.fullmatch(text):
        return Kind.offset, int(match[1] or 0) * _HOUR + int(match[2] or 0) * 60.0 + int(match[3])
    if len(text) == 10 and (at := _day(text)) is not None:
        return Kind.day, at
    if (at := epoch(text)) is not None:
        return Kind.moment, at
    if match := _ZONED.fullmatch(_SLASHES.sub(r"\1-\2-\3", text)):  # as Go writes it
        at = epoch(match[1] + (match[2] or ""))
    at = worded(text) if at is None else at
    return None if at is None else (Kind.moment, at)


def _day(text: str) -> float | None:
    try:
        return epoch(date.fromisoformat(text).isoformat())
    except ValueError:
        return None


def kind_of(cells: Sequence[Cell], scale: float = 1.0) -> Kind | None:
    """The kind of most of a column's first cells, None where they are no times.

    Hours and minutes that do not begin near zero are the time of a day.
    """
    found = [one for cell in cells if (one := time_of(cell, scale))]
    if not found:
        return None
    kind, _ = Counter(kind for kind, _ in found).most_common(1)[0]
    if kind is Kind.offset and found[0][1] >= _HOUR and _is_clock(cells):
        return Kind.of_day
    return kind


def _is_clock(cells: Sequence[Cell]) -> bool:
    first = next((str(cell).strip() for cell in cells if cell not in (None, "")), "")
    return re.match(r"[012]\d:[0-5]\d:[0-5]\d", first) is not None

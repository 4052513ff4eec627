"""The dictionary of published tables: each column in words."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "dictionary.tsv"  # a line a table (without a column) and a column


@dataclass(frozen=True)
class Entry:
    """A table (column ''), or a column of one.

    range: lowest..highest, either may be left out, or words/between/slashes; of a list, its
    elements'. missing: what NULL means; '' where it does not occur.
    """

    table: str
    column: str
    range: str
    unit: str
    missing: str
    about: str


@cache
def entries() -> tuple[Entry, ...]:
    """All lines of the dictionary, in its order."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(Entry(**row) for row in csv.DictReader(lines, delimiter="\t", quoting=3))


def values(entry: Entry) -> str:
    """Its range and unit in words: 0 to 30, seconds; '' where it has neither."""
    low, dots, high = entry.range.partition("..")
    if not dots:
        span = entry.range.replace("/", ", ")
    else:
        span = f"{low} to {high}" if high else f"{low} or more"
    return ", ".join(filter(None, (span, entry.unit)))

"""Clock of a table: which of its columns say when a row was, and how."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.chat.columns import DATES, DAY_FIRST, MONTH_FIRST, NEEDS
from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.formats.base import Log, trusted
from pipeline.imports.formats.tables.days import (
    has_hours,
    is_by_halves,
    is_dated,
    month_is_first,
    seconds_of,
)
from pipeline.imports.formats.tables.rows import Row, TableRows
from pipeline.imports.formats.tables.times import Kind, kind_of, scale_of, time_of

_APART_S = 120.0  # that moments and seconds of one stream may differ by, over a few rows
_DAY = 86400.0

At = Callable[[Row], float | None]


@dataclass(frozen=True)
class Clock:
    """Times of a table's rows. at: of a row, None where it has none that makes sense.

    kind: what `at` gives. base: epoch seconds of a row's stream's start, where moments and
    seconds since it stand side by side.
    """

    at: At
    kind: Kind
    base: At | None = None


def clock_of(table: TableRows, places: Sequence[int], log: Log) -> Clock:
    """The clock of the table. places: of the columns that may say the time, the likeliest first.
    log: has what the user says of them, and is told of a guess.

    Raises NeedsAnswer where none of them does.
    """
    kinds: dict[Kind, int] = {}
    dated = next((p for p in places if any(is_dated(row[p]) for row in table.sample)), None)
    for place in places:
        if place == dated:
            continue
        cells = [row[place] for row in table.sample]
        kind = kind_of(cells, scale_of(table.names[place]))
        if kind is not None:
            kinds.setdefault(kind, place)
    if dated is not None:
        return _of_dates(table, dated, kinds, log)
    moment, offset = kinds.get(Kind.moment), kinds.get(Kind.offset)
    if moment is not None and offset is not None:
        return _both(table, _column(table, moment), _column(table, offset))
    if moment is not None:
        return Clock(_column(table, moment), Kind.moment)
    return _without_moments(table, kinds)


def _of_dates(table: TableRows, place: int, kinds: Mapping[Kind, int], log: Log) -> Clock:
    """Of a column with a spreadsheet's dates; their hours may stand in another one."""
    cells, name = [row[place] for row in table.sample], table.names[place]
    said = log.columns.get(DATES, "")
    month_first = month_is_first(cells, said)
    if month_first is None:
        raise NeedsAnswer(
            f"{table.path} has dates in {name} that may be month/day/year or day/month/year; say "
            f"which: --columns {DATES}={DAY_FIRST} or --columns {DATES}={MONTH_FIRST}",
            "columns",
        )
    if is_by_halves(cells) and not said:
        log.notes.append(
            f"dates in {name} are read as month/day/year, as AM or PM stands behind them; where "
            f"they are day/month/year, import it again with --columns {DATES}={DAY_FIRST}"
        )

    def at(row: Row) -> float | None:
        return seconds_of(row[place], month_first)

    offset = kinds.get(Kind.offset)
    hours = kinds.get(Kind.of_day, offset)
    if has_hours(cells):
        return (
            Clock(at, Kind.moment) if offset is None else _both(table, at, _column(table, offset))
        )
    if hours is None:
        return _without_moments(table, {Kind.day: place})
    return Clock(_sum(at, _column(table, hours)), Kind.moment)


def _without_moments(table: TableRows, kinds: Mapping[Kind, int]) -> Clock:
    day, hours = kinds.get(Kind.day), kinds.get(Kind.of_day, kinds.get(Kind.offset))
    if hours is None:
        lacks = "no column with times since 1990 or since a start"
        raise NeedsAnswer(f"{table.path} has {lacks}{table.it_has}; {NEEDS}", "columns")
    at = _column(table, hours)
    if day is not None:
        return Clock(_sum(_column(table, day), at), Kind.moment)
    if Kind.offset in kinds:
        return Clock(at, Kind.offset)
    return Clock(_past_midnight(at), Kind.of_day)


def _both(table: TableRows, moment: At, offset: At) -> Clock:
    """Seconds since the start, with that start, as long as it stays; a moment that stays is it.
    Moments of a video's comments are not to be believed since Twitch writes local ones."""
    moments = [moment(row) for row in table.sample]
    starts = [_minus(moment(row), offset(row)) for row in table.sample]
    known = [at for at in starts if at is not None]
    if len(set(moments)) == 1 and len(set(starts)) > 1:
        return Clock(offset, Kind.offset, moment)
    if known and max(known) - min(known) > _APART_S:
        return Clock(moment, Kind.moment)

    def start(row: Row) -> float | None:
        at = moment(row)
        return _minus(at, offset(row)) if at is not None and trusted(at) else None

    return Clock(offset, Kind.offset, start)


def _minus(at: float | None, since: float | None) -> float | None:
    return None if at is None or since is None else round(at - since)


def _column(table: TableRows, place: int) -> At:
    scale = scale_of(table.names[place])

    def at(row: Row) -> float | None:
        found = time_of(row[place], scale)
        return None if found is None else found[1]

    return at


def _sum(one: At, other: At) -> At:
    def at(row: Row) -> float | None:
        first, second = one(row), other(row)
        return None if first is None or second is None else first + second

    return at


def _past_midnight(of_day: At) -> At:
    """Half a day and more back is the next day."""
    midnight, last = 0.0, 0.0

    def at(row: Row) -> float | None:
        nonlocal midnight, last
        found = of_day(row)
        if found is None:
            return None
        midnight += _DAY if last - found > _DAY / 2 else 0.0
        last = found
        return midnight + found

    return at

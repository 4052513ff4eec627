"""Published files: how SQL says their paths, whether one is whole, what span it has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.atomic import open_file
from warehouse.published.manifest import PublishedFile
from warehouse.records import iso
from warehouse.tables import Keys, TableSpec

SLICED_ROWS = 100_000  # with more, a file is sorted in slices; of some tables with fewer:
_WIDE = {"forecasts": 8_000, "forecast_scores": 25_000, "windows": 25_000}  # 25 MB
ROWS_A_GROUP = 122_880  # DuckDB's own; half of it was not faster
Files = tuple[PublishedFile, ...]


def is_whole(published: Path, file: PublishedFile) -> bool:
    """True if the file is there with a footer that says as many rows as the manifest."""
    try:
        with open_file(published / file.path) as opened:
            return bool(pq.read_metadata(opened).num_rows == file.rows)
    except (OSError, pa.ArrowException):
        return False


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A place for what becomes `target` when it is whole: whoever looks for *.parquet sees no half
    of one."""
    aside = target.with_name(f"{target.name}.part")
    try:
        yield aside
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def most_rows(spec: TableSpec) -> int:
    """Rows of the table that are sorted at once."""
    return min(SLICED_ROWS, _WIDE.get(spec.name, SLICED_ROWS))


def write_sorted(
    con: duckdb.DuckDBPyConnection,
    query: str,
    values: Mapping[str, Any],
    spec: TableSpec,
    target: Path,
) -> None:
    """Write the query's rows to a Parquet file, sorted, in slices of the first column's values.

    Sorting a month of a hundred channels at once does not fit in the daemon's memory. The query
    must have a row.
    """
    first, by = f'"{spec.order[0]}"', ", ".join(f'"{column}"' for column in spec.order)
    counts = con.execute(
        f"SELECT {first}, count(*) FROM ({query}) GROUP BY 1 ORDER BY 1", values or None
    ).fetchall()
    slices = f"SELECT * FROM ({query}) WHERE {first} BETWEEN $low AND $high ORDER BY {by}"
    writer = None
    for low, high in _slices(counts, most_rows(spec) // 2):
        rows = con.sql(slices, params={**values, "low": low, "high": high}).to_arrow_table()
        writer = writer or pq.ParquetWriter(target, rows.schema)
        writer.write_table(rows, row_group_size=ROWS_A_GROUP)
    if writer is not None:
        writer.close()


def _slices(counts: Sequence[tuple[Any, int]], most: int) -> Iterable[tuple[Any, Any]]:
    """(first, last) of neighbouring values that have at most so many rows, or are one value."""
    taken: list[Any] = []
    rows = 0
    for value, count in counts:
        if taken and rows + count > most:
            yield taken[0], taken[-1]
            taken, rows = [], 0
        taken.append(value)
        rows += count
    if taken:
        yield taken[0], taken[-1]


def time_text(at: Any) -> str:
    """A TIMESTAMP or DATE as ISO text, '' for None."""
    if at is None:
        return ""
    if isinstance(at, datetime):
        return iso(at.replace(tzinfo=UTC))
    return f"{at.isoformat()}T00:00:00Z"


def tidy(files: Files) -> Files:
    """Drop empty files, unless nothing else is left."""
    return tuple(file for file in files if file.rows) or files[:1]


def overlaps(file: PublishedFile, spec: TableSpec, keys: Keys) -> bool:
    """True if the file's span of time holds that of the keys, so that it may hold one."""
    if spec.time not in spec.replace:
        return True
    position = spec.replace.index(spec.time)
    times = [key[position] for key in keys]
    return file.min <= time_text(max(times)) and file.max >= time_text(min(times))


def remove_strays(published: Path, listed: set[str]) -> None:
    """Unlink files that no manifest names: left by a crash, or by readers long gone."""
    for path in published.glob("*/*.parquet*"):
        if str(path.relative_to(published)) not in listed:
            path.unlink(missing_ok=True)


def months_since(spec: TableSpec) -> str:
    """SQL of the months of rows written after revision $since: no file spans two of them."""
    return (
        f"SELECT DISTINCT date_trunc('month', \"{spec.time}\") AS m "
        f"FROM {spec.name} WHERE rev > $since ORDER BY m"
    )


def rows_of_month(spec: TableSpec) -> str:
    """SQL of the rows of $month written after revision $since."""
    return (
        f"SELECT * FROM {spec.name} WHERE rev > $since "
        f"AND date_trunc('month', \"{spec.time}\") = CAST($month AS DATE)"
    )


def days_of(spec: TableSpec, query: str) -> str:
    """SQL of the days of the query's rows."""
    return f'SELECT DISTINCT CAST("{spec.time}" AS DATE) AS d FROM ({query}) ORDER BY d'


def rows_of_day(spec: TableSpec) -> str:
    """SQL of the rows of $day written after revision $since; a plain range, to skip row groups."""
    return (
        f"SELECT * FROM {spec.name} WHERE rev > $since "
        f'AND "{spec.time}" >= CAST($day AS DATE) AND "{spec.time}" < CAST($day AS DATE) + 1'
    )

"""Answers written out: a table for people, CSV for spreadsheets, JSON and Parquet for programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.plain_text import plain
from warehouse.spreadsheet import csv_bytes, json_text, utc_text

MOST_SHOWN = 1000  # rows of a table for people
_LONGEST = 80  # characters of a cell there
_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
Write = Callable[[pa.RecordBatchReader, BinaryIO], None]


def write_table(rows: pa.RecordBatchReader, out: BinaryIO) -> None:
    """Columns side by side, numbers to the right; NULL as such. No more than MOST_SHOWN rows."""
    shown = list(_first_rows(rows, MOST_SHOWN + 1))
    right = [any(is_kind(field.type) for is_kind in _NUMBERS) for field in rows.schema]
    cells = [[plain(name, _LONGEST) for name in rows.schema.names]]
    cells += [[_cell(value) for value in row] for row in shown[:MOST_SHOWN]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in (cells[0], ["-" * width for width in widths], *cells[1:]):
        out.write(f"{_line(row, widths, right)}\n".encode())
    more = f"; the first {MOST_SHOWN} of more: --format csv has all"
    out.write(f"({len(cells) - 1} rows{more if len(shown) > MOST_SHOWN else ''})\n".encode())


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _first_rows(rows: pa.RecordBatchReader, most: int) -> Iterator[tuple[object, ...]]:
    for batch in rows:
        part = batch.slice(0, most)
        most -= part.num_rows
        yield from zip(*(column.to_pylist() for column in part.columns), strict=True)
        if not most:
            return


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, bool | list | dict):
        value = json_text(value)
    return "NULL" if value is None else plain(str(value), _LONGEST)


def write_csv(rows: pa.RecordBatchReader, out: BinaryIO) -> None:
    """A header and all rows, as `csv_bytes` writes them."""
    out.write(csv_bytes(rows.schema.empty_table()))
    for batch in rows:
        out.write(csv_bytes(batch, header=False))


def write_json(rows: pa.RecordBatchReader, out: BinaryIO) -> None:
    """One array, an object a row; NULL is null, a number that is none (NaN) too."""
    before = b"["
    for batch in rows:
        for row in batch.to_pylist():
            out.write(before + b"\n" + json_text(row).encode())
            before = b","
    out.write(b"[]\n" if before == b"[" else b"\n]\n")


def write_parquet(rows: pa.RecordBatchReader, out: BinaryIO) -> None:
    """Columns of the types they have; TIMESTAMP without a zone is UTC."""
    with pq.ParquetWriter(out, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)


FORMATS: Mapping[str, Write] = {
    "table": write_table, "csv": write_csv, "json": write_json, "parquet": write_parquet,
}  # fmt: skip

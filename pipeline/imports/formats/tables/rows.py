"""Rows of a table, CSV with any delimiter or Parquet, in bounded memory."""

import csv
import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.chat.columns import DATES, columns_of
from pipeline.imports.formats.base import WEIGHT, Log
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables.days import is_dated
from pipeline.imports.formats.tables.times import Cell, Kind, time_of
from warehouse.connections import open_duckdb
from warehouse.errors import BadInput
from warehouse.sql import quoted

PARQUET = b"PAR1"
Row = tuple[Cell, ...]
_DELIMITERS = (",", "\t", ";", "|")
_LINES = 50  # that one row may take: more of them hold a quote that was never closed
_SAMPLE = 200  # rows that are looked at
_ABOVE = 10  # lines, that may stand before the header
_NO_ROW = "no row of the table"
_DAMAGED = "its Parquet data are damaged"
_UNREADABLE = (duckdb.Error, pa.ArrowException, UnicodeDecodeError, OSError)
_WEIGHT = re.compile(WEIGHT)
_SEP = re.compile(r"sep=.\s*$")
_SHOWN = re.compile(r"\w[\w .-]{0,29}")


@dataclass
class TableRows:
    """The names of a table's columns, its rows, and the first of these again.

    is_named: its first line told the names; else they are numbers, from 1 on.
    """

    path: Path
    names: list[str]
    rows: Iterator[Row]
    sample: list[Row]
    is_named: bool = True

    @property
    def it_has(self) -> str:
        """The columns, where some are known to be no chat: else it is nobody's business."""
        known = any(columns_of(self.names, {}).values())
        shown = [name for name in self.names[:12] if _SHOWN.fullmatch(name)]
        return f"; it has {', '.join(shown)}" if known and shown else ""

    def roles(self, given: Mapping[str, str]) -> dict[str, list[int]]:
        """By role the places of its columns, the likeliest first. Three columns without names are
        time, user and text where they look so. given: by role. Raises BadInput for one that is
        not there."""
        try:
            found = columns_of(self.names, given)
        except BadInput as exc:
            raise BadInput(f"{self.path}: {exc}{self.it_has}") from exc
        if not self.is_named and not set(given) - {DATES} and self._is_plain():
            found |= {"time": [0], "user": [1], "text": [2]}
        if not found["time"]:
            found["time"] = [k for k in range(len(self.names)) if self._has_moments(k)]
        return found

    def _has_moments(self, place: int) -> bool:
        """Does the column tell by its values that it is the time? Numbers may be anything."""
        cells = [row[place] for row in self.sample if row[place] not in (None, "")]
        return bool(cells) and all(
            isinstance(cell, str) and (_is_moment(cell) or is_dated(cell)) for cell in cells
        )

    def _is_plain(self) -> bool:
        return bool(self.sample) and all(
            len(row) == 3
            and time_of(row[0]) is not None
            and len(str(row[1]).split()) == 1
            and not _WEIGHT.match(str(row[1]).strip())
            and time_of(row[2]) is None
            for row in self.sample
        )


def _is_moment(cell: str) -> bool:
    kind, _ = time_of(cell) or (None, 0.0)
    return kind is Kind.moment and not cell.strip().replace(".", "", 1).isdigit()


def open_table(file: LogFile, log: Log, given: Mapping[str, str]) -> TableRows:
    """The table in the file; where its data are damaged `file.cut` says so, from there on."""
    head = file.read()
    is_parquet = head.startswith(PARQUET)
    names, rows, is_named = _parquet(file) if is_parquet else _csv(file, head, log, given)
    sample = list(islice(rows, _SAMPLE))
    return TableRows(file.path, names, chain(sample, rows), sample, is_named)


def _csv(
    file: LogFile, head: bytes, log: Log, given: Mapping[str, str]
) -> tuple[list[str], Iterator[Row], bool]:
    lines = (f"{line}\n" for line in file.lines(head))
    first = from_header(list(islice(lines, _SAMPLE)))
    delimiter = delimiter_of(first)
    reader = csv.reader(
        chain(first, lines),
        delimiter=delimiter,
        skipinitialspace=any(f'{delimiter} "' in line for line in first),
        quoting=csv.QUOTE_MINIMAL if _is_quoted(first, delimiter) else csv.QUOTE_NONE,
    )
    rows = _records(reader, log)
    begins = list(next(rows, ()))
    names = [str(cell).strip() for cell in begins]
    is_named = _is_header(names, given)
    if not is_named:
        rows, names = chain([tuple(begins)], rows), [str(k + 1) for k in range(len(begins))]
    return names, _fitting(rows, names, delimiter, log, given), is_named


def from_header(lines: list[str]) -> list[str]:
    """The lines without Excel's `sep=;` and what else an exporter wrote above the header."""
    for k, line in enumerate(lines[:_ABOVE]):
        if any(mark in line for mark in _DELIMITERS):
            known = _known(line, delimiter_of([line]))
            if known["text"] and known["time"]:
                return lines[k:]
    return lines[1:] if lines and _SEP.match(lines[0]) else lines


def _known(line: str, delimiter: str) -> dict[str, list[int]]:
    """Columns by role, if the line names some."""
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # too long for a header
        names = []
    return columns_of(names if len(names) > 1 else [], {})


def delimiter_of(lines: Sequence[str]) -> str:
    """What keeps the cells of a CSV apart: what finds the most columns of chat in its header,
    else the most in all of its first lines."""

    def fit(delimiter: str) -> tuple[int, int]:
        known = _known(lines[0], delimiter) if lines else {}
        least = min((line.count(delimiter) for line in lines if line.strip()), default=0)
        return sum(bool(places) for places in known.values()), least

    return max(_DELIMITERS, key=fit)


def _is_header(names: Sequence[str], given: Mapping[str, str]) -> bool:
    """Does the first line name columns? One that has a time, or no column's name, is a row."""
    if any(time_of(name) for name in names):
        return False
    known = columns_of(names, {})
    wanted = {name.lower() for name in given.values() if not name.isdecimal()}
    return any(known.values()) or not wanted.isdisjoint(name.lower() for name in names)


def _is_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Are quotes around cells no part of them? In tables by tabs they often are."""
    if delimiter != "\t":
        return True
    cells = [c for line in lines for c in line.rstrip("\n").split(delimiter) if c.startswith('"')]
    return bool(cells) and all(len(c) > 1 and c.endswith('"') for c in cells)


def _records(reader: Any, log: Log) -> Iterator[Row]:
    """Its rows; what has a quote that was never closed is counted by lines."""
    while True:
        before = reader.line_num
        try:
            row = next(reader, None)
        except csv.Error:  # a cell of more than 128 KB
            row = ["\n"]
        if row is None:
            return
        taken = reader.line_num - before
        if taken > _LINES or row == ["\n"]:
            log.skipped["in a quote that is not closed"] += taken
        elif row:
            yield tuple(row)


def _fitting(
    rows: Iterator[Row], names: list[str], delimiter: str, log: Log, given: Mapping[str, str]
) -> Iterator[Row]:
    """Rows with a cell for each column. Where the text is the last one, what is too much of cells
    is a text with the delimiter in it."""
    width, text = len(names), columns_of(names, {})["text"]
    last_is_text = not text or text[0] == width - 1
    if "text" in given:
        last_is_text = given["text"] in (names[-1], str(width))
    for row in rows:
        if len(row) > width and last_is_text:
            row = (*row[: width - 1], delimiter.join(map(str, row[width - 1 :])))
        if len(row) == width:
            yield row
        else:
            log.skip(_NO_ROW)


def _parquet(file: LogFile) -> tuple[list[str], Iterator[Row], bool]:
    while file.read():  # its digest is of the whole file
        pass
    con = open_duckdb(reach=[file.path], config={"memory_limit": "112MB", "threads": 1})
    source = f"read_parquet({quoted(Path(glob.escape(str(file.path))))}, binary_as_string=true)"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except _UNREADABLE:
        con.close()
        file.cut = _DAMAGED
        return [], iter(()), True
    names = [name for name, *_ in described]
    cells = ", ".join(_cell(k + 1, kind) for k, (_, kind, *_) in enumerate(described))
    columns = ", ".join(f"c{k + 1}" for k in range(len(names)))
    query = f"SELECT {cells} FROM {source} AS given({columns})"
    return names, _batches(con, query, file), True


def _cell(number: int, kind: str) -> str:
    """SQL for a column as text or number: moments as epoch seconds."""
    column = f"c{number}"
    if kind.startswith(("TIMESTAMP", "INTERVAL")):
        return f"epoch({column}) AS {column}"
    if kind.endswith("[]"):
        return f"array_to_string({column}, ' ') AS {column}"
    if kind in ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT"):
        return column
    return f"CAST({column} AS VARCHAR) AS {column}"


def _batches(con: duckdb.DuckDBPyConnection, query: str, file: LogFile) -> Iterator[Row]:
    try:
        for batch in con.sql(query).to_arrow_reader(20_000):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except _UNREADABLE:
        file.cut = _DAMAGED
    finally:
        con.close()

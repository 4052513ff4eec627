"""`python -m warehouse sql` and `open`: what is published, for questions and for other programs."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import pyarrow as pa
import typer

from warehouse.analysis.answer_formats import FORMATS
from warehouse.analysis.database import write_database
from warehouse.analysis.question import answer
from warehouse.atomic import private_file
from warehouse.config import data_folder
from warehouse.errors import BadInput, StorageFull, WrongUsage

_BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for something else
PARSING = {"ignore_unknown_options": True}  # a query may begin with a comment: -- this


class AnswerFormat(StrEnum):
    """Form of an answer: a writer of FORMATS each."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def sql(
    query: Annotated[str, typer.Argument(help="one SELECT; - reads it from stdin")],
    format: Annotated[
        AnswerFormat, typer.Option(help="table for people, csv for spreadsheets, json, parquet")
    ] = AnswerFormat.table,
    out: Annotated[
        Path | None, typer.Option(help="file to write; it must not be there yet")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, max=86_400, help="seconds it may take; 0: as long as it takes")
    ] = 60,
) -> None:
    """Answer a question from the published tables; docs/data.md tells them. It changes nothing."""
    text = sys.stdin.read() if query == "-" else query
    if out is None and format is AnswerFormat.parquet and sys.stdout.isatty():
        raise WrongUsage("Parquet is not for a terminal: add --out FILE, or > FILE")
    with answer(data_folder(), text, timeout) as rows:
        if out:
            _write_file(rows, format, out)
        else:
            _print(rows, format)


def open_(
    file: Annotated[Path, typer.Argument(help="DuckDB file to write, or to write anew")],
) -> None:
    """Write a DuckDB file of views that any DuckDB opens; they follow what is published."""
    try:
        views = write_database(data_folder(), file)
    except OSError as exc:
        raise StorageFull(f"cannot write {file}: {exc.strerror or exc}") from exc
    print(f"{file}: views={views}; open it with any DuckDB on this machine, read-only")


def _write_file(rows: pa.RecordBatchReader, format: AnswerFormat, out: Path) -> None:
    """Whole or not at all."""
    if out.exists():
        raise BadInput(f"{out} is there already; name another file")
    aside = out.with_name(f".{out.name}.{uuid4().hex}")
    try:
        with private_file(aside) as file:
            if format is AnswerFormat.csv:
                file.write(_BOM)
            FORMATS[format](rows, file)
        aside.replace(out)
    except OSError as exc:
        raise StorageFull(f"cannot write {out}: {exc.strerror or exc}") from exc
    finally:
        aside.unlink(missing_ok=True)


def _print(rows: pa.RecordBatchReader, format: AnswerFormat) -> None:
    """To stdout; whoever reads it may have had enough (`| head`)."""
    try:
        FORMATS[format](rows, sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes there

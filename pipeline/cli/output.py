"""Output of commands that list rows: a table for people, or JSON."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer


class OutputFormat(StrEnum):
    """Form in which rows are printed."""

    table = "table"
    json = "json"


FormatOption = Annotated[OutputFormat, typer.Option(help="table or json")]


def print_json(rows: Sequence[Any]) -> None:
    """Write the rows as an indented JSON array."""
    sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")

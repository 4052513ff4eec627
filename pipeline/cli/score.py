"""What the commands do, without the daemon where they can."""

import sys
from enum import StrEnum
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.scoring.scorer import make_scorer
from warehouse.config import data_folder
from warehouse.errors import NothingPublished
from warehouse.published.reader import Reader


class LexiconName(StrEnum):
    """A lexicon that scores."""

    vader = "vader"
    full = "full"


def score(
    lexicon: Annotated[LexiconName, typer.Option(help="which lexicon")] = LexiconName.full,
) -> None:
    """Compound of every line of stdin, a line each on stdout."""
    scorer = make_scorer(lexicon.value)
    # a line is a message, whatever is in it; bytes that are not UTF-8 are read as �
    for raw in sys.stdin.buffer:
        text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        sys.stdout.write(f"{scorer.compound(text)}\n")


def show_vocabulary(shape: str) -> None:
    """Print proposed and accepted terms of the published vocabulary."""
    try:
        rows = Reader(data_folder()).query("vocabulary_current").to_pylist()
    except NothingPublished:
        rows = []
    if shape == "json":
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        return
    table = Table("term", "channel", "kind", "status", "valence", "n", "first seen")
    for row in rows:
        value = "" if row["valence"] is None else f"{row['valence']:+.2f}"
        seen = str(row["first_seen"] or "")[:16].replace("T", " ")
        cells = (
            row["term"],
            row["channel"],
            row["kind"],
            row["status"],
            value,
            str(row["n"]),
            seen,
        )
        table.add_row(*map(escape, cells))
    table.columns[0].overflow = "fold"
    Console().print(table if rows else "no proposed or accepted terms yet")

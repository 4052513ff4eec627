"""`python -m pipeline vocabulary`: what words and emotes mean here, and what was decided."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.output import FormatOption, OutputFormat, print_json
from pipeline.requests.client import ask, ask_all
from pipeline.requests.vocabulary_decision import request_of
from warehouse.atomic import replace_file
from warehouse.config import data_folder
from warehouse.errors import BadInput, NothingPublished
from warehouse.figures import count, signed
from warehouse.published.reader import Reader, published_identities
from warehouse.records import iso, typed_name

COLUMNS = ("term", "kind", "valence", "channel")  # of a file of accepted terms
_BAD_SHOWN = 10

vocabulary = typer.Typer(help="Proposed and accepted terms, and decisions on them.")
Term = Annotated[str, typer.Argument(help="the term, exactly as it is written")]
Channel = Annotated[str, typer.Option(help="for this channel; without it, for all")]
Valence = Annotated[float | None, typer.Option(help="-4..4, like VADER's")]
File = Annotated[Path, typer.Argument(help=f"tab-separated: {', '.join(COLUMNS)}")]


@vocabulary.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    format: FormatOption = OutputFormat.table,
) -> None:
    """List proposed and accepted terms."""
    if context.invoked_subcommand is None:
        _show(_published("vocabulary_current"), format)


@vocabulary.command()
def accept(term: Term, channel: Channel = "", valence: Valence = None) -> None:
    """Accept a proposed term; it counts from the next window on."""
    _review("accept", term, channel, valence)


@vocabulary.command()
def change(
    term: Term,
    valence: Annotated[float, typer.Option(help="-4..4, like VADER's")],
    channel: Channel = "",
) -> None:
    """Give a term a valence of your own, proposed or not."""
    _review("change", term, channel, valence)


@vocabulary.command()
def reject(term: Term, channel: Channel = "") -> None:
    """Reject a proposal; a term that was accepted no longer counts."""
    _review("reject", term, channel)


@vocabulary.command()
def undo(term: Term, channel: Channel = "") -> None:
    """Take back the last decision on a term."""
    _review("undo", term, channel)


@vocabulary.command()
def history() -> None:
    """List all decisions, old ones too."""
    rows = _published("decisions_all")
    table = Table("at", "decision", "term", "channel", "valence", "by")
    for row in rows:
        term = row["term"], row["channel"], signed(row["valence"])
        table.add_row(*map(escape, (iso(row["at"]), row["decision"], *term, row["by"])))
    Console().print(table if rows else "nothing was decided yet")


@vocabulary.command("export")
def export_(file: File) -> None:
    """Write accepted terms to a file that `import` reads."""
    rows = [r for r in _published("vocabulary_current") if r["status"] == "accepted"]
    lines = ["\t".join(COLUMNS), *("\t".join(_cells(row)) for row in rows)]
    replace_file(file, "".join(f"{line}\n" for line in lines).encode())
    print(f"accepted terms in {file}: {len(rows)}")


@vocabulary.command("import")
def import_(file: File) -> None:
    """Accept the terms of a file; bad rows are named and left out."""
    good, bad = read_terms(file)
    reasons = ask_all(data_folder(), "vocabulary", good)
    bad += [f"{b['term']}: {why}" for b, why in zip(good, reasons, strict=True) if why]
    done = reasons.count("")
    print(f"terms in force from {file.name}: {done}; rows left out: {len(bad)}")
    for line in bad[:_BAD_SHOWN]:
        print(line, file=sys.stderr)
    if bad[_BAD_SHOWN:]:
        print(f"... and {len(bad) - _BAD_SHOWN} more", file=sys.stderr)
    if bad and not done:
        raise BadInput(f"{file} has no row that could be read")


def _show(rows: list[dict[str, Any]], format: OutputFormat) -> None:
    if format is OutputFormat.json:
        print_json(rows)
        return
    table = Table("term", "channel", "kind", "status", "valence", "n", "first seen")
    for row in rows:
        first_seen = str(row["first_seen"] or "")[:16].replace("T", " ")
        cells = row["term"], row["channel"], row["kind"], row["status"], signed(row["valence"])
        table.add_row(*map(escape, (*cells, count(row["n"]), first_seen)))
    table.columns[0].overflow = "fold"
    Console().print(table if rows else "no proposed or accepted terms yet")


def read_terms(file: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """(requests to change each term, what is wrong with the rows that are none, by line).

    Raises BadInput for a file that is not such a table.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise BadInput(f"{file}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise BadInput(f"{file} is not UTF-8 text") from exc
    lines = text.splitlines()
    if not lines or lines[0].split("\t")[:3] != list(COLUMNS[:3]):
        raise BadInput(
            f"{file} does not begin with the columns {', '.join(COLUMNS)} (tabs between)"
        )
    good, bad = [], []
    for number, row in enumerate(csv.reader(lines[1:], delimiter="\t", quoting=csv.QUOTE_NONE), 2):
        try:
            good.append(_request(row))
        except BadInput as exc:
            bad.append(f"line {number}: {exc}")
    return good, bad


def _request(row: list[str]) -> dict[str, Any]:
    if not 3 <= len(row) <= len(COLUMNS):
        raise BadInput(f"{len(row)} columns, not 3 or {len(COLUMNS)}")
    term, kind, text, channel = (*row, "")[:4]
    try:
        valence = float(text)
    except ValueError:
        raise BadInput("the valence is not a number") from None
    body = {
        "decision": "change",
        "term": term,
        "kind": kind,
        "valence": valence,
        "channel": channel,
    }
    request_of(body)
    return body


def _review(decision: str, term: str, channel: str, valence: float | None = None) -> None:
    body: dict[str, Any] = {"decision": decision, "term": term, "channel": channel}
    if valence is not None:
        body["valence"] = valence
    term = request_of(body).term  # refused before anything is asked
    ask(data_folder(), "vocabulary", body)
    key = published_identities(data_folder()).resolve(typed_name(channel))
    row = next((r for r in _published("vocabulary_current")
                if (r["term"], r["channel"]) == (term, key)), None)  # fmt: skip
    print(_told(term, row))


def _told(term: str, row: dict[str, Any] | None) -> str:
    if row is None:
        return f"{term}: rejected; nothing of ours is in force"
    if row["status"] == "proposed":
        return f"{term}: proposed again"
    if row["in_force"] != row["valence"]:
        return f"{term}: accepted, but not in force: the lexicon in use is plain VADER"
    return f"{term}: {signed(row['in_force'])} from the next window on"


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["term"], row["kind"], f"{row['valence']:.2f}", row["channel"]


def _published(query: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = Reader(data_folder()).query(query).to_pylist()
    except NothingPublished:
        return []
    return rows

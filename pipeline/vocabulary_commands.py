"""`python -m pipeline vocabulary`: what words and emotes mean here, and what was decided."""

from enum import StrEnum
from typing import Annotated

import typer

from pipeline.commands import show_vocabulary
from pipeline.learn.command import learn_command


class Shape(StrEnum):
    """How the vocabulary is printed."""

    table = "table"
    json = "json"


vocabulary = typer.Typer(help="Proposed and accepted terms.")
vocabulary.command("learn")(learn_command)


@vocabulary.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    format: Annotated[Shape, typer.Option(help="table or json")] = Shape.table,
) -> None:
    """Proposed and accepted terms."""
    if context.invoked_subcommand is None:
        show_vocabulary(format.value)

"""`python -m pipeline score`, where it is asked for with more than a lexicon."""

from enum import StrEnum
from typing import Annotated

import typer

from pipeline.scoring.lines import score_lines


class LexiconName(StrEnum):
    """A lexicon that scores."""

    vader = "vader"
    full = "full"


def score(
    lexicon: Annotated[LexiconName, typer.Option(help="which lexicon")] = LexiconName.full,
) -> None:
    """Score every line of stdin: a number from -1 to 1, a line each on stdout."""
    score_lines(lexicon.value)

"""Decisions of people on terms, and those in force for a channel at a time.

Decisions are only ever added. One for a channel goes before one for all; among those of the
same kind the last one holds, from the window after it was made.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.chat.text import visible
from pipeline.scoring.lexicon.emoji_table import emoji_table
from pipeline.scoring.signs import bare
from warehouse.errors import WrongUsage

LONGEST = 60  # characters of a term
HIGHEST = 4.0  # of a valence, as of VADER's
KINDS = ("emote", "word")

Valences = dict[str, tuple[str, float]]  # by term: kind and valence


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was applied.

    channel: a login, '' for all. valence: in force from `from_start` (epoch seconds, a window's
    start) on, None where the term goes back to what it is without a decision for this channel.
    undoes: the decision an undo took back. before: the vocabulary's row before it, None where
    there was none.
    """

    id: str
    term: str
    channel: str
    at: datetime
    by: str
    decision: str
    valence: float | None
    kind: str
    from_start: float
    undoes: str | None = None
    before: Mapping[str, Any] | None = None


def in_force(decisions: Iterable[Decision], channel: str, at: float = math.inf) -> Valences:
    """What scores the channel's messages at `at` (epoch seconds) beside the lexicon.

    channel '' asks for what holds where no channel decided otherwise.
    """
    for_all: dict[str, Decision] = {}
    here: dict[str, Decision] = {}
    for decision in decisions:
        if decision.from_start <= at and decision.channel in ("", channel):
            (here if decision.channel else for_all)[decision.term] = decision
    valences: Valences = {}
    for decision in (*for_all.values(), *here.values()):
        if decision.valence is not None:
            valences[decision.term] = (decision.kind, decision.valence)
    return valences


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Of one term's decisions for one channel, oldest first: those that were not undone."""
    valid: list[Decision] = []
    for decision in decisions:
        if decision.decision == "undo":
            valid = [k for k in valid if k.id != decision.undoes]
        else:
            valid.append(decision)
    return valid


def checked_term(value: Any) -> str:
    """The term; of an emoji the bare form, which texts are read by. Raises WrongUsage for what is
    not one, without repeating it."""
    if isinstance(value, str) and len(value) <= LONGEST:
        if bare(value) in emoji_table().valences:
            return bare(value)
        if _is_term(value):
            return value
    raise WrongUsage(f"a term is 1 to {LONGEST} visible characters without spaces")


def _is_term(text: str) -> bool:
    """True if it can be seen, and is read as it is written."""
    if not bare(text) or not text.isprintable() or any(map(str.isspace, text)):
        return False
    is_seen = any(unicodedata.category(c)[0] != "M" for c in text)
    return is_seen and visible(text) == text


def checked_valence(value: Any) -> float:
    """The valence, -4..4. Raises WrongUsage."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not -HIGHEST <= value <= HIGHEST:  # nor is it NaN
        raise WrongUsage(f"a valence is a number from -4 to 4, not {str(value)[:40]!a}")
    return float(value)


def checked_kind(value: Any) -> str:
    """The kind. Raises WrongUsage."""
    if value not in KINDS:
        raise WrongUsage(f"kind is {' or '.join(KINDS)}, not {str(value)[:40]!a}")
    return str(value)

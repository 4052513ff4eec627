"""A message's score: its compound, and which of its terms did it."""

from collections.abc import Callable
from typing import NamedTuple

Term = tuple[str, str, float]
Named = Callable[[str], bool]


class Scored(NamedTuple):
    """A message's compound, -1..1, and its terms: (term, kind, part of the compound) a use.

    The parts sum to the compound but for what punctuation and left-out words gave.
    strange: emotes by the source that are in no lexicon, each once.
    """

    compound: float
    terms: tuple[Term, ...]
    has_emote: bool
    strange: tuple[str, ...] = ()

"""Message to compound, and which of its terms did it: one of two scorers.

`vader` is vaderSentiment's own answer to the text as it came. `full` adds Twitch's words to
VADER's rules, takes emotes and emoji out of the sentence, and lets their repeats saturate.
"""

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.scored import Named, Scored
from pipeline.scoring.vader_scorer import VaderScorer


class Scorer(Protocol):
    """One way to score; `version` is kept with every window."""

    version: str

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """-1..1; 0.0 when nothing in the text carries a valence."""
        ...

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound with its terms. is_name: whether somebody is called so."""
        ...

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term."""
        ...


@cache
def make_scorer(lexicon: str) -> VaderScorer | FullScorer:
    """The scorer that the setting `lexicon` names: vader or full. One for all: none changes."""
    return VaderScorer() if lexicon == "vader" else FullScorer()

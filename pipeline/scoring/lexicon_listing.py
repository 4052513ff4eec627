"""The lexicon as rows of the table `lexicon`, for whoever wants to look a term up."""

from collections.abc import Iterator

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import twitch_lexicon
from pipeline.scoring.vader_scorer import VaderScorer

Entry = tuple[str, str, float, str]


def entries(scorer: VaderScorer | FullScorer) -> Iterator[Entry]:
    """(term, kind, valence -4..4, origin) of all that carries a valence by itself, or is known to
    carry none: words first, then emotes and emoji."""
    ours = twitch_lexicon().words if isinstance(scorer, FullScorer) else {}
    for term, valence in scorer.rules.lexicon.items():
        yield term, "word", float(valence), "rated" if term in ours else "vader"
    if isinstance(scorer, FullScorer):
        for term, valence in scorer.emotes.items():
            yield term, "emote", valence, "rated"
        for term, valence in scorer.emojis.items():
            if term not in scorer.emotes:
                yield term, "emoji", valence, "rated"

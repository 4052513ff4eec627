"""Seeds of learning: words and emoji with a known valence, and words inside names."""

import re
from collections.abc import Mapping, Sequence

from pipeline.scoring.lexicon import Lexicon
from pipeline.scoring.scorer import emoji_valence
from pipeline.scoring.vader import VaderRules
from pipeline.vocabulary.learn.corpus import Corpus

_USED = 50  # messages, for a word to teach
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+")
_LAUGHTER = re.compile(
    r"^(?:lol|lmf?ao|rofl|(?:ha|he){2,})$|LUL|Lu[lL](?![a-z])|LMF?AO|[Kk]ek(?!e)|KEK|L(?:augh|AUGH)|Giggle"
)
_RUN = re.compile(r"(.)\1+")
_ENDINGS = 3  # letters that emotes put behind a word: Sadge, RAGEY, Okayge
_LEAST_WORD = 3
# parts that name a face, a person or a way to stand: not meant as the word
_SHAPES = frozenset("man champ hands face free cat chat this head".split())


def seeds(corpus: Corpus, lexicon: Lexicon) -> dict[str, float]:
    """Valence -4..4 of words and emoji in the corpus: VADER's and Twitch's, no emote and no
    word that is an emote's name in small letters."""
    rules = VaderRules(lexicon.words)
    names = {emote.lower() for emote in lexicon.emotes}
    found: dict[str, float] = {}
    for term, n in zip(corpus.names, corpus.n.tolist(), strict=True):
        if term in rules.emojis:
            found[term] = emoji_valence(term)
        elif n >= _USED and term not in names and _is_word(term):
            valence = rules.lexicon.get(term)
            if valence:
                found[term] = float(valence)
    return found


def in_name(name: str, known: Mapping[str, float]) -> list[str]:
    """Known words that a name is made of: FeelsBadMan holds bad, Sadge holds sad."""
    found = []
    for part in dict.fromkeys([p.lower() for p in _PARTS.findall(name)]):
        if part not in _SHAPES:
            word = next((w for w in _readings(part) if w in known), None)
            if word:
                found.append(word)
    return found


def is_laughter(name: str) -> bool:
    """True if a word is laughter, or a name says that it is: limesLUL, PepeLaugh."""
    return _LAUGHTER.search(name) is not None


def _readings(part: str) -> Sequence[str]:
    """What a part of a name may be: itself, without drawn-out letters, without an ending."""
    short = _RUN.sub(r"\1", part)
    whole = [part, _RUN.sub(r"\1\1", part), short]
    return whole + [
        w[:-k] for w in whole for k in range(1, _ENDINGS + 1) if len(w) - k >= _LEAST_WORD
    ]


def _is_word(term: str) -> bool:
    return (term.isalpha() and len(term) > 2) or not any(c.isalnum() for c in term)

"""Phrases that mean something else than their words: "can't wait", "to die for", "let's go".

Each is one entry of the lexicon, with spaces and no apostrophes. VADER has some too, which it
never finds.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from pipeline.chat.text import STOPWORDS
from warehouse.remembered import Remembered

_RUN = re.compile(r"(.)\1{2,}")
_EDGES = ".,!?:;\"'()…"
# words too common to look for phrases by, if there is another
_COMMON = STOPWORDS - {"lets", "cant"} | set(
    "time game back see right play well never really even good bad thing way guy no oh chat space "
    "fucking fuckin freaking getting makes enough".split()
)
_STOPS = ".,!?:;…"  # no phrase goes on behind them


class Phrase(NamedTuple):
    """words: as `plain` has them; at: the place of the one it is looked for by; beside: the word
    before that, or behind it if it is the first."""

    term: str
    words: tuple[str, ...]
    at: int
    beside: str


class Phrases:
    """Finds the phrases of a lexicon in tokens, however they are spelt."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.by_word: dict[str, list[Phrase]] = {}
        for term in sorted(terms, key=lambda t: -len(t.split())):
            words = tuple(map(plain, term.split()))
            at = max(range(len(words)), key=lambda k: (words[k] not in _COMMON, len(words[k]), k))
            beside = words[at - 1 if at else 1]
            self.by_word.setdefault(words[at], []).append(Phrase(term, words, at, beside))
        self._plain: Remembered[str, str] = Remembered(plain)
        self.at: Remembered[str, list[Phrase]] = Remembered(
            lambda token: self.by_word.get(plain(token), [])
        )

    def begins(self, token: str) -> bool:
        """True if some phrase is looked for by this token."""
        return plain(token) in self.by_word

    def join(self, tokens: list[str], at: int, taken: Collection[str] = ()) -> int | None:
        """Make one token of the phrase that is looked for by the token at that place, and nothing
        of its other words. taken: tokens that are no words. Returns its place, None without."""
        before = self._plain[tokens[at - 1]] if at else ""
        after = self._plain[tokens[at + 1]] if at + 1 < len(tokens) else ""
        for phrase in self.at[tokens[at]]:
            if (before if phrase.at else after) != phrase.beside:
                continue  # as nearly always
            first, end = at - phrase.at, at - phrase.at + len(phrase.words)
            said = tokens[first:end] if first >= 0 else []
            if self._is_said(said, phrase.words) and not set(said) & set(taken):
                term = phrase.term.upper() if all(map(str.isupper, said)) else phrase.term
                marks = "".join([c for c in said[-1] if c in "!?,."])
                tokens[first:end] = [term + marks, *[""] * (len(said) - 1)]
                return first
        return None

    def _is_said(self, tokens: list[str], words: tuple[str, ...]) -> bool:
        """True if the tokens are those words, and nothing ends among them."""
        if len(tokens) < len(words):
            return False
        for token, word in zip(tokens, words, strict=True):
            if self._plain[token] != word:
                return False
        return not any(token[-1] in _STOPS for token in tokens[:-1])


def is_phrase(term: str) -> bool:
    """True for a term of several words; VADER has smileys with a space in them, too."""
    return " " in term and term.replace(" ", "").isalnum()


def plain(token: str) -> str:
    """What all spellings of a word share: "Can't", "cant!", "CAAANT"."""
    word = (token if token.isalpha() else token.strip(_EDGES).replace("'", "")).lower()
    return _RUN.sub(r"\1", word) if _RUN.search(word) else word

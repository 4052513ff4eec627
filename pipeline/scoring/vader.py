"""VADER's rules, asked only where they can say something else than the lexicon.

Whether a token carries a valence, and whether it has a say in its neighbours' scores, is found
out once a token. What no neighbour touches is worth what the lexicon says; the library judges
the rest. Compounds are the library's to the last digit.
"""

import math
from collections import ChainMap
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import reduce
from operator import or_
from string import punctuation

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

from warehouse.remembered import Remembered

_MARKS = 24_000  # of which every token of a message is asked
_BEFORE, _AFTER = 3, 2  # words that VADER looks at around one

# What a token can be to VADER. SCORED is the highest, so that a size tells of it.
NEGATES, _BOOSTS, _IDIOM, NO, _KIND, _OF, _BUT, _THIS, _UPPER, _SCORED = (1 << b for b in range(10))
_NEAR = NEGATES | _BOOSTS | NO
_CONTEXT = _NEAR | _IDIOM | _KIND | _BUT | _THIS  # without it, each word stands alone


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A text as the library's rules ask for it."""

    words_and_emoticons: list[str]
    is_cap_diff: bool


class VaderRules(SentimentIntensityAnalyzer):  # type: ignore[misc]
    """The rules over VADER's lexicon and `more` words (lower case to valence, -4..4)."""

    def __init__(self, more: Mapping[str, float] | None = None) -> None:
        super().__init__()
        self._roles = ROLES
        self.lexicon.update(more or {})
        self.emoji_chars = frozenset(self.emojis)
        self._around = 0  # marks of the words that are looked at
        self._remember()

    def _remember(self) -> None:
        self.marks: Remembered[str, int] = Remembered(self._mark, _MARKS)
        self.valences: Remembered[str, float] = Remembered(self._valence)
        self._mark_of = self.marks.__getitem__
        self.normal: Remembered[float, float] = Remembered(_normal)  # few words make few sums

    def with_words(self, words: Mapping[str, float]) -> "VaderRules":
        """The same rules with some words weighing otherwise; the lexicon is there once."""
        made = copy(self)
        made.lexicon = ChainMap(dict(words), self.lexicon)
        made._remember()
        return made

    def says(self, token: str) -> bool:
        """True if a token carries a valence; not remembered."""
        return self._mark(token) >= _SCORED

    def heeds(self, token: str) -> bool:
        """True if a token is in the lexicon, or has a say in its neighbours' scores."""
        return stripped(token).lower() in self.lexicon or self._mark(token) & ~_UPPER > 0

    def described(self, text: str) -> str:
        """Emoji as words, set apart as vaderSentiment sets them apart."""
        if text.isascii() or self.emoji_chars.isdisjoint(text):
            return text
        parts: list[str] = []
        spaced = True
        for c in text:
            word = self.emojis.get(c)
            if word is not None and not spaced:
                parts.append(" ")
            parts.append(c if word is None else word)
            spaced = word is None and c == " "
        return "".join(parts)

    def sentiments(self, tokens: list[str]) -> dict[int, float]:
        """Sentiment of every token that has one, by its place; in VADER's own scale."""
        marks = list(map(self._mark_of, tokens))
        either = reduce(or_, marks, 0)
        if either < _SCORED:
            return {}
        places = [i for i, mark in enumerate(marks) if mark >= _SCORED]
        if not either & _CONTEXT:
            alone = {i: self.valences[tokens[i]] for i in places}
            return _shouted(alone, marks) if either & _UPPER else alone
        sentiments = {
            i: self._sentiment(tokens, marks, i) for i in places if not _is_kind_of(marks, i)
        }
        return self._turned(tokens, sentiments) if either & _BUT else sentiments

    def compound(self, sentiments: Iterable[float], text: str) -> tuple[float, float]:
        """(compound -1..1, the sum that was normalised into it); text: for its ! and ?."""
        total = float(sum(sentiments))
        if total and ("!" in text or "?" in text):
            total += math.copysign(self._punctuation_emphasis(text), total)
        return self.normal[total], total

    def _sentiment(self, tokens: list[str], marks: list[int], i: int) -> float:
        """Of word i: what the lexicon says, louder where it shouts among others that do not."""
        if _is_touched(marks, i):
            return self._judged(tokens, marks, i)
        valence = self.valences[tokens[i]]
        return _louder(valence) if marks[i] & _UPPER and _is_shouting(marks) else valence

    def _judged(self, tokens: list[str], marks: list[int], i: int) -> float:
        """What the library makes of word i among its neighbours, as far as it looks."""
        first = max(0, i - _BEFORE)
        near = [stripped(token) for token in tokens[first : i + _AFTER + 1]]
        self._around = reduce(or_, marks[first : i + _AFTER + 1])
        sentence = _Sentence(near, _is_shouting(marks))
        return float(self.sentiment_valence(0, sentence, near[i - first], i - first, [])[0])

    # asked three times a word, and slow: only where there is something to find

    def _negation_check(self, valence: float, words: list[str], start_i: int, i: int) -> float:
        if self._around & (NEGATES | _THIS):
            return float(super()._negation_check(valence, words, start_i, i))
        return valence

    def _special_idioms_check(self, valence: float, words: list[str], i: int) -> float:
        return (
            super()._special_idioms_check(valence, words, i) if self._around & _IDIOM else valence
        )

    def _turned(self, tokens: list[str], by_place: Mapping[int, float]) -> dict[int, float]:
        """The sentiments around a "but", as the library weighs them."""
        words = [stripped(token) for token in tokens]
        sentiments = self._but_check(words, [by_place.get(i, 0) for i in range(len(words))])
        return {i: value for i, value in enumerate(sentiments) if value}

    def _valence(self, token: str) -> float:
        return float(self.lexicon[stripped(token).lower()])

    def _mark(self, token: str) -> int:
        if token.islower() and token.isalpha():  # as most are
            mark = self._roles.get(token, 0)
            valence = self.lexicon.get(token) and token not in BOOSTER_DICT
            return mark | _SCORED if valence else mark
        word = stripped(token)
        lower = word.lower()
        mark = self._roles.get(lower, 0) | (NEGATES if "n't" in lower else 0)
        if self.lexicon.get(lower) and lower not in BOOSTER_DICT:
            mark |= _SCORED
        return mark | (_UPPER if word.isupper() else 0)


def stripped(token: str) -> str:
    """A token as VADER looks it up: without punctuation around it, unless little is left."""
    word = token.strip(punctuation)
    return word if len(word) > 2 else token


def _roles() -> dict[str, int]:
    """Lower-case words that have a say in how their neighbours are scored."""
    # an idiom needs all of its words: to look for its longest is enough
    idioms = {max(phrase.split(), key=len) for phrase in SPECIAL_CASES}
    idioms |= {max(phrase.split(), key=len) for phrase in BOOSTER_DICT if " " in phrase}
    roles: dict[str, int] = {}
    for words, role in (
        ({*NEGATE, "so"}, NEGATES),
        ({"this"}, _THIS),  # has a say right before a word alone
        ({*BOOSTER_DICT, "least"}, _BOOSTS),
        (idioms, _IDIOM),
        ({"no"}, NO),
        ({"kind"}, _KIND),
        ({"of"}, _OF),
        ({"but"}, _BUT),
    ):
        for word in words:
            roles[word] = roles.get(word, 0) | role
    return roles


ROLES = _roles()


def _is_touched(marks: list[int], i: int) -> bool:
    """True if a word in VADER's reach of word i, or itself, may change its score."""
    first = i - _BEFORE if i > _BEFORE else 0
    near, around = marks[i] & NO, marks[i]
    for mark in marks[first:i]:
        near |= mark
    if i and marks[i - 1] & _THIS:
        return True
    for mark in marks[i + 1 : i + _AFTER + 1]:
        around |= mark
    return bool(near & _NEAR or (near | around) & _IDIOM)


def _shouted(sentiments: Mapping[int, float], marks: list[int]) -> dict[int, float]:
    """Sentiments by place of words that no neighbour touches, with those in capitals louder."""
    is_shouting = _is_shouting(marks)
    return {
        i: _louder(valence) if is_shouting and marks[i] & _UPPER else valence
        for i, valence in sentiments.items()
    }


def _louder(valence: float) -> float:
    return valence + float(math.copysign(C_INCR, valence))


def _normal(total: float) -> float:
    return float(round(normalize(total), 4))


def _is_kind_of(marks: list[int], i: int) -> bool:
    return bool(marks[i] & _KIND and i + 1 < len(marks) and marks[i + 1] & _OF)


def _is_shouting(marks: list[int]) -> bool:
    """True if some of the words, and not all, are in capitals."""
    return 0 < sum([mark & _UPPER > 0 for mark in marks]) < len(marks)

"""Message to compound, and which of its terms did it.

`vader` is vaderSentiment's own answer to the text as it came. `full` adds Twitch's words to
VADER's rules, takes emotes and emoji out of the sentence, and lets their repeats saturate.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import punctuation
from typing import Protocol

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    SentimentIntensityAnalyzer,
    SentiText,
    normalize,
)

from pipeline.clean import STOPWORDS, visible, word_of
from pipeline.lexicon import Lexicon, twitch_lexicon

VADER_VERSION = "vader-3.3.2"
_CACHE = 8192  # messages; chat repeats itself, mostly what was just said
# three small letters or more, then a capital: monkaS, limesDance; iPhone and YouTube are not
_CAMEL = re.compile(r"[a-z][a-z0-9]{2,}[A-Z][A-Za-z0-9]*")
_KIND_OF = ["kind", "of"]
_REPEAT = 0.5  # the k-th use of an emote in a message weighs half of the one before


@dataclass(frozen=True, slots=True)
class Scored:
    """A message's compound, -1..1, and its terms: (term, kind, part of the compound) a use.

    The parts sum to the compound but for what punctuation and left-out words gave.
    strange: what looks like an emote and is in no lexicon, each once.
    """

    compound: float
    terms: tuple[tuple[str, str, float], ...]
    has_emote: bool
    strange: tuple[str, ...] = ()


class Scorer(Protocol):
    """One way to score; `version` is kept with every window."""

    version: str

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """-1..1; 0.0 when nothing in the text carries a valence."""
        ...

    def score(self, text: str, emotes: tuple[str, ...] = ()) -> Scored:
        """The compound with its terms; remembered for repeated texts."""
        ...

    def knows(self, term: str) -> bool:
        """Whether the lexicon has the term."""
        ...


class _Rules(SentimentIntensityAnalyzer):  # type: ignore[misc]
    """VADER's rules, asked only for the words that are in its lexicon.

    vaderSentiment asks them for every word, builds the text anew for its emoji and sums four
    scores where one is wanted; its answer for all other words is 0. The compound is the same.
    words, sentiments: of the last answer; total: what was normalised into its compound.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.sentiments: list[float] = []
        self.total = 0.0

    def compound(self, text: str, extra: Sequence[float] = ()) -> float:
        """-1..1. extra: sentiments of what was taken out of the sentence (emotes, emoji)."""
        if not text.isascii():
            text = self._described(text)
        senti = SentiText(text)
        self.words = senti.words_and_emoticons
        self.sentiments = self._sentiments(senti)
        total = float(sum([*self.sentiments, *extra]))
        if total:
            total += math.copysign(self._punctuation_emphasis(text), total)
        self.total = total
        return float(round(normalize(total), 4)) if self.words or extra else 0.0

    def _described(self, text: str) -> str:
        """Emoji as words, set apart as vaderSentiment sets them apart."""
        if self.emojis.keys().isdisjoint(text):
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

    def _sentiments(self, senti: SentiText) -> list[float]:
        words = senti.words_and_emoticons
        lower = [word.lower() for word in words]
        found: list[float] = []
        for i, word in enumerate(lower):
            if word not in self.lexicon or word in BOOSTER_DICT or lower[i : i + 2] == _KIND_OF:
                found.append(0)
            else:
                found = self.sentiment_valence(0, senti, words[i], i, found)
        return list(self._but_check(words, found)) if "but" in lower else found

    # each looks at the words next to word i alone, but puts the whole sentence in lower case
    # first: five hundred emoji would take half a second

    def _negation_check(self, valence: float, words: list[str], start_i: int, i: int) -> float:
        first = max(0, i - 3)
        near = words[first : i + 1]
        return float(super()._negation_check(valence, near, start_i, i - first))

    def _special_idioms_check(self, valence: float, words: list[str], i: int) -> float:
        near = words[i - 3 : i + 3]  # asked for from the fourth word on
        return float(super()._special_idioms_check(valence, near, 3))

    def parts(self, compound: float) -> dict[str, list[float]]:
        """The last answer's parts of the compound, by word, each word's in order."""
        found: dict[str, list[float]] = {}
        if compound:
            for word, sentiment in zip(self.words, self.sentiments, strict=True):
                if sentiment:
                    key = word_of(word) or word.lower()
                    found.setdefault(key, []).append(sentiment * compound / self.total)
        return found


class VaderScorer:
    """Plain vaderSentiment, made fast: most chat holds no word it knows."""

    def __init__(self) -> None:
        self.version = VADER_VERSION
        self.rules = _Rules()
        self.emojis = frozenset(self.rules.emojis)
        self.score = lru_cache(maxsize=_CACHE)(self._score)

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """Identical to SentimentIntensityAnalyzer().polarity_scores(text)["compound"]."""
        if _is_silent(text, self.rules.lexicon, self.emojis):
            return 0.0
        return self.rules.compound(text)

    def knows(self, term: str) -> bool:
        """Whether the lexicon has the term."""
        return term.lower() in self.rules.lexicon

    def _score(self, text: str, emotes: tuple[str, ...] = ()) -> Scored:
        compound = self.compound(text)
        parts = self.rules.parts(compound)
        marked = frozenset(emotes)
        terms = _words((t for t in text.split() if t not in marked), parts)
        uses = ((t, "emote", _take(parts, t.lower())) for t in text.split() if t in marked)
        has_emote = bool(marked) or not self.emojis.isdisjoint(text)
        return Scored(compound, (*terms, *uses), has_emote, strange(text, emotes, self.knows))


class FullScorer:
    """VADER's rules over Twitch's words, emotes and emoji; why each rule: docs/scoring.md."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or twitch_lexicon()
        self.version = lexicon.version
        self.rules = _Rules()
        self.rules.lexicon.update(lexicon.words)
        self.emotes = lexicon.emotes
        self.emojis = {emoji: _emoji_valence(emoji) for emoji in self.rules.emojis}
        self.score = lru_cache(maxsize=_CACHE)(self._score)

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """The compound of the visible text, its emotes and emoji read as one use each."""
        return self._read(text, emotes)[0]

    def knows(self, term: str) -> bool:
        """Whether the lexicon has the term."""
        return term in self.emotes or term in self.emojis or term.lower() in self.rules.lexicon

    def _score(self, text: str, emotes: tuple[str, ...] = ()) -> Scored:
        compound, words, uses = self._read(text, emotes)
        parts = self.rules.parts(compound) if compound else {}
        scale = compound / self.rules.total if compound else 0.0
        terms = _words(words, parts)
        shown = ((term, kind, valence * scale) for term, kind, valence in uses)
        unknown = strange(text, emotes, self.knows)
        return Scored(compound, (*terms, *shown), bool(uses), unknown)

    def _read(
        self, text: str, emotes: Sequence[str]
    ) -> tuple[float, list[str], list[tuple[str, str, float]]]:
        """(compound, the words left, (term, kind, sentiment) of every emote and emoji)."""
        text = visible(text)
        if not text.isascii():
            text = self._spaced(text)
        words: list[str] = []
        uses: list[tuple[str, str]] = []
        for token in text.split():
            if token in self.emotes or token in emotes:
                uses.append((token, "emote"))
            elif token in self.emojis:
                uses.append((token, "emoji"))
            else:
                words.append(token)
        valued = self._valued(uses)
        return self._sum(" ".join(words), [v for _, _, v in valued]), words, valued

    def _sum(self, sentence: str, extra: list[float]) -> float:
        if not any(extra) and _is_silent(sentence, self.rules.lexicon, frozenset()):
            return 0.0
        return self.rules.compound(sentence, extra)

    def _valued(self, uses: list[tuple[str, str]]) -> list[tuple[str, str, float]]:
        seen: dict[str, int] = {}
        valued = []
        for term, kind in uses:
            valence = (self.emotes if kind == "emote" else self.emojis).get(term, 0.0)
            valued.append((term, kind, valence * _REPEAT ** seen.get(term, 0)))
            seen[term] = seen.get(term, 0) + 1
        return valued

    def _spaced(self, text: str) -> str:
        """Emoji set apart by spaces, without their joiners and variation selectors."""
        if self.emojis.keys().isdisjoint(text):
            return text
        text = text.replace("\ufe0f", "").replace("\u200d", "")
        return "".join(f" {c} " if c in self.emojis else c for c in text)


def make_scorer(lexicon: str) -> VaderScorer | FullScorer:
    """The scorer that the setting `lexicon` names: vader or full."""
    return VaderScorer() if lexicon == "vader" else FullScorer()


def strange(text: str, emotes: Sequence[str], knows: Callable[[str], bool]) -> tuple[str, ...]:
    """Tokens that may be new emotes: marked by the source, or written like channelEmote."""
    if text.islower():
        return tuple(dict.fromkeys(e for e in emotes if not knows(e)))
    found = [t for t in text.split() if (t in emotes or _CAMEL.fullmatch(t)) and not knows(t)]
    return tuple(dict.fromkeys(found))


def _is_silent(text: str, lexicon: dict[str, float], emojis: frozenset[str]) -> bool:
    """True when no token is in the lexicon, so that VADER's sum is 0.

    VADER looks a token up as it is or stripped of punctuation, in lower case, after emoji
    have become words; nothing else gives a sentiment that is not 0.
    """
    if not text.isascii() and not emojis.isdisjoint(text):
        return False
    for token in text.lower().split():
        if token in lexicon or (not token.isalnum() and token.strip(punctuation) in lexicon):
            return False
    return True


@lru_cache(maxsize=1)
def _plain_rules() -> _Rules:
    return _Rules()


def _emoji_valence(emoji: str) -> float:
    """What VADER's own description of the emoji sums to, within -4..4."""
    rules = _plain_rules()
    rules.compound(emoji)
    return max(-4.0, min(4.0, rules.total))


def _words(tokens: Iterable[str], parts: dict[str, list[float]]) -> list[tuple[str, str, float]]:
    """(term, kind, part) of each token worth naming; emoticons count as emotes."""
    found = []
    for token in tokens:
        word = word_of(token)
        part = _take(parts, word or token.lower())
        if word and (part or word not in STOPWORDS):
            found.append((word, "word", part))
        elif part:
            found.append((token, "emote", part))
    return found


def _take(parts: dict[str, list[float]], key: str) -> float:
    left = parts.get(key)
    return left.pop(0) if left else 0.0

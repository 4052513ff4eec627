"""Signs: what anybody can read of a message, whatever its language: emotes, emoji and smileys.

Where a channel's words cannot be read its messages are scored as if they had only these. A sign
that laughs is named and weighs nothing: laughter is amusement, and goes with any mood.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.chat.text import visible
from pipeline.scoring.english import dictionary
from pipeline.scoring.language import words_of
from pipeline.scoring.lexicon import twitch_lexicon
from pipeline.scoring.reading import Reading
from pipeline.scoring.scored import Named, Scored, Term
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.signs import is_smiley
from warehouse.moments.laughter import laughs
from warehouse.remembered import Remembered

READINGS = ("words", "mixed", "emotes")  # of a channel; `mixed` is half English
_MARK = {"mixed": "+mixed", "emotes": "+signs"}  # at the end of a version, by reading
_DRAWN = re.compile("[\u2500-\u25ff\u2800-\u28ff]")  # boxes, blocks, braille
_TOKENS = 4_000  # remembered, twice this at most: a channel with decisions has its own
_LEAST = 3  # letters of an emote that the source did not mark: shorter ones are words somewhere
_COMMON = 4.0  # Zipf frequency of words that are English; rarer ones are often another language's


class Signs:
    """A scorer that reads the signs of messages alone, as `base` reads them."""

    def __init__(self, base: Scorer) -> None:
        self.base, self.version = base, base.version + _MARK["emotes"]
        # knows what was decided, too, and remembers no more than it has to
        self._reader: Callable[[str], Any] = getattr(base, "reader", lambda token: base)
        self._signs: Remembered[str, str] = Remembered(self._sign, _TOKENS)

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """-1..1."""
        return self.score(text, tuple(emotes)).compound

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound of the signs, with them as terms; a name is none."""
        tokens = self._tokens(text)
        signs = [t if t in emotes else self._signs[t] for t in tokens]
        if not any(signs) or is_drawing(tokens, signs):
            return Scored(0.0, (), False)
        found = [(sign, self._read(sign, emotes)) for sign in signs if sign]
        silent: list[Term] = [r.term or r.loud for _, r in found if r.laughs]
        said = self.base.score(" ".join([s for s, r in found if not r.laughs]), emotes)
        return said._replace(terms=(*said.terms, *silent), has_emote=True)

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term."""
        return self.base.knows(term)

    def _read(self, sign: str, emotes: tuple[str, ...]) -> Reading:
        reader = self._reader(sign)
        reading: Reading = (reader.marked if sign in emotes else reader.readings)[sign]
        return reading if reading.laughs or not laughs(sign) else reading._replace(laughs=True)

    def _sign(self, token: str) -> str:
        """The token as a sign, '' where it is none."""
        reader = self._reader(token)
        reading: Reading = reader.readings[token]
        if is_smiley(token):  # of numbers with a bracket, none: "8)" counts
            is_known = reading.kind != "word" or reader.rules.says(token)
            return token if is_known and not token[0].isdigit() else ""
        if reading.kind != "word":
            return "" if token.isascii() and len(token) < _LEAST else token
        return token if not reader.rules.emoji_chars.isdisjoint(token) else ""

    def _tokens(self, text: str) -> list[str]:
        reader = self._reader(text)
        return list(reader.tokens(text)) if hasattr(reader, "tokens") else visible(text).split()


class Mixed:
    """A scorer of half English chat: a message in another language is read by its signs alone."""

    def __init__(self, base: Scorer) -> None:
        self.base, self.version = base, base.version + _MARK["mixed"]
        self.signs = Signs(base)

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """-1..1."""
        return self.score(text, tuple(emotes)).compound

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound with its terms."""
        reader = self.base if _is_english(text, emotes) else self.signs
        return reader.score(text, emotes, is_name)

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term."""
        return self.base.knows(term)


def read_as(scorer: Scorer, reading: str) -> Scorer:
    """The scorer for a channel of that reading, one of READINGS."""
    if reading == "words":
        return scorer
    return Mixed(scorer) if reading == "mixed" else Signs(scorer)


def reading_of(version: str) -> str:
    """How a window was read, by its lexicon_version."""
    return next((reading for reading, mark in _MARK.items() if version.endswith(mark)), "words")


def basis_of(reading: str) -> str:
    """One of BASES."""
    return "emotes" if reading == "emotes" else "words"


def is_drawing(tokens: list[str], signs: list[str]) -> bool:
    """True for pictures out of blocks, braille or odd characters: what looks like a sign in them
    is none."""
    text = "".join(tokens)
    drawn = len(_DRAWN.findall(text))
    strokes = sum(
        not sign and not any(map(str.isalnum, t)) for t, sign in zip(tokens, signs, strict=True)
    )
    return 2 * drawn >= len(text) or strokes >= max(3, len(tokens) / 2)


def _is_english(text: str, emotes: tuple[str, ...]) -> bool:
    """True if at least half of the words are English ones, or Twitch's; and where there is none."""
    words = words_of(text, emotes)
    return 2 * sum(map(_is_english_word, words)) >= len(words)


def _is_english_word(word: str) -> bool:
    """True for a common one, and for one of Twitch's that says something."""
    return dictionary().get(word, 0.0) >= _COMMON or twitch_lexicon().words.get(word, 0.0) != 0

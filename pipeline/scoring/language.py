"""Share of chat that the scorer can read: of its messages with words, those in English.

A message of emotes, emoji, smileys, numbers, laughter, keys hit at random, links, mentions or
commands says nothing of a language, and abstains. One whose letters are mostly not Latin cannot be
read. The others say too little to be told apart one by one: their words are joined, a few
messages at a time, and the detector says of each group whether it is English. A group that is too
short to tell counts for nothing. Of a busy window only a sample is looked at, and what is plainly
English, or plainly not, by the dictionary, is not put to the detector.

The detector knows the eight languages in Latin script that most of Twitch writes. Another one
passes for its neighbour (Dutch for German) more often than for English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from string import punctuation
from typing import TYPE_CHECKING

from pipeline.scoring.english import dictionary
from pipeline.scoring.scored_message import ScoredMessage
from warehouse.moments.laughter import laughs
from warehouse.records import READABLE_LEAST, READABLE_TURN
from warehouse.remembered import Remembered

if TYPE_CHECKING:
    from lingua import LanguageDetector

LEAST = 45  # letters in different words that tell a window's language, 99 times of 100
LEAST_OF_CHANNEL = 12  # for one group of many
_ENOUGH = 80  # letters of a group: more say little more, and take longer
_MESSAGES = 24  # looked at in a window
_SECOND, _FOURTH = 16, 64  # messages from which on a window has two groups, and four
_MEMORY = 500  # messages with words that were looked at, which a channel's share forgets over
_KNOWN, _SOON = 100, 30  # of them: a share is known from; from fewer where it is all one language
_ONE_LANGUAGE = 0.05  # of messages in another
_WORDLESS = 300  # messages looked at, after which a channel whose words are not known has none
_HALF = 0.7  # below it a channel is half English: its other words do not score
_LANGUAGES = "ENGLISH SPANISH PORTUGUESE FRENCH GERMAN ITALIAN POLISH TURKISH".split()
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_RUN = re.compile(r"(\w)\1{2,}")
_LONGEST = 15  # letters; keys hit at random are longer than words
_TEXT = 300  # characters of a message
# no words: a name of an emote (peepoHappy, :face-smiling:), a number, a command; keys hit at random
_NO_WORD = re.compile(r"[@!].*|.*[/\d].*|:[\w-]+:|.*[^\W\d_A-Z][A-Z].*", re.ASCII)
_MASH = re.compile(r"[asdfghjkl]{6,}|[b-df-hj-np-tv-xz]{5,}|\w{16,}")
# share of different words that are in the dictionary, which other languages never reach, and
# which English never falls to: between them, the detector is asked
_ENGLISH, _FOREIGN = 0.75, 0.4


@dataclass(slots=True)
class Readable:
    """A channel's share of messages with words that can be read, over about its last 500 of those
    that were looked at.

    share: 0..1, None: not known yet. reading: how the next window is scored, one of READINGS;
    words until something else is known, or it is known that few have any.
    """

    share: float | None = None
    reading: str = "words"
    _mean: float = 1.0
    _n: float = 0
    _looked: int = 0

    @classmethod
    def known(cls, share: float) -> "Readable":
        """As it was before a restart."""
        before = "words" if share >= READABLE_LEAST else "emotes"
        return cls(share, _reading(share, before), share, _MEMORY)

    def saw(self, lines: Sequence[ScoredMessage], share: float | None) -> None:
        """A window closed. share: what was found of it, None: too little to tell by itself."""
        if share is None:
            readable, n = _heard(lines, LEAST_OF_CHANNEL)
        else:
            n = sum(bool(said(line)) for line in _looked_at(lines))
            readable = share * n
        self._looked += len(_looked_at(lines))
        if n:
            self._n = min(self._n + n, _MEMORY)
            self._mean += (readable - n * self._mean) / self._n
        is_clear = self._n >= _SOON and abs(self._mean - 0.5) >= 0.5 - _ONE_LANGUAGE
        if self.share is not None or is_clear or self._n >= _KNOWN:
            self.share = min(1.0, max(0.0, self._mean))
            self.reading = _reading(self.share, self.reading)
        elif self._looked >= _WORDLESS:
            self.reading = "emotes"


def _reading(share: float, before: str) -> str:
    """One of READINGS. A channel that goes over does not come back at the next message."""
    turn = READABLE_TURN if before == "emotes" else -READABLE_TURN
    if share < READABLE_LEAST + turn:
        return "emotes"
    return "mixed" if share < _HALF else "words"


def words_of(text: str, emotes: Sequence[str] = ()) -> list[str]:
    """The different words of a message, in small letters."""
    return _words([" ".join([t for t in text.split() if t not in emotes and _SPEAKS[t]])])


def share_readable(lines: Sequence[ScoredMessage]) -> float | None:
    """The share of messages with words that can be read, 0..1; None where too few words were said
    to tell. Follows from the lines alone."""
    readable, n = _heard(lines, LEAST)
    return readable / n if n else None


def _heard(lines: Sequence[ScoredMessage], least: int) -> tuple[float, int]:
    """(those that can be read, all) of the messages with words that are looked at; (0, 0) where
    it cannot be told.

    least: letters in different words that a group needs.
    """
    groups = _Groups(most=4 if len(lines) >= _FOURTH else 2 if len(lines) >= _SECOND else 1)
    for line in _looked_at(lines):
        words = said(line)
        if not words:
            continue
        if not _is_latin(words):
            groups.foreign += 1
        elif groups.add(words):
            break
    groups.end(least)
    return groups.sums()


def _looked_at(lines: Sequence[ScoredMessage]) -> Sequence[ScoredMessage]:
    return lines[:: 1 + len(lines) // _MESSAGES]


@dataclass(slots=True)
class _Groups:
    """Messages with words of a window so far: not Latin, and in groups that tell.

    most: groups that are put to the detector. group: what is said in the one that is open.
    """

    most: int
    foreign: int = 0
    told: int = 0
    english: int = 0
    group: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, words: str) -> bool:
        """Put a message with the open group; True once there have been groups enough."""
        self.group.append(words)
        self.length += len(words)
        if self.length >= _ENOUGH:
            self.end(_ENOUGH)
        return self.most == 0

    def end(self, least: int) -> None:
        """Close the open group, if it has as many letters as tell."""
        words = _words(self.group)
        if self.group and sum(map(len, words)) >= least:
            self.told += len(self.group)
            self.english += len(self.group) * _is_english(words)
            self.group, self.length, self.most = [], 0, self.most - 1

    def sums(self) -> tuple[float, int]:
        """(readable, all): Latin messages are as English as the groups that tell. Where none
        does, those that are not Latin speak for all, if they are most."""
        latin = self.told + len(self.group)
        if not self.told:
            return 0.0, self.foreign if self.foreign > latin else 0
        return latin * self.english / self.told, self.foreign + latin


def said(line: ScoredMessage) -> str:
    """The words of a message; '' where there is none."""
    pictures = {term for term, kind, _ in line.scored.terms if kind != "word"}
    pictures.update(line.scored.strange)
    tokens = line.text[:_TEXT].split()
    return " ".join([t for t in tokens if t not in pictures and _SPEAKS[t]])


def _speaks(token: str) -> bool:
    """True for a token with a word: letters, and no name, laughter or keys hit at random."""
    if not _LETTER.search(token) or _NO_WORD.fullmatch(token) or laughs(token):
        return False
    return not _MASH.fullmatch(token.strip(punctuation).lower())


_SPEAKS: Remembered[str, bool] = Remembered(_speaks)


def _is_latin(text: str) -> bool:
    """True if at least half of the letters are Latin."""
    if text.isascii():
        return True
    letters = [c for c in text if c.isalpha()]
    return 2 * sum(ord(c) < 0x250 for c in letters) >= len(letters)


def _words(texts: Sequence[str]) -> list[str]:
    """The different words of all, in small letters, none drawn out, none only keys hit.

    Different: what is said over and over tells no more.
    """
    words = map(_PLAIN.__getitem__, _split(" ".join(texts)))
    return [word for word in dict.fromkeys(words) if len(word) <= _LONGEST]


def _split(text: str) -> list[str]:
    """The words of a text, in small letters; of plain ASCII without the slow search for them."""
    if not text.isascii():
        return _WORD.findall(text.lower())
    words = text.translate(_LETTERS).split()
    return _WORD.findall(" ".join(words)) if "'" in text else words


def _is_english(words: Sequence[str]) -> bool:
    share = sum(map(dictionary().__contains__, words)) / len(words)
    if not _FOREIGN <= share < _ENGLISH:
        return share >= _ENGLISH
    language = _detector().detect_language_of(" ".join(words))
    return language is None or language.name == "ENGLISH"


_LETTERS = "".join(c if c.isalpha() or c == "'" else " " for c in map(chr, range(128))).lower()
# a word that is not drawn out; runs of what is no letter part words, however long they are
_PLAIN: Remembered[str, str] = Remembered(lambda word: _RUN.sub(r"\1", word))


@cache
def _detector() -> "LanguageDetector":
    """Made at first use. In its low accuracy mode, which is as good on texts of this length, it
    takes 18 MB instead of 230."""
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in _LANGUAGES]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()

"""Share of chat that the scorer can read: English, and what has no language at all.

Anybody can read a message of emotes, emoji, numbers and links. One whose letters are mostly not
Latin cannot be read. The others say too little to be told apart one by one: their words are
joined, a few messages at a time, and the detector says of each group whether it is English. A
group that is too short to tell counts for nothing. Of a busy window only a sample is looked at,
and what is plainly English, or plainly not, by the dictionary, is not put to the detector.

The detector knows the eight languages in Latin script that most of Twitch writes. Another one
passes for its neighbour (Dutch for German) more often than for English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from pipeline.scoring.english import dictionary
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.scoring.vader import Remembered

if TYPE_CHECKING:
    from lingua import LanguageDetector

LEAST = 45  # letters in different words that tell a window's language, 99 times of 100
LEAST_OF_CHANNEL = 12  # for one group of many
_ENOUGH = 80  # letters of a group: more say little more, and take longer
_MESSAGES = 24  # looked at in a window
_SECOND, _FOURTH = 16, 64  # messages from which on a window has two groups, and four
_MEMORY = 2000  # messages that a channel's share forgets over
_BELIEVED = 100  # messages for which a new channel is believed to be readable
_LANGUAGES = "ENGLISH SPANISH PORTUGUESE FRENCH GERMAN ITALIAN POLISH TURKISH".split()
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_RUN = re.compile(r"(\w)\1{2,}")
_LONGEST = 15  # letters; keys hit at random are longer than words
_TEXT = 300  # characters of a message
# share of different words that are in the dictionary, which other languages never reach, and
# which English never falls to: between them, the detector is asked
_ENGLISH, _FOREIGN = 0.75, 0.4


@dataclass(slots=True)
class Readable:
    """A channel's share of messages that can be read, 0..1, over about its last 2,000.

    n: messages it rests on. A new channel is believed to be readable for a hundred messages: no
    single window decides.
    """

    share: float = 1.0
    n: int = 0

    def saw(self, lines: Sequence[ScoredMessage], share: float | None) -> None:
        """A window closed. share: what was found of it, None: too little to tell by itself."""
        if share is None:
            share = share_readable(lines, LEAST_OF_CHANNEL)
        if share is not None:
            self.n += len(lines)
            of = min(self.n + _BELIEVED, _MEMORY)
            self.share += (share - self.share) * min(1.0, len(lines) / of)


def share_readable(lines: Sequence[ScoredMessage], least: int = LEAST) -> float | None:
    """The share of messages that can be read, 0..1; None where too few words were said to tell.

    least: letters in different words that a group needs. Follows from the lines alone.
    """
    groups = _Groups(most=4 if len(lines) >= _FOURTH else 2 if len(lines) >= _SECOND else 1)
    for line in lines[:: 1 + len(lines) // _MESSAGES]:
        words = _said(line)
        if not words:
            groups.silent += 1
        elif not _is_latin(words):
            groups.foreign += 1
        elif groups.add(words):
            break
    groups.end(least)
    return groups.share()


@dataclass(slots=True)
class _Groups:
    """Messages of a window so far: without words, not Latin, and in groups that tell.

    most: groups that are put to the detector. group: what is said in the one that is open.
    """

    most: int
    silent: int = 0
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

    def share(self) -> float | None:
        """Messages with words are as English as the groups that tell. Where none does, the
        messages without words and those not Latin speak for all, if they are most."""
        latin = self.told + len(self.group)
        if not self.told:
            if latin > self.silent + self.foreign:
                return None
            latin = 0
        total = self.silent + self.foreign + latin
        readable = self.silent + (latin * self.english / self.told if latin else 0)
        return readable / total if total else None


def _said(line: ScoredMessage) -> str:
    """What a message says without emotes, links and mentions; '' where no letter is left."""
    text = line.text[:_TEXT]
    emotes = [term for term, kind, _ in line.scored.terms if kind != "word"]
    if emotes or line.scored.strange or "@" in text or "/" in text:
        emotes.extend(line.scored.strange)
        tokens = [t for t in text.split() if t not in emotes and t[0] != "@" and "/" not in t]
        text = " ".join(tokens)
    return text if _LETTER.search(text) else ""


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

"""A token by itself, as it is read before the others of its message are looked at."""

from typing import NamedTuple

from pipeline.chat.text import STOPWORDS, word_of
from pipeline.scoring.people import GREETINGS
from pipeline.scoring.scored import Term


class Reading(NamedTuple):
    """A token by itself. kind: word, emote or emoji; valence: of the latter two.

    term: what it is named as where it carries nothing, None for what is not named then.
    strange: the token, if the source marked it and it is in no lexicon, else ''.
    loud: what it is named as where it carries something. form: the token as VADER is to read
    it. says: whether it carries a valence. laughs, greets: whether it is laughter, a greeting.
    """

    term: Term | None
    kind: str
    valence: float
    strange: str
    loud: Term
    form: str = ""
    says: bool = True
    laughs: bool = False
    greets: bool = False


def as_word(token: str) -> Reading:
    """A word, named without what is around it; what VADER alone can read as one is an emote."""
    word = word_of(token)
    loud = (word, "word", 0.0) if word else (token, "emote", 0.0)
    silent = loud if word and word not in STOPWORDS else None
    return Reading(silent, "word", 0.0, "", loud, greets=word in GREETINGS)


def as_sign(token: str, kind: str, valence: float, laughing: bool = False) -> Reading:
    """An emote or emoji, named as it is written."""
    term = (token, kind, 0.0)
    return Reading(term, kind, valence, "", term, token, laughs=laughing)


def as_person(token: str) -> Reading:
    """A person, whatever they are called: neither said nor named, and nothing to VADER."""
    form = "@" + "".join([c for c in token if c in "!?"])
    return Reading(None, "word", 0.0, "", ("@", "word", 0.0), form, says=False)


def use_of(reading: Reading, part: float) -> Term:
    """The term of a token that carries that part of the compound."""
    name, kind, _ = reading.loud
    return name, kind, part

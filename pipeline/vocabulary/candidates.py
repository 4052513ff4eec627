"""Tokens that may be emotes nobody told of, by their looks: one at a time, remembered.

An emote's name is written in one way only and stands alone; words come in any case, with
punctuation, in the dictionary. How a name is used says the rest (usage.py).
"""

import re
from typing import NamedTuple

from pipeline.scoring.english import dictionary
from pipeline.scoring.slang import is_odd
from warehouse.moments.laughter import laughs

_EDGES = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…“”‘’"
_NAME = re.compile(r"[A-Za-z0-9_]{3,40}")
_CAMEL = re.compile(r"[A-Za-z0-9_]*[a-z0-9][A-Z][A-Za-z0-9_]*")
_NEVER = re.compile(r"\d+|[a-z]*cheer\d+|\d+[a-z]{1,2}", re.IGNORECASE)  # 888, Cheer100, 90s
_COMMON = 4.3  # Zipf frequency of words that nobody takes for a name
_RUN = re.compile(r"(\w)\1\1")


class Looks(NamedTuple):
    """A token that may be a name. key: what all its spellings share; form: as it is written,
    without what is around it; attached: whether something was around it; is_word: whether it
    is in the dictionary, if not a common word."""

    key: str
    form: str
    attached: bool
    is_word: bool = False


def looks(token: str) -> Looks | None:
    """The token as a name that somebody may have given an emote; None for what is none."""
    if token[0] in "@#":
        return None
    form = token.strip(_EDGES)
    if not _NAME.fullmatch(form) or (not form.isalpha() and _NEVER.fullmatch(form)):
        return None
    key = form.lower()
    zipf = dictionary().get(key, 0.0)
    if zipf >= _COMMON or (not is_camel(form) and _is_drawn(key)):
        return None
    return Looks(key, form, form != token, zipf > 0)


def is_camel(form: str) -> bool:
    """True if capitals stand inside, as in monkaS."""
    return _CAMEL.fullmatch(form) is not None


def _is_drawn(key: str) -> bool:
    return is_odd(key) and (laughs(key) or _RUN.search(key) is not None)

"""Emotes' names as words: what streamerLove, peepoSad or LULW say, for emotes nobody rated.

A name is split where capitals, digits and signs split it, and the last part with a meaning
speaks. What stands before the first capital is the channel's own prefix, which all of its emotes
share: it says nothing, be it a word or not. goldRage is rage, happyTable nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.scoring.lexicon import name_parts

_LONGEST = 60  # characters of a name
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]")
_PREFIX = re.compile(r"\W*[a-z][a-z0-9]*(?=[A-Z0-9_])")
_FAMILY = ("monka", "gachi")  # first parts that speak: they are nobody's prefix
# as Twitch makes the names of a channel's emotes: who writes so without a mark means one too
_OF_A_CHANNEL = re.compile(r"[a-z][a-z0-9]{2,9}[A-Z][A-Za-z0-9]*")
# figures that emotes are drawn over, where no capital tells them from what they do
_FIGURES = re.compile(r"(?:wide|mini|smol|peepo|pepe|pepo|blob|cat|dog|rat|duck)+(?=..)")
_DRAWN = re.compile(r"(.)\1{2,}")
_RUN = re.compile(r"(.)\1+")
_ENDINGS = ("s", "w", "y", "ge", "ing", "er", "ers", "ed", "time")
_STEM, _TAIL = 3, 5  # letters, at least, before an ending, and of a part that ends another
_NOT = frozenset("no not dont never stop anti".split())


class Name(NamedTuple):
    """A name's meaning. part: as it is written; valence: -4..4; laughs: whether it is laughter."""

    part: str
    valence: float
    laughs: bool


def speaking(name: str) -> Name | None:
    """What an emote's name says by its last part that is known, None for nothing."""
    if len(name) > _LONGEST:
        return None
    prefix = None if name.startswith(_FAMILY) else _PREFIX.match(name)
    own = name[prefix.end() :] if prefix else name
    if own.lower() in name_parts():
        return Name(own, *name_parts()[own.lower()])
    parts = _PARTS.findall(own)
    for i in range(len(parts) - 1, -1, -1):
        known = next((f for f in _forms(parts[i].lower()) if f in name_parts()), None)
        if known is not None:
            is_denied = i > 0 and parts[i - 1].lower() in _NOT
            return None if is_denied else Name(parts[i], *name_parts()[known])
    return None


def speaks_unmarked(token: str) -> bool:
    """True if a token that no source marked is written like a channel's emote, and says something:
    in chat without marks 99 % of them are."""
    is_like = not token.islower() and _OF_A_CHANNEL.fullmatch(token)
    named = speaking(token) if is_like else None
    return named is not None and named.valence != 0


def _forms(part: str) -> Iterator[str]:
    """What a part in small letters may stand for, likeliest first: Hypeee, Sadge, LULW, peeposad,
    Vaporheart."""
    whole = _DRAWN.sub(r"\1\1", part)
    core = _FIGURES.sub("", whole)
    short = _RUN.sub(r"\1", core)
    yield from (part, whole, core, short)
    for form in (core, short):
        for end in _ENDINGS:
            if form.endswith(end) and len(form) - len(end) >= _STEM:
                yield form.removesuffix(end)
    for k in range(1, len(core) - _TAIL + 1):
        yield core[k:]

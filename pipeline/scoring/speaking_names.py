"""Emotes' names as words: what streamerLove, peepoSad or LULW say, for emotes nobody rated.

A name is split where capitals, digits and signs split it, and the last part with a meaning
speaks, or laughter. What stands before the first capital is the channel's own prefix, which all
of its emotes share: it says nothing, be it a word or not. goldRage is rage, happyTable nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pipeline.scoring.lexicon import name_parts, twitch_lexicon
from warehouse.moments.laughter import laughs

_LONGEST = 60  # characters of a name
# capitals alone hide where a word ends, but for what so many begin with: KEKPOINT, JAMPARTY
_PARTS = re.compile(r"(?:KEKW?|LULW?|POG|JAM)(?=[A-Z]{3})|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]")
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
_LAUGHING = ("lul", "lulw", "kek", "kekw", "ekw", "lmao")  # ends of names, and of no word
_NOT = frozenset("no not dont never stop anti".split())


class Name(NamedTuple):
    """A name's meaning. part: as it is written; valence: -4..4; laughs: whether it is laughter."""

    part: str
    valence: float
    laughs: bool


@lru_cache(4096)
def speaking(name: str) -> Name | None:
    """What an emote's name says, None for nothing: laughter where a part of it laughs, else its
    last part that weighs something, else that a part is known to weigh nothing."""
    if len(name) > _LONGEST:
        return None
    prefix = None if name.startswith(_FAMILY) else _PREFIX.match(name)
    own = name[prefix.end() :] if prefix else name
    if laughs(name) or own.lower().endswith(_LAUGHING):
        return Name(own, *name_parts()["lul"])
    if own.lower() in name_parts():
        return Name(own, *name_parts()[own.lower()])
    heard = list(_heard(_PARTS.findall(own)))
    if not heard and prefix and len(own) >= _TAIL and own in twitch_lexicon().emotes:
        return Name(own, twitch_lexicon().emotes[own], False)  # streamerNotLikeThis
    return max(heard, key=lambda said: (said.laughs, said.valence != 0), default=None)


def _heard(parts: list[str]) -> Iterator[Name]:
    """What the parts say, the last one first; not what is denied, as in NoHype."""
    for i in range(len(parts) - 1, -1, -1):
        known = next((form for form in _forms(parts[i].lower()) if form in name_parts()), None)
        is_denied = i > 0 and parts[i - 1].lower() in _NOT
        denies = i + 1 < len(parts) and parts[i].lower() in _NOT
        if known and not is_denied and not denies:
            yield Name(parts[i], *name_parts()[known])


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

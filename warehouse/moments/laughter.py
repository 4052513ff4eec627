"""Terms that are laughter."""

import re

EMOTES = frozenset(
    "lul lulw lulwut omegalul omegalulw omegadance kekw kekl kekwait kekleo icant lmao lmaoo "
    "pepelaugh pepelaughing pepew hahaa lolw xdd xddd 4head elegiggle maxlol jokerge "
    "luul kekg kekega sadkek topkek".split()
)  # lower case
FACES = frozenset("😂🤣😹😆")
_WRITTEN = re.compile(
    r"l+o+l+(ol)*z?|l+u+l+z?|l+m+f?a+o+|r+o+f+l+|x+d+|(a?h[aeiu]){2,}h?|(ah){2,}a?|(j[aei]){2,}j?"
    r"|k{3,}|(ks){2,}|w{3,}|(rs){2,}|mdr+|ptdr+"
)


def is_laughter(term: str) -> bool:
    """True for laughter, in any spelling: LUL, KEKW, lol, hahaha, jajaja, 😂."""
    word = term.casefold()
    return word in EMOTES or term[:1] in FACES or _WRITTEN.fullmatch(word) is not None

"""Spelling on Twitch: drawn-out words, laughter, questions. Why each rule: docs/scoring.md."""

import re
from collections.abc import Callable, Mapping, Sequence

_RUN = re.compile(r"(\w)\1{2,}")
# what may be drawn out or laughter: most words are neither, and need no closer look
_ODD = re.compile(r"(\w)\1\1|ha[ae]*h|heh|h[ae]+h+a|lo+l|lm+f*a+o|ofl|xd|ja+j|kek|l[eu]l")
_ANY_RUN = re.compile(r"(\w)\1+")
# every spelling of haha, lol, lmao, rofl, xd, jaja, kek; a lone "ha" or "lo" is not one
_LAUGHTER = re.compile(
    r"a*(?:h+[ae]+){2,}h*|l+o+l+(?:o+l+)*|l+m+f*a+o+|r+o+f+l+|(?:x+d+)+|(?:j+a+){2,}|(?:ke+)+k|l[eu]l"
)
_ASKING = frozenset(
    "who what when where why how which is are was were do does did can could will would "
    "whats what's who's".split()
)
# what befalls somebody, or is cried out; a judgement is none: "what an idiot lmao"
_JESTS = frozenset(
    "dead die died dies dying death kill killed killing kills murdered rip f wtf omfg omg damn "
    "dang hell crying cry sobbing scream screaming screamed scared mad nah nope oof bruh drunk "
    "stolen steal robbed ban banned cheat cheating help jail arrested fired choking choked "
    "exploded crash crashed".split()
)
_APOSTROPHES = str.maketrans("’‘ʼ´", "''''")
_EDGES = ".,!?:;\"'()"
_WEAK = 1.9  # a sum up to it is one weak word, or several that cancel out


def straight(text: str) -> str:
    """The text with apostrophes as VADER knows them: phones write don’t."""
    return text.translate(_APOSTROPHES)


def is_odd(token: str) -> bool:
    """True if a token may be drawn out or laughter; most are neither."""
    return _ODD.search(token.lower()) is not None


def plain_form(token: str, knows: Callable[[str], bool]) -> str:
    """The known word that a drawn-out token stands for (SPAMMMM: SPAM), else the token."""
    if not is_odd(token):
        return token
    core = token.strip(_EDGES)
    word = core.lower()
    if len(word) < 3 or knows(token) or knows(word):
        return token
    found = "haha" if _LAUGHTER.fullmatch(word) else _shortened(word, knows)
    return token.replace(core, found.upper() if core.isupper() else found, 1) if found else token


def _shortened(word: str, knows: Callable[[str], bool]) -> str | None:
    if not _RUN.search(word):
        return None
    forms = (_RUN.sub(r"\1\1", word), _RUN.sub(r"\1", word), _ANY_RUN.sub(r"\1", word))
    return next((form for form in forms if knows(form)), None)


def is_weak_question(tokens: Sequence[str], total: float) -> bool:
    """True if a message asks, and what VADER sums up in it says little. total: that sum."""
    if abs(total) > _WEAK or not tokens:
        return False
    return tokens[0].lower() in _ASKING or "?" in "".join(tokens)


def without_comfort(
    sentiments: Mapping[int, float], laughing: Callable[[int], bool], said: Sequence[str]
) -> dict[int, float]:
    """Sentiments by place; laughter does not make up for what is said beside it, if that is bad,
    but makes a jest of what only happened to somebody. said: the tokens."""
    others = {i: value for i, value in sentiments.items() if not laughing(i)}
    jests = {i for i, value in others.items() if value < 0 and is_jest(said[i])}
    if sum(value for i, value in others.items() if i not in jests) < 0:
        return {i: 0.0 if laughing(i) else value for i, value in sentiments.items()}
    return {i: 0.0 if i in jests else value for i, value in sentiments.items()}


def is_jest(token: str) -> bool:
    """True for what people say of themselves or of a game while they laugh: "im dead lol"."""
    return token.strip(_EDGES).lower() in _JESTS

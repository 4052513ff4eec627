"""People in a message: who is mentioned, and whom a word is a name of because it calls them.

A name is somebody's only if whoever asks knows a chatter called so: docs/scoring.md.
"""

import re
from collections.abc import Container, Sequence

_MENTION = re.compile(r"[^\w@]*@\w")
# after these a name is likely, whatever comes behind it
GREETINGS = frozenset(
    "hi hello hey heya heyo hiya hai hii heyy yo sup wassup howdy welcome morning evening "
    "afternoon night goodnight gn gm bye goodbye cya o/ \\o heyguys peepohey peepohi".split()
)
# after these one is likely if nothing comes behind it
_CALLS = frozenset(
    "thanks thank thx ty tysm tyvm gg ggs ggwp wp gj nt glhf gl grats gratz congrats "
    "congratulations birthday sorry o7 w l rip".split()
)
_BETWEEN = frozenset(
    "you u back in there to my dear mr ms so".split()
)  # thank you X, welcome back X
_BEFORE = GREETINGS | _CALLS | _BETWEEN
MOST = 3  # words of a message that a greeting is most of
_BREAKS = set(",:")
_ENDS = set(",.!?:;…")
# a clause that begins behind a greeted name: "hi pain how are you"
_BEGINS = frozenset(
    "how hows what whats where when why who you u ur youre r are is i im its it the a and can "
    "could did do have hope good nice great glad long thanks thank ty this that we love".split()
)


def is_mention(token: str) -> bool:
    """True for @somebody, in brackets or quotes too."""
    return "@" in token and _MENTION.match(token) is not None


def is_addressed(tokens: Sequence[str], i: int, pictures: Container[int] = ()) -> bool:
    """True if word i stands where the name of whoever is spoken to does: greeted, thanked or
    congratulated, after a lone @, or set off by commas. pictures: places that hold no word."""
    if i == 0:
        return len(tokens) > 1 and tokens[0][-1:] in _BREAKS
    before = tokens[i - 1]
    set_off = before[-1:] in _BREAKS
    if not set_off and _bare(before) not in _BEFORE:
        return before == "@"
    last = i == len(tokens) - 1
    ends = last or tokens[i][-1:] in _ENDS or i + 1 in pictures or not tokens[i + 1][:1].isalnum()
    caller = _caller(tokens, i)
    if caller in GREETINGS:
        return ends or _bare(tokens[i + 1]) in _BEGINS
    return ends if caller in _CALLS else set_off and (last or tokens[i][-1:] in _BREAKS)


def without_greeting(
    sentiments: dict[int, float],
    hails: Sequence[int],
    tokens: Sequence[str],
    pictures: Container[int],
) -> dict[int, float]:
    """Sentiments by place; a greeting says nothing where it only opens what is said."""
    words = [t for i, t in enumerate(tokens) if t[:1].isalnum() and i not in pictures]
    return sentiments if len(words) <= MOST else {**sentiments, **dict.fromkeys(hails, 0.0)}


def _caller(tokens: Sequence[str], i: int) -> str:
    """The word that calls for a name at i, or what stands there instead."""
    j = i - 1
    while j > 0 and j > i - 3 and _bare(tokens[j]) in _BETWEEN:
        j -= 1
    return _bare(tokens[j]) if j >= 0 else ""


def _bare(token: str) -> str:
    return token.rstrip(",.!?:;…").replace("'", "").lower()

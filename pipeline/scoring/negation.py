"""VADER's rules with negation as it is meant: plain VADER keeps its own.

VADER looks three words back for a negation, whatever ends between, and turns bad into good.
Here it ends with its clause, reaches further where it is about all of it, and takes a bad word's
weight away without praising: docs/scoring.md has the reasons and what each adds.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from vaderSentiment.vaderSentiment import NEGATE

from pipeline.scoring.vader import NEGATES, NO, ROLES, VaderRules, stripped

_TURNED = -0.74  # VADER's own factor, of what is good
_EASED = 0.2  # of what is bad: "dont be rude" praises nobody, and is a complaint still
_PRAISED = -0.4  # of what is said to praise by halves: "not bad at all"
_LITOTES = set("bad terrible horrible awful problem problems worry complaints issues".split())
_NEAR, _FAR = 3, 7  # words that a negation reaches; one that is about the whole clause
_ANSWERS = {"nope", "uhuh", "uh-uh"}  # they answer, and leave what is said then as it is
_MORE = {"nobody", "noone", "far from", "lack of", "hardly", "scarcely"}
_WHOLE = {"nothing", "nobody", "noone", "none"}
_NEGATORS = {word.replace("'", "") for word in {*NEGATE, *_MORE} - _ANSWERS}
# not thinking that something is good: what is negated comes later in the clause
_OPINIONS = set(
    "think feel find believe say see call consider expect look looks seem sound".split()
)
# "never been better", "couldn't be happier": more cannot be
_MORE_THAN = set("better worse happier sadder prouder funnier easier nicer cooler cuter".split())
_UTMOST = {"never", "couldnt", "couldn't"}
_STOPS = set(".,!?:;…")
_JOINTS = set("but because cuz cause bc cos though although if when while until unless".split())
# behind these "no" is an answer: "no its good"
_CLAUSES = set(
    "i im ive ill its it thats that this he hes she shes we they theyre the you u ur youre your a "
    "my but wait just because lol".split()
)


class ChatRules(VaderRules):
    """The rules over VADER's lexicon and more words, for the full scorer."""

    def __init__(self, more: Mapping[str, float] | None = None) -> None:
        super().__init__(more)
        self._roles = {**ROLES, **dict.fromkeys(_MORE, NEGATES)}

    def _sentiment(self, tokens: list[str], marks: list[int], i: int) -> float:
        first = max(0, i - _FAR)
        if not i or not reduce(or_, marks[first:i]) & (NEGATES | NO):
            return super()._sentiment(tokens, marks, i)
        calm, calm_marks = tokens.copy(), marks.copy()
        for k in range(first, i):
            if marks[k] & (NEGATES | NO) and _word(tokens[k]) != "so":
                calm[k], calm_marks[k] = "", 0
        value = super()._sentiment(calm, calm_marks, i)
        if not is_negated(tokens, i):
            return value
        if value > 0:
            return value * _TURNED
        return value * (_PRAISED if _word(tokens[i]) in _LITOTES else _EASED)

    def _turned(self, tokens: list[str], by_place: Mapping[int, float]) -> dict[int, float]:
        """What is said before a "but" weighs half, what is said then once and a half."""
        at = [_word(token) for token in tokens].index("but")
        return {i: v * (0.5 if i < at else 1.5) for i, v in by_place.items() if v}


def is_negated(tokens: Sequence[str], i: int) -> bool:
    """True if the word at i says the opposite, by a negation before it in its clause."""
    times, behind = 0, _word(tokens[i])
    is_more, has_no = behind in _MORE_THAN, False
    if behind == "no":
        return False
    for back in range(1, min(i, _FAR) + 1):
        token = tokens[i - back]
        word = _word(token)
        if token[-1:] in _STOPS or word in _JOINTS:
            break
        whole = word in _WHOLE or behind in _OPINIONS or (word == "no" and behind == "one")
        if word == "no":
            has_no = whole or (back < _NEAR and behind not in _CLAUSES)
            times += has_no
        elif is_more and word in _UTMOST:
            return False
        elif _is_negator(word) and not (behind == "only" or _is_extreme(word, tokens[i - 1], back)):
            times += (back <= _NEAR or whole) and not has_no  # "ain't no good" says it twice
        behind = word
    return times % 2 == 1


def _is_negator(word: str) -> bool:
    return word in _NEGATORS or word.endswith("n't")


def _is_extreme(word: str, before: str, back: int) -> bool:
    """True for never so good, never been this happy."""
    return word == "never" and back > 1 and _word(before) in ("so", "this", "such")


def _word(token: str) -> str:
    word = stripped(token).lower()
    return word if word.endswith("n't") else word.replace("'", "")

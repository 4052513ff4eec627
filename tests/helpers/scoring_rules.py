"""The rules of the full scorer, each with a way to take it away and a message that shows it.

A rule that is not named here is not measured; what a rule is bound to must exist.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import NamedTuple

from pytest import MonkeyPatch

import pipeline.scoring.full_scorer
import pipeline.scoring.slang
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import Lexicon, twitch_lexicon
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.vader import VaderRules

Taken = Callable[[MonkeyPatch], Scorer]
_VADER = VaderRules().lexicon


class Rule(NamedTuple):
    """shows: a message that scores otherwise without the rule."""

    name: str
    shows: str
    without: Taken


def unbound(of: ModuleType = pipeline.scoring.full_scorer, **changed: object) -> Taken:
    """The full scorer with names of a module, its own, bound to something else. Raises
    AttributeError, when it is made, for a name that the module does not have."""

    def make(patch: MonkeyPatch) -> Scorer:
        for name, value in changed.items():
            patch.setattr(of, name, value)
        return FullScorer()

    return make


def words(keeps: Callable[[str], bool]) -> Taken:
    """The full scorer with only those of our words."""
    full = twitch_lexicon()
    kept = {word: value for word, value in full.words.items() if keeps(word)}
    return lambda _: FullScorer(Lexicon("rules", full.emotes, kept))


def emotes(of: Callable[[Mapping[str, float]], dict[str, float]]) -> Taken:
    """The full scorer with other emotes."""
    full = twitch_lexicon()
    return lambda _: FullScorer(Lexicon("rules", of(full.emotes), full.words))


def in_sentence() -> FullScorer:
    """Emotes as words in any case, scored within the sentence."""
    full = twitch_lexicon()
    lower = {emote.lower(): value for emote, value in full.emotes.items()}
    return FullScorer(Lexicon("rules", {}, lower | full.words))


def humorous(emotes: Mapping[str, float]) -> dict[str, float]:
    """Kappa and its like as positive as a smile."""
    return {e: 1.2 if v == 0 and e.startswith(("Kap", "Keepo")) else v for e, v in emotes.items()}


def as_described() -> FullScorer:
    """Emoji as the sums of what VADER describes them with."""
    full, rules = twitch_lexicon(), VaderRules()
    sums = {e: sum(rules.sentiments(rules.described(e).split()).values()) for e in full.emojis}
    return FullScorer(Lexicon("rules", full.emotes, full.words, sums))


RULES = (
    Rule(
        "names that speak",
        "zorpLove",
        unbound(speaking=lambda _: None, speaks_unmarked=lambda _: False),
    ),
    Rule("all emotes", "PogChamp", emotes(lambda _: {})),
    Rule("emotes apart, in exact case", "not LUL", lambda _: in_sentence()),
    Rule("Kappa as neutral", "Kappa", emotes(humorous)),
    Rule("emoji rated", "💔", lambda _: as_described()),
    Rule("smileys apart", "never :)", unbound(is_smiley=lambda _: False)),
    Rule("drawn-out smileys", ":))))", unbound(short_smiley=lambda _: "")),
    Rule("words of Twitch", "goated", words(lambda word: word in _VADER)),
    Rule("false friends", "kill the boss", words(lambda word: word not in _VADER)),
    Rule("masked words (***)", "you are a ***", words(lambda word: "*" not in word)),
    Rule("drawn-out words", "BADDDDD", unbound(plain_form=lambda token, _: token)),
    Rule("weak questions", "is he good?", unbound(is_weak_question=lambda *_: False)),
    Rule("laughter is no comfort", "so bad lmao", unbound(without_comfort=lambda said, *_: said)),
    Rule(
        "jests beside laughter",
        "im dying wtf lol",
        unbound(pipeline.scoring.slang, is_jest=lambda _: False),
    ),
    Rule("negation", "dont be rude", unbound(ChatRules=VaderRules)),
    Rule("curly apostrophes", "I don’t love it", unbound(straight=lambda text: text)),
    Rule("phrases", "cant wait", unbound(is_phrase=lambda _: False)),
    Rule(
        "greetings by themselves", "hi i am in a car now", unbound(without_greeting=lambda x, *_: x)
    ),
    Rule("mentions", "@hate", unbound(is_mention=lambda _: False)),
    Rule("repeats saturate", "LUL LUL", unbound(_REPEAT=1.0)),
    Rule("invisible characters", "gre\u200bat", unbound(visible=lambda text: text)),
)

"""Scorers of messages: the lexicon's, or one with what was decided for a channel.

The scorer is a function of the channel and the time of the message alone, so that windows made
again, from the buffer or after a restart, are scored as they were.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import sha256
from string import punctuation

import orjson

from pipeline.scoring.decisions import Decision, Valences, in_force
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.scored import Named, Scored
from pipeline.scoring.scorer import Scorer, make_scorer
from pipeline.scoring.sign_scorer import read_as
from pipeline.scoring.signs import bare
from pipeline.scoring.vader_scorer import VaderScorer
from warehouse.moments.laughter import laughs
from warehouse.remembered import Remembered

_RUN = re.compile(r"(.)\1+")
_EDGES = punctuation + "…“”‘’«»¿¡、。！？"


class Overlaid:
    """A scorer with some terms decided otherwise. Messages without any of them, which are most,
    are left to `base`, so that a channel's own decisions cost little time and memory.

    heads: `head` of a token, remembered.
    """

    def __init__(self, base: FullScorer, valences: Valences, heads: Remembered[str, str]) -> None:
        self.version = f"{base.version}+{_digest(valences)}"
        self.base, self.own = base, _with(base, valences, self.version)
        self._head, self._heads = heads, {heads[bare(term)] for term in valences}

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """-1..1."""
        return self.reader(text).compound(text, emotes)

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound with its terms."""
        return self.reader(text).score(text, emotes, is_name)

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term, or it was decided on."""
        return self.own.knows(term)

    def reader(self, text: str) -> FullScorer:
        """The scorer of a text: `own` where a term that was decided on may be in it."""
        is_other = self._heads.isdisjoint(map(self._head.__getitem__, self.base.tokens(text)))
        return self.base if is_other else self.own


def head(token: str) -> str:
    """What all spellings of a token share: drawn out, in capitals, with a comma, as laughter."""
    core = token.strip(_EDGES).lower() or token.lower()
    short = _RUN.sub(r"\1", core)
    return "haha" if laughs(short) else short


def _with(base: FullScorer, valences: Valences, version: str) -> FullScorer:
    """The scorer with some terms decided otherwise: exact emotes and emoji, words in any case."""
    words = {t.lower(): v for t, (kind, v) in valences.items() if kind == "word"}
    emotes = {t: v for t, v in base.emotes.items() if t.lower() not in words}
    emotes |= {t: v for t, (kind, v) in valences.items() if kind != "word"}
    emojis = {bare(t): v for t, (_, v) in valences.items() if bare(t) in base.emojis}
    all_emojis = {**base.emojis, **emojis} if emojis else base.emojis
    return base.with_valences(version, emotes, all_emojis, words)


def _digest(valences: Valences) -> str:
    """8 hex digits of what is in force, the same for the same."""
    listed = sorted((term, kind, value) for term, (kind, value) in valences.items())
    return sha256(orjson.dumps(listed)).hexdigest()[:8]


class Scorers:
    """All scorers of one process. `decisions`: in the order of deciding.

    always: what was decided is in force for all time, as for an import of past chat. With the
    lexicon `vader`, which is to be VADER and nothing else, no decision is in force.
    only: the one scorer there is, None once some decision may be in force; ask it first, it
    costs the least.
    """

    def __init__(
        self, lexicon: str, decisions: Iterable[Decision] = (), always: bool = False
    ) -> None:
        self.base: VaderScorer | FullScorer = make_scorer(lexicon)
        self.always = always
        self.decisions: list[Decision] = []
        self._made: dict[str, Scorer] = {}  # by digest, what was asked for since
        self._before: dict[str, Scorer] = {}  # the last decision, and before it
        self._heads: Remembered[str, str] = Remembered(head)
        self.decided(decisions)

    @property
    def heeds(self) -> bool:
        """True if decisions come into force at all."""
        return isinstance(self.base, FullScorer)

    def decided(self, decisions: Iterable[Decision]) -> None:
        """These too were decided, after all others."""
        self._replace([*self.decisions, *decisions])

    def forget_channel(self, channel: str) -> None:
        """What was decided for the channel never was."""
        self._replace([d for d in self.decisions if d.channel != channel])

    def forget_terms(self, terms: Iterable[str]) -> None:
        """What was decided on the terms never was."""
        forgotten = set(terms)
        self._replace([d for d in self.decisions if d.term not in forgotten])

    def at(self, channel: str, at: float, reading: str = "words") -> Scorer:
        """The scorer of a message of the channel, said at `at` (epoch seconds). reading: how its
        window is read, one of READINGS."""
        scorer = self.only or self._at(channel, at)
        if reading == "words":
            return scorer
        key = scorer.version, reading
        if key not in self._read:
            self._read[key] = read_as(scorer, reading)
        return self._read[key]

    def _at(self, channel: str, at: float) -> Scorer:
        starts, scorers = self._spans.get(channel) or self._span(channel)
        place = bisect_right(starts, at)
        scorer = scorers[place]
        if scorer is None:
            now = math.inf if self.always else starts[place - 1] if place else -math.inf
            scorer = scorers[place] = self._scorer(in_force(self._heeded, channel, now))
        return scorer

    def version(self, channel: str, at: float, reading: str = "words") -> str:
        """The lexicon_version of the channel's window at `at`."""
        return self.at(channel, at, reading).version

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term, or some decision in force."""
        if self.base.knows(term):
            return True
        return self.only is None and (term in self._emotes or term.lower() in self._words)

    def is_known(self, term: str) -> bool:
        """True if the term is known, or an emote is that is written as it is but for case."""
        return self.knows(term) or term.lower() in self._folded

    def valence(self, term: str, channel: str) -> float | None:
        """What scores the term now: by a decision, else by the lexicon; None: nothing does."""
        decided = self._now(channel).get(term)
        return self.base_valence(term) if decided is None else decided[1]

    def base_valence(self, term: str) -> float | None:
        """What the lexicon says of a term."""
        base = self.base
        if isinstance(base, FullScorer):
            for valences, name in ((base.emotes, term), (base.emojis, bare(term))):
                if name in valences:
                    return float(valences[name])
        value = base.rules.lexicon.get(term.lower())
        return None if value is None else float(value)

    def kind(self, term: str) -> str:
        """emote or word: what a term seems to be that nobody told of."""
        base = self.base
        if isinstance(base, FullScorer) and (term in base.emotes or bare(term) in base.emojis):
            return "emote"
        is_word = term.lower() in base.rules.lexicon or term == term.lower()
        return "word" if is_word else "emote"

    def _replace(self, decisions: list[Decision]) -> None:
        self.decisions = decisions
        self._heeded = decisions if self.heeds else []
        self.only: Scorer | None = None if self._heeded else self.base
        self._spans: dict[str, tuple[list[float], list[Scorer | None]]] = {}
        self._current: dict[str, Valences] = {}
        self._before, self._made = self._made, {}
        self._read: dict[tuple[str, str], Scorer] = {}  # of readings but `words`
        in_use = [pair for c in {d.channel for d in self._heeded} for pair in self._now(c).items()]
        self._words = {term.lower() for term, (kind, _) in in_use if kind == "word"}
        self._emotes = {term for term, (kind, _) in in_use if kind != "word"}
        shipped = self.base.emotes if isinstance(self.base, FullScorer) else ()
        self._folded = {term.lower() for term in (*shipped, *self._emotes)}

    def _scorer(self, valences: Valences) -> Scorer:
        """The scorer with these valences; the base itself where there are none."""
        if not valences or not isinstance(self.base, FullScorer):
            return self.base
        key = _digest(valences)
        if key not in self._made:
            scorer = self._before.pop(key, None) or Overlaid(self.base, valences, self._heads)
            self._made[key] = scorer
        return self._made[key]

    def _now(self, channel: str) -> Valences:
        if channel not in self._current:
            self._current[channel] = in_force(self._heeded, channel)
        return self._current[channel]

    def _span(self, channel: str) -> tuple[list[float], list[Scorer | None]]:
        """The times from which the channel is scored anew, and the scorers between them, each
        made when it is asked for: one more than times."""
        mine = {d.from_start for d in self._heeded if d.channel in ("", channel)}
        starts = [] if self.always else sorted(mine)
        span: tuple[list[float], list[Scorer | None]] = starts, [None] * (len(starts) + 1)
        self._spans[channel] = span
        return span

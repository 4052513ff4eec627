"""The gate of terms: a window's that moved it are kept, if they are nobody's name.

A term is kept when the lexicon knows it, or when three chatters used it that day; never when
it is a login seen lately.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import chain, islice

from pipeline.scoring.scored import Scored

BY_CONTRIBUTION = 15
BY_COUNT = 5
SPREAD = 3  # chatters a day before an unknown term is a term
_PENDING = 400  # unknown terms remembered per channel and day
_CHATTERS = 50_000
_DAYS = 2
_WORD = re.compile(r"\w{2,25}")  # longer is no login
REST = "*"


@dataclass(slots=True)
class _Tally:
    kind: str
    n: int = 0
    part: float = 0.0


@dataclass(slots=True)
class _Day:
    """Terms used in a channel on one day: those admitted, and who used the others."""

    admitted: set[str] = field(default_factory=set)
    pending: dict[str, tuple[int, ...]] = field(default_factory=dict)  # oldest first


class Gate:
    """Decides which terms may be stored. Bounded memory: old terms and chatters are forgotten.

    known: whether the lexicon has a term. of: a login's hash, as chatters come hashed.
    hidden: hashes of those who are never to be named, seen lately or not; it may change meanwhile.
    chatters: hashes of those seen lately, the longest ago first.
    """

    def __init__(
        self,
        known: Callable[[str], bool],
        of: Callable[[str], int],
        hidden: Set[int] = frozenset(),
    ) -> None:
        self.known, self.of, self.hidden = known, of, hidden
        self.chatters: dict[int, None] = {}  # seen longest ago first
        self._days: dict[str, dict[int, _Day]] = {}

    def saw(self, chatter: int) -> None:
        """A chatter was seen: their login is no term from now on. 0, nobody, is not one."""
        if chatter:
            self.chatters.pop(chatter, None)
            self.chatters[chatter] = None
            if len(self.chatters) > _CHATTERS:
                del self.chatters[next(iter(self.chatters))]

    def used(self, channel: str, day: int, chatter: int, terms: Iterable[str]) -> None:
        """`chatter` used the terms; day: days since the epoch. Two days are remembered, so that
        late messages around midnight do not undo each other."""
        today = self._days.get(channel, {}).get(day) or self._begin(channel, day)
        if today is None:
            return
        admitted, pending = today.admitted, today.pending
        for term in terms:
            if term not in admitted:
                self._count(today, term, chatter)
        if len(pending) > _PENDING:  # the oldest go together: to find the first takes long
            for term in list(islice(pending, len(pending) - _PENDING + _PENDING // 8)):
                del pending[term]

    def _begin(self, channel: str, day: int) -> _Day | None:
        """The day, begun; None for one that is long over."""
        days = self._days.setdefault(channel, {})
        if len(days) > 1 and day < min(days):
            return None
        days[day] = _Day()
        if len(days) > _DAYS:
            del days[min(days)]
        return days[day]

    def _count(self, day: _Day, term: str, chatter: int) -> None:
        """One more who used the term; the third admits it, and the lexicon does at once."""
        others = day.pending.get(term)
        if others is None:
            if self.known(term):
                day.admitted.add(term)
            else:
                day.pending[term] = (chatter,)
        elif chatter not in others:
            if len(others) + 1 < SPREAD:
                day.pending[term] = (*others, chatter)
            else:
                del day.pending[term]
                day.admitted.add(term)

    def admit(self, channel: str, day: int, terms: Iterable[str]) -> None:
        """Three chatters used the terms that day: they were stored before a restart."""
        today = self._days.setdefault(channel, {}).setdefault(day, _Day())
        today.admitted.update(term for term in terms if not self.known(term))

    def forget(self, chatter: int) -> None:
        """Nobody remembers what the chatter used; that they are a name, though."""
        for days in self._days.values():
            for day in days.values():
                for term, chatters in day.pending.items():
                    if chatter in chatters:
                        day.pending[term] = tuple(c for c in chatters if c != chatter)

    def forget_channel(self, channel: str) -> None:
        """Nobody remembers what was said in the channel."""
        self._days.pop(channel, None)

    def without_names(self, text: str) -> str:
        """The text with every login seen lately as @…."""
        return _WORD.sub(lambda m: "@…" if self.is_login(m[0]) else m[0], text)

    def admits(self, channel: str, term: str, day: int) -> bool:
        """Whether the term may be stored for a window of that day."""
        today = self._days.get(channel, {}).get(day)
        is_open = (today is not None and term in today.admitted) or self.known(term)
        return is_open and not self.is_login(term)

    def is_login(self, word: str) -> bool:
        """Whether somebody who chatted lately, or opted out, is called so."""
        who = self.of(word)
        return who in self.chatters or who in self.hidden

    def is_name(self, channel: str, word: str) -> bool:
        """Whether somebody who may be spoken to in the channel is called so."""
        return word == channel or self.is_login(word)


def window_terms(
    scored: Iterable[Scored], n: int, mean: float, admits: Callable[[str], bool]
) -> list[tuple[str, str, int, float]]:
    """(term, kind, n, contribution) rows of one window; contributions sum to `mean`.

    n: messages in the window; mean: their mean compound. The last row is `*`, all the rest.
    """
    tallies: dict[str, _Tally] = {}
    uses = Counter(chain.from_iterable([message.terms for message in scored]))
    for (term, kind, part), times in uses.items():
        tally = tallies.get(term) or tallies.setdefault(term, _Tally(kind))
        tally.n += times
        tally.part += part * times
    kept = _kept(tallies, admits)
    rows = [(term, v.kind, v.n, v.part / n) for term, v in kept.items()]
    rest = mean - sum([row[3] for row in rows])
    return [*rows, (REST, "rest", uses.total() - sum([row[2] for row in rows]), rest)]


def _kept(tallies: dict[str, _Tally], admits: Callable[[str], bool]) -> dict[str, _Tally]:
    """Those that moved it most, then those used most; asks `admits` no further than needed."""
    movers = sorted((-abs(v.part), t) for t, v in tallies.items() if v.part)
    chosen = list(islice(filter(admits, (t for _, t in movers)), BY_CONTRIBUTION))
    taken = set(chosen)
    others = (t for t in _by_use(tallies) if t not in taken)
    return {t: tallies[t] for t in (*chosen, *islice(filter(admits, others), BY_COUNT))}


def _by_use(tallies: dict[str, _Tally]) -> Iterator[str]:
    """Those used most first; what was used once, which is most of them, only if asked for."""
    yield from [t for _, t in sorted((-v.n, t) for t, v in tallies.items() if v.n > 1)]
    yield from sorted(t for t, v in tallies.items() if v.n == 1)

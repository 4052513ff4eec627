"""Which terms of a window are kept: the ones that moved it, if they are nobody's name.

A term is kept when the lexicon knows it, or when three chatters used it that day; never when
it is a login seen lately.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.score import Scored

BY_CONTRIBUTION = 15
BY_COUNT = 5
SPREAD = 3  # chatters a day before an unknown term is a term
_PENDING = 2000  # unknown terms remembered per channel and day
_LOGINS = 50_000
REST = "*"


@dataclass(slots=True)
class _Tally:
    kind: str
    n: int = 0
    part: float = 0.0


class Gate:
    """Decides which terms may be stored. Bounded memory: old terms and logins are forgotten."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self.known = known
        self._logins: OrderedDict[str, None] = OrderedDict()
        self._days: dict[str, int] = {}
        self._admitted: dict[str, set[str]] = {}
        self._pending: dict[str, OrderedDict[str, set[int]]] = {}

    def saw_login(self, login: str) -> None:
        """A chatter's login was seen: it is no term from now on."""
        self._logins[login] = None
        self._logins.move_to_end(login)
        if len(self._logins) > _LOGINS:
            self._logins.popitem(last=False)

    def used(self, channel: str, day: int, chatter: int, terms: Iterable[str]) -> None:
        """`chatter` used the terms; day: days since the epoch."""
        if self._days.get(channel) != day:
            self._days[channel] = day
            self._admitted[channel] = set()
            self._pending[channel] = OrderedDict()
        admitted, pending = self._admitted[channel], self._pending[channel]
        for term in terms:
            if term not in admitted and not self.known(term):
                chatters = pending.setdefault(term, set())
                chatters.add(chatter)
                if len(chatters) >= SPREAD:
                    admitted.add(term)
                    del pending[term]
        while len(pending) > _PENDING:
            pending.popitem(last=False)

    def without_names(self, text: str) -> str:
        """The text with every login seen lately as @…."""
        words = (("@…" if w.lower() in self._logins else w) for w in text.split(" "))
        return " ".join(words)

    def admits(self, channel: str, term: str) -> bool:
        """Whether the term may be stored for the channel now."""
        if term.lower() in self._logins:
            return False
        return self.known(term) or term in self._admitted.get(channel, ())


def window_terms(
    scored: Iterable[Scored], n: int, mean: float, admits: Callable[[str], bool]
) -> list[tuple[str, str, int, float]]:
    """(term, kind, n, contribution) rows of one window; contributions sum to `mean`.

    n: messages in the window; mean: their mean compound. The last row is `*`, all the rest.
    """
    tallies: dict[str, _Tally] = {}
    uses = 0
    for message in scored:
        for term, kind, part in message.terms:
            tally = tallies.get(term) or tallies.setdefault(term, _Tally(kind))
            tally.n += 1
            tally.part += part
            uses += 1
    kept = _kept({t: v for t, v in tallies.items() if admits(t)})
    rows = [(term, v.kind, v.n, v.part / n) for term, v in kept.items()]
    rest = mean - sum(row[3] for row in rows)
    return [*rows, (REST, "rest", uses - sum(row[2] for row in rows), rest)]


def _kept(tallies: dict[str, _Tally]) -> dict[str, _Tally]:
    movers = sorted(tallies, key=lambda t: (-abs(tallies[t].part), t))[:BY_CONTRIBUTION]
    chosen = {term: tallies[term] for term in movers if tallies[term].part}
    others = sorted((t for t in tallies if t not in chosen), key=lambda t: (-tallies[t].n, t))
    chosen.update({term: tallies[term] for term in others[:BY_COUNT]})
    return chosen

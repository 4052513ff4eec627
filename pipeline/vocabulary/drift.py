"""Known emotes whose company changed: they may have come to mean something else.

The company of a term is what its messages say besides it. Two running means are kept of each
term's, one slow and one fast; where they differ for sure and by much, a new valence is proposed:
the one in force, moved as far as the company moved.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Self

from pipeline.scoring.scored import Scored
from pipeline.vocabulary.usage import summed
from warehouse.figures import signed
from warehouse.records import utc

FAST, SLOW = 200, 2000  # messages that say something else, which the means rest on
MOVED = 1.0  # valence
_AGAIN = 0.5  # further than it was proposed
_SLOPE = 1.9  # as of proposals (proposals.py)
_SURE = 2.58  # standard errors, 99 %: many terms are watched
_TERMS = 2000
_MEANS = ("fast", "slow", "square")


@dataclass(slots=True)
class Company:
    """Of one term. n: messages so far. fast, slow: running means of the compound (-1..1) of what
    else they say; square: running mean of its square, as fast as `fast`."""

    n: int = 0
    fast: float = 0.0
    slow: float = 0.0
    square: float = 0.0
    last: float = 0.0

    def saw(self, compound: float, at: float) -> None:
        """A message says this much besides the term."""
        self.n += 1
        self.last = at
        fast, slow = min(self.n, FAST), min(self.n, SLOW)
        self.fast += (compound - self.fast) / fast
        self.square += (compound * compound - self.square) / fast
        self.slow += (compound - self.slow) / slow

    def plus(self, more: Self) -> Self:
        """The same term's, with what was seen of it elsewhere."""
        n = self.n + more.n
        means = ((getattr(x, name) * x.n for x in (self, more)) for name in _MEANS)
        return replace(more, n=n, last=max(self.last, more.last), **{
            name: sum(parts) / n for name, parts in zip(_MEANS, means, strict=True)
        })  # fmt: skip

    def moved(self) -> float:
        """How far its valence moved, 0 where that is not sure."""
        if self.n < SLOW:
            return 0.0
        error = sqrt(max(0.0, self.square - self.fast * self.fast) / FAST)
        if abs(self.fast - self.slow) < _SURE * error:
            return 0.0
        return _SLOPE * (summed(self.fast) - summed(self.slow))


class Drift:
    """Companies of known terms. Bounded memory."""

    def __init__(self) -> None:
        self._terms: OrderedDict[str, Company] = OrderedDict()
        self._told: dict[str, float] = {}  # how far each had moved when it was proposed

    def saw(self, scored: Scored, at: float) -> None:
        """A message with emotes, and what is said besides each."""
        for term, part in {name: p for name, kind, p in scored.terms if kind != "word"}.items():
            rest = scored.compound - part
            if abs(rest) > 0.01:  # something was said
                company = self._terms.setdefault(term, Company())
                self._terms.move_to_end(term)
                company.saw(max(-1.0, min(1.0, rest)), at)
        while len(self._terms) > _TERMS:
            self._terms.popitem(last=False)

    def join(self, other: "Drift") -> None:
        """Companies of the same terms elsewhere count with these, each as far as it is known."""
        for term, company in other._terms.items():
            known = self._terms.get(term)
            self._terms[term] = known.plus(company) if known else company

    def decided(self, term: str) -> None:
        """The term means what its company says now."""
        if company := self._terms.get(term):
            company.slow = company.fast
            self._told.pop(term, None)

    def take_rows(self, valence: Callable[[str], float | None]) -> list[dict[str, Any]]:
        """Rows that propose another valence, each until it moves on. valence: what is in force
        for a term."""
        rows = []
        for term, company in self._terms.items():
            moved = company.moved()
            now = valence(term) if abs(moved) >= MOVED else None
            if now is not None and abs(moved - self._told.get(term, 0.0)) >= _AGAIN:
                self._told[term] = moved
                rows.append(_row(term, company, now, moved))
        return rows

    def moved(self) -> dict[str, list[float]]:
        """Those that moved far, as `dump` tells them."""
        return {t: of for t, of in self.dump().items() if abs(self._terms[t].moved()) >= MOVED}

    def dump(self) -> dict[str, list[float]]:
        """What is to be kept over a restart."""
        return {
            term: [c.n, round(c.fast, 4), round(c.slow, 4), round(c.square, 4), round(c.last)]
            for term, c in self._terms.items()
            if c.n >= FAST
        }

    def load(self, companies: Mapping[str, list[float]]) -> None:
        """What `dump` gave."""
        for term, (n, *means) in companies.items():
            self._terms[term] = Company(int(n), *means)


def _row(term: str, company: Company, now: float, moved: float) -> dict[str, Any]:
    half = 1.28 * _SLOPE * sqrt(15 * max(0.0, company.square - company.fast**2) / FAST)
    middle = now + moved
    ends = {"valence": middle, "valence_low": middle - half, "valence_high": middle + half}
    before = f"known at {signed(now)}; messages with it felt {signed(company.slow)} besides it"
    return {
        "term": term,
        "channel": "",
        "kind": "emote",
        "last_seen": utc(company.last),
        "n": company.n,
        "n_channels": 0,
        "n_scored": FAST,
        "mean_compound": company.fast,
        "status": "proposed",
        "in_force": now,
        "evidence": f"{before}, of late {signed(company.fast)}",
        **{name: max(-4.0, min(4.0, value)) for name, value in ends.items()},
    }

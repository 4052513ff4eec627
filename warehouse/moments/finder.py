"""Moments of a stream that are worth a look, and turns of its mood: two lists, by rank.

A moment is a span of half a minute to two in which the chat laughs, is hyped, or bursts; its score
is how many standard deviations (sigma) its signs together lie off what the stream always does
(signs.py). A silence is ranked by its own sigma, one sign of four. Turns of the mood are ranked by
theirs (mood_turns.py).

What was not observed takes part in nothing. Pure functions of arrays, no Streamlit, no database.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from warehouse.moments.kinds import LEAST, TURNS, Moment
from warehouse.moments.mood_turns import changes, jumps
from warehouse.moments.signs import NOTED, Signs, signs
from warehouse.moments.silences import silences
from warehouse.moments.sums import Sums, Windows

MOST = 40
TEN = 10  # moments that are told where there are so many, be they weak
SPANS = (1, 2, 4)  # windows that a moment lasts
APART = 3  # windows between moments, so that neither's cut reaches into the other's
CORE = 4  # windows in which a turn of the mood is felt, however long the level lasts
WEAK = 1.0  # sigma below which nothing is a moment, be there ten or not
SURE = 5.0  # sigma of a moment that is told without a "maybe"


def find(w: Windows, most: int = MOST) -> list[Moment]:
    """Moments of a stream, the best first: all of LEAST sigma and more, ten where there are ten
    places that can be told apart, and silences. The same windows give the same moments.

    Of a stream that goes on (w.ended False) so far.
    """
    if w.size < 2:
        return []
    sums = Sums(w)
    spans = [signs(sums, k) for k in SPANS]
    told = _apart(spans, w.n, most)
    told = told[: max(TEN, sum(m.score >= LEAST for m in told))]
    quiet = [replace(m, score=m.score / 2) for m in silences(sums)]
    ranked = sorted([*told, *quiet], key=lambda m: (-m.score, m.first))
    return [_measured(m, sums) for m in ranked[:most]]


def turns(w: Windows, most: int = MOST) -> list[Moment]:
    """Turns of the mood and levels that last, the most improbable first; none is a moment."""
    if w.size < 2:
        return []
    sums = Sums(w)
    return [_measured(m, sums) for m in _merged([*jumps(sums), *changes(sums)])[:most]]


def _apart(spans: Sequence[Signs], n: np.ndarray, most: int) -> list[Moment]:
    """The best spans that are moments, each APART from the better ones; what they hide is also."""
    score, first, k = (np.concatenate(x) for x in zip(*map(_candidates, spans), strict=True))
    covered = np.zeros(len(n) + APART, dtype=bool)
    told: list[Moment] = []
    for i in np.lexsort((k, first, -score)):
        a, b = int(first[i]), int(first[i] + k[i])
        if not covered[a:b].any():
            covered[max(0, a - APART) : b + APART] = True
            told.append(_named(Moment("peak", a, b, float(score[i])), spans, n))
        if len(told) == most:
            break
    return told


def _candidates(of: Signs) -> tuple[np.ndarray, ...]:
    """(score, first window, windows) of the spans that are a moment of some kind."""
    (first,) = np.nonzero((of.score >= WEAK) & (sum(of.kinds.values()) > 0))
    return of.score[first], first, np.full(len(first), of.k)


def _named(m: Moment, spans: Sequence[Signs], n: np.ndarray) -> Moment:
    """The moment with its busiest window, the kind of that, else of all of it, and what else is
    found there."""
    point = m.first + int(np.argmax(n[m.first : m.last]))
    whole = next(of for of in spans if m.first + of.k == m.last)
    kind = _kind(spans[0], point) or _kind(whole, m.first) or _likeliest(whole, m.first)
    also = tuple(
        name
        for name in whole.kinds
        if name != kind and any(_within(of, name, m.first, m.last) for of in spans)
    )
    return replace(m, kind=kind, point=point, also=also)


def _kind(of: Signs, at: int) -> str:
    """Laughter or hype, whichever is stronger, else a burst; '' where nothing is noted."""
    noted = {name: float(z[at]) for name, z in of.kinds.items() if z[at] >= NOTED}
    told = {name: z for name, z in noted.items() if name != "peak"} or noted
    return max(told, key=told.__getitem__, default="")


def _likeliest(of: Signs, at: int) -> str:
    """The kind of a weak moment."""
    return max(of.kinds, key=lambda name: float(of.kinds[name][at]))


def _within(of: Signs, kind: str, first: int, last: int) -> bool:
    """True where a span of the kind is hidden by [first, last)."""
    near = slice(max(0, first - APART), max(0, last + APART - of.k + 1))
    return bool((of.kinds[kind][near] >= NOTED).any())


def _merged(moments: Sequence[Moment]) -> list[Moment]:
    """Turns by score; what is felt within APART of a stronger one becomes its `also`."""
    apart: list[Moment] = []
    for one in sorted(moments, key=lambda m: (-m.score, m.first, m.kind)):
        near = next((k for k, other in enumerate(apart) if _overlap(one, other)), None)
        if near is None:
            apart.append(one)
        elif one.kind not in (apart[near].kind, *apart[near].also):
            apart[near] = replace(apart[near], also=(*apart[near].also, one.kind))
    return apart


def _overlap(one: Moment, other: Moment) -> bool:
    """True where both are felt at once, at the beginning of what follows a turn."""
    (a, b), (c, d) = ((m.first, min(m.last, m.first + CORE)) for m in (one, other))
    return a < d + APART and c < b + APART


def _measured(m: Moment, s: Sums) -> Moment:
    """The moment with its messages, mood and rates."""
    turn = m.kind in TURNS
    before = s.mood(m.since, m.first) if turn else s.around(m.first, m.last, 60)
    count, expected = s.counts(m.first, m.last)
    minutes = float(s.observed(m.first, m.last)) / 60
    messages = float(s.messages(m.first, m.last))
    return replace(
        m,
        point=max(m.point, m.first),
        grade="sure" if m.score >= SURE else "maybe",
        n=int(messages),
        mood=float(s.mood(m.first, m.last)),
        before=float(before),
        rate=float(count) / minutes if minutes else np.nan,
        usual=float(expected) / minutes if minutes else np.nan,
        share=float(s.laughs(m.first, m.last)) / messages if messages else np.nan,
        usual_share=s.laugh_share,
    )

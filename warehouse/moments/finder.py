"""Moments of a stream that stand out, and turns of its mood: two lists, each ranked by how
improbable it is under the stream's own noise.

Every kind of moment is a test of "the stream goes on as it always does", and its score is how
many standard deviations (sigma) it lies off that, so that kinds can be ranked together. Two
rules keep scores honest:

- Sampling is known: a mean of n messages has variance v / n, v being the stream's pooled variance
  within windows; a count k has variance 1 on the scale 2 sqrt(k + 3/8).
- Streams are livelier than that: each test's values are divided by their own robust spread
  (1.4826 times the median absolute deviation) where that is more than 1.

What was not observed takes part in nothing. Pure functions of arrays, no Streamlit, no database.
Source of 2 sqrt(k + 3/8): Anscombe, Biometrika 35 (1948), 246-254.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from warehouse.moments.kinds import (
    TURNS,
    Moment,
    changes,
    hypes,
    jumps,
    laughters,
    peaks,
    silences,
)
from warehouse.moments.sums import Sums, Windows

Test = Callable[[Sums], list[Moment]]
MOST = 40
APART = 2  # windows between moments that are told apart
CORE = 4  # windows in which a turn of the mood is felt, however long the level lasts
SURE = 5.0  # sigma of a moment that is told without a "maybe"


def find(w: Windows, most: int = MOST) -> list[Moment]:
    """Moments of a stream, the most improbable first; overlapping ones are merged into one."""
    return _found(w, (peaks, hypes, laughters, silences), most)


def turns(w: Windows, most: int = MOST) -> list[Moment]:
    """Turns of the mood and levels that last, the most improbable first; none is a moment."""
    return _found(w, (jumps, changes), most)


def _found(w: Windows, tests: Sequence[Test], most: int) -> list[Moment]:
    if w.size < 2:
        return []
    sums = Sums(w)
    moments = [moment for test in tests for moment in test(sums)]
    return [_measured(moment, sums) for moment in merged(moments)[:most]]


def merged(moments: Iterable[Moment]) -> list[Moment]:
    """By score; what overlaps a stronger moment becomes its `also`, but nothing is also silence."""
    apart: list[Moment] = []
    for one in sorted(moments, key=lambda m: (-m.score, m.first, m.kind)):
        near = next((k for k, other in enumerate(apart) if _overlap(one, other)), None)
        if near is None:
            apart.append(one)
        elif (
            one.kind not in (apart[near].kind, *apart[near].also) and apart[near].kind != "silence"
        ):
            apart[near] = replace(apart[near], also=(*apart[near].also, one.kind))
    return apart


def _overlap(one: Moment, other: Moment) -> bool:
    (a, b), (c, d) = _core(one), _core(other)
    apart = 0 if "silence" in (one.kind, other.kind) else APART
    return a < d + apart and c < b + apart


def _core(m: Moment) -> tuple[int, int]:
    """Where a moment is felt: all of it, but for turns the beginning of what follows."""
    return (m.first, min(m.last, m.first + CORE) if m.kind in TURNS else m.last)


def _measured(m: Moment, s: Sums) -> Moment:
    """The moment with its messages, mood and rates."""
    turn = m.kind in TURNS
    before = s.mood(m.since, m.first) if turn else s.around(m.first, m.last, 60)
    count, expected = s.counts(m.first, m.last)
    minutes = float(s.observed(m.first, m.last)) / 60
    messages = float(s.messages(m.first, m.last))
    return replace(
        m,
        point=m.first if turn else m.first + int(np.argmax(s.w.n[m.first : m.last])),
        grade="sure" if m.score >= SURE else "maybe",
        n=int(messages),
        mood=float(s.mood(m.first, m.last)),
        before=float(before),
        rate=float(count) / minutes if minutes else np.nan,
        usual=float(expected) / minutes if minutes else np.nan,
        share=float(s.laughs(m.first, m.last)) / messages if messages else np.nan,
        usual_share=s.laugh_share,
    )

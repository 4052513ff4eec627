"""One function a kind of moment: a test of every place in a stream, and what exceeds LEAST."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from warehouse.moments.segments import change_points
from warehouse.moments.sums import WHOLE_S, Floats, Index, Sums

MOMENTS = ("laughter", "hype", "peak", "silence")
TURNS = ("jump", "change")  # of the mood: a list of their own
GRADES = ("sure", "maybe")
LEAST = 3.5  # sigma below which nothing is told; pure noise gives one in seven hours
FEW = 8  # messages a side needs before its mean is compared
FEW_LAUGHS = 5
ODD = 3.0  # sigma of a window that may tell a turn of the mood
TURN = (4, 10, 20)  # windows compared on either side of a jump: 2, 5, 10 minutes
BURST = (1, 4, 10)  # windows in which chat may burst
HYPE = (4, 10)
AROUND_MOOD = 60  # windows to either side whose mood is the usual one
LASTING = 40  # windows of a level that are compared at a change
BOTH = 1.645  # sigma that rate and mood must each have in hype: 1 in 20


@dataclass(frozen=True)
class Moment:
    """A stretch that stood out, and by how much. Indexes are of windows; [first, last) is it.

    kind: one of MOMENTS, or of TURNS. score: sigma. n: messages in it. mood: their mean compound.
    before: the mood it is compared with, that of [since, first) for turns, else the usual one
    around. rate, usual: messages a minute there and around. share: laughter terms a message.
    also: other kinds found at the same time. point: its busiest window, where it is to be looked
    at. grade: one of GRADES. NaN: unknown.
    """

    kind: str
    first: int
    last: int
    score: float
    since: int = 0
    n: int = 0
    mood: float = np.nan
    before: float = np.nan
    rate: float = np.nan
    usual: float = np.nan
    share: float = np.nan
    usual_share: float = np.nan
    also: tuple[str, ...] = ()
    point: int = -1
    grade: str = "maybe"


def own_sigma(values: Floats) -> Floats:
    """Test values in units of their own robust spread, where that is wider than chance."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return values
    spread = 1.4826 * float(np.median(np.abs(finite - np.median(finite))))
    return values / max(1.0, spread)


def jumps(s: Sums) -> list[Moment]:
    """Turns of the mood: neighbouring spans whose n-weighted means differ beyond sampling.

    Windows are cut at ODD sigma from the stream's mean first: one line repeated by everybody for
    half a minute is a burst, no turn.
    """
    s, size = Sums(replace(s.w, mean=_cut(s))), s.w.size
    t = np.arange(size)
    scored = []
    for k in TURN:
        a, b = np.maximum(t - k, 0), np.minimum(t + k, size)
        thin = (s.observed_windows(a, t) < k / 2) | (s.observed_windows(t, b) < k / 2)
        scored.append(np.where(thin, np.nan, np.abs(own_sigma(_difference(s, a, t, b, s.v)))))
    return [
        Moment("jump", at, min(at + k, size), score, since=max(at - k, 0))
        for at, k, score in _tops(scored, TURN, before=True)
    ]


def _cut(s: Sums) -> Floats:
    """The windows' means, none farther from the stream's than ODD times what it varies by."""
    mean = s.mood(0, s.w.size)
    reach = ODD * np.sqrt(s.noise / np.maximum(s.w.n, 1.0))
    return mean + np.clip(s.w.mean - mean, -reach, reach)


@np.errstate(invalid="ignore", divide="ignore")
def _difference(s: Sums, a: Index, t: Index, b: Index, v: float) -> Floats:
    """z of mood in [t, b) less mood in [a, t); NaN where either side is too thin to tell."""
    before, after = s.rated_messages(a, t), s.rated_messages(t, b)
    z = (s.mood(t, b) - s.mood(a, t)) / np.sqrt(v / before + v / after)
    return np.where((before < FEW) | (after < FEW), np.nan, z)


def changes(s: Sums) -> list[Moment]:
    """Levels that last: borders of the cheapest segmentation, then tested like jumps."""
    borders = change_points(s.w.mean, s.w.n, s.noise)
    ends = [0, *borders, s.w.size]
    moments = []
    for a, t, b in zip(ends, borders, ends[2:], strict=False):
        since, last = max(a, t - LASTING), min(b, t + LASTING)
        z = abs(float(_difference(s, since, t, last, s.noise)))
        if z >= LEAST:
            moments.append(Moment("change", t, last, z, since=since))
    return moments


def peaks(s: Sums) -> list[Moment]:
    """Bursts of chat: more messages than is usual in the half hour around."""
    scored = [_burst(s, k) for k in BURST]
    return [Moment("peak", at, at + k, score) for at, k, score in _tops(scored, BURST)]


def _burst(s: Sums, k: int) -> Floats:
    """Sigma of the messages in [t, t + k) over the usual; NaN where half was not observed."""
    a, b = _spans(s.w.size, k)
    return np.where(s.observed_windows(a, b) < k / 2, np.nan, own_sigma(_over(*s.counts(a, b))))


def _over(count: Floats, expected: Floats) -> Floats:
    """How far a count lies over what is expected, in sigma of a Poisson count."""
    return 2 * (np.sqrt(count + 0.375) - np.sqrt(expected + 0.375))


def _spans(size: int, k: int) -> tuple[Index, Index]:
    a = np.arange(max(0, size - k + 1))
    return a, a + k


@np.errstate(invalid="ignore", divide="ignore")
def hypes(s: Sums) -> list[Moment]:
    """Rate and positive mood up together: Stouffer's sum of both, each more than BOTH."""
    scored = []
    for k in HYPE:
        a, b = _spans(s.w.size, k)
        n, around = s.rated_messages(a, b), s.around(a, b, AROUND_MOOD)
        z = own_sigma((s.mood(a, b) - around) / np.sqrt(s.v / n))
        rate = _burst(s, k)
        good = (n >= FEW) & (z > BOTH) & (rate > BOTH) & (s.mood(a, b) > 0)
        scored.append(np.where(good, (z + rate) / np.sqrt(2), np.nan))
    return [Moment("hype", at, at + k, score) for at, k, score in _tops(scored, HYPE)]


def laughters(s: Sums) -> list[Moment]:
    """More laughter a message than the stream has: counts of laughter terms by the messages."""
    share = s.laugh_share
    scored = []
    for k in BURST:
        a, b = _spans(s.w.size, k)
        laughs, expected = s.laughs(a, b), share * s.messages(a, b)
        z = own_sigma(_over(laughs, expected))
        scored.append(np.where(laughs < FEW_LAUGHS, np.nan, z))
    return [Moment("laughter", at, at + k, score) for at, k, score in _tops(scored, BURST)]


def silences(s: Sums) -> list[Moment]:
    """Runs of observed windows without a message, longer than chance by the stream's other runs.

    The chance of a run of L is p q^(L-1): p that a window is silent, q that one after a silent
    one is, both from the rest of the stream, with one case more of each kind. Runs that touch
    the beginning, the end or a window not observed have unknown lengths and are left out.
    """
    runs = _silent_runs(s)
    silent = sum(b - a for a, b in runs)
    observed = int(s.observed_windows(0, s.w.size))
    moments = []
    for a, b in runs:
        length, others = b - a, silent - (b - a)
        p = (others + 1) / (observed - length + 2)
        q = (others - (len(runs) - 1) + 1) / (others + 2)
        score = sigma_of(p * q ** (length - 1))
        if length > 1 and score >= LEAST and _is_known(s, a - 1) and _is_known(s, b):
            moments.append(Moment("silence", a, b, score))
    return moments


def _silent_runs(s: Sums) -> list[tuple[int, int]]:
    silent = np.concatenate([[0], (s.w.n == 0) & (s.w.observed_s >= WHOLE_S), [0]]).astype(int)
    edges = np.flatnonzero(np.diff(silent))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _is_known(s: Sums, k: int) -> bool:
    return 0 <= k < s.w.size and bool(s.w.n[k] > 0)


def sigma_of(p: float) -> float:
    """The one-sided normal deviate of a chance p; 37 at most."""
    return 0.0 - NormalDist().inv_cdf(min(max(p, 1e-300), 1 - 1e-16))


def _tops(
    scored: Sequence[Floats], reach: Sequence[int], before: bool = False
) -> list[tuple[int, int, float]]:
    """(place, windows, score) of what is LEAST or more and the highest within its reach."""
    places = sorted(
        ((float(z[i]), int(i), k) for z, k in zip(scored, reach, strict=True)
         for i in np.flatnonzero(z >= LEAST)),
        key=lambda place: (-place[0], place[1], place[2]),
    )  # fmt: skip
    size = max((len(z) for z in scored), default=0) + max(reach)
    covered = np.zeros(size, dtype=bool)
    tops = []
    for score, at, k in places:
        span = slice(max(0, at - (k if before else 1)), at + k + 1)
        if not covered[at : at + (1 if before else k)].any():
            tops.append((at, k, score))
            covered[span] = True
    return tops

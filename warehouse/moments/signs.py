"""Signs that something happened, for every span of a stream, each in sigma of its own noise.

Four signs are looked for: more messages than usual, more laughter, another mood, more capitals.
Each is "how far off what the stream always does", on one scale:

- Sampling is known: a mean of n messages has variance v / n, v being the stream's pooled variance
  within windows; a count k has variance 1 on the scale 2 sqrt(k + 3/8).
- Streams are livelier than that: a sign's values are divided by their own robust spread
  (1.4826 times the median absolute deviation) where that is more than 1.

What agrees counts: the score of a span is the sum of its signs, divided by sqrt(4) as a sum of
four independent ones (Stouffer). A sign that a stream does not have (capitals in Korean) is 0.
Source of 2 sqrt(k + 3/8): Anscombe, Biometrika 35 (1948), 246-254.
"""

from dataclasses import dataclass

import numpy as np

from warehouse.moments.sums import Floats, Index, Sums, own_sigma
from warehouse.records import WINDOW_SECONDS

FEW = 8  # messages that a mood rests on at least
FEW_LAUGHS = 3
AROUND_MOOD = 60  # windows to either side whose mood is the usual one
NOTED = 2.0  # sigma from which laughter or a burst is called so
POSITIVE = 0.05  # mood of hype at least: VADER's own threshold
BOTH = 1.645  # sigma that burst and mood must each have in hype: 1 in 20
WORSE = 0.5  # what a worse mood counts beside a better one: few cut what annoyed their viewers
GREETINGS_S = 300  # at either end of a stream people greet, whatever happens
GREETED = 0.5  # what a span there counts


@dataclass(frozen=True)
class Signs:
    """Signs of all spans of `k` windows, by the first of these; arrays of shape (T - k + 1,).

    score: sigma of all signs together, 0 and more. kinds: sigma of each kind of moment, 0 and more;
    from NOTED on a span is called so.
    """

    k: int
    score: Floats
    kinds: dict[str, Floats]


def signs(s: Sums, k: int) -> Signs:
    """The signs of every span of k windows."""
    a = np.arange(max(0, s.w.size - k + 1))
    b = a + k
    count, usual = s.counts(a, b)
    laughs = s.laughs(a, b)
    burst = _known(_over(count, usual))
    laughter = _known(_over(laughs, s.laugh_share * usual))
    capitals = _known(_over(s.capitals(a, b), s.capital_share * usual))
    mood = _mood(s, a, b)
    seen = s.observed_windows(a, b) >= k / 2
    strength = np.maximum(mood, -WORSE * mood)
    # many who say one word are one voice, but for those who laugh
    voices = np.maximum(burst, 0) + np.maximum(capitals, 0) + strength
    score = (np.maximum(laughter, 0) + (1 - s.alike(a, b)) * voices) / 2
    hyped = (burst >= BOTH) & (mood >= BOTH) & (s.mood(a, b) >= POSITIVE)
    kinds = {
        "laughter": np.where(laughs >= FEW_LAUGHS, np.maximum(laughter, 0), 0.0),
        "hype": np.where(hyped, (burst + mood) / np.sqrt(2), 0.0),
        "peak": np.maximum(burst, 0) * seen,
    }
    return Signs(k, score * seen * _greeted(s, a, b), kinds)


def _known(values: Floats) -> Floats:
    """The values in units of their own spread; 0 where they are not known."""
    return np.nan_to_num(own_sigma(values))


def _over(count: Floats, expected: Floats) -> Floats:
    """How far a count lies over what is expected, in sigma of a Poisson count."""
    return 2 * (np.sqrt(count + 0.375) - np.sqrt(expected + 0.375))


@np.errstate(invalid="ignore", divide="ignore")
def _mood(s: Sums, a: Index, b: Index) -> Floats:
    """Sigma of the mood over that around; 0 where few said something."""
    n = s.rated_messages(a, b)
    z = (s.mood(a, b) - s.around(a, b, AROUND_MOOD)) / np.sqrt(s.v / n)
    return _known(np.where(n >= FEW, z, np.nan))


def _greeted(s: Sums, a: Index, b: Index) -> Floats:
    """What spans count: less in the first and, of a stream that is over, the last minutes."""
    since = s.w.first_s + WINDOW_SECONDS * a
    left = WINDOW_SECONDS * (s.w.size - b)
    greeted = (since < GREETINGS_S) | (s.w.ended & (left < GREETINGS_S))
    return np.where(greeted, GREETED, 1.0)

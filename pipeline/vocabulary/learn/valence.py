"""Valences of emotes from the company they keep.

In each space a ridge regression from seeds to valence; the spaces are averaged. A typical emote
is taken as neutral, because laughter, the seed most like an emote, would tilt all of them. Words
inside the name have a say. What is named as laughter has the valence of laughter: it keeps company
with what is laughed at, which its company alone would tell it from badly. The interval is a
conformal one (Lei et al. 2018): as many spreads of the estimate as hold 80 % of the errors on seeds
that a fit had not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.vocabulary.learn.seeds import in_name, is_laughter

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
_ALPHA = 1.0
_FOLDS = 10
_ROUNDS = 20  # resamples of the seeds, for the spread
_NAME = 0.3  # of the words in a name, in spreads of all emotes
_FULL = 500.0  # messages of a seed that counts whole
_LEVEL = 0.80
_NEAR, _OFTEN = 5, 200  # seeds told as evidence, and messages that hold each


@dataclass(frozen=True)
class Learned:
    """A term with its valence, -4..4, its 80 % interval and the nearest known terms."""

    term: str
    n: int
    valence: float
    low: float
    high: float
    near: tuple[str, ...]
    inside: tuple[str, ...]


def learn(
    spaces: Sequence[Floats],
    names: Sequence[str],
    n: Sequence[int],
    seeds: Mapping[str, float],
    wanted: Sequence[str],
    seed: int,
) -> list[Learned]:
    """Each wanted term's valence. spaces: rows of terms; names, n: of the rows."""
    row = {name: i for i, name in enumerate(names)}
    known = np.array([row[term] for term in seeds])
    rated = np.array(list(seeds.values()))
    weights = np.minimum(1.0, np.sqrt(np.array([n[i] for i in known]) / _FULL))
    rng = np.random.default_rng(seed)
    all_rounds = _rounds(spaces, known, rated, weights, rng)
    guess, spread = all_rounds.mean(axis=0), all_rounds.std(axis=0)
    unseen = _unseen(spaces, known, rated, weights, rng)
    slope = float(unseen @ rated / (unseen @ unseen))
    margin = float(np.quantile(np.abs(slope * unseen - rated) / spread[known], _LEVEL))
    at = np.array([row[term] for term in wanted])
    often = known[np.array([n[i] >= _OFTEN for i in known])]
    inside = [tuple(in_name(term, seeds)) for term in wanted]
    said = np.array([np.mean([seeds[w] for w in words]) if words else 0.0 for words in inside])
    company = guess[at] - np.median(guess[at])
    valence = slope * (company + _NAME * company.std() * said)
    laughter = np.mean([value for term, value in seeds.items() if is_laughter(term)] or [0.0])
    valence[[is_laughter(term) for term in wanted]] = laughter
    return [
        Learned(term, n[i], _bound(v), _bound(v - margin * s), _bound(v + margin * s), near, words)
        for term, i, v, s, near, words in zip(
            wanted, at, valence, spread[at], _nearest(spaces, at, often, names), inside, strict=True
        )
    ]


def _rounds(
    spaces: Sequence[Floats],
    known: NDArray[np.intp],
    rated: Doubles,
    weights: Doubles,
    rng: np.random.Generator,
) -> Doubles:
    """(rounds, terms): estimates by seeds drawn again with replacement, a space at a time."""
    drawn = [np.bincount(rng.integers(0, len(known), len(known)), minlength=len(known))
             for _ in range(_ROUNDS)]  # fmt: skip
    return np.array([_fit(x, known, rated, weights * k) for k in drawn for x in spaces])


def _unseen(
    spaces: Sequence[Floats],
    known: NDArray[np.intp],
    rated: Doubles,
    weights: Doubles,
    rng: np.random.Generator,
) -> Doubles:
    """Estimate of each seed by a fit without it."""
    fold = rng.permutation(len(known)) % _FOLDS
    found = np.zeros(len(known))
    for k in range(_FOLDS):
        held = fold == k
        fits = [_fit(x, known[~held], rated[~held], weights[~held]) for x in spaces]
        found[held] = np.mean(fits, axis=0)[known[held]]
    return found


def _fit(x: Floats, known: NDArray[np.intp], rated: Doubles, weights: Doubles) -> Doubles:
    from sklearn.linear_model import Ridge

    centred = x - x.mean(axis=0)
    fitted = Ridge(alpha=_ALPHA).fit(centred[known], rated, sample_weight=weights)
    return np.asarray(fitted.predict(centred), dtype=np.float64)


def _nearest(
    spaces: Sequence[Floats], at: NDArray[np.intp], known: NDArray[np.intp], names: Sequence[str]
) -> list[tuple[str, ...]]:
    """The seeds closest to each term, over all spaces; known: those that are used much."""
    near = sum(x[at] @ x[known].T for x in spaces)
    best = np.argsort(-near, axis=1, kind="stable")[:, :_NEAR]
    return [tuple(names[known[k]] for k in row) for row in best]


def _bound(valence: float) -> float:
    return round(float(min(4.0, max(-4.0, valence))), 2)

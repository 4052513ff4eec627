"""Meaning of a new name: what it says, and the company it keeps, each as far as it tells.

Each is an estimate of the valence with a spread, and they are averaged by precision, as a normal
prior and normal observations are. Slopes and spreads were fitted to our own ratings of emotes in
real chat (docs/vocabulary.md): `make bench` compares with ratings that were not used.
"""

from collections.abc import Iterator
from math import sqrt
from typing import Any, NamedTuple

from pipeline.scoring.speaking_names import Name, speaking
from pipeline.vocabulary.usage import MOST_PEOPLE, Sighting
from warehouse.figures import count, percent, signed

SCORED, NEAR = 10, 50  # messages of company, before it is believed of a name that says nothing
_SURE = 1.28  # standard deviations, 80 %
_NAMED = 0.9  # spread of ratings around what a name says
_SLOPE, _OFF, _EACH = 0.051, 0.155, 0.28  # of company, in compounds: a valence more; spreads
_MOMENT, _MOMENT_OFF, _MOMENT_EACH = 0.0187, 0.034, 0.57  # of the moments
_QUIET = 0.06  # by how much messages with any emote say less besides it than chat does


class Clue(NamedTuple):
    """One estimate of a valence, give or take `spread`."""

    valence: float
    spread: float


_TYPICAL = Clue(0.45, 1.6)  # emotes that everybody uses, as we rated them


def proposal(seen: Sighting, usual: float) -> dict[str, Any]:
    """The valence with its 80 % interval, and its evidence in words. usual: the chat's mean
    compound, of messages that say something."""
    named = speaking(seen.form)
    found: dict[str, Any] = {"evidence": "; ".join(_evidence(seen, named, usual))}
    if seen.scored:
        mean = seen.total / seen.scored
        sd = sqrt(max(0.0, seen.squares / seen.scored - mean * mean))
        found |= {"mean_compound": mean, "sd_compound": sd}
    if named is None and seen.scored < SCORED and seen.near < NEAR:
        return found
    return found | interval(clues(seen, named, usual))


def clues(seen: Sighting, named: Name | None, usual: float) -> list[Clue]:
    """All that tells of its valence. People laugh at what is bad: the company of laughter would
    mislead, and is left out."""
    found = [Clue(named.valence, _NAMED) if named else _TYPICAL]
    if named and named.laughs:
        return found
    if seen.scored:
        shift = seen.total / seen.scored - usual + _QUIET
        found.append(_clue(shift, _SLOPE, _OFF, _EACH, seen.scored))
    if seen.near:
        found.append(_clue(seen.beside / seen.near, _MOMENT, _MOMENT_OFF, _MOMENT_EACH, seen.near))
    return found


def _clue(shift: float, slope: float, off: float, each: float, n: int) -> Clue:
    """shift: of a mean compound of n messages. off, each: its spread however many there are, and
    that of one message."""
    return Clue(shift / slope, sqrt(off * off + each * each / n) / slope)


def interval(found: list[Clue]) -> dict[str, float]:
    """Valence and its bounds, -4..4: the mean by precision, and 80 % around it."""
    weights = [1 / (clue.spread * clue.spread) for clue in found]
    middle = sum(w * c.valence for w, c in zip(weights, found, strict=True)) / sum(weights)
    half = _SURE / sqrt(sum(weights))
    ends = {"valence": middle, "valence_low": middle - half, "valence_high": middle + half}
    return {name: max(-4.0, min(4.0, value)) for name, value in ends.items()}


def _evidence(seen: Sighting, named: Name | None, usual: float) -> Iterator[str]:
    many = "+" if seen.spread == MOST_PEOPLE else ""
    alone = percent(seen.alone / seen.n)
    yield f"{count(seen.n)} uses by {seen.spread}{many} people, {alone} of them alone"
    if named:
        laughter = ", which is laughter" if named.laughs else ""
        yield f"its name says {named.part} ({signed(named.valence, 1)}){laughter}"
    if seen.scored:
        mean, scored = signed(seen.total / seen.scored), count(seen.scored)
        yield f"the mood of the {scored} that say more is {mean}, of the whole chat {signed(usual)}"
    if seen.near:
        away = signed(seen.beside / seen.near, 3)
        yield f"{count(seen.near)} messages at the same moments: their mood is {away} from usual"

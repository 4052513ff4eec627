"""Event study: mood and activity around events, beside random moments of the same streams.

Stretches around the events are laid over one another and averaged (superposed epochs), so that
each event counts alike: activity as a multiple of what is usual in its two hours, mood as a
difference from it, weighted by messages on that scale. The same is done DRAWS times with a random
moment for each event, from the same two hours of the same stream, the event's own among them. If
events happened at random, theirs would be one such average among many: so the band of the random
ones is drawn, wide enough that LEVEL of them stay inside it in every minute; what leaves it is
told. No Streamlit.
Source: Chree, Phil. Trans. R. Soc. A 212 (1913), 75-116; random moments: Haurwitz & Brier, Mon.
Weather Rev. 109 (1981), 2074-2079; one band for all minutes: Westfall & Young, Resampling-Based
Multiple Testing (1993), the maximum statistic.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashboard.charts.series import SURE
from dashboard.explore.around.moments import AFTER, BEFORE, MINUTE, Bools, Floats, Neighbourhood

FEWEST = 5  # events, before anything is told
DRAWS = 1000
LEVEL = 0.975  # of mood and of activity; where nothing happens 1 study in 20 tells of one of them
MINUTES = np.arange(-BEFORE // MINUTE, AFTER // MINUTE)  # 0 begins with the event's window


class Curve(NamedTuple):
    """Averages by minute, shape (minutes,); NaN where nobody spoke. half: of the 95 % interval of
    `value`, by how much events differ. low, high: the band of the random moments."""

    value: Floats
    half: Floats
    low: Floats
    high: Floats

    @property
    def beyond(self) -> Bools:
        """Minutes outside the band."""
        tiny = 1e-9  # where all moments are alike, sums in another order are no difference
        return (self.value < self.low - tiny) | (self.value > self.high + tiny)


class Study(NamedTuple):
    """activity: 1 is what is usual away from the events. mood: 0 is. n: events. messages: by
    minute."""

    n: int
    activity: Curve
    mood: Curve
    messages: Floats


class Change(NamedTuple):
    """Minutes one after another beyond the band, on one side of it: [first, first + minutes) and
    the mean of the curve in them."""

    first: int
    minutes: int
    value: float


def study(places: Sequence[Neighbourhood], seed: int) -> Study | None:
    """What places have in common; None with fewer than FEWEST of them in which somebody spoke."""
    spoken = [place for place in places if place.moments[..., 0].any()]
    if len(spoken) < FEWEST:
        return None
    parts = [_parts(place.moments) for place in spoken]
    own = np.stack([part[place.own] for place, part in zip(spoken, parts, strict=True)])
    draws = _draws(parts, np.random.default_rng(seed))
    usual = np.mean([_away(*pair) for pair in zip(spoken, parts, strict=True)], axis=0)
    if not usual[0]:  # nobody speaks but near the events
        usual = np.mean([part.mean(axis=(0, 1)) for part in parts], axis=0)
    messages = np.sum([place.moments[place.own, :, 0] for place in spoken], axis=0)
    return Study(len(own), _activity(own, draws, usual), _mood(own, draws, usual), messages)


def _away(place: Neighbourhood, part: Floats) -> Floats:
    """Means over the moments away from the event; over all of them where none is. Shape (3,)."""
    away = part[place.far] if place.far.any() else part
    return np.asarray(away.mean(axis=(0, 1)))


def _parts(moments: Floats) -> Floats:
    """Rate, sum of moods and messages read, each moment and minute, shape (moments, minutes, 3).

    All are multiples of the usual messages a minute; moods are differences from the usual one.
    """
    n, observed_s, read, weighted = np.moveaxis(moments, -1, 0)
    rate = 60 * n / observed_s
    mood = weighted.sum() / read.sum() if read.any() else 0.0
    return np.asarray(np.stack([rate, weighted - mood * read, read], axis=-1) / rate.mean())


def _draws(parts: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """Averages over the events of a random moment each, shape (DRAWS, minutes, 3)."""
    total = np.zeros((DRAWS, *parts[0].shape[1:]))
    for part in parts:
        total += part[dice.integers(len(part), size=DRAWS)]
    return total / len(parts)


def _activity(own: Floats, draws: Floats, usual: Floats) -> Curve:
    rates, unit = own[..., 0], usual[0]
    error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates))
    return _curve(rates.mean(axis=0) / unit, error / unit, draws[..., 0] / unit)


def _mood(own: Floats, draws: Floats, usual: Floats) -> Curve:
    with np.errstate(invalid="ignore", divide="ignore"):  # nobody spoke: NaN
        shift = usual[1] / usual[2]
        means = own[..., 1].sum(axis=0) / own[..., 2].sum(axis=0)
        beside = own[..., 1] - means * own[..., 2]
        spread = np.sqrt(len(own) / (len(own) - 1) * (beside**2).sum(axis=0))
        error = spread / own[..., 2].sum(axis=0)
        return _curve(means - shift, error, draws[..., 1] / draws[..., 2] - shift)


def _curve(value: Floats, error: Floats, draws: Floats) -> Curve:
    """The band: as many standard deviations of the draws about their mean, in every minute, as
    LEVEL of the draws need to stay inside it throughout; those in which nobody spoke count not."""
    spoken = np.ma.masked_invalid(draws)
    middle, sd = (each.filled(np.nan) for each in (spoken.mean(axis=0), spoken.std(axis=0)))
    most = (np.abs(spoken - middle) / np.where(sd > 0, sd, np.inf)).max(axis=1).compressed()
    reach = sd * (np.quantile(most, LEVEL, method="higher") if len(most) else np.nan)
    return Curve(value, SURE * error, middle - reach, middle + reach)


def change(curve: Curve, after: bool) -> Change | None:
    """The longest change from the event on, or before it; the first of equally long ones."""
    sides = np.where(curve.beyond, np.sign(curve.value - (curve.low + curve.high) / 2), 0)
    found: Change | None = None
    minutes = np.flatnonzero((MINUTES >= 0) == after)
    begins = minutes[0]
    for k in minutes:
        if sides[k] != sides[begins]:
            begins = k
        if sides[k] and (found is None or k - begins + 1 > found.minutes):
            value = float(np.mean(curve.value[begins : k + 1]))
            found = Change(int(MINUTES[begins]), int(k - begins + 1), value)
    return found

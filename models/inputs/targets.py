"""Cutoffs of a session, and what happened after them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base import Floats
from models.inputs.sessions import Session
from warehouse.forecast_metrics import is_target
from warehouse.records import FIVE, HORIZON, STEPS, WINDOW_SECONDS

WINDOWS = np.where(np.arange(STEPS) == FIVE, HORIZON, 1)  # that each step is of
MOST_SPOKE = 8  # of the ten windows: with fewer the five minutes are no target


def cutoffs(session: Session, first: int) -> NDArray[np.int64]:
    """Indices of the windows after which a forecast can be judged; the session has spoken."""
    ends = np.arange(first - 1, len(session) - 1)
    return ends[np.cumsum(session.n)[ends] > 0] if len(ends) else ends


@dataclass(frozen=True)
class Targets:
    """Outcomes after k cutoffs, (k, 11) each, by step: the five minutes, then each window; NaN
    where it was not seen, a window not wholly.

    y: mean_compound, NaN in silence too. sd: its sd_compound, NaN below two messages.
    n: n_messages, 0 in silence; of the five minutes those of the windows that were seen.
    """

    y: Floats
    sd: Floats
    n: Floats

    @property
    def counts(self) -> Floats:
        """Messages where their number is known, (k, 11): as n, but of five minutes also where
        hardly anybody spoke, and NaN where some of them were not seen."""
        windows = self.n[:, FIVE + 1 :]
        return np.column_stack([windows.sum(1), windows])

    @property
    def judged(self) -> NDArray[np.bool_]:
        """True for those that a forecast is judged on, (k, 11)."""
        return is_target(self.y, self.n)


def targets(session: Session, ends: NDArray[np.int64]) -> Targets:
    """What came after the windows `ends`; step 1 is window end + 1."""
    at = ends[:, None] + np.arange(1, HORIZON + 1)
    inside = at < len(session)
    at = np.minimum(at, len(session) - 1)
    whole = inside & (session.observed_s[at] >= WINDOW_SECONDS)
    y, sd, n = (np.where(whole, v[at], np.nan) for v in (session.mean, session.sd, session.n))
    five = five_minutes(y, sd, n)
    return Targets(*(np.column_stack(pair) for pair in zip(five, (y, sd, n), strict=True)))


def five_minutes(y: Floats, sd: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, sd and number, (k,), of all messages of ten windows, (k, 10) each; NaN where too few
    of them have chat."""
    spoke = is_target(y, n)
    is_told = spoke.sum(1) >= MOST_SPOKE
    weight = np.where(spoke, n, 0.0)
    total = np.where(is_told, weight.sum(1), np.nan)
    mean = (weight * np.nan_to_num(y)).sum(1) / total
    within = (np.maximum(weight - 1, 0) * np.nan_to_num(sd) ** 2).sum(1)
    between = (weight * (np.nan_to_num(y) - mean[:, None]) ** 2).sum(1)
    return mean, np.sqrt((within + between) / np.maximum(total - 1, 1)), total

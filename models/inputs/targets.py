"""Cutoffs of a session, and what happened after them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base import Floats
from models.inputs.sessions import Session
from warehouse.forecast_metrics import is_target
from warehouse.records import HORIZON, WINDOW_SECONDS


def cutoffs(session: Session, first: int) -> NDArray[np.int64]:
    """Indices of the windows after which a forecast can be judged; the session has spoken."""
    ends = np.arange(first - 1, len(session) - 1)
    return ends[np.cumsum(session.n)[ends] > 0] if len(ends) else ends


@dataclass(frozen=True)
class Targets:
    """Windows that came after k cutoffs, (k, 10) each; NaN where it was not wholly observed.

    y: mean_compound, NaN in silence too. sd: its sd_compound, NaN below two messages.
    n: n_messages, 0 in silence.
    """

    y: Floats
    sd: Floats
    n: Floats

    @property
    def judged(self) -> NDArray[np.bool_]:
        """True for those that a forecast is judged on, (k, 10)."""
        return is_target(self.y, self.n)


def targets(session: Session, ends: NDArray[np.int64]) -> Targets:
    """Steps 1..10 after the windows `ends`; step 1 is window end + 1."""
    at = ends[:, None] + np.arange(1, HORIZON + 1)
    inside = at < len(session)
    at = np.minimum(at, len(session) - 1)
    whole = inside & (session.observed_s[at] >= WINDOW_SECONDS)
    return Targets(*(np.where(whole, v[at], np.nan) for v in (session.mean, session.sd, session.n)))

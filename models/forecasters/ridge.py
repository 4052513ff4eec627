"""Ridge regression on window means and their moving averages: the last baseline.

Numpy only. It predicts how far the next means are from the session's, in message sds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Floats, Prediction, View
from models.forecasters.naive import UNFITTED, Spread, banded, counts
from models.inputs.features import MEAN_NAMES, NAMES

LAGS = 10  # window means it sees one by one
PENALTY = 3e-4
AVERAGES = [NAMES.index(name) for name in MEAN_NAMES]
WINDOW = NAMES.index("window")


@dataclass(frozen=True)
class Ridge:
    """coef: (1 + inputs, 11), the first row constants."""

    coef: Floats
    spread: Spread = UNFITTED
    name: str = "ridge"

    def predict(self, view: View) -> Prediction:
        return banded(view, self.mood(view), counts(view.rate), self.spread)

    def mood(self, view: View) -> Floats:
        """Expected mean_compound at every step, (k, 11)."""
        return view.session_mean[:, None] + view.sd[:, None] * apply(inputs(view), self.coef)

    def as_json(self) -> dict[str, Any]:
        return {"coef": self.coef.round(8).tolist(), "spread": self.spread.as_json()}

    @staticmethod
    def from_json(body: dict[str, Any]) -> "Ridge":
        return Ridge(np.array(body["coef"], float), Spread.from_json(body["spread"]))


def inputs(view: View) -> Floats:
    """(k, inputs): moving averages at the cutoff, and the last LAGS windows."""
    return np.concatenate([view.x[:, -1, AVERAGES], view.x[:, -LAGS:, WINDOW]], 1).astype(float)


def apply(x: Floats, coef: Floats) -> Floats:
    """Linear prediction (k, 11) in message sds."""
    return np.asarray(coef[0] + x @ coef[1:])


def solve(x: NDArray[Any], target: Floats, weight: Floats, penalty: float = PENALTY) -> Floats:
    """Ridge coefficients (1 + inputs, 11) of target (k, 11), weighted (k, 11)."""
    a = np.concatenate([np.ones((len(x), 1)), x], 1).astype(float)
    shrink = penalty * np.eye(a.shape[1])
    shrink[0, 0] = 0.0
    out = []
    for h in range(target.shape[1]):
        w = weight[:, h]
        scaled = a * (w / w.sum())[:, None]
        out.append(np.linalg.solve(scaled.T @ a + shrink, scaled.T @ target[:, h]))
    return np.array(out).T

"""LightGBM on the features the LSTM sees last, a model a step, judged by the same rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np

from models.base import Floats, Prediction, View
from models.forecasters.naive import UNFITTED, Spread, banded, counts, fit_spread
from models.inputs.targets import Targets
from models.inputs.training_arrays import Arrays, weights
from warehouse.records import STEPS

ROUNDS = 250
SPREAD_ROWS = 40_000  # cutoffs the bands are fitted on, at most
PARAMS = {
    "objective": "l2", "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 200,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 50.0,
    "max_bin": 127, "verbosity": -1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True)
class Boosted:
    """A Forecaster. steps: a fitted booster each. Counts are the recent rate, as ridge's are."""

    name: str
    steps: Sequence[Any]
    spread: Spread = UNFITTED

    def predict(self, view: View) -> Prediction:
        return banded(view, self.mood(view, view.x[:, -1]), counts(view.rate), self.spread)

    def mood(self, view: View, x: Any) -> Floats:
        """Expected mean_compound at every step, (k, 11); x: (k, F)."""
        if not len(x):
            return np.zeros((0, STEPS))
        found = np.stack([step.predict(x) for step in self.steps], 1)
        return np.asarray(view.session_mean[:, None] + view.sd[:, None] * found)


def fit(learn: Arrays, seed: int, threads: int) -> Boosted:
    """Train on the deviation from the session's mean in message sds, weighted as ridge is."""
    x, z = learn.last(), learn.z
    weight = weights(learn.view.sd, np.nan_to_num(learn.targets.n))
    steps = [_step(x, z[:, h], weight[:, h], seed, threads) for h in range(STEPS)]
    return _with_bands(Boosted(f"lightgbm-{seed}", steps), learn)


def _step(x: Any, z: Floats, weight: Floats, seed: int, threads: int) -> Any:
    known = np.isfinite(z) & (weight > 0)
    kept = weight[known] / weight[known].mean()
    data = lightgbm.Dataset(x[known], z[known], weight=kept, params={"verbosity": -1})
    return lightgbm.train({**PARAMS, "seed": seed, "num_threads": threads}, data, ROUNDS)


def _with_bands(model: Boosted, learn: Arrays) -> Boosted:
    """Bands fitted on training errors, as the baselines' are."""
    picks = np.arange(len(learn))[:: max(1, len(learn) // SPREAD_ROWS)]
    some = {k: v if k == "x" else v[picks] for k, v in vars(learn.view).items()}
    view = type(learn.view)(**some)
    actual = Targets(**{k: v[picks] for k, v in vars(learn.targets).items()})
    mood = model.mood(view, learn.last()[picks])
    return replace(model, spread=fit_spread(view, mood, counts(view.rate), actual))

"""How good forecasts were, from sums of their scores (rows of dash_skill). No Streamlit.

Latent skill = 1 - (nMSE - floor) / (nMSE of session_mean - floor): the share of what can be
known that is known. 1 is perfect, 0 no better than the running session mean.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard import wording

_SUMS = [
    "targets",
    "n",
    "squared_error",
    "absolute_error",
    "crps",
    "width80",
    "hits80",
    "hits95",
    "noise",
    "base_n",
    "base_squared_error",
    "base_noise",
]
_LATER = ["width95", "n95", "volume_error", "counts"]  # NULL in scores of before they were kept
BLOCKS = 40
FEWEST_BLOCKS = 4
BASELINES = ("session_mean", "last_value", "ewma", "ridge")


def scored(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row a group of `by`: n, targets, nmse, floor, skill with its 95 % interval, coverage.

    cells: rows of dash_skill or one of its kind. skill is NaN where nothing can be known beyond
    the session mean; its interval comes from a jackknife over the column `block`, or over
    (channel, day) where there is none; NaN below 4 blocks. width95 and volume_error (messages a
    window) are NaN where no score has them; counts: windows that volume_error is of.
    """
    keys = list(by)
    cells = cells.dropna(subset=["noise"])
    cells = cells.assign(**{c: float("nan") for c in _LATER if c not in cells.columns})
    sums = cells.groupby(keys, sort=True)[_SUMS + _LATER].sum(min_count=1).astype(float)
    found = pd.DataFrame(index=sums.index)
    found["n"], found["targets"] = sums["n"], sums["targets"]
    found["nmse"] = sums["squared_error"] / sums["n"]
    found["floor"] = sums["noise"] / sums["n"]
    found["mae"] = sums["absolute_error"] / sums["n"]
    found["crps"] = sums["crps"] / sums["n"]
    found["width80"] = sums["width80"] / sums["n"]
    found["width95"] = sums["width95"] / sums["n95"]
    found["volume_error"], found["counts"] = sums["volume_error"] / sums["counts"], sums["counts"]
    found["coverage80"] = sums["hits80"] / sums["targets"]
    found["coverage95"] = sums["hits95"] / sums["targets"]
    found["skill"] = latent_skill(sums)
    half = _half_width(cells, keys, sums)
    found["skill_low"], found["skill_high"] = found["skill"] - half, found["skill"] + half
    return found.reset_index()


def latent_skill(sums: pd.DataFrame) -> pd.Series:
    """From summed scores; NaN where the session mean leaves nothing to be known."""
    error = (sums["squared_error"] - sums["noise"]) / sums["n"]
    base = (sums["base_squared_error"] - sums["base_noise"]) / sums["base_n"]
    return 1 - error / base.where(base > 0)


def _half_width(cells: pd.DataFrame, keys: list[str], sums: pd.DataFrame) -> pd.Series:
    """1.96 standard errors of the skill, leaving out one block at a time."""
    if "block" not in cells.columns:
        cells = cells.assign(block=cells.groupby(["channel", "day"]).ngroup() % BLOCKS)
    parts = cells.groupby([*keys, "block"])[_SUMS].sum(min_count=1)
    whole = sums[_SUMS].reindex(parts.index.droplevel("block"))
    left = pd.DataFrame(whole.to_numpy() - parts.to_numpy(), index=parts.index, columns=_SUMS)
    groups = latent_skill(left).groupby(level=list(range(len(keys))))
    size = groups.count()
    error = np.sqrt((size - 1) ** 2 / size * groups.var(ddof=1))
    found: pd.Series = (1.96 * error).where(size >= FEWEST_BLOCKS).reindex(sums.index)
    return found


def focus(models: Sequence[str], serving: Sequence[str]) -> str:
    """The model a reader wants first: the one that serves, else the newest of ours."""
    for name in serving:
        if name in models:
            return name
    ours = sorted(m for m in models if m not in BASELINES)
    return ours[-1] if ours else next(iter(models), "")


def verdict(skill: float | None, low: float | None, high: float | None) -> str:
    """The skill at one step in plain words, never oversold."""
    if skill is None or np.isnan(skill):
        return "cannot be judged yet: there is too little to compare with"
    known = low is not None and high is not None and not np.isnan(low)
    if known and low is not None and low > 0:
        return (
            f"knew {wording.percent(skill)} of what can be known beyond the stream's running mean"
        )
    if known and high is not None and high < 0:
        return "was worse than simply saying the stream's running mean"
    if skill <= 0:
        return "was no better than simply saying the stream's running mean"
    return (
        f"knew about {wording.percent(skill)} of what can be known beyond the stream's running "
        "mean, too little to be told from nothing yet"
    )


def band_verdict(coverage: float, level: float) -> str:
    """Whether a band keeps its promise, in plain words; within two points it does."""
    if np.isnan(coverage):
        return "could not be checked"
    said = f"held {wording.percent(coverage, 1)} of what happened"
    if abs(coverage - level) <= 0.02:
        return f"{said}: it keeps its promise"
    return f"{said}: it is too {'narrow' if coverage < level else 'wide'}"

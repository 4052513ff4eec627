"""Skill of forecasts and its interval, from sums of their scores (rows of dash_skill)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard import wording
from warehouse import forecast_metrics
from warehouse.trust import shown

BLOCKS = 40
FEWEST_BLOCKS = 4
BASELINES = ("session_mean", "last_value", "ewma", "ridge")
_AVERAGE = "the stream's average so far"


def scored(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row a group of `by`: n, targets, counts, floor, every metric, the skill's 95 % interval.

    cells: rows of dash_skill or one of its kind. The interval comes from a jackknife over the
    column `block`, or over (channel, day) where there is none; NaN below 4 blocks. A metric is
    NaN where no score has its sum; skill where nothing can be known beyond the session mean.
    """
    keys = list(by)
    cells = cells.dropna(subset=["noise"])
    sums = _summed(cells, keys)
    figures = sums[["n", "targets", "counts"]].assign(
        floor=forecast_metrics.floor(sums),
        **{metric.name: metric.finish(sums) for metric in forecast_metrics.METRICS},
    )
    half = _half_width(cells, keys, sums)
    figures["skill_low"], figures["skill_high"] = figures["skill"] - half, figures["skill"] + half
    return figures.reset_index()


def _summed(cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """All that is a number, by keys; NaN where no cell has it."""
    numbers = cells.groupby(keys, sort=True).sum(numeric_only=True, min_count=1)
    return numbers.astype(float)


def _half_width(cells: pd.DataFrame, keys: list[str], sums: pd.DataFrame) -> pd.Series:
    """1.96 standard errors of the skill, leaving out one block at a time."""
    if "block" not in cells.columns:
        cells = cells.assign(block=cells.groupby(["channel", "day"]).ngroup() % BLOCKS)
    parts = _summed(cells, [*keys, "block"])
    left = sums[parts.columns].reindex(parts.index.droplevel("block")).to_numpy() - parts
    groups = forecast_metrics.latent_skill(left).groupby(level=list(range(len(keys))))
    size = groups.count()
    error = np.sqrt((size - 1) ** 2 / size * groups.var(ddof=1))
    half: pd.Series = (1.96 * error).where(size >= FEWEST_BLOCKS).reindex(sums.index)
    return half


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
    has_interval = low is not None and high is not None and not np.isnan(low)
    if has_interval and low is not None and low > 0:
        return f"knew {wording.percent(skill)} of what can be predicted beyond {_AVERAGE}"
    if has_interval and high is not None and high < 0:
        return f"was worse than guessing {_AVERAGE}"
    if shown(skill) <= 0:
        return f"was no better than guessing {_AVERAGE}"
    return (
        f"knew about {wording.percent(skill)} of what can be predicted beyond {_AVERAGE}, which "
        "may still be chance"
    )


def band_verdict(coverage: float, level: float) -> str:
    """How a band keeps its promise, in plain words; within two points it does."""
    if np.isnan(coverage):
        return "could not be checked"
    share = f"held {wording.percent(coverage, 1)} of what happened"
    if abs(coverage - level) <= 0.02:
        return f"{share}: it keeps its promise"
    return f"{share}: it is too {'narrow' if coverage < level else 'wide'}"

"""statsforecast's AutoARIMA, AutoETS and Theta: one series, one fit, ten steps.

They know a stream's window means alone, neither counts nor what lies inside a window.
"""

import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from models.base import Floats
from models.inputs.sessions import Session
from warehouse.records import HORIZON

HISTORY = 240  # windows a model is fitted on, at most: two hours
ORDERS = 2  # AutoARIMA's p and q, at most: with its default of 5 it takes twice as long
MODELS = ("AutoARIMA", "AutoETS", "Theta")
BANDS = ("lo-95", "lo-80", "mean", "hi-80", "hi-95")


def history(session: Session, end: int) -> Floats:
    """Means up to window `end`; in silence the running mean, so that nothing seems to happen.

    Shorter than HISTORY where the stream is; windows before its first message are left out.
    """
    n = session.n[: end + 1]
    spoken = np.cumsum(n)
    running = np.cumsum(n * np.nan_to_num(session.mean[: end + 1])) / np.maximum(spoken, 1)
    filled = np.where(n > 0, np.nan_to_num(session.mean[: end + 1]), running)
    return np.asarray(filled[spoken > 0][-HISTORY:])


def forecast(name: str, y: Floats) -> Floats:
    """Quantiles (10, 5) of one series. NaN where the model fails or says what is no number."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible convergence problem", at every other fit
            said = _model(name).forecast(y=y, h=HORIZON, level=[80, 95])
        return np.clip(np.stack([np.asarray(said[b], float) for b in BANDS], 1), -1, 1)
    except Exception:  # whatever it is: the caller counts it
        return np.full((HORIZON, len(BANDS)), np.nan)


def forecasts(name: str, series: list[Floats], workers: int) -> tuple[Floats, float]:
    """Quantiles (k, 10, 5) of every series, and seconds of processor time a series."""
    began = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(forecast, [name] * len(series), series, chunksize=20))
    return np.array(found), (time.monotonic() - began) * workers / len(series)


def fill(quantiles: Floats, instead: Floats) -> int:
    """Put the session's mean, (k,), where a model failed; how often that was."""
    failed = ~np.isfinite(quantiles).all(axis=(1, 2))
    quantiles[failed] = instead[failed, None, None]
    return int(failed.sum())


def all_of(series: list[Floats], workers: int) -> Iterator[tuple[str, Floats, float]]:
    for name in MODELS:
        yield name, *forecasts(name, series, workers)


def _model(name: str) -> Any:
    from statsforecast import models

    if name == "AutoARIMA":
        return models.AutoARIMA(season_length=1, max_p=ORDERS, max_q=ORDERS, approximation=True)
    return getattr(models, name)(season_length=1)

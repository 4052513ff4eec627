"""Rows of forecasts: what is stored of a prediction, and read back of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse.chances import chances
from warehouse.records import FIVE, QUANTILES, VOLUME_QUANTILES, Forecast

Array = npt.NDArray[np.float64]
Row = Mapping[str, Any]
Chances = dict[str, float]  # 0..1 by name in Forecast, those that are told

BANDS = ("q025", "q10", "q50", "q90", "q975")
VOLUMES = ("volume_q10", "volume_q50", "volume_q90")
FIVES = tuple(f"five_{name}" for name in BANDS)
FIVE_VOLUMES = tuple(f"five_{name}" for name in VOLUMES)
CHANCES = tuple(f.name for f in fields(Forecast) if f.name.startswith("chance_"))
# a stored row takes a quarter of the bytes; window means scatter by 0.05 and more
_BAND_DIGITS, _VOLUME_DIGITS, _CHANCE_DIGITS = 4, 2, 3
assert len(BANDS) == len(QUANTILES) and len(VOLUMES) == len(VOLUME_QUANTILES)


def forecast_of(about: Row, bands: Array, volumes: Array) -> Forecast:
    """A prediction, rounded as it is stored; what is scored are those that were made.

    about: all other fields. bands: quantiles, (11, 5). volumes: (11, 3).
    """
    rounded = (
        (BANDS, np.round(bands.astype(float), _BAND_DIGITS) + 0.0),  # no -0.0
        (VOLUMES, np.round(volumes.astype(float), _VOLUME_DIGITS)),
    )
    values: dict[str, Any] = {**about, "usual": round(about["usual"], _BAND_DIGITS)}
    for names, of in rounded:
        values |= {name: tuple(of[FIVE + 1 :, k].tolist()) for k, name in enumerate(names)}
        values |= {f"five_{name}": float(of[FIVE, k]) for k, name in enumerate(names)}
    return Forecast(**values)


def quantiles_of(row: Row) -> tuple[Array, Array]:
    """(bands, volumes) of a stored row, as `forecast_of` takes them."""
    return _by_step(row, BANDS), _by_step(row, VOLUMES)


def _by_step(row: Row, names: Sequence[str]) -> Array:
    five = [row[f"five_{name}"] for name in names]
    return np.vstack([five, np.stack([row[name] for name in names], axis=-1)])


def joined(windows: Forecast, five: Forecast, volumes: Forecast) -> Forecast:
    """The ten windows of one forecast, the five minutes' mood of another, and their messages of a
    third."""
    values = {name: getattr(five, name) for name in (*FIVES, *CHANCES)}
    return replace(windows, **values, **{name: getattr(volumes, name) for name in FIVE_VOLUMES})


def chances_told(
    events: Sequence[str], quantiles: Array, usual: Array, bases: Sequence[str]
) -> list[Chances]:
    """Chances of the events after k cutoffs. quantiles: (k, 5), of the five minutes. usual: (k,).

    Those of emote moods are not told: nobody has looked whether they hold.
    """
    said = chances(quantiles, usual) if events else {}
    told = {f"chance_{event}": said[event].round(_CHANCE_DIGITS).tolist() for event in events}
    return [
        {name: of[i] for name, of in told.items()} if basis == "words" else {}
        for i, basis in enumerate(bases)
    ]

"""Predictions of all models after windows that closed, before what channels have taught."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base import FIRST_LIVE, Forecaster, View
from models.inputs.features import enough, now, views
from models.inputs.sessions import Session, lexicon_of
from pipeline.forecasting.corrections import Series, Taught
from pipeline.forecasting.session_log import SessionLog
from warehouse.records import WINDOW_SECONDS

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Key = tuple[str, int]  # channel, cutoff in epoch seconds


@dataclass(frozen=True, slots=True)
class Raw:
    """Predictions of all models at one cutoff, before what the channel taught.

    quantiles: (models, 11, 5). volume: (models, 11, 3). notes: (taught models, 11, NOTES).
    usual: mean of the stream's messages so far.
    """

    stream_id: str
    lexicon: str
    usual: float
    quantiles: Array
    volume: Array
    notes: Array


def predicted(
    models: Mapping[str, Forecaster],
    taught: Taught,
    logs: Mapping[Series, SessionLog],
    starts: Mapping[Series, list[int]],
) -> dict[Key, Raw]:
    """What the models say after the windows that start then: their ends are the cutoffs."""
    if not models:
        return {}
    newest: list[Session] = []
    raw_of: dict[Key, Raw] = {}
    for series, starts_of in starts.items():
        session, ends = logs[series].session(), logs[series].indices(starts_of)
        if series[1] == "emotes":
            ends = ends[logs[series].is_told(ends)]
        if len(ends) == 1 and ends[0] == len(session) - 1:
            newest.extend([session] if enough(session) else [])
            continue
        ends = ends[ends >= _first(session)]
        if len(ends):
            view = views(session, ends)
            raw_of |= _raw(models, taught, [session] * len(ends), ends, view)
    if newest:
        last = np.array([len(session) - 1 for session in newest])
        raw_of |= _raw(models, taught, newest, last, now(newest))
    return raw_of


def _raw(
    models: Mapping[str, Forecaster],
    taught: Taught,
    sessions: list[Session],
    ends: Ints,
    view: View,
) -> Iterator[tuple[Key, Raw]]:
    predictions = {name: model.predict(view) for name, model in models.items()}
    quantiles = np.stack([p.quantiles for p in predictions.values()], axis=1)
    volume = np.stack([p.volume for p in predictions.values()], axis=1)
    notes = taught.notes(view, predictions)
    for i, (s, end) in enumerate(zip(sessions, ends, strict=True)):
        yield (
            (s.channel, int(s.start[end]) + WINDOW_SECONDS),
            Raw(
                stream_id=s.stream_id,
                lexicon=lexicon_of(s.lexicons[0]),
                usual=float(view.session_mean[i]),
                quantiles=quantiles[i],
                volume=volume[i],
                notes=notes[i],
            ),
        )


def _first(session: Session) -> int:
    """Index of the first window after which a forecast may be made."""
    if session.of_before("n"):
        return 0
    spoken = np.flatnonzero(session.n > 0)
    return max(FIRST_LIVE - 1, int(spoken[0])) if len(spoken) else len(session)

"""Forecasts of the daemon: from closed windows to rows, and how they turned out.

One batch for all channels. The served model's forecasts are stored; the baselines' are made
beside them, to be scored on the same windows.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.base import FIRST_LIVE, Forecaster, Prediction, View
from models.choice import mark, read_choice
from models.features import enough, now, views
from models.promotion import in_force, statuses
from models.registry import Version, serving
from models.sessions import Session
from models.trials import TRIALS, read_trials
from pipeline.sessions import SessionLog
from pipeline.verify import Verifier
from pipeline.window import Closed
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable
from warehouse.records import (
    QUANTILES,
    VOLUME_QUANTILES,
    WINDOW_SECONDS,
    Forecast,
    Window,
    utc,
)

log = logging.getLogger(__name__)

Row = Mapping[str, Any]
Ints = npt.NDArray[np.int64]
_BANDS = ("q025", "q10", "q50", "q90", "q975")
# a stored row takes a quarter of the bytes; window means scatter by 0.05 and more
_BAND_DIGITS, _VOLUME_DIGITS = 4, 2
_VOLUMES = ("volume_q10", "volume_q50", "volume_q90")
assert len(_BANDS) == len(QUANTILES) and len(_VOLUMES) == len(VOLUME_QUANTILES)


class Forecasts:
    """Sessions in the making, the served model, and its record.

    latest: the newest forecast by channel. skills: latent skill at step 1 over a week, by
    channel and model, as the engine reads it from the warehouse. why: why there is no model.
    """

    def __init__(self, folder: DataFolder, enabled: bool = True) -> None:
        self.latest: dict[str, Forecast] = {}
        self.skills: dict[tuple[str, str], float] = {}
        self.verifier = Verifier()
        self.models: dict[str, Forecaster] = {}  # the served one first
        self.served = ""
        self.why = "forecasts are switched off"
        self._logs: dict[str, SessionLog] = {}
        self._mark = mark(folder)
        if enabled:
            self._load(folder)

    def _load(self, folder: DataFolder) -> None:
        try:
            self.models = serving(folder)
            self.served, self.why = next(iter(self.models)), ""
            self.verifier.models = tuple(self.models)
            log.info("model serving name=%s", self.served)
        except ModelUnusable as exc:
            self.why = "no model is there to forecast"
            log.error("no forecasts: %s", exc)

    def reload(self, folder: DataFolder) -> bool:
        """Serve what was promoted or rolled back to since; whether another model serves.

        Where that cannot be loaded the old one serves on. One stat while nothing changed.
        Forecasts that wait for their windows are not verified, as after a restart.
        """
        if not self.models or mark(folder) == self._mark:
            return False
        self._mark, before = mark(folder), self.served
        try:
            read_choice(folder)
            models = serving(folder)
        except ModelUnusable as exc:
            log.error("model %s serves on: %s", before, exc)
            return False
        if next(iter(models)) == before:
            log.info("model serves on name=%s", before)
            return False
        self.models, self.served = models, next(iter(models))
        self.verifier.models = tuple(models)
        self.verifier.waiting.clear()
        log.info("model serving name=%s before=%s", self.served, before)
        return True

    def saw(self, window: Window) -> None:
        """A window that was committed before this run."""
        self._put(window)

    def after(self, closed: Iterable[Closed]) -> tuple[list[Row], list[Row]]:
        """(forecast rows, score rows) that follow from closed windows."""
        starts: dict[str, list[int]] = {}
        first: list[Window] = []  # a window made again is scored already
        rows: list[Row] = []
        for window in (c.window for c in closed if c.window.stream_id is not None):
            channel = window.channel
            if self._is_over(window) and channel in starts:
                rows.extend(self._predict({channel: starts.pop(channel)}))
            if self._put(window):
                first.append(window)
                starts.setdefault(channel, []).append(int(window.start.timestamp()))
        rows.extend(self._predict(starts))
        self.verifier.happened(first)
        return rows, list(self.verifier.take_rows())

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self.latest.pop(channel, None)
        self._logs.pop(channel, None)
        self.skills = {key: v for key, v in self.skills.items() if key[0] != channel}
        self.verifier.forget_channel(channel)

    def skill(self, channel: str) -> float | None:
        """Latent skill of the served model at step 1 over the last seven days."""
        return self.skills.get((channel, self.served))

    def _is_over(self, window: Window) -> bool:
        """Whether the window begins another stream than the one in the channel's log."""
        known = self._logs.get(window.channel)
        return known is not None and known.stream_id != window.stream_id

    def _put(self, window: Window) -> bool:
        """Keep the window in its stream's log; whether it is new there."""
        channel = window.channel
        if channel not in self._logs or self._is_over(window):
            self._logs[channel] = SessionLog(channel, window.stream_id or "")
        return self._logs[channel].put(window)

    def _predict(self, starts: Mapping[str, list[int]]) -> list[Row]:
        """Forecast rows of the windows that start then: their ends are the cutoffs."""
        if not self.models:
            return []
        newest: list[Session] = []
        rows: list[Row] = []
        for channel, found in starts.items():
            log_ = self._logs[channel]
            session, ends = log_.session(), log_.indices(found)
            if len(ends) == 1 and ends[0] == len(session) - 1:
                newest.extend([session] if enough(session) else [])
                continue
            ends = ends[ends >= _first(session)]
            if len(ends):
                rows.extend(self._rows([session] * len(ends), ends, views(session, ends)))
        if newest:
            last = np.array([len(session) - 1 for session in newest])
            rows.extend(self._rows(newest, last, now(newest)))
        return rows

    def _rows(self, sessions: list[Session], ends: Ints, view: View) -> Iterable[Row]:
        """Rows of the served model's forecasts; the baselines' are only kept to be scored."""
        said = {name: model.predict(view) for name, model in self.models.items()}
        served = said[self.served]
        quantiles = np.stack([p.quantiles for p in said.values()], axis=1)
        for i, (session, end) in enumerate(zip(sessions, ends, strict=True)):
            cutoff = int(session.start[end]) + WINDOW_SECONDS
            self.verifier.expect(session.channel, cutoff, quantiles[i])
            forecast = _forecast(session.channel, cutoff, self.served, served, i)
            self.latest[session.channel] = forecast
            yield {name: getattr(forecast, name) for name in Forecast.__slots__}


def _first(session: Session) -> int:
    """Index of the first window after which a forecast may be made."""
    spoken = np.flatnonzero(session.n > 0)
    return max(FIRST_LIVE - 1, int(spoken[0])) if len(spoken) else len(session)


def _forecast(channel: str, cutoff: int, model: str, said: Prediction, i: int) -> Forecast:
    """Rounded as it is stored; what is scored are the forecasts as they were made."""
    quantiles = np.round(said.quantiles[i].astype(float), _BAND_DIGITS) + 0.0  # no -0.0
    counts = np.round(said.volume[i].astype(float), _VOLUME_DIGITS)
    bands = {name: tuple(quantiles[:, k].tolist()) for k, name in enumerate(_BANDS)}
    volumes = {name: tuple(counts[:, k].tolist()) for k, name in enumerate(_VOLUMES)}
    return Forecast(channel, utc(cutoff), model, **bands, **volumes)


def model_rows(folder: DataFolder, served: str = "") -> list[Row]:
    """Rows of `models`: every version on disk, from its card, and how it stands. served: the
    model that is loaded."""
    choice = in_force(folder)
    told = {choice.version: {"since": choice.since, "why": choice.why}} if choice else {}
    return [
        _model_row(version, status, told.get(version.path.name) if status == "serving" else None)
        for version, status in statuses(folder, served)
    ]


def _model_row(version: Version, status: str, choice: dict[str, str] | None) -> Row:
    card = version.card
    data = card.get("data", {})
    other = {k: card.get(k) for k in ("params", "seed", "versions", "sha256", "verdict")}
    return {
        "model": version.model,
        "kind": card.get("kind", "lstm"),
        "trained_at": version.trained_at,
        "data_from": _time(data.get("from")),
        "data_to": _time(data.get("to")),
        "params": json.dumps({**other, "data": data, "choice": choice}),
        "scores": json.dumps(card.get("scores")),
        "status": status,
    }


def trial_rows(folder: DataFolder) -> list[Row]:
    """Rows of `trials`: every trial of every search, as models/trials.jsonl tells them."""
    kept = ("loss", "losses", "crps", "squared_error", "seconds", "why")
    return [
        {
            "study": str(trial["study"]),
            "trial": trial["trial"],
            "kind": trial.get("kind", "lstm"),
            "trained_at": _time(trial.get("trained_at")),
            "params": json.dumps(trial.get("searched") or trial.get("params")),
            "scores": json.dumps({k: trial.get(k) for k in kept}),
            "status": str(trial["status"]),
        }
        for trial in read_trials(folder.models / TRIALS)
    ]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

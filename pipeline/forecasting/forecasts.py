"""Forecasts of the daemon: from closed windows to rows, and how they turned out.

One batch for all channels. The served model's forecasts are stored, as corrected by what the
channel has taught; the baselines' are made beside them, to be scored on the same windows. A
channel's mood by words and its mood by emotes are two series: neither is history to the other.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.base import Forecaster
from models.forecasters.online import served_before
from models.inputs.sessions import Past
from models.versions.choice import mark, read_choice
from models.versions.registry import serving, versions
from pipeline.forecasting.corrections import MEAN, Series, Taught
from pipeline.forecasting.forecast_rows import (
    Row,
    chances_told,
    forecast_of,
    joined,
    quantiles_of,
)
from pipeline.forecasting.predictions import Key, Raw, predicted
from pipeline.forecasting.session_log import SessionLog
from pipeline.forecasting.track_record import UNKNOWN, Standing
from pipeline.forecasting.verify import Made, Sums, Verifier
from pipeline.windows.track import Closed
from warehouse.chances import told_events
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable
from warehouse.records import (
    FIVE,
    HORIZON,
    QUANTILES,
    WINDOW_SECONDS,
    Forecast,
    Window,
    utc,
)

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
PastOf = Callable[[Window], Past]
_NEXT = 1  # the step by whose record the ten windows are shown


class _Issued(NamedTuple):
    """A forecast that was made. served, mean: quantiles (11, 5) of the served model and of the
    session mean, as the channel taught; None where that is not shown."""

    series: Series
    cutoff: int
    raw: Raw
    served: Array
    mean: Array | None

    def about(self, model: str) -> Row:
        """All but its quantiles."""
        channel, basis = self.series
        about = {"channel": channel, "cutoff": utc(self.cutoff), "basis": basis}
        return {**about, "usual": self.raw.usual, "model": model}


class Forecasts:
    """Sessions in the making, the served model, and its record.

    latest: the newest forecast by channel; means: the session mean's. standings: how good they
    have been over a week, by series, model and step, as the engine reads it from the warehouse.
    taught: what each channel has taught. told: events whose chances the served model may tell.
    why: why there is no model.
    past_of: what came before a channel's stream, asked for once a series and start.
    """

    def __init__(
        self, folder: DataFolder, enabled: bool = True, past_of: PastOf = lambda _: ()
    ) -> None:
        self.past_of, self.enabled = past_of, enabled
        self.latest: dict[str, Forecast] = {}
        self.means: dict[str, Forecast] = {}
        self.standings: dict[tuple[Series, str, int], Standing] = {}
        self.verifier = Verifier()
        self.taught = Taught()
        self.models: dict[str, Forecaster] = {}  # the served one first
        self.told: tuple[str, ...] = ()
        self.served = ""
        self.why = "forecasts are switched off"
        self._logs: dict[Series, SessionLog] = {}
        self._mark = mark(folder)
        if enabled:
            self._load(folder)

    def _load(self, folder: DataFolder) -> None:
        try:
            self._use(serving(folder), folder)
            log.info("model serving name=%s", self.served)
        except ModelUnusable as exc:
            self.why = "no model is there to forecast"
            log.error("no forecasts: %s", exc)

    def _use(self, models: dict[str, Forecaster], folder: DataFolder) -> None:
        self.models, self.served, self.why = models, next(iter(models)), ""
        card = next((v.card for v in versions(folder) if v.model == self.served), {})
        self.told = told_events(card, self.served)
        self.verifier.models = tuple(models)
        self.taught = Taught(models)

    def is_stale(self, folder: DataFolder) -> bool:
        """Whether the choice of the model that serves was written anew; one stat."""
        return self.enabled and mark(folder) != self._mark

    def reload(self, folder: DataFolder) -> bool:
        """Serve what was promoted or rolled back to since; whether another model serves.

        Where that cannot be loaded the old one serves on. Forecasts that wait for their windows
        are not verified, and what channels taught is to be loaded again: networks err each in
        its own way.
        """
        self._mark, before = mark(folder), self.served
        try:
            read_choice(folder)
            models = serving(folder)
        except ModelUnusable as exc:
            log.error("model %s serves on: %s", before or "none", exc)
            return False
        if next(iter(models)) == before:
            log.info("model serves on name=%s", before)
            return False
        self._use(models, folder)
        self.verifier.waiting.clear()
        log.info("model serving name=%s before=%s", self.served, before)
        return True

    def saw(self, window: Window) -> None:
        """A window that was committed before this run."""
        self._put(window)
        self.verifier.saw(window)

    def changed(self, window: Window) -> None:
        """A window was made again; one of a stream that is not in memory begins no log, which
        would tell the next stream that this was all of it."""
        log_ = self._logs.get(_series(window))
        if log_ is not None and log_.stream_id == window.stream_id:
            log_.put(window)

    def after(self, closed: Iterable[Closed]) -> tuple[list[Row], Sums]:
        """(forecast rows, sums of scores) that follow from closed windows."""
        starts: dict[Series, list[int]] = {}
        first: dict[int, list[Window]] = {}  # by start; one made again is scored already
        raw_of: dict[Key, Raw] = {}
        for window in (c.window for c in closed if c.window.stream_id is not None):
            series = _series(window)
            if series in starts and self._leaves(window):
                raw_of |= self._predicted({series: starts.pop(series)})
            if self._put(window):
                start = int(window.start.timestamp())
                first.setdefault(start, []).append(window)
                starts.setdefault(series, []).append(start)
        raw_of |= self._predicted(starts)
        issued = [one for start in sorted(first) for one in self._turn(start, first[start], raw_of)]
        return self._rows(issued), self.verifier.take()

    def _turn(
        self, start: int, windows: list[Window], raw_of: Mapping[Key, Raw]
    ) -> Iterable[_Issued]:
        """Windows that start then: what was forecast of them is scored and learnt from, and
        only then what follows them is forecast."""
        self.taught.learn(self.verifier.happened(windows))
        cutoff = start + WINDOW_SECONDS
        told = [_series(w) for w in windows if (w.channel, cutoff) in raw_of]
        if told:
            yield from self._serve(cutoff, told, [raw_of[channel, cutoff] for channel, _ in told])

    def _serve(self, cutoff: int, told: list[Series], raws: list[Raw]) -> Iterable[_Issued]:
        """Forecasts as they are served; the baselines' are only kept to be scored.

        raws: of the series, as no channel has taught yet.
        """
        notes = np.stack([raw.notes for raw in raws])
        shown = self.taught.serve(told, notes)
        for i, series in enumerate(told):
            of = {model: q[i] for model, q in shown.items()}
            yield self._issue(series, cutoff, replace(raws[i], notes=notes[i]), of)

    def _issue(self, series: Series, cutoff: int, raw: Raw, shown: Mapping[str, Array]) -> _Issued:
        (channel, basis), quantiles = series, raw.quantiles.copy()
        quantiles[0] = shown[self.served]  # the served model is first
        made = Made(raw.stream_id, basis, raw.lexicon, quantiles, raw.volume, raw.notes)
        self.verifier.expect(channel, cutoff, made)
        return _Issued(series, cutoff, raw, quantiles[0], shown.get(MEAN))

    def _rows(self, issued: list[_Issued]) -> list[Row]:
        """Rows of the served model's forecasts, with the chances of all of them."""
        if not issued:
            return []
        fives = np.stack([one.served[FIVE] for one in issued])
        usual = np.array([one.raw.usual for one in issued])
        likely = chances_told(self.told, fives, usual, [basis for (_, basis), *_ in issued])
        newest = {one.series[0]: one for one in issued}
        self.means |= {
            channel: self._mean(one, one.mean)
            for channel, one in newest.items()
            if one.mean is not None
        }
        made = [
            forecast_of({**one.about(self.served), **said}, one.served, one.raw.volume[0])
            for one, said in zip(issued, likely, strict=True)
        ]
        self.latest |= {forecast.channel: forecast for forecast in made}
        return [{name: getattr(one, name) for name in Forecast.__slots__} for one in made]

    def _mean(self, one: _Issued, quantiles: Array) -> Forecast:
        """The session mean's."""
        volume = one.raw.volume[list(self.models).index(MEAN)]
        return forecast_of(one.about(MEAN), quantiles, volume)

    def resume(self, rows: Iterable[Row]) -> None:
        """Forecasts of the served model that were stored before a restart, of windows that are
        yet to close: they are waited for again, with what the baselines say of them. Those of an
        earlier version, which say nothing of the five minutes, are not."""
        stored: dict[Key, Row] = {}
        starts: dict[Series, list[int]] = {}
        for row in rows:
            cutoff, channel = int(row["cutoff"].replace(tzinfo=UTC).timestamp()), row["channel"]
            series = channel, row["basis"]
            log_ = self._logs.get(series)
            # before 0: of windows that a clock, set back since, had closed too early
            is_open = log_ is not None and 0 <= log_.end() - cutoff < HORIZON * WINDOW_SECONDS
            if is_open and row["usual"] is not None:
                stored[channel, cutoff] = row
                starts.setdefault(series, []).append(cutoff - WINDOW_SECONDS)
        for (channel, cutoff), raw in self._predicted(starts).items():
            row, notes = stored[channel, cutoff], raw.notes.copy()
            quantiles, volume = raw.quantiles.copy(), raw.volume.copy()
            quantiles[0], volume[0] = quantiles_of(row)
            if self.served in self.taught.models:
                at = self.taught.models.index(self.served)
                notes[at] = served_before(notes[at], quantiles[0, :, QUANTILES.index(0.5)])
            made = Made(raw.stream_id, row["basis"], raw.lexicon, quantiles, volume, notes)
            self.verifier.expect(channel, cutoff, made)

    def let_go(self, channel: str) -> None:
        """The channel's windows and forecasts are not in memory; what it taught is."""
        self.latest.pop(channel, None)
        self.means.pop(channel, None)
        self._logs = {key: v for key, v in self._logs.items() if key[0] != channel}
        self.standings = {key: v for key, v in self.standings.items() if key[0][0] != channel}
        self.verifier.forget_channel(channel)

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self.let_go(channel)
        self.taught.forget_channel(channel)

    def standing(self, channel: str, step: int = _NEXT) -> Standing:
        """The record of the served model at a step over the last seven days, by the basis of its
        newest forecast."""
        latest = self.latest.get(channel)
        series = channel, latest.basis if latest else "words"
        return self.standings.get((series, self.served, step), UNKNOWN)

    def shown(self, channel: str) -> Forecast | None:
        """The newest forecast that viewers are to see: the session mean's where the served model
        has been no better; of the ten windows, and of the five minutes' mood, each by its own
        record. How much is said is the served model's: no record of moods speaks of that."""
        latest, mean = self.latest.get(channel), self.means.get(channel)
        if latest is None or mean is None:
            return latest
        windows = mean if self.standing(channel).is_beaten else latest
        five = mean if self.standing(channel, FIVE).grade == "not" else latest
        return latest if windows is five is latest else joined(windows, five, latest)

    def _predicted(self, starts: Mapping[Series, list[int]]) -> dict[Key, Raw]:
        """Predictions after the windows that start then: their ends are the cutoffs."""
        return predicted(self.models, self.taught, self._logs, starts)

    def _leaves(self, window: Window) -> bool:
        """Whether windows of the series' log are let go for this one: of another stream, or the
        oldest."""
        log_ = self._logs[_series(window)]
        return log_.stream_id != window.stream_id or not log_.has_room(window)

    def _put(self, window: Window) -> bool:
        """Keep the window in its stream's log; whether it is new there."""
        series, stream = _series(window), window.stream_id or ""
        log_ = self._logs.get(series)
        if log_ is None:
            log_ = SessionLog(window.channel, stream, self.past_of(window))
            self._logs[series] = log_
        elif log_.stream_id != stream:
            if log_.holds_later(window):  # of a stream that is over, made again
                return False
            log_ = self._logs[series] = SessionLog(window.channel, stream, log_.with_this())
        return log_.put(window)


def _series(window: Window) -> Series:
    return window.channel, window.basis

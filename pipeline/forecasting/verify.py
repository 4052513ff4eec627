"""Every forecast meets what happened: errors and hits, summed by channel, day, model, step, basis.

Targets are windows with messages, seen for their whole 30 seconds, and at step 0 the ten windows
after a cutoff together; each weighs as many as its messages. Sums, not means, are kept: they add up
over days and channels.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.inputs.sessions import lexicon_of
from models.inputs.targets import five_minutes
from warehouse.forecast_metrics import SUMS, Outcomes, each
from warehouse.records import FIVE, HORIZON, WINDOW_SECONDS, Window, utc

Array = npt.NDArray[np.float64]
Key = tuple[str, date, str, int, str]  # channel, day, model, step, basis
Sums = dict[Key, Array]

_NAMES = tuple(s.name for s in SUMS)
_TARGETS = _NAMES.index("targets")
_SPAN_S = HORIZON * WINDOW_SECONDS
_UNSEEN = (np.nan, np.nan)

_PATIENCE_S = 3600  # of a forecast for windows that never come, its stream being over


@dataclass(frozen=True, slots=True)
class Made:
    """Forecasts of all models at one cutoff of a stream, of the mood by one basis and lexicon.

    quantiles: (models, 11, 5) over steps and QUANTILES. volume: (models, 11, 3), of messages.
    notes: (taught models, 11, NOTES), what is learnt from later.
    """

    stream_id: str
    basis: str
    lexicon: str
    quantiles: Array
    volume: Array
    notes: Array


class Met(NamedTuple):
    """A step 0..10 of a forecast, and what came.

    day: of the last window that it is about. y: the mean, NaN where it is no target. n: messages.
    counts: messages where all of its windows were seen, else NaN.
    """

    channel: str
    day: date
    step: int
    made: Made
    y: float
    n: float
    counts: float

    @property
    def is_target(self) -> bool:
        return self.y == self.y and self.n >= 1


@dataclass
class Verifier:
    """Forecasts that wait for their windows, and the sums so far.

    waiting: by channel and cutoff, epoch s. recent: each channel's last ten windows. Sums are kept
    for today and yesterday; `load` brings them back after a restart, and the engine has forecasts
    that were waiting made again. found: what came, until it is summed.
    """

    models: tuple[str, ...] = ()
    waiting: dict[str, dict[int, Made]] = field(default_factory=dict)
    recent: dict[str, deque[Window]] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)
    found: list[Met] = field(default_factory=list)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of forecast_scores as they were committed."""
        for row in rows:
            key = (row["channel"], row["day"], row["model"], row["step"], row["basis"])
            values = [row[name] for name in _NAMES]
            self.sums[key] = np.array([np.nan if v is None else float(v) for v in values])

    def expect(self, channel: str, cutoff: int, made: Made) -> None:
        """A forecast was made. cutoff: epoch s."""
        self.waiting.setdefault(channel, {})[cutoff] = made

    def saw(self, window: Window) -> None:
        """A window closed, of before a restart or now; a channel's come in order."""
        self.recent.setdefault(window.channel, deque(maxlen=HORIZON)).append(window)

    def happened(self, windows: Iterable[Window]) -> list[Met]:
        """Windows closed for the first time: what they were forecast to be is kept to be scored,
        and returned. Forecasts that are past their horizon are let go."""
        found: list[Met] = []
        over: list[tuple[str, int, Made]] = []
        for window in windows:
            self.saw(window)
            found.extend(self._met(window))
            over.extend(self._over(window))
        found.extend(self._five_minutes(over))
        self.found += found
        return found

    def _met(self, window: Window) -> Iterator[Met]:
        """Steps 1..10 of forecasts that were made for the window, in its own stream and by its own
        measure."""
        waiting = self.waiting.get(window.channel)
        if not waiting or window.observed_s < WINDOW_SECONDS:
            return
        start, day, (y, n) = _start(window), window.start.date(), _told(window)
        for step in range(1, HORIZON + 1):
            made = waiting.get(start - (step - 1) * WINDOW_SECONDS)
            if made is not None and _is_of(window, made):
                yield Met(window.channel, day, step, made, y, n, n)

    def _over(self, window: Window) -> Iterator[tuple[str, int, Made]]:
        """Forecasts whose ten windows are over with this one, though some may never have come."""
        waiting = self.waiting.get(window.channel, {})
        last = _start(window) + WINDOW_SECONDS - _SPAN_S
        for cutoff in [cutoff for cutoff in waiting if cutoff <= last]:
            yield window.channel, cutoff, waiting.pop(cutoff)

    def _five_minutes(self, over: Sequence[tuple[str, int, Made]]) -> Iterator[Met]:
        """Step 0 of forecasts whose ten windows are over, where anything is known of it."""
        if not over:
            return
        rows = np.array([self._ten(*one) for one in over], dtype=float)
        y, n = rows[..., 0], rows[..., 1]
        means, _, totals = five_minutes(y, np.zeros_like(y), n)
        counts = n.sum(1)  # NaN where one was not seen
        for (channel, cutoff, made), *told in zip(over, means, totals, counts, strict=True):
            if not np.isnan(told).all():
                day = utc(cutoff + _SPAN_S - WINDOW_SECONDS).date()
                yield Met(channel, day, FIVE, made, *map(float, told))

    def _ten(self, channel: str, cutoff: int, made: Made) -> list[tuple[float, float]]:
        """(mean, messages) of the ten windows after the cutoff; NaN for those not seen whole."""
        ten = [_UNSEEN] * HORIZON
        for window in self.recent.get(channel, ()):
            place = (_start(window) - cutoff) // WINDOW_SECONDS
            is_whole = window.observed_s >= WINDOW_SECONDS
            if 0 <= place < HORIZON and is_whole and _is_of(window, made):
                ten[place] = _told(window)
        return ten

    def _add(self, found: list[Met]) -> None:
        about = [(m.channel, m.day, m.step, m.made.basis) for m in found]
        groups = {key: i for i, key in enumerate(dict.fromkeys(about))}
        group = np.array([groups[key] for key in about])
        q = np.stack([m.made.quantiles[:, m.step] for m in found])
        volume = np.stack([m.made.volume[:, m.step] for m in found])
        y, n, counts = np.array([m[-3:] for m in found], dtype=float).T
        for k, model in enumerate(self.models):
            total = np.zeros((len(groups), len(SUMS)))
            np.add.at(total, group, each(Outcomes(y, n, q[:, k], volume[:, k], counts)))
            for (channel, day, step, basis), i in groups.items():
                key = (channel, day, model, step, basis)
                self.sums[key] = self.sums.get(key, 0.0) + total[i]
                self.changed.add(key)

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is waited for or summed."""
        self.waiting.pop(channel, None)
        self.recent.pop(channel, None)
        self.found = [met for met in self.found if met.channel != channel]
        self.sums = {key: s for key, s in self.sums.items() if key[0] != channel}
        self.changed = {key for key in self.changed if key[0] != channel}

    def take(self) -> Sums:
        """Sums that changed since the last call; old days are let go."""
        if self.found:  # all at once: one by one they take a hundred times as long
            self._add(self.found)
            self.found = []
        changed = {key: self.sums[key] for key in sorted(self.changed)}
        taken = {key: sums for key, sums in changed.items() if targets_of(sums)}
        self.changed.clear()
        self._lose_patience()
        if taken:
            oldest = max(day for _, day, *_ in taken) - timedelta(days=2)
            self.sums = {key: v for key, v in self.sums.items() if key[1] >= oldest}
        return taken

    def _lose_patience(self) -> None:
        newest = max((c for waiting in self.waiting.values() for c in waiting), default=0)
        kept = {
            channel: {c: made for c, made in waiting.items() if c > newest - _PATIENCE_S}
            for channel, waiting in self.waiting.items()
        }
        self.waiting = {channel: waiting for channel, waiting in kept.items() if waiting}


def _start(window: Window) -> int:
    return int(window.start.timestamp())


def _told(window: Window) -> tuple[float, float]:
    """Its mean, NaN in silence, and its messages."""
    mood = window.mean_compound
    return (np.nan if mood is None else mood), window.n_messages


def _is_of(window: Window, made: Made) -> bool:
    measure = window.stream_id, window.basis, lexicon_of(window.lexicon_version)
    return measure == (made.stream_id, made.basis, made.lexicon)


def targets_of(sums: Array) -> float:
    """How many windows the sums are of."""
    return float(sums[_TARGETS])


def score_columns(sums: Mapping[Key, Array]) -> dict[str, Any]:
    """Columns of forecast_scores, at least one row: thousands a cycle, rows would take 20 MB.

    A sum that was not kept yet when its day began is masked.
    """
    keys = zip(("channel", "day", "model", "step", "basis"), zip(*sums, strict=True), strict=True)
    columns: dict[str, Any] = {name: list(values) for name, values in keys}
    for s, values in zip(SUMS, np.stack(list(sums.values()), axis=1), strict=True):
        kept = np.nan_to_num(values).astype(np.int64) if s.is_count else values
        columns[s.name] = np.ma.masked_array(kept, np.isnan(values))
    return columns

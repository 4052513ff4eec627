"""python -m models backtest: every forecaster on every stream, judged as DESIGN.md 7 says.

Trains nothing. Networks are judged as they are served: each channel's streams in order, with
what its past has taught (online.py). Baselines and ridge stay plain, as rivals. Predictions go
to Parquet stream by stream, so memory holds one channel.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models import metrics
from models.base import FIRST_JUDGED, FIRST_LIVE, Floats, Forecaster, Prediction, View
from models.data import Targets, cutoffs, sessions_by_channel, targets
from models.features import views
from models.online import Online, is_network
from models.sessions import Session
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import HORIZON, WINDOW_SECONDS

REFERENCE = "session_mean"
QUANTILE_NAMES = ("q025", "q10", "q50", "q90", "q975")
SCHEMA = pa.schema(
    [
        ("channel", pa.string()),
        ("stream", pa.string()),
        ("cutoff", pa.timestamp("us")),
        ("step", pa.int32()),
        ("model", pa.string()),
        *((name, pa.float64()) for name in QUANTILE_NAMES),
        ("actual", pa.float64()),
        ("sd", pa.float64()),
        ("n", pa.int32()),
    ]
)
Sums = dict[str, float]
T = TypeVar("T", View, Prediction, Targets)
Write = Callable[[pa.Table], None]


class Tally:
    """Sums by channel, model and step, and each channel's message variance."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str, int], Sums] = {}
        self.variance: dict[str, Floats] = defaultdict(lambda: np.zeros(2))
        self.streams: dict[str, int] = defaultdict(int)
        self.cutoffs: dict[str, int] = defaultdict(int)

    def saw(self, session: Session) -> None:
        """A session's windows, for the channel's message variance."""
        kept = (session.n > 1) & np.isfinite(session.sd)
        more = session.n[kept] - 1
        self.variance[session.channel] += more @ session.sd[kept] ** 2, more.sum()

    def add(self, channel: str, model: str, step: int, found: Sums) -> None:
        key = (channel, model, step)
        old = self.sums.get(key, {})
        self.sums[key] = {k: v + old.get(k, 0.0) for k, v in found.items()}

    def report(self, models: Mapping[str, Forecaster]) -> dict[str, Any]:
        """Figures by model and step, over all channels and for each."""
        channels = sorted(self.streams)
        each = {c: self._figures([c], models) for c in channels}
        return {"all": self._figures(channels, models), "channels": each}

    def _figures(self, channels: list[str], models: Mapping[str, Forecaster]) -> dict[str, Any]:
        steps = range(1, HORIZON + 1)
        return {
            "streams": sum(self.streams[c] for c in channels),
            "cutoffs": sum(self.cutoffs[c] for c in channels),
            "floor": [self._floor(channels, h) for h in steps],
            "models": {m: self._model(channels, m) for m in models},
        }

    def _model(self, channels: list[str], model: str) -> dict[str, list[float | None]]:
        rows = []
        for h in range(1, HORIZON + 1):
            s, reference = self._total(channels, model, h), self._total(channels, REFERENCE, h)
            rows.append(
                {
                    "targets": s["targets"],
                    "nmse": metrics.nmse(s),
                    "latent_skill": metrics.latent_skill(
                        metrics.nmse(s), metrics.nmse(reference), self._floor(channels, h)
                    ),
                    "coverage80": metrics.coverage(s, 80),
                    "coverage95": metrics.coverage(s, 95),
                    "coverage80_by_n": metrics.coverage_by_n(s, 80),
                    "coverage95_by_n": metrics.coverage_by_n(s, 95),
                    "width80": metrics.width(s, 80),
                    "width95": metrics.width(s, 95),
                    "crps": metrics.mean_crps(s),
                    "volume_mae": metrics.volume_mae(s),
                }
            )
        return {k: [_finite(row[k]) for row in rows] for k in rows[0]}

    def _total(self, channels: list[str], model: str, step: int) -> Sums:
        found = [self.sums[c, model, step] for c in channels if (c, model, step) in self.sums]
        return {k: sum(s[k] for s in found) for k in metrics.SUMS}

    def _floor(self, channels: list[str], step: int) -> float:
        known = [c for c in channels if (c, REFERENCE, step) in self.sums]
        lowest = [self.sums[c, REFERENCE, step]["targets"] * self._variance(c) for c in known]
        n = sum(self.sums[c, REFERENCE, step]["n"] for c in known)
        return sum(lowest) / n if n else float("nan")

    def _variance(self, channel: str) -> float:
        squares, more = self.variance[channel]
        return float(squares / more) if more else float("nan")


def judge(
    session: Session, models: Mapping[str, Forecaster], tally: Tally,
    write: Write | None = None, online: Mapping[str, Online] | None = None,
) -> None:  # fmt: skip
    """Forecast at every cutoff of a session from its 60th window on, and add up the errors.

    online: what the channel's earlier sessions taught, by model; those models are judged with
    it, and it learns from all cutoffs that are forecast live, the 6th window's on.
    """
    tally.saw(session)
    online = online or {}
    ends = cutoffs(session, FIRST_LIVE if online else FIRST_JUDGED)
    judged = np.flatnonzero(ends >= FIRST_JUDGED - 1)
    if not len(ends):
        return
    view, actual = views(session, ends), targets(session, ends)
    late, truth = _part(View, view, judged), _part(Targets, actual, judged)
    if len(judged):
        tally.streams[session.channel] += 1
        tally.cutoffs[session.channel] += len(judged)
    for name, model in models.items():
        if name in online:
            said = online[name].follow(view, model.predict(view), actual)
            said = _part(Prediction, said, judged)
        elif len(judged):
            said = model.predict(late)
        if len(judged):
            _judged(session.channel, name, said, truth, tally)
            if write:
                write(_rows(session, ends[judged], name, said.quantiles, truth))


def _judged(channel: str, model: str, said: Prediction, actual: Targets, tally: Tally) -> None:
    for h in range(HORIZON):
        found = metrics.sums(actual.y[:, h], actual.n[:, h], said.quantiles[:, h])
        found |= metrics.volume_sums(actual.n[:, h], said.volume[:, h])
        tally.add(channel, model, h + 1, found)


def _part(kind: type[T], whole: T, rows: Any) -> T:
    """Some cutoffs of a View, a Prediction or Targets."""
    return kind(**{name: values[rows] for name, values in vars(whole).items()})


def _rows(session: Session, ends: Any, model: str, quantiles: Floats, actual: Targets) -> pa.Table:
    """One row a judged target: cutoff and step where chat was seen for a whole window."""
    at, step = np.nonzero(np.isfinite(actual.y) & (actual.n >= 1))
    cutoff = (session.start[ends[at]] + WINDOW_SECONDS) * 1_000_000
    q = quantiles[at, step]
    columns = {
        "channel": pa.array([session.channel]).take(pa.array(np.zeros(len(at), np.int64))),
        "stream": pa.array([session.stream_id]).take(pa.array(np.zeros(len(at), np.int64))),
        "cutoff": pa.array(cutoff, pa.int64()).cast(pa.timestamp("us")),
        "step": pa.array(step + 1, pa.int32()),
        "model": pa.array([model]).take(pa.array(np.zeros(len(at), np.int64))),
        **{name: pa.array(q[:, i]) for i, name in enumerate(QUANTILE_NAMES)},
        "actual": pa.array(actual.y[at, step]),
        "sd": pa.array(actual.sd[at, step], from_pandas=True),
        "n": pa.array(actual.n[at, step].astype(np.int32)),
    }
    return pa.table(columns, schema=SCHEMA)


def backtest(
    folder: DataFolder, models: Mapping[str, Forecaster], out: Path,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:  # fmt: skip
    """Write OUT/predictions.parquet and OUT/report.json; the report.

    Raises BadInput where no stream is long enough, NothingPublished where nothing is.
    """
    out.mkdir(parents=True, exist_ok=True)
    aside, tally = out / "predictions.parquet.part", Tally()
    try:
        with pq.ParquetWriter(aside, SCHEMA, compression="zstd") as writer:
            for sessions in sessions_by_channel(folder):
                online = {name: Online() for name in models if is_network(name)}
                for session in sorted(sessions, key=lambda s: (s.start[0], s.stream_id)):
                    judge(session, models, tally, writer.write_table, online)
                say(f"{sessions[0].channel}: {tally.cutoffs[sessions[0].channel]} cutoffs")
        if not sum(tally.cutoffs.values()):
            raise BadInput(f"no stream has more than {FIRST_JUDGED} windows: nothing to judge")
        aside.replace(out / "predictions.parquet")
    finally:
        aside.unlink(missing_ok=True)
    report = tally.report(models)
    (out / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def _finite(value: float) -> float | None:
    """JSON has no NaN: a figure that does not exist is null."""
    return round(value, 6) if np.isfinite(value) else None

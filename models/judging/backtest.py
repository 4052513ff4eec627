"""python -m models backtest: every forecaster on every stream, judged as docs/forecasts.md says.

Trains nothing. Networks are judged as they are served: each channel's streams in order, with
what its past has taught (forecasters/online.py). Baselines and ridge stay plain, as rivals.
Predictions go to Parquet stream by stream, so memory holds one channel.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.base import FIRST_JUDGED, FIRST_LIVE, Floats, Forecaster, Prediction, View
from models.forecasters.online import AFTER, Online, is_network
from models.inputs.features import views
from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Ints, Session
from models.inputs.targets import Targets, cutoffs, targets
from models.judging.comparisons import by_size, comparisons
from models.judging.report import markdown
from models.judging.tally import Tally
from models.output import drop_parts, part, put, put_texts, require_writable
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.forecast_metrics import Outcomes
from warehouse.records import STEPS, WINDOW_SECONDS

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
REPORTS = ("report.json", "report.md")
T = TypeVar("T", View, Prediction, Targets)
Write = Callable[[pa.Table], None]
Say = Callable[[str], None]


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
    if not len(judged):
        tally.short[session.channel] += 1
    if not len(ends):
        return
    view, actual = views(session, ends), targets(session, ends)
    late, truth = _part(View, view, judged), _part(Targets, actual, judged)
    if len(judged):
        tally.streams[session.channel] += 1
        tally.cutoffs[session.channel] += len(judged)
    for name, model in models.items():
        if name in online:
            prediction = online[name].follow(view, model.predict(view), actual)
            prediction = _part(Prediction, prediction, judged)
        elif len(judged):
            prediction = model.predict(late)
        if len(judged):
            _judged(session, ends[judged], name, prediction, truth, tally)
            if is_network(name):
                tally.chances[name].add(late.session_mean, prediction.quantiles, truth)
            if write:
                write(_rows(session, ends[judged], name, prediction.quantiles, truth))


def _judged(
    session: Session, ends: Ints, model: str, prediction: Prediction, actual: Targets, tally: Tally
) -> None:
    counts = actual.counts
    for h in range(STEPS):
        outcomes = Outcomes(
            actual.y[:, h],
            actual.n[:, h],
            prediction.quantiles[:, h],
            prediction.volume[:, h],
            counts[:, h],
        )
        at = np.minimum(ends + AFTER[h], len(session) - 1)
        tally.judged(session, model, h, at, outcomes)


def judge_channel(
    sessions: Sequence[Session],
    models: Mapping[str, Forecaster],
    tally: Tally,
    write: Write | None = None,
) -> None:
    """All sessions of a channel in the order they began, networks with what it taught so far."""
    online = {name: Online() for name in models if is_network(name)}
    for session in sorted(sessions, key=lambda s: (s.start[0], s.stream_id)):
        judge(session, models, tally, write, online)


def _part(kind: type[T], whole: T, rows: Any) -> T:
    """Some cutoffs of a View, a Prediction or Targets."""
    return kind(**{name: values[rows] for name, values in vars(whole).items()})


def _rows(session: Session, ends: Any, model: str, quantiles: Floats, actual: Targets) -> pa.Table:
    """One row a judged target: cutoff and step where there was chat, seen whole."""
    at, step = np.nonzero(actual.judged)
    cutoff = (session.start[ends[at]] + WINDOW_SECONDS) * 1_000_000
    q = quantiles[at, step]
    columns = {
        "channel": pa.array([session.channel]).take(pa.array(np.zeros(len(at), np.int64))),
        "stream": pa.array([session.stream_id]).take(pa.array(np.zeros(len(at), np.int64))),
        "cutoff": pa.array(cutoff, pa.int64()).cast(pa.timestamp("us")),
        "step": pa.array(step, pa.int32()),
        "model": pa.array([model]).take(pa.array(np.zeros(len(at), np.int64))),
        **{name: pa.array(q[:, i]) for i, name in enumerate(QUANTILE_NAMES)},
        "actual": pa.array(actual.y[at, step]),
        "sd": pa.array(actual.sd[at, step], from_pandas=True),
        "n": pa.array(actual.n[at, step].astype(np.int32)),
    }
    return pa.table(columns, schema=SCHEMA)


def backtest(
    folder: DataFolder, models: Mapping[str, Forecaster], out: Path,
    say: Say = print, only: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Write OUT/predictions.parquet, OUT/report.json and OUT/report.md; the report.

    only: the channels to judge, all where none is named. Streams that make no sense are left
    out and named in the report. Raises BadInput where no stream is long enough, a channel is
    unknown or OUT cannot be written, NothingPublished where nothing is.
    """
    require_writable(out)
    rows, figures, text = (out / name for name in ("predictions.parquet", *REPORTS))
    tally, left_out = Tally(), list[str]()
    try:
        with pq.ParquetWriter(part(rows), SCHEMA, compression="zstd") as writer:
            for sessions in sessions_by_channel(folder, only, left_out):
                judge_channel(sessions, models, tally, writer.write_table)
                say(f"{sessions[0].channel}: {tally.cutoffs[sessions[0].channel]} cutoffs")
        report = report_of(tally, models, left_out)
        put_texts({figures: json.dumps(report, indent=1, allow_nan=False), text: markdown(report)})
        put(rows, figures, text)
    finally:
        drop_parts(rows, figures, text)
    return report


def report_of(
    tally: Tally, models: Mapping[str, Forecaster], left_out: Sequence[str] = ()
) -> dict[str, Any]:
    """What report.json holds. Raises BadInput where nothing was judged."""
    if not sum(tally.cutoffs.values()):
        raise BadInput(
            f"nothing to judge: no stream has more than {FIRST_JUDGED} windows (half an hour); "
            "import or watch longer ones"
        )
    return {
        **tally.report(models),
        "sizes": by_size(tally, list(models)),
        "comparisons": comparisons(tally, list(models)),
        "too_short": sum(tally.short.values()),
        "left_out": list(left_out),
    }

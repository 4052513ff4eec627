import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.base import Prediction, View
from models.forecasters.naive import Baseline
from models.forecasters.online import Online
from models.inputs.targets import targets
from models.judging import backtest as module
from models.judging.backtest import SCHEMA, backtest, judge
from models.judging.tally import Tally
from tests.helpers.forecasting import days_of, make_session, with_values
from warehouse.config import DataFolder
from warehouse.errors import BadInput


class Oracle:
    """Knows one session's future."""

    name = "oracle"

    def __init__(self, session, ends) -> None:  # type: ignore[no-untyped-def]
        self.truth = targets(session, ends)

    def predict(self, view: View) -> Prediction:
        assert len(view) == len(self.truth.y)
        y = np.nan_to_num(self.truth.y)[..., None]
        return Prediction(
            np.repeat(y, 5, -1), np.repeat(np.nan_to_num(self.truth.n)[..., None], 3, -1)
        )


def test_a_perfect_forecaster_has_no_error_and_hits_every_band() -> None:
    session = make_session(150)
    ends = np.arange(59, 149)
    models = {"session_mean": Baseline("session_mean"), "oracle": Oracle(session, ends)}
    tally = Tally()
    judge(session, models, tally)
    report = tally.report(models)["all"]
    assert report["streams"] == 1 and report["cutoffs"] == 90
    of = report["models"]["oracle"]
    assert of["nmse"] == [0.0] * 10 and of["crps"] == [0.0] * 10 and of["volume_mae"] == [0.0] * 10
    assert of["coverage80"] == [1.0] * 10 and of["width80"] == [0.0] * 10
    assert min(of["latent_skill"]) > 1, "no error at all is below the sampling floor"
    assert report["models"]["session_mean"]["latent_skill"] == [0.0] * 10


def test_targets_are_windows_with_chat_seen_whole() -> None:
    session = make_session(80)
    n, mean, seen = session.n.copy(), session.mean.copy(), session.observed_s.copy()
    n[61], mean[61], seen[62] = 0, np.nan, 29.0
    found = targets(with_values(session, n=n, mean=mean, observed_s=seen), np.array([59, 75]))
    assert found.y[0, 0] == mean[60] and np.isnan(found.y[0, 1]) and np.isnan(found.y[0, 2])
    assert found.n[0, :3].tolist()[:2] == [n[60], 0] and np.isnan(found.n[0, 2])
    assert np.isnan(found.y[1, 4:]).all(), "the stream ends"


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list:  # type: ignore[type-arg]
    sessions = [make_session(90, seed=1), make_session(50, seed=2, stream="a2")]
    other = [make_session(75, seed=3, channel="beta", stream="b1")]
    monkeypatch.setattr(module, "sessions_by_channel", lambda folder, *_: iter([sessions, other]))
    return [*sessions, *other]


MODELS = {name: Baseline(name) for name in ("last_value", "session_mean")}


def test_predictions_have_the_fixed_columns_and_one_row_a_target(
    streams: list,  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    backtest(DataFolder(tmp_path), MODELS, tmp_path / "out", say=lambda line: None)
    table = pq.read_table(tmp_path / "out" / "predictions.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.column_names == [
        "channel", "stream", "cutoff", "step", "model", "q025", "q10", "q50", "q90", "q975",
        "actual", "sd", "n",
    ]  # fmt: skip
    assert table.schema.field("cutoff").type == pa.timestamp("us")
    rows = [r for r in table.to_pylist() if r["model"] == "last_value" and r["stream"] == "a1"]
    session = streams[0]
    spoken = [
        (e, h) for e in range(59, 89) for h in range(1, 11) if e + h < 90 and session.n[e + h]
    ]
    assert len(rows) == len(spoken)
    for row, (end, step) in zip(rows, spoken, strict=True):
        assert row["step"] == step and row["actual"] == session.mean[end + step]
        assert row["n"] == session.n[end + step] and row["q50"] == pytest.approx(session.mean[end])
    assert {r["stream"] for r in table.to_pylist()} == {"a1", "b1"}, "a2 is too short to judge"


def test_the_cutoff_is_the_end_of_the_last_window_seen(streams: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    backtest(DataFolder(tmp_path), MODELS, tmp_path, say=lambda line: None)
    cutoff = pq.read_table(tmp_path / "predictions.parquet")["cutoff"][0].value
    assert cutoff == (int(streams[0].start[59]) + 30) * 1_000_000


def test_the_report_agrees_with_figures_recomputed_from_the_predictions(
    streams: list,  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    backtest(DataFolder(tmp_path), MODELS, tmp_path, say=lambda line: None)
    report = json.loads((tmp_path / "report.json").read_text())
    frame = pq.read_table(tmp_path / "predictions.parquet").to_pandas()
    for model in MODELS:
        for step in (1, 7):
            part = frame[(frame.model == model) & (frame.step == step)]
            error = (part.n * (part.actual - part.q50) ** 2).sum() / part.n.sum()
            inside = ((part.q10 <= part.actual) & (part.actual <= part.q90)).mean()
            of = report["all"]["models"][model]
            assert of["nmse"][step - 1] == pytest.approx(error, abs=1e-6)
            assert of["coverage80"][step - 1] == pytest.approx(inside, abs=1e-6)
            assert of["targets"][step - 1] == len(part)
    assert set(report["channels"]) == {"alpha", "beta"}


def test_streams_too_short_to_judge_are_one_clear_error_and_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        module, "sessions_by_channel", lambda folder, *_: iter([[make_session(60)]])
    )
    with pytest.raises(BadInput, match="nothing to judge"):
        backtest(DataFolder(tmp_path), MODELS, tmp_path / "out", say=lambda line: None)
    assert list((tmp_path / "out").iterdir()) == []


class Narrow:
    """A network that is far too sure of itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def predict(self, view: View) -> Prediction:
        said = Baseline("session_mean").predict(view)
        middle = said.quantiles[..., 2:3]
        return Prediction(middle + (said.quantiles - middle) / 4, said.volume)


def test_networks_are_judged_as_they_are_served_in_the_order_of_streams(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    days = days_of("alpha", 6, 200)
    models = {m.name: m for m in (Baseline("session_mean"), Narrow("lstm-1"), Narrow("plain"))}

    def run(sessions: list) -> bytes:  # type: ignore[type-arg]
        monkeypatch.setattr(module, "sessions_by_channel", lambda folder, *_: iter([sessions]))
        backtest(DataFolder(tmp_path), models, tmp_path, say=lambda line: None)
        return (tmp_path / "report.json").read_bytes()

    told = run(days)
    found = json.loads(told)["all"]["models"]
    assert max(found["plain"]["coverage80"]) < 0.4
    assert all(abs(share - 0.8) < 0.02 for share in found["lstm-1"]["coverage80"])
    assert all(abs(share - 0.95) < 0.02 for share in found["lstm-1"]["coverage95"])
    assert run(days[::-1]) == told


def test_sessions_too_short_to_judge_still_teach() -> None:
    models = {m.name: m for m in (Baseline("session_mean"), Narrow("lstm-1"))}
    online = {"lstm-1": Online()}
    tally = Tally()
    judge(make_session(50), models, tally, online=online)
    assert not tally.sums and not tally.cutoffs
    assert online["lstm-1"].to_bytes() != Online().to_bytes()

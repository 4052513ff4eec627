import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.base import Prediction, View
from models.forecasters.naive import Baseline
from models.forecasters.online import Online
from models.inputs.sessions import Session
from models.inputs.targets import targets
from models.judging import backtest as module
from models.judging.backtest import SCHEMA, backtest, judge
from models.judging.tally import Tally
from tests.helpers.forecasting import days_of, make_session, with_values
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import FIVE, STEPS


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
    assert of["nmse"] == of["crps"] == of["volume_mae"] == of["width80"] == [0.0] * STEPS
    assert of["coverage80"] == of["volume_coverage80"] == [1.0] * STEPS
    assert min(of["latent_skill"]) > 1, "no error at all is below the sampling floor"
    assert report["models"]["session_mean"]["latent_skill"] == [0.0] * STEPS


def test_targets_are_windows_with_chat_seen_whole() -> None:
    session = make_session(80)
    n, mean, seen = session.n.copy(), session.mean.copy(), session.observed_s.copy()
    n[61], mean[61], seen[62] = 0, np.nan, 29.0
    found = targets(with_values(session, n=n, mean=mean, observed_s=seen), np.array([59, 75]))
    assert found.y[0, 1] == mean[60] and np.isnan(found.y[0, 2]) and np.isnan(found.y[0, 3])
    assert found.n[0, 1:4].tolist()[:2] == [n[60], 0] and np.isnan(found.n[0, 3])
    assert np.isnan(found.y[1, 5:]).all(), "the stream ends"


def test_the_five_minutes_are_all_messages_of_ten_windows_together() -> None:
    session = make_session(90, rate=30.0)
    found = targets(session, np.array([59, 79, 81, 82]))
    n, mean = session.n[60:70], session.mean[60:70]
    assert found.n[0, FIVE] == found.counts[0, FIVE] == n.sum()
    assert found.y[0, FIVE] == pytest.approx(np.average(mean, weights=n))
    spread = ((n - 1) @ session.sd[60:70] ** 2 + n @ (mean - found.y[0, FIVE]) ** 2) / (n.sum() - 1)
    assert found.sd[0, FIVE] == pytest.approx(np.sqrt(spread))
    assert found.judged[:, FIVE].tolist() == [True, True, True, False], "eight have chat, or seven"
    assert np.isfinite(found.counts[:, FIVE]).tolist() == [True, True, False, False]


def test_five_minutes_need_eight_windows_with_chat_and_count_those_that_were_seen() -> None:
    session = make_session(80, rate=30.0)
    n, mean, seen = session.n.copy(), session.mean.copy(), session.observed_s.copy()
    n[61], mean[61], seen[62] = 0, np.nan, 29.0
    found = targets(with_values(session, n=n, mean=mean, observed_s=seen), np.array([59]))
    assert found.judged[0, FIVE] and found.n[0, FIVE] == n[60:70].sum() - n[62]
    assert np.isnan(found.counts[0, FIVE]), "one was not seen whole"
    n[63], mean[63] = 0, np.nan
    fewer = targets(with_values(session, n=n, mean=mean, observed_s=seen), np.array([59]))
    assert not fewer.judged[0, FIVE]


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list:  # type: ignore[type-arg]
    sessions = [make_session(90, seed=1), make_session(50, seed=2, stream="a2")]
    other = [make_session(75, seed=3, channel="beta", stream="b1")]
    monkeypatch.setattr(module, "sessions_by_channel", lambda folder, *_: iter([sessions, other]))
    return [*sessions, *other]


MODELS = {name: Baseline(name) for name in ("last_value", "session_mean")}


def is_spoken(session: Session, at: int) -> bool:
    return at < len(session) and session.n[at] > 0


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
        (e, h)
        for e in range(59, 89)
        for h in range(11)
        if (
            targets(session, np.array([e])).judged[0, FIVE]
            if h == FIVE
            else is_spoken(session, e + h)
        )
    ]
    assert len(rows) == len(spoken)
    for row, (end, step) in zip(rows, spoken, strict=True):
        actual = targets(session, np.array([end]))
        assert row["step"] == step and row["actual"] == actual.y[0, step]
        assert row["n"] == actual.n[0, step] and row["q50"] == pytest.approx(session.mean[end])
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
        for step in (FIVE, 1, 7):
            part = frame[(frame.model == model) & (frame.step == step)]
            error = (part.n * (part.actual - part.q50) ** 2).sum() / part.n.sum()
            inside = ((part.q10 <= part.actual) & (part.actual <= part.q90)).mean()
            of = report["all"]["models"][model]
            assert of["nmse"][step] == pytest.approx(error, abs=1e-6)
            assert of["coverage80"][step] == pytest.approx(inside, abs=1e-6)
            assert of["targets"][step] == len(part)
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
    assert all(abs(share - 0.8) < 0.02 for share in found["lstm-1"]["coverage80"][1:])
    assert all(abs(share - 0.95) < 0.02 for share in found["lstm-1"]["coverage95"][1:])
    assert found["lstm-1"]["coverage80"][FIVE] > 2 * found["plain"]["coverage80"][FIVE]
    assert run(days[::-1]) == told


def test_sessions_too_short_to_judge_still_teach() -> None:
    models = {m.name: m for m in (Baseline("session_mean"), Narrow("lstm-1"))}
    online = {"lstm-1": Online()}
    tally = Tally()
    judge(make_session(50), models, tally, online=online)
    assert not tally.sums and not tally.cutoffs
    assert online["lstm-1"].to_bytes() != Online().to_bytes()

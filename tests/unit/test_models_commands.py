"""The commands as a user runs them. One training, small, whose version the tests share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models import tune
from models.features import now
from models.registry import serving, versions
from tests.forecasting import days_of, make_session, publish
from warehouse.config import DataFolder


def run(folder: DataFolder, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DLD_DATA": str(folder.root)}
    return subprocess.run(
        [sys.executable, "-m", "models", *words],
        capture_output=True, text=True, check=False, timeout=300, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("data"))
    publish(folder, *days_of("alpha", 12, 260), *days_of("beta", 4, 120))
    done = run(folder, "train", "--epochs", "1", "--members", "1", "--hold-out", "beta")
    assert done.returncode == 0, done.stderr
    assert "trained lstm-" in done.stdout and "held out channels" in done.stdout
    return folder


def test_a_users_version_is_whole_and_serves(trained: DataFolder) -> None:
    (mine,) = versions(trained, shipped=trained.root / "nowhere")
    assert sorted(p.name for p in mine.path.iterdir()) == [
        "card.json", "linear.json", "model.tflite",
    ]  # fmt: skip
    assert not list(trained.models.glob(".*")), "nothing is left half-made"
    card = mine.card
    assert card["data"]["channels"] == ["alpha"] and card["data"]["held_out_channels"] == ["beta"]
    assert card["data"]["streams"] == {"train": 10, "valid": 2, "held_out": 4}
    assert card["data"]["lexicons"] == ["full-1"] and card["seed"] == 1
    assert mine.model in card["scores"]["held_out_channels"]["models"]
    model = next(iter(serving(trained).values()))
    assert model.name == mine.model, "the newest version serves"
    assert np.isfinite(model.predict(now([make_session(30)])).quantiles).all()


def test_backtest_writes_predictions_of_every_model(trained: DataFolder, tmp_path: Path) -> None:
    done = run(trained, "backtest", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    named = set(pq.read_table(tmp_path / "out" / "predictions.parquet")["model"].to_pylist())
    assert named == set(report["all"]["models"])
    assert {"last_value", "session_mean", "ewma", "ridge"} < named
    assert {v.model for v in versions(trained)} < named
    assert all(name in done.stdout for name in ("session_mean", "latent skill", "report.json"))


@pytest.mark.parametrize("command", ["train", "tune", "backtest"])
def test_with_nothing_published_a_command_says_so_in_one_line(
    folder: DataFolder, command: str
) -> None:
    done = run(folder, command)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("error: nothing published")


def test_with_too_little_data_train_says_what_is_missing(folder: DataFolder) -> None:
    publish(folder, make_session(100))
    done = run(folder, "train")
    assert done.returncode == 1 and done.stderr.startswith("error: too little to train on")
    assert len(done.stderr.splitlines()) == 1
    assert not folder.models.exists(), "nothing half-written"


def test_a_wrong_option_is_wrong_usage(folder: DataFolder) -> None:
    assert run(folder, "train", "--epochs", "none").returncode == 2
    assert run(folder, "nonsense").returncode == 2


def test_a_search_resumes_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    lines = [{"study": "s", "trial": 0}, {"study": "other", "trial": 0}, {"study": "s", "trial": 1}]
    path.write_text("\n".join([*map(json.dumps, lines), '{"study": "s", "tri']))
    assert [t["trial"] for t in tune.read_trials(path, "s")] == [0, 1]
    assert tune.read_trials(tmp_path / "none.jsonl", "s") == []


def test_trial_numbers_name_the_same_values_every_time() -> None:
    assert tune.proposal(1, 0) == {}
    assert tune.proposal(1, 5) == tune.proposal(1, 5)
    tried = {json.dumps(tune.proposal(1, i)) for i in range(1, 30)}
    assert len(tried) > 25

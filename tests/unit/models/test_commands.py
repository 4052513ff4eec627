"""The commands as a user runs them. One training, small, whose version the tests share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.__main__ import main
from models.inputs.features import now
from models.training.lock import only_one
from models.versions.registry import serving, versions
from tests.helpers.forecasting import days_of, make_session, publish
from warehouse import packages
from warehouse.config import DataFolder

SHIPPED_MODEL = versions()[0].model


def run(folder: DataFolder, *words: str) -> subprocess.CompletedProcess[str]:
    return started("-m", "models", *words, folder=folder)


def started(*words: str, folder: DataFolder) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DLD_DATA": str(folder.root)}
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, check=False, timeout=300, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["train", "tune"])
def test_without_its_packages_the_command_that_brings_them_is_named(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["models", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "error: training needs tensorflow, optuna; make setup-train installs what is missing\n"
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("data"))
    publish(folder, *days_of("alpha", 13, 260), *days_of("beta", 4, 120))
    done = run(folder, "train", "--epochs", "1", "--members", "1", "--hold-out", "beta")
    assert done.returncode == 0, done.stderr
    assert "trained lstm-" in done.stdout and "held out channels" in done.stdout
    return folder


def test_a_users_version_is_whole_and_waits(trained: DataFolder) -> None:
    (mine,) = versions(trained, shipped=trained.root / "nowhere")
    assert sorted(p.name for p in mine.path.iterdir()) == [
        "card.json", "linear.json", "model.tflite",
    ]  # fmt: skip
    assert not list(trained.models.glob(".*")), "nothing is left half-made"
    card = mine.card
    assert card["data"]["channels"] == ["alpha"] and card["data"]["held_out_channels"] == ["beta"]
    assert card["data"]["streams"] == {"train": 8, "valid": 2, "held_out": 4}
    assert card["data"]["lexicons"] == ["full-1"] and card["seed"] == 1
    assert card["data"]["until"] == {"alpha": "2023-11-24T00:23:00Z"}, "its eight streams' and two"
    assert mine.model in card["scores"]["held_out_channels"]["models"]
    assert card["verdict"] == {
        "against": SHIPPED_MODEL, "better": None, "streams": 3,
        "why": "too little to judge by: 3 recent streams neither has seen, 8 needed",
    }  # fmt: skip
    assert next(iter(serving(trained))) == SHIPPED_MODEL


def test_versions_are_listed_promoted_and_rolled_back(trained: DataFolder) -> None:
    def standing() -> dict[str, str]:
        listed = json.loads(run(trained, "versions", "--format", "json").stdout)
        return {f"lstm-{v['version']}": v["status"] for v in listed}

    (mine,) = versions(trained, shipped=trained.root / "nowhere")
    assert standing() == {mine.model: "candidate", SHIPPED_MODEL: "serving"}
    assert "too little to judge by" in " ".join(run(trained, "versions").stdout.split())
    done = run(trained, "promote", mine.model)
    assert (done.returncode, done.stdout) == (0, f"{mine.model} serves\n")
    assert standing() == {mine.model: "serving", SHIPPED_MODEL: "available"}
    model = next(iter(serving(trained).values()))
    assert model.name == mine.model
    assert np.isfinite(model.predict(now([make_session(30)])).quantiles).all()
    done = run(trained, "rollback")
    assert (done.returncode, done.stdout) == (
        0, f"{SHIPPED_MODEL} serves: rolled back from {mine.path.name}\n",
    )  # fmt: skip
    assert standing()[SHIPPED_MODEL] == "serving"
    done = run(trained, "rollback")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no version served before this one")
    assert len(done.stderr.splitlines()) == 1


def test_promoting_what_is_not_there_is_one_clear_line(folder: DataFolder) -> None:
    done = run(folder, "promote", "nothing")
    assert done.returncode == 1 and done.stderr.startswith("error: no version nothing; there are")


@pytest.mark.parametrize(("command", "lock"), [("train", "."), ("tune", "tune.lock")])
def test_a_second_one_at_a_time_is_refused(
    trained: DataFolder, command: str, lock: str, tmp_path: Path
) -> None:
    with only_one(trained.models / lock, "another"):
        done = run(trained, command)
    assert done.returncode == 1 and "is under way" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_trained_elsewhere_cannot_be_promoted(folder: DataFolder, tmp_path: Path) -> None:
    assert run(folder, "train", "--out", str(tmp_path), "--promote").returncode == 2


def test_backtest_writes_predictions_of_every_model(trained: DataFolder, tmp_path: Path) -> None:
    done = run(trained, "backtest", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    named = set(pq.read_table(tmp_path / "out" / "predictions.parquet")["model"].to_pylist())
    assert named == set(report["all"]["models"])
    assert {"last_value", "session_mean", "ewma", "ridge"} < named
    assert {v.model for v in versions(trained)} < named
    assert all(name in done.stdout for name in ("session_mean", "latent skill", "report.json"))


RUN_WITHOUT = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "optuna")))
runpy.run_module("models", run_name="__main__", alter_sys=True)
"""


def run_without_training(folder: DataFolder, *words: str) -> subprocess.CompletedProcess[str]:
    """As `make run` installs it: nothing that only training needs can be imported."""
    return started("-c", RUN_WITHOUT, *words, folder=folder)


@pytest.mark.parametrize("command", ["train", "tune"])
def test_without_what_training_needs_the_command_that_brings_it_is_named(
    folder: DataFolder, command: str
) -> None:
    done = run_without_training(folder, command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: training needs tensorflow, optuna, which is not installed; "
        "make setup-train brings it\n"
    )


def test_a_backtest_needs_nothing_that_only_training_needs(
    folder: DataFolder, tmp_path: Path
) -> None:
    publish(folder, make_session(90))
    done = run_without_training(folder, "backtest", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert SHIPPED_MODEL in report["all"]["models"]


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
    assert run(folder, "train", "--seed", "-1").returncode == 2

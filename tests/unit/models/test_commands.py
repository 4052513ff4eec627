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
from models.training.trials import REPORT
from models.versions.registry import serving, versions
from tests.helpers.forecasting import days_of, make_session, publish
from tests.unit.models.conftest import Run
from warehouse import packages
from warehouse.config import DataFolder

SHIPPED_MODEL = versions()[0].model


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
        "error: training needs tensorflow, optuna, sklearn; "
        "make setup-train installs what is missing\n"
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("data"))
    publish(folder, *days_of("alpha", 13, 260), *days_of("beta", 4, 120))
    folder.models.mkdir()
    small = {"layers": 1, "context": 4, "units": 4, "hidden": 4}
    (folder.models / REPORT).write_text(json.dumps({"best": {"searched": small}}))
    words = ("train", "--tuned", "--epochs", "1", "--members", "1", "--hold-out", "beta")
    done = started("-m", "models", *words, folder=folder)
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


def test_versions_are_listed_promoted_and_rolled_back(trained: DataFolder, run: Run) -> None:
    def standing() -> dict[str, str]:
        _, listed, _ = run("versions", "--format", "json", at=trained)
        return {f"lstm-{v['version']}": v["status"] for v in json.loads(listed)}

    (mine,) = versions(trained, shipped=trained.root / "nowhere")
    assert standing() == {mine.model: "candidate", SHIPPED_MODEL: "serving"}
    assert "too little to judge by" in " ".join(run("versions", at=trained)[1].split())
    assert run("promote", mine.model, at=trained) == (0, f"{mine.model} serves\n", "")
    assert standing() == {mine.model: "serving", SHIPPED_MODEL: "available"}
    model = next(iter(serving(trained).values()))
    assert model.name == mine.model
    assert np.isfinite(model.predict(now([make_session(30)])).quantiles).all()
    back = f"{SHIPPED_MODEL} serves: rolled back from {mine.path.name}\n"
    assert run("rollback", at=trained) == (0, back, "")
    assert standing()[SHIPPED_MODEL] == "serving"
    code, _, error = run("rollback", at=trained)
    assert code == 1 and error.startswith("error: no version served before this one")
    assert len(error.splitlines()) == 1


def test_promoting_what_is_not_there_is_one_clear_line(run: Run) -> None:
    code, _, error = run("promote", "nothing")
    assert code == 1 and error.startswith("error: no version nothing; there are")


@pytest.mark.parametrize(("command", "lock"), [("train", "."), ("tune", "tune.lock")])
def test_a_second_one_at_a_time_is_refused(
    trained: DataFolder, run: Run, command: str, lock: str
) -> None:
    with only_one(trained.models / lock, "another"):
        code, _, error = run(command, at=trained)
    assert code == 1 and "is under way" in error
    assert len(error.splitlines()) == 1


def test_what_is_trained_elsewhere_cannot_be_promoted(run: Run, tmp_path: Path) -> None:
    assert run("train", "--out", str(tmp_path), "--promote")[0] == 2


def test_backtest_writes_predictions_of_every_model(
    trained: DataFolder, run: Run, tmp_path: Path
) -> None:
    code, out, error = run("backtest", "--out", str(tmp_path / "out"), at=trained)
    assert code == 0, error
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    named = set(pq.read_table(tmp_path / "out" / "predictions.parquet")["model"].to_pylist())
    assert named == set(report["all"]["models"])
    assert {"last_value", "session_mean", "ewma", "ridge"} < named
    assert {v.model for v in versions(trained)} < named
    assert all(name in out for name in ("session_mean", "latent skill", "report.json"))


RUN_WITHOUT = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "optuna", "sklearn")))
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
        "error: training needs tensorflow, optuna, sklearn; "
        "make setup-train installs what is missing\n"
    )


def test_a_backtest_needs_nothing_that_only_training_needs(
    folder: DataFolder, tmp_path: Path
) -> None:
    publish(folder, make_session(90))
    done = run_without_training(folder, "backtest", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert SHIPPED_MODEL in report["all"]["models"]


def test_with_too_little_data_train_says_what_is_missing(folder: DataFolder, run: Run) -> None:
    publish(folder, make_session(100))
    code, _, error = run("train")
    assert code == 1 and error.startswith("error: too little to train on")
    assert len(error.splitlines()) == 1
    assert not folder.models.exists(), "nothing half-written"


def test_a_wrong_option_is_wrong_usage(run: Run) -> None:
    assert run("train", "--epochs", "none")[0] == 2
    assert run("nonsense")[0] == 2
    assert run("train", "--seed", "-1")[0] == 2

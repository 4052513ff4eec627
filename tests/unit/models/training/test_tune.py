"""A search: resumed after a kill, every trial recorded, with what mattered told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import optuna
import pytest

from models.forecasters.lstm_config import Config, checked
from models.inputs.training_arrays import arrays
from models.training import tune
from models.training.trials import TRIALS, add_trials, read_best, read_trials
from models.training.tune import SPACE, Search
from models.training.tuning_report import as_text, write_report
from tests.helpers.forecasting import days_of
from warehouse.config import DataFolder
from warehouse.errors import BadInput

Loss = Any


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Search:
    """A search whose loss is known: the learning rate decides."""
    monkeypatch.setattr(tune, "_loss", by_rate)
    return Search(tmp_path, "data", 1)


def by_rate(trial: optuna.Trial, *_: Any) -> float:
    trial.set_user_attr("params", {**trial.params, "members": 1})
    loss = abs(trial.params["learning_rate"] - 5e-4) + 0.5
    trial.report(loss, 0)
    return loss


def steps(search: Search, count: int) -> None:
    for _ in range(count):
        search.step(None, None)  # type: ignore[arg-type]


def test_every_value_searched_is_a_field_and_its_default_can_be_tried(search: Search) -> None:
    assert set(SPACE) <= {f.name for f in fields(Config)}
    first = search.step(None, None)  # type: ignore[arg-type]
    assert first["searched"] == {name: getattr(Config(), name) for name in SPACE}


def test_a_trial_is_recorded_with_values_curve_and_status(search: Search) -> None:
    steps(search, 2)
    first, second = read_trials(search.path)
    assert (first["trial"], first["status"], first["kind"]) == (0, "done", "lstm")
    assert first["study"].startswith("data, space ")
    assert first["loss"] == pytest.approx(0.5015) and first["losses"] == [0.5015]
    assert first["params"]["members"] == 1 and first["seconds"] >= 0
    assert second["trial"] == 1 and second["searched"] != first["searched"]


def test_a_hopeless_trial_is_pruned_and_recorded_as_that(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(search, 6)

    def hopeless(trial: optuna.Trial, *_: Any) -> float:
        trial.report(9.0, 0)
        assert trial.should_prune()
        raise optuna.TrialPruned

    monkeypatch.setattr(tune, "_loss", hopeless)
    told = search.step(None, None)  # type: ignore[arg-type]
    assert (told["status"], told["loss"], told["losses"]) == ("pruned", None, [9.0])


def test_a_trial_that_fails_says_why_and_the_search_goes_on(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverges(*_: Any) -> float:
        raise FloatingPointError("the network diverged")

    monkeypatch.setattr(tune, "_loss", diverges)
    told = search.step(None, None)  # type: ignore[arg-type]
    assert (told["status"], told["why"]) == (
        "failed", "FloatingPointError: the network diverged",
    )  # fmt: skip
    assert not search.is_hopeless()
    steps(search, 2)
    assert search.is_hopeless()
    with pytest.raises(BadInput, match="the network diverged"):
        write_report(search.path.parent, search.study, search.trials(), print)


KILLED = """
import sys, time
from pathlib import Path
from models.training import tune
from tests.unit.models.training.test_tune import by_rate

def slow(trial, *_):
    if trial.number < 2:
        return by_rate(trial)
    print("begun", flush=True)
    time.sleep(60)

tune._loss = slow
search = tune.Search(Path(sys.argv[1]), "data", 1)
for _ in range(3):
    search.step(None, None)
"""


def test_a_search_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stdout.readline() == "begun\n"
        os.kill(child.pid, signal.SIGKILL)
    with (tmp_path / TRIALS).open("a") as file:
        file.write('{"study": "data, sp')  # and in the middle of a line, too
    monkeypatch.setattr(tune, "_loss", by_rate)
    search = Search(tmp_path, "data", 1)
    told = [(t["trial"], t["status"], t["why"]) for t in search.trials()]
    assert told == [(0, "done", ""), (1, "done", ""), (2, "failed", "stopped before its end")]
    assert search.step(None, None)["trial"] == 3  # type: ignore[arg-type]
    assert len((tmp_path / TRIALS).read_text().splitlines()) == 5


def test_the_same_seed_tries_the_same_values_whether_it_was_stopped_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "_loss", by_rate)
    tried = []
    for name, again in (("one", False), ("two", True)):
        (tmp_path / name).mkdir()
        search = Search(tmp_path / name, "data", 1)
        steps(search, 3)
        steps(Search(tmp_path / name, "data", 1) if again else search, 2)
        tried.append([t["searched"] for t in search.trials()])
    assert tried[0] == tried[1]
    assert len({json.dumps(values) for values in tried[0]}) == 5


def test_other_data_or_another_space_is_another_study(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(search, 2)
    assert Search(tmp_path, "more data", 1).trials() == []
    monkeypatch.setitem(SPACE, "units", tune.OneOf((12, 99)))
    assert Search(tmp_path, "data", 1).trials() == []
    assert len(read_trials(search.path)) == 2


def test_the_report_tells_the_best_trial_and_what_mattered(search: Search) -> None:
    steps(search, 12)
    report = write_report(search.path.parent, search.study, search.trials(), lambda line: None)
    best = min(search.trials(), key=lambda t: float(t["loss"]))
    assert report["best"] == best and report["defaults"]["trial"] == 0
    assert next(iter(report["importances"])) == "learning_rate"
    assert sum(report["importances"].values()) == pytest.approx(1, abs=0.01)
    assert json.loads((search.path.parent / "tuning.json").read_text()) == report
    text = (search.path.parent / "tuning.md").read_text()
    assert text == as_text(report)
    assert f"Best: trial {best['trial']}, loss {best['loss']:.5f}" in text
    assert text.count("| done |") == 12


def test_a_training_can_take_the_best_trials_values(tmp_path: Path, search: Search) -> None:
    folder = DataFolder(tmp_path)
    with pytest.raises(BadInput, match="run python -m models tune first"):
        read_best(folder)
    steps(search, 3)
    folder.models.mkdir()
    report = write_report(folder.models, search.study, search.trials(), lambda line: None)
    assert read_best(folder) == report["best"]["searched"]
    Config(**read_best(folder))
    (folder.models / "tuning.json").write_text("{}")
    with pytest.raises(BadInput, match="names no best trial"):
        read_best(folder)


@pytest.mark.parametrize(
    "params",
    [
        {"foo": 1}, {"units": "many"}, {"units": 8.5}, {"batch": 0}, {"epochs": True},
        {"dropout": 1.0}, {"learning_rate": float("nan")}, {"context": 17}, {"without": "mood"},
    ],
)  # fmt: skip
def test_values_that_no_network_can_have_are_named(params: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=f"{next(iter(params))}.*run tune again"):
        checked(params)
    assert checked(tune.defaults()) == Config()


def test_a_study_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tune.db").write_bytes(b"no database at all" * 400)
    with pytest.raises(BadInput, match=r"tune\.db: not a study that can be read .*; move it away"):
        Search(tmp_path, "data", 1)


def test_a_budget_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="say a number"):
        tune.tune(DataFolder(tmp_path), float("nan"))


def test_with_few_trials_nothing_is_said_of_what_mattered(search: Search) -> None:
    steps(search, 2)
    report = write_report(search.path.parent, search.study, search.trials(), lambda line: None)
    assert report["importances"] == {}
    assert "from 10 trials done on" in (search.path.parent / "tuning.md").read_text()


def test_trials_are_read_without_optuna_or_tensorflow(tmp_path: Path) -> None:
    add_trials(tmp_path / TRIALS, [{"study": "s", "trial": 0, "status": "done"}])
    code = (
        "import sys; from pathlib import Path; from models.training.trials import read_trials\n"
        f"print(len(read_trials(Path({str(tmp_path / TRIALS)!r}))))\n"
        "print([m for m in ('optuna', 'tensorflow', 'keras', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n[]\n"


@pytest.mark.parametrize(
    "line",
    [
        "{", "[1]", '{"study": "s"}', '{"study":1,"trial":"x"}', "", "7", "null",
        '{"study": "s", "trial": 9999999999, "status": "done"}',
        '{"study": "s", "trial": 1, "status": "done", "trained_at": "once"}',
        '{"study": [], "trial": 1, "status": "done"}',
        '{"study": "\\ud800", "trial": 1, "status": "done"}',
        '{"study": "s", "trial": true, "status": "done"}',
        '{"study": "s", "trial": 1, "status": "done", "kind": 4}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_lines_that_are_no_trials_are_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / TRIALS
    assert read_trials(path) == []
    path.write_text(line)
    add_trials(path, [{"study": "s", "trial": 0, "status": "done"}])
    assert [t["trial"] for t in read_trials(path, "s")] == [0]
    assert read_trials(path, "other") == []


def test_a_trial_told_twice_counts_as_last_told(tmp_path: Path) -> None:
    trial = {"study": "s", "trial": 0, "status": "failed"}
    add_trials(tmp_path / TRIALS, [trial, {**trial, "status": "done"}])
    assert [t["status"] for t in read_trials(tmp_path / TRIALS)] == ["done"]


class Told(optuna.trial.FixedTrial):
    """A trial that remembers what it was told, and is hopeless after the first epoch if said."""

    def __init__(self, params: dict[str, Any], hopeless: bool = False) -> None:
        super().__init__(params)
        self._suggested_params = dict(params)
        self.told: list[float] = []
        self.hopeless = hopeless

    def report(self, value: float, step: int) -> None:
        self.told.append(value)

    def should_prune(self) -> bool:
        return self.hopeless


@pytest.fixture
def eager() -> Iterator[None]:
    """A few steps of a tiny network take less time than drawing its graph."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")
@pytest.mark.usefixtures("eager")
def test_a_network_is_judged_after_every_epoch_against_the_session_mean() -> None:
    data = arrays(days_of("alpha", 3, 90))
    tiny = {"units": 2, "hidden": 2, "layers": 1, "context": 4, "epochs": 2, "batch": 64}
    tiny |= {"learning_rate": 1e-3}
    trial = Told(tiny)
    loss = tune._loss(trial, data, data, 1)  # type: ignore[arg-type]
    assert len(trial.told) == 2 and loss == pytest.approx(min(trial.told), abs=1e-6)
    assert 0.3 < loss < 0.9, "made-up moods swing: the mean so far is easily beaten"
    assert trial.user_attrs["params"]["units"] == 2
    assert 0 < trial.user_attrs["crps"] < 0.2 and 0 < trial.user_attrs["squared_error"] < 0.02
    hopeless = Told(tiny, hopeless=True)
    with pytest.raises(optuna.TrialPruned):
        tune._loss(hopeless, data, data, 1)  # type: ignore[arg-type]
    assert len(hopeless.told) == 1

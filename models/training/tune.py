"""python -m models tune: a search for better values within a budget of minutes, by Optuna.

Its study is kept in DLD_DATA/models/tune.db, so that a search that was stopped or killed goes
on where it was; every trial that has ended is a line of trials.jsonl too (trials.py).
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.distributions import CategoricalDistribution as OneOf
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from models.forecasters.lstm_config import Config
from models.inputs.published import sessions_by_channel
from models.inputs.training_arrays import Arrays, arrays, check_enough, split
from models.output import require_writable
from models.training.challenge import set_aside
from models.training.lock import only_one
from models.training.trials import TRIALS, Trial, add_trials, read_trials
from models.training.tuning_report import Judge, telling, write_report
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import iso, utc

# what is searched, by field of Config; another value is another line
SPACE: dict[str, BaseDistribution] = {
    "context": OneOf((4, 8, 16)),
    "layers": IntDistribution(1, 2),
    "units": OneOf((8, 12, 16, 24, 32)),
    "hidden": OneOf((16, 24, 32, 48)),
    "epochs": IntDistribution(2, 6),
    "batch": OneOf((512, 1024, 2048)),
    "dropout": FloatDistribution(0.0, 0.5),
    "learning_rate": FloatDistribution(1e-4, 4e-3, log=True),
    "weight_decay": FloatDistribution(1e-4, 1e-1, log=True),
    "volume_weight": FloatDistribution(0.1, 10.0, log=True),
    "band_n": FloatDistribution(0.3, 10.0, log=True),
}
RANDOM = 10  # trials before TPE has enough to learn from, and MedianPruner to compare with
STATUS = {TrialState.COMPLETE: "done", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
PATIENCE = 3  # trials in a row that fail: something else is wrong
Say = Callable[[str], None]


def tune(
    folder: DataFolder, minutes: float, seed: int = 1, hold_out: Sequence[str] = (),
    say: Say = print,
) -> dict[str, Any]:  # fmt: skip
    """Try until the budget is spent, at least once; the report (tuning_report.py).

    What a challenger is compared by is not seen here either. Raises BadInput where no trial
    comes to its end, or another search is under way.
    """
    if np.isnan(minutes):
        raise BadInput("a budget of nan minutes would never end; say a number")
    until = time.monotonic() + 60 * minutes
    rest, _ = set_aside([s for c in sessions_by_channel(folder) for s in c])
    parts = split(rest, seed, hold_out)
    check_enough(parts)
    require_writable(folder.models)
    learn, check = arrays(parts.train), arrays(parts.valid)
    with only_one(folder.models / "tune.lock", "a search"):
        search = Search(folder.models, f"seed {seed}, {len(learn)} cutoffs", seed)
        say(f"{search.study.study_name}: {len(search.ended())} trials so far")
        with telling(minutes, say) as tell:
            while True:
                trial = search.step(learn, check)
                tell(trial)
                if time.monotonic() >= until or search.is_hopeless():
                    break
        return write_report(folder.models, search.study, search.trials(), say)


class Search:
    """A study on disk. Nobody else may have it open: see only_one."""

    def __init__(self, models: Path, data: str, seed: int) -> None:
        """data: what the trials learn from, for the study's name; other data, another study."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.path, self.seed = models / TRIALS, seed
        try:
            self.study = optuna.create_study(
                storage=optuna.storages.RDBStorage(f"sqlite:///{models / 'tune.db'}"),
                study_name=f"{data}, space {_space_mark()}",
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_min_trials=3),
            )
        except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
            why = str(error).splitlines()[0]
            raise BadInput(
                f"{models / 'tune.db'}: not a study that can be read ({why}); move it away"
            ) from error
        self._bury()
        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial(defaults())
        self._record()

    def step(self, learn: Arrays, check: Arrays) -> Trial:
        """One more trial, to its end; as it was recorded."""
        number = len(self.study.get_trials(deepcopy=False))
        # trial k of a seed draws the same values after the same trials, resumed or not
        self.study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=RANDOM, multivariate=True, seed=(self.seed * 100_003 + number) % 2**32
        )
        trial = self.study.ask(SPACE)
        began = time.monotonic()
        try:
            loss = _loss(trial, learn, check, self.seed)
            self._end(trial, began)
            self.study.tell(trial, loss)
        except optuna.TrialPruned:
            self._end(trial, began)
            self.study.tell(trial, state=TrialState.PRUNED)
        except (FloatingPointError, ValueError, RuntimeError, MemoryError) as error:
            trial.set_user_attr("why", f"{type(error).__name__}: {error}"[:300])
            self._end(trial, began)
            self.study.tell(trial, state=TrialState.FAIL)
        self._record()
        return self.trials()[-1]

    def ended(self) -> list[FrozenTrial]:
        trials: list[FrozenTrial] = self.study.get_trials(deepcopy=False, states=tuple(STATUS))
        return trials

    def trials(self) -> list[Trial]:
        """This study's, as recorded."""
        return read_trials(self.path, self.study.study_name)

    def is_hopeless(self) -> bool:
        """Whether the last trials all failed."""
        last = [t["status"] for t in self.trials()[-PATIENCE:]]
        return len(last) == PATIENCE and set(last) == {"failed"}

    def _bury(self) -> None:
        """Trials that were begun by a search that was killed will never end."""
        for begun in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self.study.tell(begun.number, state=TrialState.FAIL)

    def _record(self) -> None:
        """A line for every trial that has none: also for those that ended in a kill."""
        recorded = {t["trial"] for t in self.trials()}
        new = [t for t in self.ended() if t.number not in recorded]
        add_trials(self.path, [_line(self.study.study_name, t) for t in new])

    def _end(self, trial: optuna.Trial, began: float) -> None:
        trial.set_user_attr("seconds", round(time.monotonic() - began, 1))


def defaults() -> dict[str, Any]:
    """The values in force, as the first trial: what all others are to be compared with."""
    return {f.name: f.default for f in fields(Config) if f.name in SPACE}


def _loss(trial: optuna.Trial, learn: Arrays, check: Arrays, seed: int) -> float:
    """Loss of one network of these values; the trial is told it after every epoch."""
    from models.forecasters import lstm

    config = Config(**{**trial.params, "members": 1})
    trial.set_user_attr("params", config.as_json())
    judge = Judge(check)
    model = lstm.fit(config, learn, check, seed, [judge.callback(trial)])
    figures = judge(model)
    for name, value in figures.items():
        trial.set_user_attr(name, value)
    return figures["loss"]


def _line(study: str, trial: FrozenTrial) -> Trial:
    noted, at = trial.user_attrs, trial.datetime_complete
    return {
        "study": study, "trial": trial.number, "kind": "lstm",
        "trained_at": iso(utc(at.timestamp()) if at else datetime.now(UTC)),
        "params": noted.get("params", trial.params), "searched": trial.params,
        "loss": trial.value if trial.state is TrialState.COMPLETE else None,
        "losses": [round(v, 6) for _, v in sorted(trial.intermediate_values.items())
                   if np.isfinite(v)],
        "crps": noted.get("crps"), "squared_error": noted.get("squared_error"),
        "seconds": noted.get("seconds"), "status": STATUS[trial.state],
        "why": noted.get("why", "stopped before its end") if trial.state is TrialState.FAIL else "",
    }  # fmt: skip


def _space_mark() -> str:
    """Short digest of SPACE: trials of another space are another study."""
    space = json.dumps({k: repr(v) for k, v in sorted(SPACE.items())})
    return hashlib.sha256(space.encode()).hexdigest()[:6]

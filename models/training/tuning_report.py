"""Judge, progress and report of a search: its parts that are not the search."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.inputs.training_arrays import Arrays
from models.training.trials import REPORT, Trial
from warehouse.atomic import replace_file
from warehouse.errors import BadInput
from warehouse.figures import fixed
from warehouse.forecast_metrics import LEVELS, Outcomes, mean, total
from warehouse.records import STEPS, iso

ERRORS = ("squared_error", "crps")  # of forecast_metrics.SUMS, that trials are told with
ENOUGH = 10  # trials done, before importances are more than noise
Say = Callable[[str], None]


class Judge:
    """Loss of networks on the valid streams: CRPS as a share of what the running session mean has,
    pooled over all steps and weighted by messages, so that the five minutes weigh as much as their
    ten windows.

    The training loss would not do: it depends on the weights that are searched. Below 1 is
    better than the session mean; sampling noise, which nobody can foresee, keeps it near it.
    """

    def __init__(self, check: Arrays) -> None:
        from models.forecasters import lstm

        self.check = check
        self.batches = lstm.dataset(check, 4096, None)
        self.usual = self._errors(np.zeros((len(check), STEPS, len(LEVELS))))

    def __call__(self, model: Any) -> dict[str, float]:
        """loss, crps and squared_error. Raises FloatingPointError where there is no number."""
        outputs = np.concatenate([model.predict_on_batch(x) for x, _ in self.batches])
        errors = self._errors(outputs[..., : len(LEVELS)])
        loss = errors["crps"] / self.usual["crps"]
        if not np.isfinite(loss):
            raise FloatingPointError("the network diverged")
        return {"loss": loss, **errors}

    def _errors(self, raw: Any) -> dict[str, float]:
        """Means over all steps. raw: (k, 11, 5), in message sds from the session mean."""
        view, targets = self.check.view, self.check.targets
        q = np.sort(view.session_mean[:, None, None] + view.sd[:, None, None] * raw, axis=-1)
        sums = total(Outcomes(targets.y.ravel(), targets.n.ravel(), q.reshape(-1, q.shape[-1])))
        return {name: float(mean(name)(sums)) for name in ERRORS}

    def callback(self, trial: optuna.Trial) -> Any:
        """Tells the trial its loss after every epoch; raises TrialPruned where it is hopeless."""
        import keras

        judge = self

        class Pruning(keras.callbacks.Callback):  # type: ignore[misc]
            def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
                trial.report(judge(self.model)["loss"], epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned

        return Pruning()


@contextmanager
def telling(minutes: float, say: Say) -> Iterator[Callable[[Trial], None]]:
    """Told of every trial: a bar of the budget on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield lambda trial: say(_line_of(trial))
        return
    columns = (
        TextColumn("tune"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[best]}"),
    )
    with Progress(*columns, console=Console()) as bar:
        task, best = bar.add_task("tune", total=60 * minutes, best=""), [float("inf")]

        def tell(trial: Trial) -> None:
            best[0] = min(best[0], trial["loss"] or float("inf"))
            bar.console.print(_line_of(trial), highlight=False)
            bar.update(task, completed=bar.tasks[0].elapsed or 0, best=f"best {fixed(best[0], 5)}")

        yield tell


def _line_of(trial: Trial) -> str:
    loss = fixed(trial["loss"] or (trial["losses"] or [None])[-1], 5)
    values = " ".join(f"{k}={_short(v)}" for k, v in trial["searched"].items())
    return f"trial {trial['trial']} {trial['status']} loss={loss} {trial['seconds']} s {values}"


def write_report(
    models: Path, study: optuna.Study, trials: Sequence[Trial], say: Say
) -> dict[str, Any]:
    """tuning.json and tuning.md: the best trial, what mattered, all trials with their curves.

    Raises BadInput where no trial came to its end.
    """
    finished = [t for t in trials if t["status"] == "done"]
    if not finished:
        why = trials[-1]["why"] if trials else "no trial"
        raise BadInput(f"no trial came to its end ({why}); are the windows sound?")
    best = min(finished, key=lambda t: float(t["loss"]))
    first = next((t for t in finished if t["trial"] == 0), None)
    report = {
        "study": study.study_name, "made_at": iso(datetime.now(UTC)), "best": best,
        "defaults": first, "importances": importances(study), "trials": list(trials),
    }  # fmt: skip
    replace_file(models / REPORT, json.dumps(report, indent=1).encode())
    replace_file(models / "tuning.md", as_text(report).encode())
    against = f", the defaults {first['loss']:.5f}" if first else ""
    say(f"best of {len(trials)}: trial {best['trial']} loss={best['loss']:.5f}{against}")
    return report


def importances(study: optuna.Study) -> dict[str, float]:
    """Share of the variation of the loss that each value explains, 0..1, highest first; {} with
    fewer than ENOUGH trials finished.

    Source: Hutter, Hoos & Leyton-Brown 2014 (fANOVA).
    """
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(finished) < ENOUGH:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=1)
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: round(float(share), 4) for name, share in shares.items()}


def as_text(report: dict[str, Any]) -> str:
    """The report for people, in Markdown."""
    best, first = report["best"], report["defaults"]
    names = list(best["searched"])
    lines = [f"# Tuning: {report['study']}", "", f"Made {report['made_at']}. Loss: CRPS on the "
             "valid streams, 1 = the session mean's.", ""]  # fmt: skip
    lines += [f"Best: trial {best['trial']}, loss {best['loss']:.5f}" +
              (f"; the defaults (trial 0) {first['loss']:.5f}." if first else "."), ""]  # fmt: skip
    rows = [[n, _short(best["searched"][n]), _short((first or best)["params"][n]),
             _share(report["importances"].get(n))] for n in names]  # fmt: skip
    lines += _table(["value", "best", "default", "explains"], rows)
    if not report["importances"]:
        lines += ["", f"What mattered is told from {ENOUGH} trials done on."]
    lines += ["", "## Trials, the best first", ""]
    ranked = sorted(report["trials"], key=lambda t: t["loss"] or float("inf"))
    heads = ["trial", "status", "loss", "loss after each epoch", "seconds", *names]
    return "\n".join([*lines, *_table(heads, [_row(t, names) for t in ranked]), ""])


def _row(trial: Trial, names: Sequence[str]) -> list[str]:
    curve = " ".join(f"{v:.5f}" for v in trial["losses"])
    values = [_short(trial["searched"].get(n, "")) for n in names]
    loss = f"{trial['loss']:.5f}" if trial["loss"] else ""
    return [str(trial["trial"]), trial["status"], loss, curve, str(trial["seconds"] or ""), *values]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    made = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(row) + " |" for row in made]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"

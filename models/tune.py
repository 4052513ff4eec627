"""python -m models tune: a seeded random search within a budget of minutes.

Every trial is a line of DLD_DATA/models/trials.jsonl as soon as it is done. Trial number k of a
seed always tries the same values, so a search that was stopped goes on where it was.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.data import arrays, check_enough, sessions_by_channel, split
from models.output import require_writable
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import iso

SPACE: dict[str, tuple[Any, ...]] = {
    "units": (8, 12, 16, 24, 32),
    "hidden": (16, 24, 32, 48),
    "dropout": (0.1, 0.2, 0.3, 0.4),
    "learning_rate": (2e-4, 5e-4, 1e-3, 2e-3),
    "weight_decay": (1e-3, 1e-2, 3e-2),
    "batch": (512, 1024, 2048),
    "band_weight": (0.1, 0.3, 1.0),
}


def tune(
    folder: DataFolder, minutes: float, seed: int = 1, hold_out: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> dict[str, Any]:  # fmt: skip
    """Try until the budget is spent, at least once; the best trial so far, by valid error."""
    until = time.monotonic() + 60 * minutes
    parts = split([s for c in sessions_by_channel(folder) for s in c], seed, hold_out)
    check_enough(parts)
    require_writable(folder.models)
    learn, check = arrays(parts.train), arrays(parts.valid)
    path = folder.models / "trials.jsonl"
    study = f"seed {seed}, {len(learn)} cutoffs"  # other data: another study
    done = read_trials(path, study)
    while True:
        number = len(done)
        trial = _try(number, study, proposal(seed, number), learn, check, seed)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(trial) + "\n")
        done.append(trial)
        say(f"trial {number} loss={trial['loss']:.5f} {trial['seconds']} s {trial['params']}")
        if time.monotonic() >= until:
            return min(done, key=lambda t: float(t["loss"]))


def proposal(seed: int, number: int) -> dict[str, Any]:
    """Values of trial `number`; number 0 is the defaults."""
    rng = np.random.default_rng([seed, number])
    return {} if number == 0 else {k: v[int(rng.integers(len(v)))] for k, v in SPACE.items()}


def read_trials(path: Path, study: str) -> list[dict[str, Any]]:
    """Finished trials of a study, oldest first; a line cut short by a crash is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            trial = json.loads(line)
        except ValueError:
            continue
        if trial.get("study") == study:
            found.append(trial)
    return found


def _try(number: int, study: str, params: dict[str, Any], learn: Any, check: Any, seed: int) -> Any:
    from models import lstm

    began = time.monotonic()
    config = lstm.Config(**{**params, "members": 1})
    model = lstm.fit(config, learn, check, seed, [])
    loss = lstm.centre_error(model, check)
    if not np.isfinite(loss):
        raise BadInput("training diverged; are the windows sound?")
    return {
        "study": study, "trial": number, "kind": "lstm", "params": config.as_json(),
        "trained_at": iso(datetime.now(UTC)), "loss": loss,
        "seconds": round(time.monotonic() - began), "status": "done",
    }  # fmt: skip

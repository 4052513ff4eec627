"""Trials of a search for better values, as DLD_DATA/models/trials.jsonl tells them.

A line a trial that has ended, written by tune.py. Reading needs neither Optuna nor TensorFlow:
the daemon publishes the lines.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.atomic import read_file
from warehouse.config import DataFolder
from warehouse.errors import BadInput

TRIALS, REPORT = "trials.jsonl", "tuning.json"
NEEDED = {"study", "trial", "status"}  # done, pruned, failed
Trial = dict[str, Any]


def read_trials(path: Path, study: str | None = None) -> list[Trial]:
    """Trials that have ended, of one study or of all, oldest first; each once, as last told.

    Lines cut short by a crash are left out. Keys: study, trial, kind, trained_at (ISO), params,
    loss (None unless done), losses (one an epoch), crps, squared_error, seconds, status, why.
    """
    if not path.is_file():
        return []
    trials: dict[tuple[str, int], Trial] = {}
    for line in read_file(path).decode(errors="replace").splitlines():
        trial = _parsed(line)
        if trial and study in (None, trial["study"]):
            trials[trial["study"], trial["trial"]] = trial
    return list(trials.values())


def _parsed(line: str) -> Trial | None:
    try:
        trial = json.loads(line)
    except (ValueError, RecursionError):
        return None
    try:
        "".join([trial["study"], trial["status"], trial.get("kind", "lstm")]).encode()
        datetime.fromisoformat(trial.get("trained_at") or "2026-01-01")
        whole = trial.keys() >= NEEDED and 0 <= trial["trial"] < 1 << 31
    except (AttributeError, ValueError, TypeError, KeyError):
        return None
    return trial if whole and type(trial["trial"]) is int else None


def add_trials(path: Path, trials: Iterable[Trial]) -> None:
    """Append a line each; after a line that was cut short, on a line of their own."""
    lines = "".join(json.dumps(trial) + "\n" for trial in trials)
    if not lines:
        return
    with path.open("ab+") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        if size and file.read(1) != b"\n":
            lines = "\n" + lines
        file.write(lines.encode())


def read_best(folder: DataFolder) -> dict[str, Any]:
    """Values of the best trial of the last search that came to its end. Raises BadInput."""
    path = folder.models / REPORT
    try:
        return dict(json.loads(read_file(path))["best"]["searched"])
    except FileNotFoundError as error:
        raise BadInput(f"no {path}: run python -m models tune first") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: names no best trial ({error!r}); run tune again") from error

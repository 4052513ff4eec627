"""Rows of `models` and `trials`: what the registry and the search tell, for the dashboard."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.training.trials import TRIALS, read_trials
from models.versions.promotion import in_force, statuses
from models.versions.registry import Version
from warehouse.config import DataFolder
from warehouse.store.store import Store

Row = Mapping[str, Any]


def write_model_rows(store: Store, folder: DataFolder, served: str = "") -> str:
    """The models there are and how each stands, and what tuning has tried. served: the model
    that is loaded, '' where none is. Returns the one that serves, or would."""
    rows = model_rows(folder, served)
    trials = store.rows("trials", trial_rows(folder))
    store.write({"models": store.rows("models", rows), "trials": trials})
    return next((str(row["model"]) for row in rows if row["status"] == "serving"), "")


def model_rows(folder: DataFolder, served: str = "") -> list[Row]:
    """Rows of `models`: every version on disk, from its card, and how it stands. served: the
    model that is loaded."""
    choice = in_force(folder)
    told = {choice.version: {"since": choice.since, "why": choice.why}} if choice else {}
    return [
        _model_row(version, status, told.get(version.path.name) if status == "serving" else None)
        for version, status in statuses(folder, served)
    ]


def _model_row(version: Version, status: str, choice: dict[str, str] | None) -> Row:
    card = version.card
    data = card.get("data", {})
    told_of = ("params", "seed", "versions", "sha256", "verdict", "chances")
    other = {k: card.get(k) for k in told_of}
    return {
        "model": version.model,
        "kind": card.get("kind", "lstm"),
        "trained_at": version.trained_at,
        "data_from": _time(data.get("from")),
        "data_to": _time(data.get("to")),
        "params": json.dumps({**other, "data": data, "choice": choice}),
        "scores": json.dumps(card.get("scores")),
        "status": status,
    }


def trial_rows(folder: DataFolder) -> list[Row]:
    """Rows of `trials`: every trial of every search, as models/trials.jsonl tells them."""
    kept = ("loss", "losses", "crps", "squared_error", "seconds", "why")
    return [
        {
            "study": str(trial["study"]),
            "trial": trial["trial"],
            "kind": trial.get("kind", "lstm"),
            "trained_at": _time(trial.get("trained_at")),
            "params": json.dumps(trial.get("searched") or trial.get("params")),
            "scores": json.dumps({k: trial.get(k) for k in kept}),
            "status": str(trial["status"]),
        }
        for trial in read_trials(folder.models / TRIALS)
    ]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

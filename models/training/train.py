"""python -m models train: windows of a data folder -> a version with its card.

A version appears whole or not at all: it is written aside and renamed into place. One that may
come to serve is compared with the one that does (challenge.py), on streams kept for that.
"""

import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np

from models.base import FIRST_JUDGED, Forecaster
from models.forecasters.lstm_config import Config, checked
from models.forecasters.naive import centres, counts, fit_spread
from models.forecasters.ridge import Ridge, inputs, solve
from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Session
from models.inputs.targets import cutoffs
from models.inputs.training_arrays import Arrays, Split, arrays, check_enough, split
from models.judging.backtest import judge_channel
from models.judging.tally import Tally
from models.output import require_writable
from models.training.challenge import challenge, set_aside
from models.training.lock import only_one
from models.versions.registry import CARD, LINEAR, NETWORK, Version, contract, sha256
from warehouse.atomic import private_folder
from warehouse.config import DataFolder
from warehouse.records import STEPS, iso, utc

LINEAR_ROWS = 40_000  # cutoffs the baselines' bands are fitted on, at most
SCORED_STREAMS = 150  # of each part, at most: the card's scores; `backtest` does them all
Say = Callable[[str], None]


def train(
    folder: DataFolder, out: Path, seed: int = 1, hold_out: Sequence[str] = (),
    params: dict[str, Any] | None = None, say: Say = print, challenges: bool = False,
) -> Version:  # fmt: skip
    """Train on the folder's windows; the finished version.

    challenges: keep each channel's latest streams to compare it with the version that serves;
    no channel is then held out but those named. Raises BadInput, NothingPublished.
    """
    began, config = time.monotonic(), checked(params or {})
    sessions = [s for channel in sessions_by_channel(folder) for s in channel]
    rest, recent = set_aside(sessions) if challenges else (sessions, [])
    parts = split(rest, seed, hold_out, draw=not challenges)
    check_enough(parts)
    say(
        f"{len(sessions)} streams: {len(parts.train)} to train, {len(parts.valid)} to validate, "
        f"{len(parts.held_out)} of channels held out, {len(recent)} recent to compare by"
    )
    require_writable(out)
    with only_one(out, "training"):
        aside = _new_folder(out, f"{datetime.now(UTC):%Y%m%d-%H%M%S}")
        card = _fit(aside, parts, sessions, seed, hold_out, config, say)
        say("scoring on streams it has not seen")
        card |= judged_as(Version(aside, card), parts)
        if challenges:
            card["verdict"] = challenge(Version(aside, card), folder, recent)
        card["minutes"] = round((time.monotonic() - began) / 60, 1)
        _write_card(aside, card)
        aside.rename(out / aside.name)
        aside.parent.rmdir()
    return Version(out / aside.name, card)


def _fit(
    aside: Path, parts: Split, sessions: Sequence[Session], seed: int, hold_out: Sequence[str],
    config: Config, say: Say,
) -> dict[str, Any]:  # fmt: skip
    """Network, coefficients and card of a version, in `aside`; the card."""
    # TensorFlow takes seconds to import: not before the data is known good
    from models.forecasters import lstm

    learn, check = arrays(parts.train), arrays(parts.valid)
    say(f"{len(learn)} cutoffs to train on, {len(check)} to validate; {config.members} networks")
    model = lstm.fit(config, learn, check, seed, [_progress(config.epochs, say)])
    (aside / NETWORK).write_bytes(lstm.export(model))
    (aside / LINEAR).write_text(json.dumps(fit_linear(learn)), encoding="utf-8")
    card = _card(parts, sessions, seed, hold_out, config.as_json(), datetime.now(UTC))
    _write_card(aside, card)
    return card


def fit_linear(data: Arrays) -> dict[str, Any]:
    """Ridge's coefficients and every baseline's spread, as linear.json holds them."""
    picks = np.arange(len(data))[:: max(1, len(data) // LINEAR_ROWS)]
    ridge = fit_ridge(data)
    some = _pick(data, picks)
    view, actual = some.full_view(slice(None)), some.targets
    spreads = {
        name: fit_spread(view, np.repeat(mood[:, None], STEPS, 1), counts(rate), actual).as_json()
        for name, (mood, rate) in centres(view).items()
    }
    fitted = Ridge(ridge.coef, fit_spread(view, ridge.mood(view), counts(view.rate), actual))
    return {"spreads": spreads, "ridge": fitted.as_json()}


def fit_ridge(data: Arrays) -> Ridge:
    x = np.concatenate([inputs(data.full_view(p)) for p in _slices(len(data))])
    return Ridge(solve(x, np.nan_to_num(data.z), data.mood_weight))


def _slices(length: int, size: int = 20_000) -> list[slice]:
    return [slice(a, a + size) for a in range(0, length, size)]


def _pick(data: Arrays, rows: Any) -> Arrays:
    view = {k: v if k == "x" else v[rows] for k, v in vars(data.view).items()}
    targets = {k: v[rows] for k, v in vars(data.targets).items()}
    return Arrays(
        data.windows, data.rows[rows], type(data.view)(**view), type(data.targets)(**targets)
    )


def judged_as(version: Version, parts: Split) -> dict[str, Any]:
    """What a card says of how good a version is, as it serves: latent skill, coverage and width
    by step on the valid streams and held-out channels (scores), and how reliable its chances are:
    on the latter, where there are any."""
    models = version.forecasters()
    reports = {
        name: _report(sessions, models)
        for name, sessions in (
            ("valid_streams", parts.valid), ("held_out_channels", parts.held_out)
        )
    }  # fmt: skip
    strictest = reports["held_out_channels"] or reports["valid_streams"] or {}
    return {
        "scores": {name: report and report["all"] for name, report in reports.items()},
        "chances": strictest.get("chances", {}),
    }


def _report(sessions: Sequence[Session], models: Mapping[str, Forecaster]) -> dict[str, Any] | None:
    judged = [s for s in sessions if len(cutoffs(s, FIRST_JUDGED))]
    if not judged:
        return None
    tally, some = Tally(), judged[:: max(1, -(-len(judged) // SCORED_STREAMS))]
    for channel in sorted({s.channel for s in some}):
        judge_channel([s for s in some if s.channel == channel], models, tally)
    return tally.report(models)


def _card(
    parts: Split,
    sessions: Sequence[Session],
    seed: int,
    hold_out: Sequence[str],
    params: Any,
    at: datetime,
) -> dict[str, Any]:
    learnt = [*parts.train, *parts.valid]
    dated = [
        s for s in learnt if s.start[0] >= datetime(2005, 1, 1, tzinfo=UTC).timestamp()
    ] or learnt
    return {
        "kind": "lstm",
        "trained_at": iso(at),
        "data": {
            "from": iso(utc(float(min(s.start[0] for s in dated)))),
            "to": iso(utc(float(max(s.start[-1] for s in dated)))),
            "undated_streams": len(learnt) - len(dated),
            "channels": sorted({s.channel for s in learnt}),
            "until": _until(learnt),
            "held_out_channels": sorted({s.channel for s in parts.held_out}),
            "streams": {k: len(v) for k, v in vars(parts).items()},
            "windows": {k: sum(map(len, v)) for k, v in vars(parts).items()},
            "lexicons": sorted({v for s in sessions for v in s.lexicons}),
        },
        "seed": seed,
        "hold_out": list(hold_out),
        "params": params,
        "versions": {
            "python": platform.python_version(),
            **{p: _installed(p) for p in ("keras", "tensorflow", "tensorflow-cpu", "numpy")},
        },
        "contract": contract(),
    }


def _until(sessions: Sequence[Session]) -> dict[str, str]:
    """By channel, when the last stream it was trained or stopped on ended."""
    ends: dict[str, float] = {}
    for s in sessions:
        ends[s.channel] = max(ends.get(s.channel, -np.inf), float(s.start[-1]))
    return {channel: iso(utc(at)) for channel, at in sorted(ends.items())}


def _installed(package: str) -> str | None:
    try:
        return version_of(package)
    except ImportError:
        return None


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    card["sha256"] = {name: sha256(folder / name) for name in (NETWORK, LINEAR)}
    (folder / CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")


def _new_folder(out: Path, name: str) -> Path:
    """OUT/.PID/NAME, to be renamed OUT/NAME when whole: a version is there or it is not."""
    for left in out.glob(".*"):  # by trainings that were killed: there is no other now
        if left.name[1:].isdigit():
            shutil.rmtree(left, ignore_errors=True)
    aside = out / f".{os.getpid()}"
    private_folder(aside / name)
    return aside / name


def _progress(epochs: int, say: Say) -> Any:
    import keras

    class Progress(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            losses = " ".join(f"{k}={v:.4f}" for k, v in (logs or {}).items())
            say(f"epoch {epoch + 1}/{epochs} {losses}")

    return Progress()

"""python -m tests.benchmarks.compare.ablation: what each part of the LSTM is worth.

Judged alike, on DLD_DATA, as trained, without what channels teach: the line, and
it without each group of features; then single networks: five seeds of the whole, and one without
memory.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated, Any

import numpy as np
import typer

from models.base import Floats, Forecaster, Prediction, View
from models.forecasters.lstm_config import Config
from models.forecasters.lstm_runtime import assemble
from models.forecasters.naive import Baseline
from models.inputs.features import GROUPS
from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Session
from models.inputs.training_arrays import Arrays, arrays, check_enough, split
from models.judging.backtest import judge
from models.judging.report import SHOWN, show, step_name, table
from models.judging.tally import Tally
from models.output import require_writable
from warehouse.config import data_folder
from warehouse.errors import AppError

SEEDS = (1, 2, 3, 4, 5)
REST = ("session_mean", "ewma")
Parts = dict[str, Sequence[Session]]


class Trained:
    """A Keras model as a forecaster, without the light runtime."""

    def __init__(self, net: Any, name: str) -> None:
        self.net, self.name = net, name

    def predict(self, view: View) -> Prediction:
        return assemble(np.asarray(self.net.predict_on_batch(view.x), float), view)


def main(
    out: Annotated[Path, typer.Option(help="where tables go")] = Path("build/ablation"),
    seed: Annotated[int, typer.Option(help="of the split")] = 1,
    hold_out: Annotated[list[str] | None, typer.Option(help="channel to keep unseen")] = None,
) -> None:
    """Train and judge every variant on the windows in DLD_DATA."""
    from models.forecasters import lstm

    require_writable(out)
    sessions = [s for channel in sessions_by_channel(data_folder()) for s in channel]
    parts = split(sessions, seed, hold_out or [])
    check_enough(parts)
    learn, check = arrays(parts.train), arrays(parts.valid)
    later = {"later streams": parts.valid, "unseen channels": parts.held_out}
    whole = replace(Config(), members=1)
    plans = [("line", whole, 0)]
    plans += [(f"line without {group}", replace(whole, without=group), 0) for group in GROUPS]
    plans += [("network without memory", replace(whole, context=1), 1)]
    plans += [(f"network, seed {s}", whole, s) for s in SEEDS]
    found: dict[str, Any] = {}
    for name, config, of in plans:
        began = time.monotonic()
        trained = lstm.fit(config, learn, check, of, []) if of else _untrained(config, learn)
        found[name] = _judged(trained, later)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        (out / "ablation.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        (out / "ablation.md").write_text(markdown(found), encoding="utf-8")
    print(markdown(found))


def _untrained(config: Any, learn: Arrays) -> Any:
    from models.forecasters import lstm

    return lstm.build(config, lstm.solved_lines(learn, config))


def _judged(net: Any, parts: Parts) -> dict[str, Any]:
    models: dict[str, Forecaster] = {name: Baseline(name) for name in REST}
    models["net"] = Trained(net, "net")
    out = {}
    for name, sessions in parts.items():
        tally = Tally()
        for session in sessions:
            judge(session, models, tally)
        of = tally.report(models)["all"]["models"]
        out[name] = {k: of["net"][k] for k in ("latent_skill", "crps", "volume_mae")}
    return out


def markdown(found: dict[str, Any]) -> str:
    """A table a part; networks that differ by their seed as their mean and spread."""
    lines: list[str] = []
    for part in next(iter(found.values())):
        heads = [part, *map(step_name, SHOWN), "CRPS, all steps", "counts, all steps"]
        seeds = [v[part] for k, v in found.items() if "seed" in k]
        rows = [_row(k, [v[part]]) for k, v in found.items() if "seed" not in k]
        rows += [_row(f"network, {len(seeds)} seeds", seeds)] if seeds else []
        lines += ["", *table(heads, rows)]
    return "\n".join([*lines[1:], ""])


def _row(name: str, of: list[dict[str, Any]]) -> list[str]:
    skills = [_spread([f["latent_skill"][h] for f in of], 4) for h in SHOWN]
    rest = [_spread([_mean(f[key]) for f in of], digits)
            for key, digits in (("crps", 5), ("volume_mae", 3))]  # fmt: skip
    return [name, *skills, *rest]


def _mean(values: Floats) -> float:
    return float(np.mean(values))


def _spread(values: list[float], digits: int) -> str:
    more = f" ± {show(stdev(values), digits)}" if len(values) > 1 else ""
    return f"{show(fmean(values), digits)}{more}"


if __name__ == "__main__":
    try:
        typer.run(main)
    except AppError as error:
        sys.exit(f"error: {error}")

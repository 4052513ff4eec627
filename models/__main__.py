"""python -m models: train, tune, backtest. Exit codes: 0 done, 1 failed, 2 wrong usage."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from warehouse.config import data_folder
from warehouse.errors import AppError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Seed = Annotated[int, typer.Option(help="same seed and data, same model")]
HoldOut = Annotated[
    list[str] | None, typer.Option(help="channel to keep unseen; default: a seeded quarter")
]
JUDGED_STEPS = (1, 2, 3, 5, 10)


@app.command()
def train(
    out: Annotated[Path | None, typer.Option(help="default: DLD_DATA/models")] = None,
    seed: Seed = 1,
    hold_out: HoldOut = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="default: the tuned number")] = None,
    members: Annotated[int | None, typer.Option(min=1, help="networks to average")] = None,
) -> None:
    """Train the LSTM and fit the baselines on the windows in DLD_DATA."""
    from models.train import train as run

    params = {k: v for k, v in (("epochs", epochs), ("members", members)) if v is not None}
    folder = data_folder()
    version = run(folder, out or folder.models, seed, hold_out or [], params, _say)
    _say(f"trained {version.model} in {version.card['minutes']} min: {version.path}")
    for name, report in version.card["scores"].items():
        if report:
            _console().print(skill_table(report, name.replace("_", " ")))


@app.command()
def tune(
    minutes: Annotated[float, typer.Option(min=0.1, help="budget; a trial begun is finished")] = 30,
    seed: Seed = 1,
    hold_out: HoldOut = None,
) -> None:
    """Search the values that matter; every trial goes to DLD_DATA/models/trials.jsonl."""
    from models.tune import tune as run

    best = run(data_folder(), minutes, seed, hold_out or [], _say)
    _say(f"best so far: trial {best['trial']} loss={best['loss']:.5f} {best['params']}")


@app.command()
def backtest(
    out: Annotated[Path | None, typer.Option(help="default: DLD_DATA/models/backtest")] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="channel to judge; default: all. May be repeated")
    ] = None,
) -> None:
    """Evaluate every model in the registry on all streams in DLD_DATA; trains nothing."""
    from models.backtest import backtest as run
    from models.data import require_published
    from models.registry import forecasters

    folder = data_folder()
    require_published(folder)
    target = out or folder.models / "backtest"
    report = run(folder, forecasters(folder), target, _say, channel or [])
    title = f"channels {', '.join(report['channels'])}" if channel else "all channels"
    _console().print(skill_table(report["all"], title))
    if report["left_out"]:
        _say(f"streams left out, since they make no sense: {len(report['left_out'])}")
    _say(f"wrote {target / 'predictions.parquet'}, {target / 'report.json'} and report.md")


def skill_table(report: dict[str, Any], title: str) -> Table:
    """Latent skill by step, and the bands' figures at step 1, one row a model."""
    cutoffs, streams = report["cutoffs"], report["streams"]
    table = Table(title=f"{title}: latent skill ({cutoffs} cutoffs, {streams} streams)")
    table.add_column("model", no_wrap=True)
    names = ["nMSE@1", "80%", "95%", "width", "CRPS", "MAE n"]
    for head in [*(f"step {h}" for h in JUDGED_STEPS), *names]:
        table.add_column(head, justify="right", no_wrap=True)
    keys = ("nmse", "coverage80", "coverage95", "width80", "crps", "volume_mae")
    for name, of in report["models"].items():
        skills = [_show(of["latent_skill"][h - 1], 3) for h in JUDGED_STEPS]
        figures = [_show(of[k][0], 5 if k == "nmse" else 4 if k == "crps" else 3) for k in keys]
        table.add_row(name, *skills, *figures)
    return table


def _show(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _say(line: str) -> None:
    print(line, flush=True)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 130)


def main() -> None:
    """Run a command; an AppError is one line on stderr and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        app()
    except AppError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

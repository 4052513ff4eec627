"""python -m models: train, tune, backtest, versions, promote, rollback.

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

import json
import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.versions.registry import Version
from warehouse.atomic import keep_private
from warehouse.config import DataFolder, data_folder
from warehouse.errors import AppError, fail
from warehouse.figures import fixed
from warehouse.packages import require_packages
from warehouse.records import FIVE
from warehouse.removed_settings import name_removed_settings
from warehouse.version import ShowsVersion

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="same seed and data, same model")]
HoldOut = Annotated[
    list[str] | None, typer.Option(help="channel to keep unseen; default: a seeded quarter")
]


class Format(StrEnum):
    """Formats of a printed list."""

    table = "table"
    json = "json"


@app.callback()
def every_command(version: ShowsVersion = False) -> None:
    """Train, tune and judge forecasts, and choose which version serves."""


@app.command()
def train(
    out: Annotated[Path | None, typer.Option(help="default: DLD_DATA/models")] = None,
    seed: Seed = 1,
    hold_out: HoldOut = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="default: the tuned number")] = None,
    members: Annotated[int | None, typer.Option(min=1, help="networks to average")] = None,
    tuned: Annotated[
        bool, typer.Option("--tuned", help="with the values of the best trial of `tune`")
    ] = False,
    promote: Annotated[
        bool | None,
        typer.Option("--promote/--no-promote", help="default: if better beyond chance"),
    ] = None,
    nice: Annotated[int, typer.Option(min=0, max=19, help="19: whatever others leave")] = 0,
) -> None:
    """Train the LSTM and fit the baselines on the windows in DLD_DATA.

    Without --out it is compared with the version that serves, and takes its place if better.
    """
    require_packages("train")
    from models.inputs.published import keys
    from models.training.train import train as run
    from models.training.trials import read_best

    os.nice(nice)
    given = {k: v for k, v in (("epochs", epochs), ("members", members)) if v is not None}
    folder = data_folder()
    params = {**(read_best(folder) if tuned else {}), **given}
    challenges = out is None or out.resolve() == folder.models.resolve()
    if promote is not None and not challenges:
        raise typer.BadParameter("what is trained for --out elsewhere serves nowhere to promote it")
    unseen = keys(folder, hold_out or [])
    version = run(folder, out or folder.models, seed, unseen, params, _say, challenges)
    _say(f"trained {version.model} in {version.card['minutes']} min: {version.path}")
    for name, report in version.card["scores"].items():
        if report:
            _console().print(skill_table(report, name.replace("_", " ")))
    if challenges:
        _decide(folder, version, promote)


def _decide(folder: DataFolder, version: Version, wanted: bool | None) -> None:
    """Promote a challenger that is better, or that is wanted; say which and why."""
    from models.versions.promotion import promote, tidy

    verdict = version.card["verdict"]
    _say(f"{version.model} is {verdict['why']}" if "crps" in verdict else verdict["why"])
    if verdict["better"] if wanted is None else wanted:
        promote(folder, version.model, verdict["why"] if wanted is None else "asked for")
        _say(f"{version.model} serves from now on; python -m models rollback undoes it")
    else:
        _say(f"not promoted: {verdict.get('against', 'nothing')} serves on")
    for name in tidy(folder):
        _say(f"deleted {name}: compared long ago, and not better")


@app.command()
def versions(
    format: Annotated[Format, typer.Option(help="how to print")] = Format.table,
) -> None:
    """Every version there is, what it was trained on, and how it stands."""
    from models.versions.promotion import statuses

    lines = [_version(v, status) for v, status in statuses(data_folder())]
    if format is Format.json:
        _say(json.dumps(lines, indent=1))
        return
    table = Table("version", "status", "trained", "on data of", "why")
    for line in lines:
        span = f"{str(line['data_from'])[:10]} to {str(line['data_to'])[:10]}"
        trained = str(line["trained_at"])[:16].replace("T", " ")
        cells = (line["version"], line["status"], trained, span, line["why"])
        table.add_row(*map(escape, cells))
    _console().print(table)


def _version(version: Version, status: str) -> dict[str, Any]:
    card = version.card
    data, verdict = card.get("data", {}), card.get("verdict")
    return {
        "version": version.path.name,
        "status": status,
        "trained_at": card["trained_at"],
        "data_from": data.get("from"),
        "data_to": data.get("to"),
        "path": str(version.path),
        "verdict": verdict,
        "why": verdict["why"] if verdict else "",
    }


@app.command()
def promote(version: Annotated[str, typer.Argument(help="see python -m models versions")]) -> None:
    """Let a version serve; a running daemon takes it within a minute."""
    from models.versions.promotion import promote as run

    _say(f"lstm-{run(data_folder(), version, 'asked for').version} serves")


@app.command()
def rollback() -> None:
    """Let the version serve that served before."""
    from models.versions.promotion import rollback as run

    choice = run(data_folder())
    _say(f"lstm-{choice.version} serves: {choice.why}")


@app.command()
def tune(
    minutes: Annotated[float, typer.Option(min=0.1, help="budget; a trial begun is finished")] = 30,
    seed: Seed = 1,
    hold_out: HoldOut = None,
) -> None:
    """Search the values that matter; an interrupted search goes on where it was."""
    require_packages("train")
    from models.inputs.published import keys
    from models.training.tune import tune as run

    folder = data_folder()
    run(folder, minutes, seed, keys(folder, hold_out or []), _say)
    _say(f"wrote {folder.models / 'tuning.md'} and {folder.models / 'tuning.json'}")


@app.command()
def backtest(
    out: Annotated[Path | None, typer.Option(help="default: DLD_DATA/models/backtest")] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="channel to judge; default: all. May be repeated")
    ] = None,
) -> None:
    """Evaluate every model in the registry on all streams in DLD_DATA; trains nothing."""
    from models.inputs.published import keys, require_published
    from models.judging.backtest import backtest as run
    from models.versions.registry import forecasters

    folder = data_folder()
    require_published(folder)
    target = out or folder.models / "backtest"
    report = run(folder, forecasters(folder), target, _say, keys(folder, channel or []))
    title = f"channels {', '.join(report['channels'])}" if channel else "all channels"
    _console().print(skill_table(report["all"], title))
    if report["left_out"]:
        _say(f"streams left out, since they make no sense: {len(report['left_out'])}")
    _say(f"wrote {target / 'predictions.parquet'}, {target / 'report.json'} and report.md")


def skill_table(report: dict[str, Any], title: str) -> Table:
    """Latent skill by step, and the bands' figures of the five minutes, one row a model."""
    from models.judging.report import SHOWN, step_name

    cutoffs, streams = report["cutoffs"], report["streams"]
    table = Table(title=f"{title}: latent skill ({cutoffs} cutoffs, {streams} streams)")
    table.add_column("model", no_wrap=True)
    names = ["nMSE", "80%", "95%", "width", "CRPS", "MAE n"]
    for head in [*map(step_name, SHOWN), *names]:
        table.add_column(head, justify="right", no_wrap=True)
    keys = ("nmse", "coverage80", "coverage95", "width80", "crps", "volume_mae")
    for name, of in report["models"].items():
        skills = [fixed(of["latent_skill"][h], 3) for h in SHOWN]
        figures = [fixed(of[k][FIVE], 5 if k == "nmse" else 4 if k == "crps" else 3) for k in keys]
        table.add_row(escape(name), *skills, *figures)
    return table


def _say(line: str) -> None:
    print(line, flush=True)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 130)


def main() -> None:
    """Run a command; a refusal is one line on stderr."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        app()
    except (AppError, OSError) as error:
        sys.exit(fail(error))


if __name__ == "__main__":
    keep_private()
    name_removed_settings("models")
    main()

"""`python -m pipeline backtest`: the record of forecasts on imported chat, for the dashboard."""

import os

import typer

from pipeline.imports.backtest import backtest as run
from warehouse.config import data_folder


def backtest() -> None:
    """Tell how well the mood of imported streams could have been foreseen; shown on the page
    Forecast accuracy."""
    os.nice(19)
    counts = run(data_folder(), _told)
    typer.echo(
        f"judged {counts['cutoffs']} forecasts of {counts['streams']} streams of "
        f"{counts['channels']} channels; see Forecast accuracy on the dashboard"
    )


def _told(cutoffs: int) -> None:
    typer.echo(f"cutoffs={cutoffs}", err=True)

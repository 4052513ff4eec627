"""Commands of `python -m pipeline` by name: the one place to add one."""

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import typer
from pydantic import ValidationError

from warehouse.config import refused_settings
from warehouse.errors import BadInput
from warehouse.removed_settings import name_removed_settings

# by name: module and function, or application; loaded when it is asked for
COMMANDS: Mapping[str, str] = {
    "run": "pipeline.cli.run:run",
    "collect": "pipeline.cli.collect:collect",
    "import": "pipeline.cli.data:import_",
    "score": "pipeline.cli.score:score",
    "vocabulary": "pipeline.cli.vocabulary:vocabulary",
    "channels": "pipeline.cli.channels:channels",
    "doctor": "pipeline.doctor.command:doctor",
    "login": "pipeline.cli.login:login",
    "forget": "pipeline.cli.privacy:forget",
    "opt-out": "pipeline.cli.privacy:opt_out",
    "export": "pipeline.cli.data:export",
    "backup": "pipeline.cli.data:backup",
    "restore": "pipeline.cli.data:restore",
}


def run_command(arguments: Sequence[str]) -> None:
    """Run the command. Raises AppError or OSError for a failure, else SystemExit."""
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    name_removed_settings("pipeline")
    try:
        app_of(arguments)(list(arguments))
    except ValidationError as exc:
        name, reason = refused_settings(exc)[0]
        raise BadInput(f"setting {name}: {reason}") from exc


def app_of(arguments: Sequence[str]) -> typer.Typer:
    """The command that is asked for; all, which take half a second to load, for their help."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(lambda: None)  # or a single command would go without its name
    names = [name for name in arguments[:1] if name in COMMANDS] or COMMANDS
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app

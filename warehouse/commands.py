"""Commands by name, each loaded when it is asked for."""

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import typer
from pydantic import ValidationError

from warehouse.atomic import keep_private
from warehouse.config import refused_settings
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.removed_settings import name_removed_settings
from warehouse.version import ShowsVersion

_DAMAGED = "Corrupt database file"  # DuckDB's, of any statement that meets such a block
Commands = Mapping[str, str]  # by name: module:function, or module:application


def run_command(package: str, commands: Commands, arguments: Sequence[str]) -> None:
    """Run the command. Raises AppError or OSError for a failure, else SystemExit."""
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    keep_private()
    name_removed_settings(package)
    try:
        app_of(commands, arguments)(list(arguments))
    except ValidationError as exc:
        name, reason = refused_settings(exc)[0]
        raise BadInput(f"setting {name}: {reason}") from exc
    except Exception as exc:
        if _DAMAGED not in str(exc):
            raise
        raise WarehouseBroken(
            "warehouse.duckdb is damaged: a block's checksum is another; restore a backup, or move "
            "it away to start anew"
        ) from exc


def _every_command(version: ShowsVersion = False) -> None:
    """DLD: the mood of Twitch chats. Every command has --help."""


def app_of(commands: Commands, arguments: Sequence[str]) -> typer.Typer:
    """The command that is asked for; all, which may take half a second to load, for their help.

    A module may say in PARSING how click is to read its words.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_every_command)  # or a single command would go without its name
    names = [name for name in arguments[:1] if name in commands] or commands
    for name in names:
        module, _, attribute = commands[name].partition(":")
        loaded = import_module(module)
        command = getattr(loaded, attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name, context_settings=getattr(loaded, "PARSING", None))(command)
    return app

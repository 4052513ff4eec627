"""`python -m warehouse`: mirror. Each command is loaded when it is asked for."""

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import typer
from pydantic import ValidationError

from warehouse.config import refused_settings
from warehouse.errors import AppError
from warehouse.removed_settings import name_removed_settings

COMMANDS: Mapping[str, str] = {"mirror": "warehouse.bucket.command:mirror"}


def main(arguments: Sequence[str]) -> int:
    """Run a command; 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    name_removed_settings("warehouse")
    try:
        _app_of(arguments)(list(arguments))
    except ValidationError as exc:
        name, reason = refused_settings(exc)[0]
        return _fail(f"setting {name}: {reason}")
    except AppError as exc:
        return _fail(str(exc), exc.exit_code)
    except OSError as exc:
        return _fail(f"{exc.strerror}: {exc.filename}" if exc.filename else str(exc))
    return 0


def _app_of(arguments: Sequence[str]) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(lambda: None)  # or a single command would go without its name
    for name in [name for name in arguments[:1] if name in COMMANDS] or COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        app.command(name)(getattr(import_module(module), attribute))
    return app


def _fail(reason: str, code: int = 1) -> int:
    print(f"error: {' '.join(reason.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

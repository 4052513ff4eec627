"""`python -m pipeline`: run, import, channels, doctor, score, vocabulary and more."""

import logging
import sys
from collections.abc import Callable

import typer
from pydantic import ValidationError

from pipeline.chat.placement import NeedsAnswer
from pipeline.cli.channels import channels
from pipeline.cli.data import backup, export, import_, restore
from pipeline.cli.login import login
from pipeline.cli.privacy import forget, opt_out
from pipeline.cli.run import run
from pipeline.cli.score import score
from pipeline.cli.vocabulary import vocabulary
from pipeline.doctor.command import doctor
from pipeline.doctor.settings import setting_name
from warehouse.errors import AppError
from warehouse.removed_settings import name_removed_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


app.command()(run)
app.command("import")(import_)
app.command()(score)
app.add_typer(vocabulary, name="vocabulary")
app.add_typer(channels, name="channels")
app.command()(doctor)
app.command()(login)
app.command()(forget)
app.command("opt-out")(opt_out)
app.command("export")(export)
app.command()(backup)
app.command()(restore)


def main(command: Callable[[], None] = app) -> None:
    """Run; 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    try:
        command()
    except NeedsAnswer as exc:
        _fail(str(exc))
        sys.exit(2)
    except AppError as exc:
        sys.exit(_fail(str(exc)))
    except ValidationError as exc:
        sys.exit(_fail(f"setting {setting_name(exc)}: {exc.errors()[0]['msg']}"))
    except OSError as exc:
        sys.exit(_fail(f"{exc.strerror}: {exc.filename}" if exc.filename else str(exc)))


def _fail(reason: str) -> int:
    print(f"error: {' '.join(reason.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    name_removed_settings("warning")
    main()

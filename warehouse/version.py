"""DLD's version, in this one place, and the option --version of every command."""

from typing import Annotated

import typer

VERSION = "0.9.0"  # of the newest release in CHANGELOG.md: DEVELOPING.md, "To release"


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"DLD {VERSION}")
        raise typer.Exit


ShowsVersion = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="print DLD's version"),
]

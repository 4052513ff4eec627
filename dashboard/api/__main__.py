"""python -m dashboard.api: data for scripts, until SIGTERM or Ctrl-C; and the tokens for it."""

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from dashboard import config
from dashboard.api.app import create_app
from dashboard.api.connection import MOST_CONNECTIONS, MOST_HEAD, Connection
from dashboard.api.tokens import DAYS, MOST_DAYS, Holder, Tokens, utc_now
from warehouse.atomic import keep_private
from warehouse.config import data_folder, refused_settings
from warehouse.errors import AppError, BadInput, WrongUsage, fail
from warehouse.process import allow_open_files, share_heaps
from warehouse.removed_settings import name_removed_settings
from warehouse.version import ShowsVersion

log = logging.getLogger("dashboard.api")

DRAIN_S = 5

# plain text: rich is not in this process's packages
cli = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
token = typer.Typer(rich_markup_mode=None, help="Tokens of scripts: add, list, end.")
cli.add_typer(token, name="token")


@cli.callback(invoke_without_command=True)
def serve(asked: typer.Context, version: ShowsVersion = False) -> None:
    """Answer scripts, on DLD_API_PORT. Settings: .env.example; how to ask: docs/api.md."""
    if asked.invoked_subcommand is not None:
        return
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    with _refusals():
        settings = config.ApiSettings()
        if not settings.port:
            raise BadInput("DLD_API_PORT is not set, so data for scripts is off: docs/api.md")
        config.settings()  # what is wrong with the login is told now
        app = create_app(settings, data_folder())
        listening = _listen(settings)
    share_heaps()
    allow_open_files(MOST_CONNECTIONS + 64)
    log.info("serving address=http://%s:%d", settings.host, settings.port)
    # uvicorn shuts down gracefully, then raises the signal again: stopped as asked is no failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_config(app)).run(sockets=[listening])


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app, http=Connection, h11_max_incomplete_event_size=MOST_HEAD, ws="none",
        access_log=False, log_config=None, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
        # what it says of strangers' requests is for them to read
        log_level=logging.ERROR,
    )  # fmt: skip


def _listen(settings: config.ApiSettings) -> socket.socket:
    """Raises BadInput for a busy port, or an address that is not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as exc:
        why = os.strerror(exc.errno) if exc.errno else exc.strerror  # the former says no more
        raise BadInput(
            f"cannot listen on {settings.host} port {settings.port} ({why}): set "
            "DLD_API_HOST and DLD_API_PORT to an address of this machine and a free port"
        ) from exc


@token.command()
def add(
    person: Annotated[
        str, typer.Option("--for", help="whose it is: id:12345678, Twitch's id, or login:NAME")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="that it holds")] = DAYS,
) -> None:
    """Make a token, and print it once. If there is a login, say whose it is."""
    with _refusals():
        if not person and config.settings().has_login:
            raise WrongUsage("there is a login: say whose it is, --for id:12345678 or login:NAME")
        sub, login = _person(person)
        made, holder = Tokens(data_folder()).add(sub, login, utc_now(), days)
    print(f"for {_whose(holder)}, until {holder.ends:%Y-%m-%d}; shown once:", file=sys.stderr)
    print(made)


@token.command("list")
def list_() -> None:
    """Tokens that hold, without their secrets."""
    with _refusals():
        for token_id, held in Tokens(data_folder()).listed(utc_now()).items():
            print(f"{token_id}  {held.made:%Y-%m-%d} to {held.ends:%Y-%m-%d}  {_whose(held)}")


@token.command()
def end(token_id: Annotated[str, typer.Argument(help="as `list` says it")]) -> None:
    """End a token: from now on it is refused."""
    with _refusals():
        if not Tokens(data_folder()).end(token_id, utc_now()):
            raise BadInput(
                f"there is no token {token_id[:20]!a}; see python -m dashboard.api token list"
            )


def _person(text: str) -> tuple[str, str]:
    """(id, login) of `--for`. Raises WrongUsage."""
    try:
        kind, _, name = config.named(text).partition(":") if text else ("", "", "")
    except ValueError as exc:
        raise WrongUsage(f"--for {exc}") from exc
    return (name, "") if kind == "id" else ("", name)


def _whose(held: Holder) -> str:
    called = [f"id:{held.sub}"] * bool(held.sub) + [f"login:{held.login}"] * bool(held.login)
    return " ".join(called) or "all channels, while there is no login"


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What must not be is one line, and its exit code."""
    try:
        yield
    except ValidationError as exc:
        name, reason = refused_settings(exc)[0]
        raise typer.Exit(fail(BadInput(f"{name or 'settings'}: {reason}"))) from exc
    except (AppError, OSError) as exc:
        raise typer.Exit(fail(exc)) from exc


if __name__ == "__main__":
    keep_private()
    name_removed_settings("api")
    cli(prog_name="python -m dashboard.api")

"""python -m ebs: serve until SIGTERM or Ctrl-C; exit 1 with one line when it cannot start."""

# isort: off
import ebs.lean_imports  # noqa: F401  (before all that it keeps out)

# isort: on
import contextlib
import errno
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from uvicorn.supervisors import Multiprocess

from ebs.app import create_app
from ebs.config import EbsSettings
from ebs.connections import MOST_CONNECTIONS, SPARE_FILES, Connection
from ebs.logs import log_to_stderr
from ebs.metrics import SHARED
from ebs.obs.command import change_link
from warehouse.atomic import keep_private, private_folder
from warehouse.config import DataFolder, data_folder, refused_settings
from warehouse.errors import AppError, BadInput
from warehouse.process import allow_open_files
from warehouse.removed_settings import name_removed_settings
from warehouse.version import ShowsVersion

log = logging.getLogger("ebs")

BACKLOG = 2048
DRAIN_S = 5
KEEP_ALIVE_S = 75  # viewers poll every 30 s at most, and proxies keep connections for 60


# plain text: rich is kept out
cli = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@cli.callback(invoke_without_command=True)
def serve(asked: typer.Context, version: ShowsVersion = False) -> None:
    """Serve the mood to the extension and to OBS. Settings: .env.example."""
    if asked.invoked_subcommand is None:
        main()


def main() -> None:
    """Serve until a signal."""
    log_to_stderr()
    with _refusals():
        settings = EbsSettings()
        app = create_app(settings, data_folder())
        listening = listen(settings.host, settings.port)
    allow_open_files(MOST_CONNECTIONS + SPARE_FILES)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info(
        "serving address=http://%s:%d development=%s workers=%d broadcasts=%s",
        host, listening.getsockname()[1], settings.development, settings.workers,
        bool(settings.broadcasts_for),
    )  # fmt: skip
    if settings.workers > 1:
        _serve_by_several(settings, listening)
        return
    # uvicorn shuts down gracefully, then raises the signal again: stopped as asked is not a failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_config(app, settings)).run(sockets=[listening])


@cli.command()
def link(
    channel: Annotated[str, typer.Argument(help="its login, or Twitch's id of it")],
    renew: Annotated[
        bool, typer.Option("--renew", help="make a new link; the old one ends")
    ] = False,
    off: Annotated[
        bool, typer.Option("--off", help="the link ends, and there is no new one")
    ] = False,
) -> None:
    """Tell a channel's secret link for OBS, where it is a browser source: docs/obs.md."""
    if renew and off:
        raise typer.BadParameter("--renew or --off, not both: --renew turns a link on again")
    with _refusals():
        print(change_link(EbsSettings(), data_folder(), channel, renew, off))


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What must not be is one line, and its exit code."""
    try:
        yield
    except ValidationError as exc:
        raise _refusal(_wrong_settings(exc), AppError.exit_code) from exc
    except AppError as exc:
        raise _refusal(str(exc), exc.exit_code) from exc


def worker_app() -> FastAPI:
    """The app of one worker of several; it logs as the first process does."""
    log_to_stderr()
    return create_app(EbsSettings(), data_folder())


def _serve_by_several(settings: EbsSettings, listening: socket.socket) -> None:
    """Workers, started again when one ends; their counts add up through files."""
    os.environ[SHARED] = str(_fresh_counts(data_folder()))
    config = _config("ebs.__main__:worker_app", settings)
    Multiprocess(config, [listening]).run()


def _fresh_counts(data: DataFolder) -> str:
    folder = data.ebs / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder)
    return str(folder)


def _config(app: FastAPI | str, settings: EbsSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app, factory=isinstance(app, str), workers=settings.workers, http=Connection,
        access_log=False, log_config=None, server_header=False, ws="none", lifespan="on",
        proxy_headers=bool(settings.proxies), forwarded_allow_ips=settings.proxies or None,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=DRAIN_S,
        # what it says of strangers' requests is for them to read
        log_level=logging.ERROR,
    )  # fmt: skip


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BadInput for a busy port or an address that is not ours."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(BACKLOG)  # now, so that what is said to be serving can be reached
    except OSError as exc:
        sock.close()
        if exc.errno == errno.EADDRINUSE:
            raise BadInput(
                f"port {port} is taken: stop what listens there, or set DLD_EBS_PORT to a free one"
            ) from exc
        raise BadInput(f"cannot listen on {host} port {port}: {exc.strerror}") from exc
    return sock


def _wrong_settings(exc: ValidationError) -> str:
    return "; ".join(f"{name or 'settings'}: {reason}" for name, reason in refused_settings(exc))


def _refusal(why: str, code: int) -> typer.Exit:
    print(f"ebs: {why}", file=sys.stderr)
    return typer.Exit(code)


if __name__ == "__main__":
    keep_private()
    name_removed_settings("ebs")
    cli(prog_name="python -m ebs")

"""python -m ebs: serve until SIGTERM or Ctrl-C; exit 1 with one line when it cannot start."""

import argparse
import contextlib
import errno
import logging
import signal
import socket
import sys

import uvicorn
from pydantic import ValidationError

from ebs.app import create_app
from ebs.config import EbsSettings
from warehouse.config import data_folder
from warehouse.errors import AppError, BadInput

log = logging.getLogger("ebs")

BACKLOG = 2048


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m ebs", description="Serve the mood to the extension. Settings: .env.example."
    ).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        settings = EbsSettings()
        app = create_app(settings, data_folder())
        listening = listen(settings.host, settings.port)
    except ValidationError as exc:
        return _refuse(_told(exc))
    except AppError as exc:
        return _refuse(str(exc))
    address = f"http://{settings.host}:{listening.getsockname()[1]}"
    log.info("serving address=%s development=%s", address, settings.development)
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    # uvicorn shuts down gracefully, then raises the signal again: stopped as asked is not a failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
    return 0


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


def _told(exc: ValidationError) -> str:
    """Settings that are wrong, by their names; what was set is not repeated."""
    wrong = []
    for error in exc.errors():
        name = str(error["loc"][0]) if error["loc"] else "settings"
        name = name if name.isupper() else f"DLD_EBS_{name.upper()}"
        wrong.append(f"{name}: {error['msg']}")
    return "; ".join(wrong)


def _refuse(why: str) -> int:
    print(f"ebs: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""Log lines: key=value on stderr, with the id of the request it belongs to."""

import logging
import re
import sys
from contextvars import ContextVar
from random import Random

request_id: ContextVar[str] = ContextVar("request_id", default="")
_random = Random()  # of its own: an id need not be a secret, and urandom costs more
SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def id_of(proxys: bytes | None) -> str:
    """The id that a proxy gave a request, where it is one; else a new one."""
    if proxys is not None and SANE.fullmatch(proxys):
        return proxys.decode("ascii")
    return f"{_random.getrandbits(64):016x}"


class Lines(logging.Formatter):
    """`LEVEL name message`, and ` request=ID` while a request is answered."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        name = request_id.get()
        return f"{line} request={name}" if name else line


def log_to_stderr() -> None:
    """For a process of its own. httpx would log each broadcast, uvicorn each bad request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)

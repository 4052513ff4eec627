"""A process of the pipeline's own, begun where no daemon has ever read the folder, or nobody at
all: it does what was asked on a page, and ends."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from dashboard import config, data
from warehouse.config import DataFolder
from warehouse.errors import AppError, NothingPublished

COMMAND = (sys.executable, "-m", "pipeline", "inbox")
_NEEDED = ("pipeline", "vaderSentiment")  # a dashboard's own image has neither
_MOST = 2
_begun: "list[subprocess.Popen[bytes]]" = []
_ROOT = Path(__file__).parents[1]


def is_there() -> bool:
    """True where what is asked is done without a daemon."""
    folder = config.folder()
    try:
        is_alone = data.is_import(data.manifest())
    except NothingPublished:
        is_alone = _is_untouched(folder) or any(process.poll() is None for process in _begun)
    except AppError:
        return False
    return is_alone and not folder.mirror.exists() and all(map(find_spec, _NEEDED))


def _is_untouched(folder: DataFolder) -> bool:
    """True where no daemon has begun: one makes a database, and tells of a past it makes."""
    return data.coming() is None and not folder.warehouse.exists()


def begin() -> None:
    """See to it that what waits is done: by one that is at it, and one that looks after it."""
    _begun[:] = [process for process in _begun if process.poll() is None]
    if len(_begun) < _MOST and is_there():
        _begun.append(
            subprocess.Popen(
                COMMAND,
                cwd=_ROOT,
                env={**os.environ, "DLD_DATA": str(config.folder().root)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # it ends by itself
            )
        )

"""Work in a process of its own, whose end, words and memory are looked at."""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple


class End(NamedTuple):
    """code: of the exit; -1 for one that hung. stderr: what it said there. peak_mb: resident."""

    code: int
    stderr: str
    peak_mb: float


def forked(work: Callable[[], int | None], longest_s: float) -> End:
    """The end of a process that does the work, and exits with what it returns, 0 for
    nothing; 70 where it raised. What it prints is thrown away."""
    with tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                os.dup2(err.fileno(), 2)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                code = work() or 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        code, peak_mb = _ended(pid, longest_s)
        err.seek(0)
        return End(code, err.read().decode(errors="replace"), peak_mb)


def _ended(pid: int, longest_s: float) -> tuple[int, float]:
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    _, _, used = os.wait4(pid, 0)
    return -1, used.ru_maxrss / 1024

"""End of an import that somebody asks for, by Ctrl-C or SIGTERM: told, and nothing left behind."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(BaseException):
    """The import is to end: no error, and nothing that would be tried again.

    made: whether what was read last was taken in all the same. waits: whether it is in the inbox.
    """

    def __init__(self, made: bool = False, waits: bool = False) -> None:
        super().__init__()
        self.made, self.waits = made, waits


@contextmanager
def ended_by_signals(done: Callable[[], int]) -> Iterator[None]:
    """Raises SystemExit, 130 or 143, once what is inside has cleaned up behind itself.

    done: how many imports were made so far.
    """
    told: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if not told:  # cleaning up is not to be interrupted by impatience
            told.append(number)
            raise Ended

    before = [signal.signal(one, end) for one in _SIGNALS]
    try:
        yield
    except BaseException as exc:  # DuckDB may have made another one of it
        if not told:
            raise
        print(_interrupted(done(), exc if isinstance(exc, Ended) else Ended()), file=sys.stderr)
        raise SystemExit(128 + told[0]) from None
    finally:
        for one, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(one, handler)


def _interrupted(done: int, ended: Ended) -> str:
    n = done + ended.made
    before = f"{n} import{'s' * (n != 1)} made, " if n else ""
    given = "the pipeline takes in what was read last, " if ended.waits else ""
    return (
        f"error: interrupted; {before}{given}nothing of the rest was taken in: start it again, "
        "what is there already does not count twice"
    )

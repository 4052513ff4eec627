"""End of an import that somebody asks for, by Ctrl-C or SIGTERM: told, and nothing left behind."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(BaseException):
    """The import is to end: no error, and nothing that would be tried again."""


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
    except BaseException:  # DuckDB may have made another one of it
        if not told:
            raise
        n = done()
        print(
            f"error: interrupted; {f'{n} imports were made before, ' if n else ''}nothing of the "
            "rest was taken in: start it again, what is there already does not count twice",
            file=sys.stderr,
        )
        raise SystemExit(128 + told[0]) from None
    finally:
        for one, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(one, handler)

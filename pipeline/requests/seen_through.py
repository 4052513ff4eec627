"""Work that is seen through: somebody who asks a command to end is heard when it is over."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seen_through() -> Iterator[None]:
    """Ctrl-C and SIGTERM that come meanwhile come at its end, the first of them once.

    A request that is interrupted while it is applied would be refused as a fault of its own, or
    be applied after all by the next command.
    """
    came: list[int] = []
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is not threading.main_thread() or None in handlers.values():
        yield  # signals are not ours here
        return
    for one in handlers:
        signal.signal(one, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
        if came:
            signal.raise_signal(came[0])

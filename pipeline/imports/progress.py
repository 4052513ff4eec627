"""Progress of an import: a bar on a terminal, a plain line every tenth elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TimeRemainingColumn,
)

_SMALL = 1 << 25  # bytes: a file below it is read before anyone wonders

Advance = Callable[[int], None]


@contextmanager
def reading(path: Path) -> Iterator[Advance]:
    """Told of the bytes read of the file; a small one says nothing outside a terminal."""
    size = path.stat().st_size
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, "bytes", size, DownloadColumn()) as advance:
            yield advance
    elif size < _SMALL:
        yield lambda n: None
    else:
        yield _lines("bytes", size)


@contextmanager
def messages(total: int) -> Iterator[Advance]:
    """Told of the messages scored."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, "messages", total, MofNCompleteColumn()) as advance:
            yield advance
    else:
        yield _lines("messages", total)


@dataclass(frozen=True)
class Bars:
    """Progress as it is shown: of a log's bytes, and of messages."""

    reading: Callable[[Path], AbstractContextManager[Advance]] = reading
    messages: Callable[[int], AbstractContextManager[Advance]] = messages


@contextmanager
def _bar(console: Console, what: str, total: int, count: ProgressColumn) -> Iterator[Advance]:
    with Progress(what, BarColumn(), count, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(what, total=total)
        yield lambda n: bar.update(task, advance=n)


def _lines(what: str, total: int) -> Advance:
    done = 0

    def advance(n: int) -> None:
        nonlocal done
        if (done + n) * 10 // total > done * 10 // total:
            print(f"{what}={done + n} of={total}", file=sys.stderr)
        done += n

    return advance

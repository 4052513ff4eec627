"""The import of a dropped log, or a backtest, in its own process:
python -m pipeline.imports.sandbox ID PARENT.

What a log may do to a parser it does here: this process has a low priority, bounded files and
time, and it dies with the daemon. It removes the log as soon as it is read, and leaves what came
of it beside the request.
"""

import ctypes
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import typer

from pipeline.chat.columns import given_columns
from pipeline.chat.logins import channel_name
from pipeline.chat.placement import NeedsAnswer
from pipeline.chat.table import Placed
from pipeline.imports.answers import ImportOptions
from pipeline.imports.backtest import backtest
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.losses import warning_of
from pipeline.imports.progress import Advance, Bars
from pipeline.imports.run import Run
from pipeline.imports.scratch import workplace
from pipeline.imports.submit import sums
from pipeline.memory import spare_memory
from pipeline.requests.import_log import BACKTEST
from warehouse.atomic import private_folder, replace_file
from warehouse.config import UploadSettings, data_folder
from warehouse.errors import AppError, BadInput, place_of
from warehouse.inbox.requests import InboxFolder
from warehouse.inbox.uploaded_log import ACTION, UploadedLog, safe_name
from warehouse.records import iso, utc

_NICE = 19
_TELL_S = 0.5
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, sys/prctl.h
_STREAMS = 50  # of a result, that are listed


def main(request_id: str, parent: int) -> None:
    """Import the log of the request; the outcome is there at the end, whatever happened."""
    _bound(parent)
    folder = data_folder()
    inbox = InboxFolder(folder.inbox)
    place = UploadedLog(inbox.files(request_id))
    private_folder(place.folder)
    _, request = inbox.read(request_id)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        is_log = request.get("action") == ACTION
        outcome = outcome_of(place, request) if is_log else _backtest(place)
    place.log.unlink(missing_ok=True)
    replace_file(place.outcome, orjson.dumps(outcome))


def _bound(parent: int) -> None:
    settings = UploadSettings()
    with suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the daemon has ended")
    with suppress(OSError):  # where memory runs out it ends this process, not the daemon
        Path("/proc/self/oom_score_adj").write_text("1000")
    os.nice(_NICE)
    LogFile.most = most = settings.unpacked_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an OSError
    spare_memory()


def outcome_of(place: UploadedLog, request: dict[str, Any]) -> dict[str, Any]:
    """{"result"}, or {"reason", "asks"}; a fault of ours is told by its place alone, because its
    message may quote the log."""
    name = safe_name(str(request.get("name", "")))
    try:
        return _imported(place, request, name)
    except NeedsAnswer as exc:
        return {"reason": _message(exc, name), "asks": list(exc.asks)}
    except AppError as exc:
        return {"reason": _message(exc, name), "asks": []}
    except OSError as exc:
        return {"reason": f"{name} could not be read: {exc.strerror or 'a fault'}", "asks": []}
    except Exception as exc:
        return {"reason": f"{name} could not be read", "asks": [], "fault": place_of(exc)}


def _backtest(place: UploadedLog) -> dict[str, Any]:
    """As `outcome_of`."""
    done = 0

    def say(cutoffs: int) -> None:
        nonlocal done
        done += cutoffs
        replace_file(place.progress, orjson.dumps({"step": BACKTEST, "done": done, "of": 0}))

    try:
        return {"result": backtest(data_folder(), say, math.inf)}
    except AppError as exc:
        return {"reason": " ".join(str(exc).split())}
    except Exception as exc:
        return {"reason": "the backtest failed", "fault": place_of(exc)}


def _imported(place: UploadedLog, request: dict[str, Any], name: str) -> dict[str, Any]:
    with workplace(data_folder()) as scratch:
        path = scratch / "given" / name
        private_folder(path.parent)
        path.symlink_to(place.log)
        # for a shard that is down it waits; so does the page
        run = Run(_options(request), "auto", scratch, _bars(place), math.inf)
        try:
            run.all([path])
        except BadInput as exc:
            if not run.results:
                raise
            return {"result": _result(run), "note": _message(exc, name)}
        warning = warning_of(run.outcome.losses).removeprefix("warning: ")
        return {"result": _result(run), **({"note": warning} if warning else {})}


def _options(request: dict[str, Any]) -> ImportOptions:
    """What the page asked for. Raises BadInput."""
    channel, at = request.get("channel") or "", request.get("started_at") or ""
    if not isinstance(channel, str) or not isinstance(at, str):
        raise BadInput("a log's channel and its start are texts")
    try:
        started = datetime.fromisoformat(at) if at else None
    except ValueError as exc:
        raise BadInput(f"{at[:40]!r} is not a time") from exc
    if started and not started.tzinfo:
        started = started.replace(tzinfo=UTC)
    names = (channel_name(channel),) if channel else ()
    said: dict[str, Any] = {
        name: request.get(name) is True for name in ("undated", "place", "replace")
    }
    columns = given_columns(str(request.get("columns") or ""))
    return ImportOptions(names, started, **said, own=True, columns=columns)


def _result(run: Run) -> dict[str, Any]:
    """What was read, as JSON takes it."""
    placed = [p for one in run.results for p in one.placed]
    return {
        "format": ", ".join(dict.fromkeys(run.formats)),
        **sums(run.results),
        "told": [sentence for one in run.results for sentence in one.told][:_STREAMS],
        "listed": [_stream(p) for p in placed[-_STREAMS:]],
    }


def _stream(placed: Placed) -> dict[str, Any]:
    return {
        "stream": placed.stream_id,
        "channel": placed.stream.whose,
        "from": iso(utc(placed.started_at)),
        "to": iso(utc(placed.ended_at)),
        "rows": placed.stream.rows,
        "undated": placed.undated,
    }


def _bars(place: UploadedLog) -> Bars:
    @contextmanager
    def reading(path: Path) -> Iterator[Advance]:
        yield _telling(place, "reading", path.stat().st_size)

    @contextmanager
    def messages(total: int) -> Iterator[Advance]:
        yield _telling(place, "scoring", total)

    return Bars(reading, messages)


def _telling(place: UploadedLog, step: str, of: int) -> Callable[[int], None]:
    """Writes how far the step is, twice a second."""
    done, last = 0, 0.0

    def advance(n: int) -> None:
        nonlocal done, last
        done += n
        if time.monotonic() - last >= _TELL_S:
            last = time.monotonic()
            replace_file(place.progress, orjson.dumps({"step": step, "done": done, "of": of}))

    advance(0)
    return advance


def _message(exc: AppError, name: str) -> str:
    """The message, with the file as its owner calls it instead of where it lies here."""
    text = " ".join(str(exc).split())
    for root in (str(data_folder().root), str(data_folder().scratch)):
        while (at := text.find(root)) >= 0:
            _, found, rest = text[at:].partition(f"/given/{name}")
            text = text[:at] + (f"{name}{rest}" if found else text[at + len(root) :])
    return text


if __name__ == "__main__":
    typer.run(main)

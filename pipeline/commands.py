"""What the commands do, without the daemon where they can."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from pipeline.ask import settle
from pipeline.config import PipelineSettings
from pipeline.imports.place import place
from pipeline.imports.read import Importer, Summary
from pipeline.inbox import Request, new_id, send
from pipeline.optout import load_optout
from pipeline.score import make_scorer
from pipeline.table import ChatTable
from warehouse.config import data_folder
from warehouse.errors import AppError, BadInput, NothingPublished
from warehouse.imported import ImportFiles
from warehouse.reader import Reader
from warehouse.records import iso


def score_lines(lexicon: str) -> None:
    """Bytes that are not UTF-8 are read as �; a line is a message, whatever is in it."""
    scorer = make_scorer(lexicon)
    for raw in sys.stdin.buffer:
        text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        sys.stdout.write(f"{scorer.compound(text)}\n")


def show_vocabulary(shape: str) -> None:
    """Print proposed and accepted terms of the published vocabulary."""
    try:
        rows = Reader(data_folder()).query("vocabulary_current").to_pylist()
    except NothingPublished:
        rows = []
    if shape == "json":
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        return
    table = Table("term", "channel", "kind", "status", "valence", "n", "first seen")
    for row in rows:
        table.add_row(*(str(row[c]) for c in
            ("term", "channel", "kind", "status", "valence", "n", "first_seen")))  # fmt: skip
    Console().print(table if rows else "no proposed or accepted terms yet")


def import_files(
    files: list[Path], channels: list[str] | None, started_at: datetime | None, undated: bool
) -> None:
    """Import every file; a bad one is reported and the others go on. Raises BadInput if any
    failed."""
    failed = []
    for path in files:
        try:
            _import_one(path, channels, started_at, undated)
        except AppError as exc:
            if len(files) == 1:
                raise
            print(f"error: {exc}", file=sys.stderr)
            failed.append(path.name)
    if failed:
        raise BadInput(f"{len(failed)} of {len(files)} files not imported: {', '.join(failed)}")


def _import_one(
    path: Path, channels: list[str] | None, started_at: datetime | None, undated: bool
) -> None:
    folder = data_folder()
    request_id = new_id()
    scratch = folder.root / "scratch" / request_id
    files = ImportFiles(folder.inbox / request_id)
    began = time.monotonic()
    try:
        summary = _read(path, channels, started_at, undated, files, scratch)
        send(folder.inbox, Request(request_id, iso(datetime.now(UTC)), "import", "import"))
        settle(folder, request_id)
    except BaseException:
        if not (folder.inbox / f"{request_id}.json").exists():
            shutil.rmtree(files.folder, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _report(path, summary, time.monotonic() - began)


def _read(
    path: Path,
    channels: list[str] | None,
    started_at: datetime | None,
    undated: bool,
    files: ImportFiles,
    scratch: Path,
) -> Summary:
    table = _open(path, channels, scratch)
    try:
        streams = table.streams(channels)
        if not streams:
            raise BadInput(f"{path} has no message that could be imported")
        optout = load_optout(data_folder().optout)
        optout.refuse({s.channel for s in streams})
        placed = place(streams, undated, started_at)
        importer = Importer(
            files, make_scorer(PipelineSettings().lexicon), data_folder().root / "salt", optout
        )
        with _progress(sum(s.rows for s in streams)) as advance:
            return importer.run(table, placed, advance)
    finally:
        table.close()


def _open(path: Path, channels: list[str] | None, scratch: Path) -> ChatTable:
    """A table without a channel column takes the one channel that was named."""
    try:
        return ChatTable(path, scratch)
    except BadInput:
        if channels is None or len(channels) != 1:
            raise
        return ChatTable(path, scratch, channels[0])


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere a plain line every tenth."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(
            "messages", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        ) as bar:
            task = bar.add_task("messages", total=total)
            yield lambda n: bar.update(task, advance=n)
        return
    done = 0

    def advance(n: int) -> None:
        nonlocal done
        if (done + n) * 10 // total > done * 10 // total:
            print(f"messages={done + n} of={total}", file=sys.stderr)
        done += n

    yield advance


def _report(path: Path, summary: Summary, seconds: float) -> None:
    counts = summary.counts
    read = counts.messages + counts.filtered
    print(
        f"{path.name}: streams={summary.streams} messages={counts.messages} "
        f"filtered={counts.filtered} skipped={summary.unusable} windows={summary.windows} "
        f"seconds={seconds:.1f} messages/s={read / seconds:.0f}"
    )

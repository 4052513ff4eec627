"""A table of chat through the inbox into the warehouse: all of it, or nothing."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.chat.placement import Earlier, place, refuse_to_come
from pipeline.chat.table import ChatTable, Placed, TableStream
from pipeline.config import PipelineSettings
from pipeline.imports.combine import ImportOptions
from pipeline.imports.formats.base import Log
from pipeline.imports.importer import Importer, Summary
from pipeline.imports.progress import Bars
from pipeline.imports.scratch import announce
from pipeline.requests.client import settle
from pipeline.vocabulary.stored import published_scorers
from warehouse.config import DataFolder, data_folder
from warehouse.consent import load_optout
from warehouse.errors import BadInput, NothingPublished
from warehouse.inbox.requests import InboxFolder, Request, new_id
from warehouse.published.reader import Reader, published_identities
from warehouse.records import iso
from warehouse.store.import_files import ImportFiles

_MANY = 1_000_000  # streams


@dataclass(frozen=True)
class ReadingReport:
    """Beginning of the line that tells of an import. began: when its reading did, monotonic
    seconds. log: of the lines that never came into its table."""

    label: str
    began: float
    log: Log = field(default_factory=Log)


@dataclass(frozen=True)
class Result:
    """An import that is over: its streams, and lines that never came in, by reason."""

    placed: tuple[Placed, ...]
    summary: Summary
    skipped: Mapping[str, int]


def submit(
    path: Path,
    options: ImportOptions,
    report: ReadingReport,
    workplace: Path,
    bars: Bars | None = None,
) -> Result:
    """Import the table and say what came of it. workplace: of the import.

    Raises BadInput, and leaves nothing behind."""
    folder = data_folder()
    request_id = new_id()
    inbox = InboxFolder(folder.inbox)
    files = ImportFiles(inbox.files(request_id))
    announce(workplace, request_id)
    try:
        placed, summary = _read(path, options, files, workplace / "spill", bars or Bars())
        inbox.put(Request(request_id, iso(datetime.now(UTC)), "import", "import"))
        settle(folder, request_id)
    except BaseException:
        if not inbox.waits(request_id):
            shutil.rmtree(files.folder, ignore_errors=True)
        raise
    log, counts, seconds = report.log, summary.counts, time.monotonic() - report.began
    read, skipped = counts.messages + counts.filtered, summary.unusable + log.skipped.total()
    print(
        f"{report.label} streams={summary.streams} messages={counts.messages} "
        f"filtered={counts.filtered} skipped={skipped}{log.reasons()} "
        f"windows={summary.windows} seconds={seconds:.1f} messages/s={read / seconds:.0f}"
    )
    unusable = {"without a login, a time or a text": summary.unusable} if summary.unusable else {}
    return Result(tuple(placed), summary, {**log.skipped, **unusable})


def _read(
    path: Path, options: ImportOptions, files: ImportFiles, scratch: Path, bars: Bars
) -> tuple[list[Placed], Summary]:
    folder, channels = data_folder(), list(options.channels) or None
    table = _open(path, channels, scratch)
    try:
        streams = table.streams(channels)
        if not streams:
            raise BadInput(
                f"{path.name} has no message that could be imported: all its rows lack a login in "
                "channel, a stream, a time in t (seconds from its start) or a text"
            )
        optout = load_optout(folder.optout)
        optout.refuse({s.channel for s in streams}, published_identities(folder))
        earlier = _earlier(folder, streams) if options.undated else {}
        placed = place(streams, options.undated, options.started_at, earlier)
        refuse_to_come(placed, time.time())
        scorers = published_scorers(PipelineSettings().lexicon, folder)
        importer = Importer(files, scorers, folder.root / "salt", optout)
        with bars.messages(sum(s.rows for s in streams)) as advance:
            return placed, importer.run(table, placed, advance)
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


def _earlier(folder: DataFolder, streams: list[TableStream]) -> Earlier:
    """The undated streams of their channels that were imported before."""
    names = sorted({stream.channel for stream in streams})
    try:
        found = Reader(folder).query("dash_streams", channels=names, limit=_MANY).to_pylist()
    except NothingPublished:
        return {}
    return {
        (row["channel"], row["stream_id"]): (
            row["started_at"].replace(tzinfo=UTC).timestamp(),
            row["ended_at"].replace(tzinfo=UTC).timestamp(),
        )
        for row in found
        if row["undated"] and row["ended_at"]
    }

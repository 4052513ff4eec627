"""A table of past chat to the four files of an import, stream by stream in bounded memory."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.message import Heard, Message, StreamEnd, StreamStart, Watch
from pipeline.chat.table import ChatTable, Placed
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.scoring.by_channel import Scorers
from pipeline.windows.intake import Intake, IntakeCounts
from pipeline.windows.rows import term_rows, window_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.consent import OptOut
from warehouse.records import WINDOW_SECONDS, utc, window_start
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import table_schemas

SOURCE = "import"
_FLUSH = 500  # windows a write


@dataclass(frozen=True)
class Summary:
    """Counts of what an import read and made."""

    streams: int
    windows: int
    counts: IntakeCounts
    unusable: int


class Importer:
    """Reads placed streams of a table into `files`. progress is told of every message count."""

    def __init__(
        self, files: ImportFiles, scorers: Scorers, salt: Path, optout: OptOut | None = None
    ) -> None:
        self.files = files
        hasher = Hasher(load_salt(salt))
        gate = Gate(scorers.knows, hasher.of, (optout or OptOut()).chatters)
        self.intake = Intake(scorers, hasher, gate, grace_s=0, held_s=0)
        self.windows = 0

    def run(
        self, table: ChatTable, placed: list[Placed], progress: Callable[[int], None]
    ) -> Summary:
        """Write the four files. Raises BadInput for a table that turns out unreadable."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        with (
            _few_collections(),
            self.files.writer("windows") as windows,
            self.files.writer("window_terms") as terms,
        ):
            parts = overlapping(placed)
            # by identity: to hash a stream for every message takes long
            numbered = {id(p): part for p, part in zip(placed, parts, strict=True)}
            messages = table.messages(placed, parts)
            for part, group in groupby(messages, key=lambda pair: numbered[id(pair[0])]):
                members = [p for p in placed if numbered[id(p)] == part]
                found = self._part(members, (m for _, m in group), progress)
                for closed in _chunks(found):
                    _write(windows, "windows", window_rows(closed, SOURCE))
                    _write(terms, "window_terms", term_rows(closed, self.intake.gate))
                    self.windows += len(closed)
        self._write_small("streams", [_stream_row(p) for p in placed])
        self._write_small("channels", self._channels({p.stream.channel for p in placed}))
        return Summary(len(placed), self.windows, self.intake.counts, table.unusable())

    def _part(
        self, members: list[Placed], messages: Iterable[Message], progress: Callable[[int], None]
    ) -> Iterator[Closed]:
        """The windows of streams that overlap, or of a single one; seen to their last message.

        A window holds what was said on its channel then, whatever stream a log puts it in; it
        belongs to the stream that began last.
        """
        intake, first = self.intake, members[0]
        channel, last = first.stream.channel, max(p.ended_at for p in members)
        intake.take(StreamStart(channel, first.started_at, first.stream.stream_id))
        intake.take(Watch(channel, first.started_at))
        done = 0
        for message in messages:
            intake.take(message)
            done += 1
            if done % 200 == 0:
                progress(200)
                yield from _owned(members, intake.close(message.at))
        progress(done % 200)
        intake.take(Heard(channel, last))
        intake.take(StreamEnd(channel, max(_end(p) for p in members)))
        yield from _owned(members, intake.drain())
        intake.tracks.clear()

    def _channels(self, names: set[str]) -> list[dict[str, Any]]:
        return [
            {
                "channel": name,
                "display_name": name,
                "readable": self.intake.readable[name].share
                if name in self.intake.readable
                else None,
                "source": SOURCE,
            }
            for name in sorted(names)
        ]

    def _write_small(self, table: str, rows: list[Any]) -> None:
        schema = table_schemas()[table]
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), self.files.path(table))


@contextmanager
def _few_collections() -> Iterator[None]:
    """Messages hold no cycles: to look for some among them takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _end(where: Placed) -> float:
    """The end of the window its last message is in."""
    return float(window_start(where.ended_at) + WINDOW_SECONDS)


def overlapping(placed: list[Placed]) -> list[int]:
    """The part each stream belongs to: those of a channel that share a window share a part.

    placed: by channel and start, as `place` returns them.
    """
    parts: list[int] = []
    channel, end = "", 0.0
    for p in placed:
        apart = p.stream.channel != channel or window_start(p.started_at) >= end
        parts.append((parts[-1] if parts else 0) + (apart and bool(parts)))
        end = _end(p) if apart else max(end, _end(p))
        channel = p.stream.channel
    return parts


def _owned(members: list[Placed], closed: Iterable[Closed]) -> Iterator[Closed]:
    """The windows, each with the stream that began last of those going on."""
    for c in closed:
        start = c.window.start.timestamp()
        going = [p for p in members if window_start(p.started_at) <= start < _end(p)]
        stream_id = (going or members)[-1].stream.stream_id
        yield replace(c, window=replace(c.window, stream_id=stream_id))


def _stream_row(where: Placed) -> Any:
    return {
        "stream_id": where.stream.stream_id,
        "channel": where.stream.channel,
        "started_at": utc(where.started_at),
        "ended_at": utc(_end(where)),
        "vod_id": where.stream.vod_id or None,
        "source": SOURCE,
        "undated": where.undated,
        "said": True,
    }


def _write(writer: pq.ParquetWriter, table: str, rows: list[Any]) -> None:
    if rows:
        writer.write_table(pa.Table.from_pylist(rows, schema=table_schemas()[table]))


def _chunks(closed: Iterable[Closed]) -> Iterator[list[Closed]]:
    chunk: list[Closed] = []
    for one in closed:
        chunk.append(one)
        if len(chunk) >= _FLUSH:
            yield chunk
            chunk = []
    yield chunk

"""A table of past chat to the four files of an import, stream by stream in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.intake import Counts, Intake
from pipeline.message import Heard, Message, StreamEnd, StreamStart, Watch
from pipeline.privacy import Hasher, load_salt
from pipeline.rows import term_rows, window_rows
from pipeline.score import Scorer
from pipeline.table import ChatTable, Placed
from pipeline.terms import Gate
from pipeline.window import Closed
from warehouse.imported import ImportFiles
from warehouse.records import WINDOW_SECONDS, utc, window_start
from warehouse.store import table_schemas

SOURCE = "import"
_FLUSH = 500  # windows a write


@dataclass(frozen=True)
class Summary:
    """What an import read and made."""

    streams: int
    windows: int
    counts: Counts
    unusable: int


class Importer:
    """Reads placed streams of a table into `files`. progress is told of every message count."""

    def __init__(self, files: ImportFiles, scorer: Scorer, salt: Path) -> None:
        self.files = files
        hasher = Hasher(load_salt(salt))
        gate = Gate(scorer.knows, hasher.of)
        self.intake = Intake(scorer, hasher, gate, grace_s=0, held=0)
        self.windows = 0

    def run(
        self, table: ChatTable, placed: list[Placed], progress: Callable[[int], None]
    ) -> Summary:
        """Write the four files. Raises BadInput for a table that turns out unreadable."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        with (
            self.files.writer("windows") as windows,
            self.files.writer("window_terms") as terms,
        ):
            messages = table.messages(placed, by_time=False)
            following = dict(zip(placed, [*placed[1:], None], strict=False))
            for where, group in groupby(messages, key=lambda pair: pair[0]):
                found = self._stream(where, (m for _, m in group), progress, following[where])
                for closed in _chunks(found):
                    _write(windows, "windows", window_rows(closed, SOURCE))
                    _write(terms, "window_terms", term_rows(closed, self.intake.gate))
                    self.windows += len(closed)
        self._write_small("streams", [_stream_row(p) for p in placed])
        self._write_small("channels", self._channels({p.stream.channel for p in placed}))
        return Summary(len(placed), self.windows, self.intake.counts, table.unusable())

    def _stream(
        self,
        where: Placed,
        messages: Iterable[Message],
        progress: Callable[[int], None],
        following: Placed | None,
    ) -> Iterator[Closed]:
        """The windows of one stream; what was seen ends with its last message.

        A stream that begins in the window the last one ended in shares it; of one that begins
        earlier, what falls into windows already made is left out and counted as dropped.
        """
        intake, channel = self.intake, where.stream.channel
        intake.take(StreamStart(channel, where.started_at, where.stream.stream_id))
        intake.take(Watch(channel, where.started_at))
        done = 0
        for message in messages:
            intake.take(message)
            done += 1
            if done % 200 == 0:
                progress(200)
                yield from intake.close(message.at)
        progress(done % 200)
        intake.take(Heard(channel, where.ended_at))
        intake.take(StreamEnd(channel, _end(where)))
        if not _touches(where, following):
            yield from intake.drain()
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


def _end(where: Placed) -> float:
    """The end of the window its last message is in."""
    return float(window_start(where.ended_at) + WINDOW_SECONDS)


def _touches(where: Placed, following: Placed | None) -> bool:
    same = following is not None and following.stream.channel == where.stream.channel
    return same and following is not None and following.started_at < _end(where)


def _stream_row(where: Placed) -> Any:
    return {
        "stream_id": where.stream.stream_id,
        "channel": where.stream.channel,
        "started_at": utc(where.started_at),
        "ended_at": utc(_end(where)),
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

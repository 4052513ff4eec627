"""A log, read line by line into a scratch file of its chat, in bounded memory.

The scratch file holds text: only its owner may read it, and it goes with its folder.
"""

import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.placement import NeedsAnswer
from pipeline.chat.table import LONGEST_S, VIDEO_S
from pipeline.chat.text import LONE
from pipeline.imports.formats import FORMATS
from pipeline.imports.formats.base import NO_TIME, Log, Said, moment
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.names import channel_of
from warehouse.atomic import private_file, private_folder
from warehouse.errors import BadInput
from warehouse.records import LOGIN
from warehouse.row_groups import batches

SESSION_GAP_S = 1800.0  # without a message for longer, a session is over
_ROWS = 20_000  # a write
_REMEMBERED = 50_000  # ids of messages, twice
_AHEAD_S = 86400.0  # of our clock: a stamp beyond it is none, or its log is refused as a whole
_SCHEMA = pa.schema(
    [("at", pa.float64())]
    + [(name, pa.string()) for name in ("user", "text", "emotes")]
    + [("bot", pa.bool_()), ("channel", pa.string()), ("id", pa.string())]
)


class Spans:
    """Spans of a channel's chat, each without a silence of half an hour."""

    def __init__(self) -> None:
        self.found: list[list[float]] = [[float("inf"), -float("inf")]]

    def add(self, at: float) -> None:
        """Take a message in, in whatever order."""
        last = self.found[-1]
        if last[0] <= at <= last[1] + SESSION_GAP_S:
            last[1] = max(last[1], at)
            return
        self.found.append([at, at])
        if len(self.found) > 10_000:
            self.found = joined(self.found)


def joined(spans: Iterable[list[float]]) -> list[list[float]]:
    """The spans in order, those that are less than a session's gap apart made one."""
    merged: list[list[float]] = []
    for first, last in sorted(spans):
        if first > last:
            continue  # of no message
        if merged and first - merged[-1][1] <= SESSION_GAP_S:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


@dataclass
class Staged:
    """A log that was read. table: its chat, times as `Log` explains. spans: by channel.

    digest: names what the log says, whatever the file is called.
    """

    file: Path
    format: str
    table: Path
    log: Log
    digest: str
    rows: int = 0
    spans: dict[str, Spans] = field(default_factory=dict)

    @property
    def first(self) -> float:
        """The time of its earliest message."""
        return min(min(s.found)[0] for s in self.spans.values())


def stage(
    path: Path,
    name: str,
    table: Path,
    progress: Callable[[int], None],
    columns: Mapping[str, str] | None = None,
) -> Staged:
    """Read the log into `table`. progress: told of the bytes read. columns: of a table, by role.

    Raises BadInput for a file that cannot be read or has no message.
    """
    log = Log(columns=columns or {})
    with LogFile(path) as log_file:
        staged = Staged(path, name, table, log, "")
        said = _counted(FORMATS[name].read(log_file, log), log_file, progress)
        private_folder(table.parent)
        with (
            private_file(table) as file,
            pq.ParquetWriter(file, _SCHEMA, compression="lz4") as writer,
        ):
            for chunk in _chunks(_usable(said, log, staged)):
                staged.rows += len(chunk)
                # a row group at a time: `write_batch` would gather a million rows
                writer.write_table(pa.Table.from_batches([_batch(chunk)]))
        log.cut, log.replaced, log.encoding = log_file.cut, log_file.replaced, log_file.encoding
        staged.digest = log_file.digest.hexdigest()[:12]
    if log.deleted:
        _leave_out_deleted(staged)
    if log.needs:
        raise NeedsAnswer(log.needs, "columns")
    if not staged.rows:
        raise BadInput(f"{path} has no message that could be imported{log.reasons()}")
    log.channel = log.channel or channel_of(path, FORMATS[name].name_tells)
    return staged


def _leave_out_deleted(staged: Staged) -> None:
    """Write the table again, without what was taken back later in the log."""
    whole = staged.table.with_suffix(".whole")
    staged.table.rename(whole)
    with (
        private_file(staged.table) as file,
        pq.ParquetWriter(file, _SCHEMA, compression="lz4") as writer,
    ):
        staged.rows = 0
        for batch in batches(whole):
            kept = staged.log.deleted.kept(batch)
            writer.write_table(pa.Table.from_batches([batch.filter(pa.array(kept))]))
            staged.rows += sum(kept)
            staged.log.skipped["taken back"] += len(kept) - sum(kept)
    staged.log.skipped = +staged.log.skipped
    whole.unlink()


def _counted(
    said: Iterable[Said], log_file: LogFile, progress: Callable[[int], None]
) -> Iterator[Said]:
    done = 0
    for n, one in enumerate(said):
        if n % 1000 == 0:
            progress(log_file.done - done)
            done = log_file.done
        yield one
    progress(log_file.done - done)


def _usable(said: Iterable[Said], log: Log, staged: Staged) -> Iterator[Said]:
    """What counts as chat: with a sensible time, once by its id, in somebody's own words."""
    new, old = set[str](), set[str]()
    spans: Spans | None = None
    channel = ""
    latest = time.time() + _AHEAD_S
    for one in said:
        if one.channel != channel:
            channel, spans = one.channel, None
        if spans is None and channel and not LOGIN.fullmatch(channel):
            log.skip("of a channel that is no login")
            continue
        if log.clock and not _is_moment(one.at, log, latest):
            log.skip(NO_TIME)
            continue
        if not log.clock and not 0 <= one.at < VIDEO_S:
            log.skip(_outside(one.at))
            continue
        if one.id:
            if one.id in new or one.id in old:
                log.skip("message seen before")
                continue
            new.add(one.id)
            if len(new) >= _REMEMBERED:
                new, old = set(), new
        if spans is None:
            spans = staged.spans.setdefault(channel, Spans())
        spans.add(one.at)
        yield one


def _outside(at: float) -> str:
    """Why an offset from a video's start is none."""
    if at < 0:
        return "before the video's start"
    return "50 hours or more into the video (milliseconds?)" if at >= VIDEO_S else NO_TIME


def _is_moment(at: float, log: Log, latest: float) -> bool:
    """Of times that only tell how far apart lines are (`Log.zone`) any may be."""
    return -LONGEST_S < at < latest if log.zone else moment(at) is not None and at < latest


def _batch(chunk: list[Said]) -> pa.RecordBatch:
    at, user, text, emotes, bot, channel, ids = zip(*chunk, strict=True)
    columns: list[pa.Array] = [pa.array(array("d", at)), *map(_strings, (user, text, emotes))]
    columns += [pa.array(bot, pa.bool_()), pa.array(channel, pa.string()), _strings(ids)]
    return pa.record_batch(columns, schema=_SCHEMA)


def _strings(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair, out of JSON
        clean = [None if s is None else LONE.sub("\ufffd", s) for s in values]
        return pa.array(clean, pa.string())


def _chunks(said: Iterable[Said]) -> Iterator[list[Said]]:
    chunk: list[Said] = []
    for one in said:
        chunk.append(one)
        if len(chunk) >= _ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

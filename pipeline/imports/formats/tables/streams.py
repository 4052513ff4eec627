"""Tables of several streams with any columns, rewritten as the table of chat that DLD knows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.imports.formats.base import Log
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables.clock import Clock, clock_of
from pipeline.imports.formats.tables.columns import check_named, said_rows
from pipeline.imports.formats.tables.rows import Row, TableRows, open_table
from pipeline.imports.formats.tables.times import Kind
from warehouse.atomic import private_file, private_folder
from warehouse.records import numeric_id

_ROWS = 20_000  # a write
_TEXTS = ("channel", "stream", "date", "user", "text", "emotes", "vod")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXTS] + [("t", pa.float64()), ("bot", pa.bool_())]
)


def has_streams(path: Path, log: Log) -> bool:
    """Does a column name the streams from whose starts the times are? Raises BadInput."""
    with LogFile(path) as file:
        table = open_table(file, log, log.columns)
        roles = table.roles(log.columns)
        check_named(table, roles["text"])
        is_said = any(row[p] not in (None, "") for p in roles["stream"] for row in table.sample)
        return is_said and clock_of(table, roles["time"], log).kind is Kind.offset


def rewritten(path: Path, target: Path, log: Log, channel: str) -> None:
    """Write the table anew, with the columns of `chat/table.py`. channel: where it names none."""
    private_folder(target.parent)
    with (
        LogFile(path) as file,
        private_file(target) as out,
        pq.ParquetWriter(out, _SCHEMA, compression="lz4") as writer,
    ):
        table = open_table(file, log, log.columns)
        rows = _rows(table, clock_of(table, table.roles(log.columns)["time"], log), log)
        while chunk := list(islice(rows, _ROWS)):
            for row in chunk:
                row["channel"] = row["channel"] or channel
            writer.write_table(pa.Table.from_pylist(chunk, schema=_SCHEMA))
        log.replaced = file.replaced


def _rows(table: TableRows, clock: Clock, log: Log) -> Iterator[dict[str, object]]:
    """Rows of the table. A stream's date is its first row's: one whose rows bear two is two."""
    roles = table.roles(log.columns)
    stream, vod, dates = roles["stream"][0], (roles["vod"] or [-1])[0], dict[object, str]()
    for row, said in said_rows(table, clock, log):
        key = said.channel, row[stream]
        if key not in dates:
            dates[key] = _date(row, clock, roles["date"])
        yield {
            "channel": said.channel, "stream": row[stream], "date": dates[key], "t": said.at,
            "user": said.user, "text": said.text, "emotes": said.emotes, "bot": said.bot,
            "vod": numeric_id(str(row[vod])) if vod >= 0 else "",
        }  # fmt: skip


def _date(row: Row, clock: Clock, dates: Iterable[int]) -> str:
    at = clock.base(row) if clock.base else None
    if at is not None:
        return datetime.fromtimestamp(at, UTC).isoformat()
    return next((str(row[place]) for place in dates if row[place]), "")

"""Detection of a log's format: by what is in a file, never by what it is called."""

import csv
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.columns import DATES, columns_of
from pipeline.imports.formats import COLUMNS, FORMATS, LINES, TABLE
from pipeline.imports.formats.base import IS_UNTIMED
from pipeline.imports.formats.clock import DATED_NAME
from pipeline.imports.formats.foreign import refuse_foreign
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.marks import plain
from pipeline.imports.formats.tables.rows import PARQUET, delimiter_of, from_header
from pipeline.imports.formats.unknown import refuse_binary, unknown
from warehouse.errors import BadInput

_LINES, _VALUES = 60, 40  # looked at
_COLUMNS = {"text", "t", "stream"}


def detect(path: Path, columns: Mapping[str, str] | None = None) -> str:
    """The name of the file's format. columns: of a table, that the user named.

    Raises BadInput for one it does not know, naming what comes nearest.
    """
    named = {role: name for role, name in (columns or {}).items() if role != DATES}
    with LogFile(path) as file:
        head = file.read()
    if not head and file.cut:
        raise BadInput(f"{path} cannot be read: {file.cut}")
    if head.startswith(PARQUET):
        return _of_names(_parquet_names(path), named)
    refuse_binary(path, head)
    text = head.decode(errors="replace")
    refuse_foreign(path, text)
    lines = text.splitlines()[: 4 * _LINES]
    if named:
        return COLUMNS
    if name := _json(path) if head.lstrip()[:1] in (b"{", b"[") else _headed(lines):
        return name
    filled = [plain(line) for line in lines if line.strip()][:_LINES]
    counts = {name: form.count(filled) for name, form in FORMATS.items()}
    name = _text(filled, counts, bool(DATED_NAME.search(path.name))) or _csv(lines)
    if not name:
        raise unknown(path, filled, counts)
    return name


def _json(path: Path) -> str:
    """By the first of its values that some format knows."""
    with LogFile(path) as file:
        for key, value in islice(values(file, {"comments", "messages", "chat", "logs"}), _VALUES):
            if not isinstance(value, NoValue):
                for name, form in FORMATS.items():
                    if form.is_value(key, value):
                        return name
    return ""


def _text(lines: Sequence[str], counts: Mapping[str, int], is_dated: bool) -> str:
    """By a head that one format has, else by what most of the lines look like, `counts`. What is
    said without times is told so by a format that could have had them. is_dated: the file is named
    after a day, so that its times are those of a clock, though it begins at midnight."""
    text = "\n".join(lines)
    for name, form in FORMATS.items():
        if form.has_head(text):
            return name
    best = max((name for name in FORMATS if name != LINES), key=lambda name: counts[name])
    if counts[best] and counts[best] * 2 >= len(lines):
        return "irc-client" if best == "tcd" and is_dated else best
    if counts[LINES] and counts[LINES] * 2 >= len(lines):
        return LINES
    untimed = sum(IS_UNTIMED.match(line) is not None for line in lines)
    return "twitchdownloader-text" if untimed > 2 and untimed * 10 >= len(lines) * 9 else ""


def _parquet_names(path: Path) -> list[str]:
    try:
        names: list[str] = pq.read_schema(path).names
    except (OSError, pa.ArrowException) as exc:
        raise BadInput(
            f"{path} cannot be read as a table of chat: its Parquet data are damaged"
        ) from exc
    return names


def _headed(lines: Sequence[str]) -> str:
    """A table whose header names a text and a time, which no log's first line does."""
    rows = _rows(lines[:_LINES])
    known = columns_of(rows[0] if rows else [], {})
    return _of_names(rows[0], None) if known["text"] and known["time"] else ""


def _csv(lines: Sequence[str]) -> str:
    """A table by one name of its header, or by as many cells in every line."""
    rows = _rows(lines)
    names = rows[0] if rows else []
    known = columns_of(names, {})
    if len(names) > 1 and (known["text"] or known["time"]):
        return _of_names(names, None)
    even = len(rows) > 2 and len(names) > 2 and len({len(row) for row in rows}) == 1
    return COLUMNS if even else ""


def _rows(lines: Sequence[str]) -> list[list[str]]:
    lines = from_header(list(lines))
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter_of(lines)) if row]
    except csv.Error:
        return []


def _of_names(names: Sequence[str], columns: Mapping[str, str] | None) -> str:
    is_ours = {name.strip().lower() for name in names} >= _COLUMNS and not columns
    return TABLE if is_ours else COLUMNS

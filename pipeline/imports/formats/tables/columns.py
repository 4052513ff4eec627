"""Tables of chat with any columns: they are found by their names, their values tell the units."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.chat.columns import NEEDS
from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.formats import chat_downloader
from pipeline.imports.formats.base import NO_TIME, PRIVATE, WHISPER, Log, Said, short_text
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables.clock import Clock, clock_of
from pipeline.imports.formats.tables.rows import Row, TableRows, open_table
from pipeline.imports.formats.tables.times import Kind
from warehouse.records import lowered

_CHAT_DOWNLOADER = {"author.name", "message", "message_type"}
_MARKS = "@%+~&!#"  # before a login: of moderators and the like, and of channels
_NO_TEXT = "no text"
NOBODY = (
    "no column tells who said it, so that chatters are not counted; if one does: "
    "--columns user=NAME"
)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """The rows as one stream, or as sessions where they have moments. Of a table that lacks a
    column `log.needs` says what a table needs."""
    table = open_table(file, log, log.columns)
    if not table.names:
        return
    if set(table.names) >= _CHAT_DOWNLOADER and not log.columns:
        yield from chat_downloader.of_values(map(_Nested(table.names), table.rows), log)
        return
    yield from read_table(table, log)


def read_table(table: TableRows, log: Log) -> Iterator[Said]:
    """As `read`, of rows that were found already."""
    if not table.sample:
        log.skip("a header without a row")
        return
    try:
        roles = table.roles(log.columns)
        check_named(table, roles["text"])
        clock = clock_of(table, roles["time"], log)
    except NeedsAnswer as exc:
        log.needs = str(exc)
        return
    log.clock = clock.kind is not Kind.offset
    log.zone = "it does not say the day" if clock.kind is Kind.of_day else ""
    stream = _first_said(table, roles["stream"])
    for row, said in said_rows(table, clock, log):
        if clock.base and log.starts_at is None:
            log.starts_at = clock.base(row)
        if stream is not None and not log.clock:
            log.stream = log.stream or short_text(row[stream])
        yield said


def check_named(table: TableRows, text: Sequence[int]) -> None:
    """Raises NeedsAnswer for a table without a column for the text."""
    if not table.is_named and not text:
        raise NeedsAnswer(
            f"the first line of {table.path} does not name its {len(table.names)} columns; "
            f"{NEEDS}; a number is a name too, 1 the first",
            "columns",
        )
    if not text:
        raise NeedsAnswer(
            f"{table.path} has no column with a text{table.it_has}; {NEEDS}", "columns"
        )


def said_rows(table: TableRows, clock: Clock, log: Log) -> Iterator[tuple[Row, Said]]:
    """The rows that have a time and a text, and what they say."""
    roles = table.roles(log.columns)
    text_at, at_of = roles["text"][0], clock.at
    user = _text(_first_said(table, roles["user"]))
    if _first_said(table, roles["user"]) is None and table.sample:
        log.notes.append(NOBODY)
    channel = _text(_first_said(table, roles["channel"]))
    name, emotes = _text(next(iter(roles["id"]), None)), next(iter(roles["emotes"]), None)
    bot, kind = next(iter(roles["bot"]), None), _text(next(iter(roles["kind"]), None))
    for row in table.rows:
        text = row[text_at]
        if kind(row).lower() in PRIVATE:
            log.skip(WHISPER)
        elif text is None or text == "":
            log.skip(_NO_TEXT)
        elif (at := at_of(row)) is None:
            log.skip(NO_TIME)
        else:
            yield (
                row,
                Said(
                    at,
                    lowered(user(row).lstrip(_MARKS)),
                    str(text),
                    None if emotes is None else _emotes(row[emotes], str(text)),
                    bot is not None and str(row[bot]).lower() in ("true", "1"),
                    lowered(channel(row).lstrip("#")),
                    name(row),
                ),
            )


def _first_said(table: TableRows, places: Sequence[int]) -> int | None:
    """The first of the columns in which something stands."""
    return next((p for p in places if any(row[p] not in (None, "") for row in table.sample)), None)


def _text(place: int | None) -> Callable[[Row], str]:
    if place is None:
        return lambda row: ""
    return lambda row: "" if row[place] is None else str(row[place]).strip()


def _emotes(cell: object, text: str) -> str | None:
    """Names of emotes joined by spaces; None for marks of another kind."""
    names = str(cell or "").split()
    return " ".join(names) if set(names) <= set(text.split()) else None


class _Nested:
    """A row with columns `author.name`, `emotes.0.name` as the objects and lists it was."""

    def __init__(self, names: Sequence[str]) -> None:
        self.paths = [name.split(".") for name in names]

    def __call__(self, row: Row) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for path, cell in zip(self.paths, row, strict=True):
            if cell not in (None, ""):
                inner = value
                for key in path[:-1]:
                    inner = inner.setdefault(key, {})
                inner[path[-1]] = cell
        return {key: _listed(inner) for key, inner in value.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    return list(inner.values()) if all(key.isdecimal() for key in inner) else inner

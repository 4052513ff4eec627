"""Formats of past chat: by name, what reads each. A new one is a module and a line here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.imports.formats import (
    chat_downloader,
    clock,
    comments,
    gql,
    html,
    irc,
    timed,
)
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.log_file import LogFile

Reader = Callable[[LogFile, Log], Iterator[Said]]


@dataclass(frozen=True)
class Format:
    """read: the lines of chat of an open log. name_tells: its files are named after the channel
    by convention, `NAME-2024-01-31.log` or `2024-01-31_#NAME.log`."""

    read: Reader
    name_tells: bool = False


FORMATS: dict[str, Format] = {
    "twitchdownloader": Format(comments.read),
    "twitchdownloader-text": Format(timed.read_downloader),
    "twitchdownloader-html": Format(html.read),
    "rechat": Format(comments.read),
    "gql": Format(gql.read),
    "chat-downloader": Format(chat_downloader.read),
    "tcd": Format(timed.read_tcd),
    "chatterino": Format(clock.read, name_tells=True),
    "chatty": Format(clock.read, name_tells=True),
    "irc": Format(irc.read),
    "justlog": Format(irc.read),
    "justlog-json": Format(irc.read_json),
    "justlog-text": Format(timed.read_justlog),
}
TABLE = "table"  # Parquet or CSV, which DuckDB reads
NAMES = ("auto", TABLE, *FORMATS)

"""Registry of formats of past chat, the one place to add one: detection, help and tests follow.

A format is a module here with a reader and what its logs are told by, and a line below.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.imports.formats import (
    chat_downloader,
    clock,
    comments,
    eventsub,
    gql,
    html,
    irc,
    lines,
    loose,
    subtitles,
    timed,
)
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables import columns


@dataclass(frozen=True)
class Format:
    """read: the lines of chat of an open log.

    What a log is told by: is_value, of a (key, value) of its JSON; has_head, of its first lines
    as one text; count, of some lines: how many look like its own. name_tells: its files are
    named after the channel by convention, `NAME-2024-01-31.log` or `2024-01-31_#NAME.log`.
    """

    read: Callable[[LogFile, Log], Iterator[Said]]
    is_value: Callable[[str, Any], bool] = lambda key, value: False
    has_head: Callable[[str], Any] = lambda text: False
    count: Callable[[Sequence[str]], int] = lambda lines: 0
    name_tells: bool = False


LINES = "lines"  # of any form, if they are of none that is known
# where several would do, the first is meant
FORMATS: dict[str, Format] = {
    "twitchdownloader": Format(comments.read, comments.is_downloader),
    "twitchdownloader-html": Format(html.read, has_head=html.is_page),
    "rechat": Format(comments.read, comments.is_comment),
    "gql": Format(gql.read, gql.is_answer),
    "chat-downloader": Format(chat_downloader.read, chat_downloader.is_message),
    "eventsub": Format(eventsub.read, eventsub.is_notification),
    "chatterino": Format(
        clock.read, has_head=clock.CHATTERINO.search, count=clock.chatterino, name_tells=True
    ),
    "chatty": Format(clock.read, has_head=clock.CHATTY.search, count=clock.chatty, name_tells=True),
    "irc-client": Format(
        clock.read, has_head=clock.IRC_CLIENT.search, count=clock.irc_client, name_tells=True
    ),
    "irc": Format(irc.read, count=irc.count),
    "justlog-json": Format(irc.read_json, irc.is_message),
    "justlog-text": Format(timed.read_justlog, count=timed.justlog),
    "subtitles": Format(subtitles.read, has_head=subtitles.IS_SRT.match),
    "subtitles-ass": Format(subtitles.read_ass, has_head=subtitles.IS_ASS.match),
    "twitchdownloader-text": Format(timed.read_downloader, count=timed.downloader),
    "tcd": Format(timed.read_tcd, count=timed.tcd),
    "tcd-csv": Format(timed.read_tcd_table, count=timed.tcd_table),
    "chat-downloader-text": Format(timed.read_chat_downloader, count=timed.chat_downloader),
    "twitch-archiver": Format(timed.read_archiver, count=timed.archiver),
    "justlog": Format(irc.read),
    "json": Format(loose.read, loose.is_message),
    "columns": Format(columns.read),
    LINES: Format(lines.read, count=lines.count),
}
TABLE = "table"  # Parquet or CSV with the columns of chat/table.py, which DuckDB reads
COLUMNS = "columns"  # with any others
NAMES = ("auto", TABLE, *FORMATS)

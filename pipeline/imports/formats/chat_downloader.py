"""chat-downloader's messages: a JSON array, or a line each."""

from collections.abc import Iterator
from typing import Any

from pipeline.imports.formats.base import NOTICES, Log, Said, moment
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import lowered

_CHAT = ("text_message", "highlighted_message", "chat_message", "message", "")


def is_message(key: str, value: Any) -> bool:
    """True for a message with its author and its time."""
    is_dict = isinstance(value, dict) and "author" in value
    return is_dict and ("timestamp" in value or "time_in_seconds" in value)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Of a video, times are `time_in_seconds` of it; of a live stream, those of the messages."""
    for _, value in values(file):
        if said := _said(value, log):
            yield said


def _said(message: Any, log: Log) -> Said | None:
    if isinstance(message, NoValue):
        log.skip(message.reason)
        return None
    try:
        kind = message.get("message_type") or ""
        if kind in NOTICES or kind not in _CHAT:
            log.skip("notice of a sub, gift or raid" if kind in NOTICES else "no chat")
            return None
        author, text = message.get("author") or {}, message["message"]
        if not isinstance(text, str):
            raise TypeError
        return Said(
            _time(message, log),
            lowered(str(author.get("name") or author.get("display_name") or "")),
            text,
            _emotes(text, message.get("emotes")),
            any(b.get("name") == "bot-badge" for b in author.get("badges") or ()),
            lowered(str(message.get("channel") or "")),
            str(message.get("message_id") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        log.skip("no message of chat-downloader")
        return None


def _time(message: Any, log: Log) -> float:
    """Seconds since the start where the log has a start, else epoch seconds. The first message
    settles which."""
    stamp, offset = message.get("timestamp"), message.get("time_in_seconds")
    if offset is None or log.clock:
        log.clock = True
        return float(stamp) / 1e6
    if log.starts_at is None and stamp is not None:
        log.starts_at = moment(round(float(stamp) / 1e6 - float(offset)))
    return float(offset)


def _emotes(text: str, marks: Any) -> str:
    """locations: `first-last` in code points, a list or joined by commas."""
    found = []
    for mark in marks or ():
        places = mark.get("locations") or ()
        for place in places.split(",") if isinstance(places, str) else places:
            first, _, last = place.partition("-")
            found.append((int(first), text[int(first) : int(last) + 1]))
    return " ".join(name for _, name in sorted(found))

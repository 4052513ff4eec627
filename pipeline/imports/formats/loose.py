"""JSON of programs whose messages have a text, a name and a time by whatever names."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.chat.message import Retract
from pipeline.imports.formats import notices
from pipeline.imports.formats.base import (
    NO_CHAT,
    NO_TIME,
    NOTICE,
    PRIVATE,
    WHISPER,
    Event,
    Log,
    Said,
    epoch,
    moment,
    short_text,
    trusted,
)
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.sources.eventsub.frames import label
from warehouse.records import login_or_none, lowered

_TEXT = ("text", "msg", "message", "body", "content", "messageText", "message_text")
_USER = ("login", "username", "user_login", "user_name", "user", "author", "sender", "nick",
         "name", "chatter", "displayName", "display_name", "u", "senderUsername",
         "chatter_user_login")  # fmt: skip
_TIME = (
    "timestamp",
    "createdAt",
    "created_at",
    "time",
    "date",
    "sentAt",
    "sent_at",
    "ts",
    "t",
    "at",
    "tmi-sent-ts",
)
_OFFSET = ("offset", "offset_s", "offset_seconds", "offsetSeconds", "seconds", "time_in_seconds")
_CHANNEL = ("channel", "channel_name", "channelName", "streamer", "broadcaster",
            "broadcaster_user_login", "room")  # fmt: skip
_VIDEO = ("videoId", "video_id", "vod_id", "vodId")
_PARTS = ("year", "month", "day", "hours", "minutes", "seconds")  # of a time
_ID = ("id", "message_id", "messageId", "messageID", "msgId")
_CHAT = frozenset(("", "chat", "message", "msg", "privmsg", "text", "action", "cheer"))
_ARRAYS = frozenset(("messages", "comments", "chat"))


def is_message(key: str, value: Any) -> bool:
    """True for one with a text, a name and a time."""
    if key not in ("", *_ARRAYS) or not isinstance(value, dict):
        return False
    value = _flat(value)
    is_timed = _first(value, (*_TIME, *_OFFSET)) is not None or _parts(value)
    return bool(_text(value) and _first(value, _USER) and is_timed)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Offsets of a video where there are such, else moments. What is told of the log as a whole
    stands beside its messages, or in its first line."""
    for key, value in values(file, _ARRAYS):
        if isinstance(value, NoValue):
            log.skip(value.reason)
        elif key and key not in _ARRAYS:
            _facts({key: value}, log)
        elif isinstance(value, dict):
            try:
                if said := _said(_flat(value), log):
                    yield said
            except (TypeError, ValueError, OverflowError):
                log.skip(NO_TIME)
        else:
            log.skip(NO_CHAT)


def _facts(found: Mapping[str, Any], log: Log) -> None:
    log.channel = log.channel or _channel(found) or login_or_none(found.get("login"))
    log.title = log.title or label(found.get("title"))
    log.stream = log.stream or short_text(_first(found, _VIDEO))
    began = _first(found, ("startedAt", "started_at", "streamStartedAt", "recordingStartedAt"))
    if log.starts_at is None and began:
        log.starts_at = _moment(began)


def _said(value: dict[str, Any], log: Log) -> Said | None:
    kind = _kind(value)
    if kind in PRIVATE:
        log.skip(WHISPER)
        return None
    text, user = _text(value), _named(value)
    if not (user and (text or kind)) and kind not in ("clearchat", "clearmsg", "usernotice"):
        _facts(value, log)
        if log.starts_at is None and not log.channel:
            log.skip(NO_CHAT)
        return None
    at = _at(value, log)
    if at is None:
        log.skip(NO_TIME)
        return None
    channel = _channel(value)
    if kind in ("clearchat", "clearmsg", "ban", "timeout", "delete", "deleted"):
        _take_back(value, kind, at, channel, log)
        return None
    name = short_text(_first(value, _ID)) if kind != "usernotice" else ""
    said = Said(at, user, text, channel=channel, id=name)
    if system := value.get("systemMsg") or value.get("system_msg"):
        return _notice(said, str(system), str(value.get("msgId") or ""), log)
    if kind not in _CHAT:
        log.skip(NO_CHAT)
        return None
    return notices.own_words(said, log, str(value.get("displayName") or value.get("u") or ""))


def _notice(said: Said, system: str, kind: str, log: Log) -> Said | None:
    event = notices.by_tags({"msg-id": kind, "system-msg": system}, said.at, said.channel)
    if event is None and (sentence := notices.read(system)) and sentence.kind:
        event = Event(said.at, sentence.kind, sentence.detail, said.channel)
    if event:
        log.tell(event)
    own = said.text.removeprefix(system).strip()
    if own and said.user:
        return said._replace(text=own)
    log.skip(NOTICE)
    return None


def _take_back(value: Mapping[str, Any], kind: str, at: float, channel: str, log: Log) -> None:
    log.skip("ban, time-out or deletion")
    target = short_text(
        _first(value, ("targetMsgId", "target_msg_id", "target_message_id", "msgId"))
    )
    if kind in ("clearmsg", "delete", "deleted"):
        log.deleted.add(Retract(channel, at, message_id=target)) if target else None
        return
    who = _named(value) or lowered(_text(value))
    log.deleted.add(Retract(channel, at, chatter=who))


def _at(value: Mapping[str, Any], log: Log) -> float | None:
    """Its offset where the log has offsets, which its first message settles."""
    parts = _parts(value)
    offset = None if parts else _first(value, _OFFSET)
    log.stream = log.stream or short_text(_first(value, _VIDEO))
    moment_of = _moment(_first(value, _TIME) or parts)
    if offset is None or log.clock:
        log.clock = True
        return moment_of
    if log.starts_at is None and moment_of is not None and trusted(moment_of):
        log.starts_at = moment(moment_of - float(offset))
    return float(offset)


def _parts(value: Mapping[str, Any]) -> str | None:
    """The ISO time of one that is in parts."""
    if not all(isinstance(value.get(name), int) for name in _PARTS):
        return None
    year, *others = (value[name] for name in _PARTS)
    month, day, hours, minutes, seconds = (f"{number:02}" for number in others)
    return f"{year:04}-{month}-{day}T{hours}:{minutes}:{seconds}"


def _moment(value: Any) -> float | None:
    """Epoch seconds of an ISO time, or of a number of seconds, milli- or microseconds."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        return epoch(value)
    if isinstance(value, bool) or value is None:
        return None
    number = float(value)
    while number > 1e11:
        number /= 1000
    return moment(number)


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    """With the tags of tmi.js, and the text of an EventSub's message, where they are looked for."""
    tags, message = value.get("tags"), value.get("message")
    if isinstance(message, dict) and isinstance(message.get("text"), str):
        value = {**value, "text": message["text"]}
    return {**tags, **value} if isinstance(tags, dict) else value


def _kind(value: Mapping[str, Any]) -> str:
    kind = _first(value, ("type", "event", "message_type", "message-type"))
    return str(kind or "").lower()


def _channel(value: Mapping[str, Any]) -> str:
    found = _first(value, _CHANNEL)
    return login_or_none(found.removeprefix("#") if isinstance(found, str) else found)


def _text(value: Mapping[str, Any]) -> str:
    return next((found for name in _TEXT if isinstance(found := value.get(name), str)), "")


def _named(value: Mapping[str, Any]) -> str:
    """The name, or that of an object that tells who it was."""
    found = _first(value, _USER)
    if isinstance(found, dict):
        found = _first(found, _USER)
    return lowered(found) if isinstance(found, str) else ""


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of them that has something."""
    return next((value[name] for name in names if value.get(name) not in (None, "")), None)

"""JSON of programs whose messages have a text, a name and a time by whatever names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

from pipeline.chat.columns import columns_of
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
from pipeline.imports.formats.dates import worded
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables.times import Kind, scale_of, time_of
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
_OFFSETS = {
    name: scale_of(name)
    for name in ("offset", "offset_s", "offset_seconds", "offsetSeconds", "seconds",
                 "time_in_seconds", "offset_ms", "offsetMs", "time_ms")
}  # fmt: skip
_CHANNEL = ("channel", "channel_name", "channelName", "streamer", "broadcaster",
            "broadcaster_user_login", "room")  # fmt: skip
_VIDEO = ("videoId", "video_id", "vod_id", "vodId")
_TIMES = (*_TIME, *_OFFSETS)
_PARTS = ("year", "month", "day", "hours", "minutes", "seconds")  # of a time
_ID = ("id", "message_id", "messageId", "messageID", "msgId")
_CHAT = frozenset(("", "chat", "message", "msg", "privmsg", "text", "action", "cheer", "reply"))
_ARRAYS = frozenset(("messages", "comments", "chat", "logs"))
_DEEPEST = 2  # objects around a list of messages
_KICK_EMOTE = re.compile(r"\[emote:\d+:(\w+)\]")


def is_message(key: str, value: Any) -> bool:
    """True for one with a text, a name and a time, and for what holds a list of them."""
    is_one = key in ("", *_ARRAYS) and isinstance(value, dict) and _is_one(value)
    return is_one or any(map(_is_one, islice(_listed(value), 3)))


def _is_one(value: dict[str, Any]) -> bool:
    flat = _flat(value)
    is_timed = _first(flat, _TIMES) is not None or _parts(flat)
    return bool(_text(flat) and _first(flat, _USER) and is_timed)


def _listed(value: Any, deep: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """The objects of the lists in a value."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))
    elif isinstance(value, dict) and deep:
        for inner in value.values():
            yield from _listed(inner, deep - 1)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Offsets of a video where there are such, else moments. What is told of the log as a whole
    stands beside its messages, or in its first line."""
    for key, value in values(file, _ARRAYS):
        if isinstance(value, NoValue):
            log.skip(value.reason)
            continue
        messages = [value]
        if key not in ("", *_ARRAYS):
            _facts({key: value}, log)
            messages = [*filter(_is_one, _listed(value))]
        elif isinstance(value, dict) and value.keys().isdisjoint(_TEXT):
            messages = [*filter(_is_one, _listed(value))] or [value]
        yield from _each(messages, log)


def _each(messages: Iterable[Any], log: Log) -> Iterator[Said]:
    for value in messages:
        try:
            if not isinstance(value, dict):
                log.skip(NO_CHAT)
            elif said := _said(_flat(value), log):
                yield said
        except (TypeError, ValueError, OverflowError):
            log.skip(NO_TIME)


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
    offset = None if parts else _offset(value)
    log.stream = log.stream or short_text(_first(value, _VIDEO))
    told = _first(value, _TIME)
    moment_of = _moment(told or parts)
    if offset is None and moment_of is None and not log.clock:
        kind, seconds = time_of(told) or (None, 0.0)
        return seconds if kind is Kind.offset else None
    if offset is None or log.clock:
        log.clock = True
        return moment_of
    if log.starts_at is None and moment_of is not None and trusted(moment_of):
        log.starts_at = moment(moment_of - offset)
    return offset


def _offset(value: Mapping[str, Any]) -> float | None:
    """Seconds since the start of the video, None where it does not say."""
    for name, scale in _OFFSETS.items():
        if value.get(name) not in (None, ""):
            return float(value[name]) * scale
    return None


def _parts(value: Mapping[str, Any]) -> str | None:
    """The ISO time of one that is in parts."""
    if not all(isinstance(value.get(name), int) for name in _PARTS):
        return None
    year, *others = (value[name] for name in _PARTS)
    month, day, hours, minutes, seconds = (f"{number:02}" for number in others)
    return f"{year:04}-{month}-{day}T{hours}:{minutes}:{seconds}"


def _moment(value: Any) -> float | None:
    """Epoch seconds of an ISO time or a date in words, or of a number of seconds, milli- or
    microseconds."""
    if isinstance(value, dict):  # as MongoDB's tools write dates and numbers
        value = next(iter(value.values()), None)
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        at = epoch(value)
        return worded(value) if at is None else at
    if isinstance(value, bool) or value is None:
        return None
    number = float(value)
    while number > 1e11:
        number /= 1000
    return moment(number)


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    """With the tags of tmi.js, the text of an EventSub's message, what Kick's server sends as a
    text, and what other names say, where they are looked for."""
    tags, message, sent = value.get("tags"), value.get("message"), value.get("data")
    if isinstance(sent, str) and sent.startswith("{"):
        value = {**value, **orjson.loads(sent)}
    value = {**value, **{known: value[name] for known, name in _others(tuple(value))}}
    if isinstance(message, dict) and isinstance(message.get("text"), str):
        value = {**value, "text": message["text"]}
    return {**tags, **value} if isinstance(tags, dict) else value


@lru_cache(256)
def _others(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Names that are not known as they are, as in other tables, with those they stand for."""
    known = (("text", "text", _TEXT), ("user", "user", _USER), ("time", "timestamp", _TIMES))
    missing = [(role, name) for role, name, said in known if not set(said) & set(names)]
    found = columns_of(names, {}) if missing else {}
    return tuple((name, names[found[role][0]]) for role, name in missing if found[role])


def _kind(value: Mapping[str, Any]) -> str:
    kind = _first(value, ("type", "event", "message_type", "message-type"))
    return str(kind or "").lower()


def _channel(value: Mapping[str, Any]) -> str:
    found = _first(value, _CHANNEL)
    return login_or_none(found.removeprefix("#") if isinstance(found, str) else found)


def _text(value: Mapping[str, Any]) -> str:
    text = next((found for name in _TEXT if isinstance(found := value.get(name), str)), "")
    return _KICK_EMOTE.sub(r" \1 ", text).strip() if "[emote:" in text else text


def _named(value: Mapping[str, Any]) -> str:
    """The name, or that of an object that tells who it was."""
    found = _first(value, _USER)
    if isinstance(found, dict):
        found = _first(found, _USER)
    return lowered(found) if isinstance(found, str) else ""


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of them that has something."""
    return next((value[name] for name in names if value.get(name) not in (None, "")), None)

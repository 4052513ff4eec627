"""Notifications of Twitch's EventSub as somebody kept them: of its WebSocket, or of a webhook."""

from collections.abc import Iterator
from typing import Any

from pipeline.chat.message import Happening, Message, Retract
from pipeline.chat.oddities import Oddities
from pipeline.imports.formats.base import NO_CHAT, NO_TIME, Event, Log, Said, epoch
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.sources.eventsub.frames import Frame, label, mapping, text
from pipeline.sources.eventsub.items import items
from warehouse.records import login_or_none, numeric_id

_STAMPS = ("message_timestamp", "timestamp", "received_at", "at", "time")
_PRIVATE = "whisper"


def is_notification(key: str, value: Any) -> bool:
    """True for a frame of the WebSocket, or the body of a webhook."""
    payload = _payload(value)
    return isinstance(payload.get("event"), dict) and bool(_type(value, payload))


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are Twitch's stamps of the notifications; whispers are left out."""
    log.clock = True
    odd = Oddities()
    for _, value in values(file):
        if isinstance(value, NoValue):
            log.skip(value.reason)
        else:
            yield from _told(value, log, odd)


def _told(value: Any, log: Log, odd: Oddities) -> Iterator[Said]:
    payload = _payload(value)
    event, kind = mapping(payload.get("event")), _type(value, payload)
    at = _at(value, payload, event)
    channel = login_or_none(event.get("broadcaster_user_login"))
    if not kind or _PRIVATE in kind or not channel or at is None:
        log.skip(NO_TIME if channel and at is None else NO_CHAT)
        return
    if channel_id := numeric_id(event.get("broadcaster_user_id")):
        log.channel_ids[channel] = channel_id
    log.is_shown(event.get("broadcaster_user_name"), channel)
    is_chat = False
    for item in items(Frame("notification", "", at, kind, payload), channel, odd):
        if isinstance(item, Message):
            is_chat = True
            emotes = None if item.emotes is None else " ".join(item.emotes)
            bot = any(mapping(b).get("set_id") == "bot-badge" for b in event.get("badges") or ())
            yield Said(at, item.chatter, item.text, emotes, bot, channel, item.id)
        elif isinstance(item, Happening):
            log.tell(Event(at, item.kind, item.detail, channel, item.id))
        elif isinstance(item, Retract):
            log.deleted.add(item)
    if kind == "channel.update":
        for what, name in (("title", "title"), ("category", "category_name")):
            log.tell(Event(at, what, label(event.get(name)), channel))
    if not is_chat:
        log.skip(NO_CHAT)


def _payload(value: Any) -> dict[str, Any]:
    body = mapping(value)
    return mapping(body.get("payload")) or mapping(body.get("body")) or body


def _type(value: Any, payload: dict[str, Any]) -> str:
    """Of the subscription."""
    metadata, subscription = mapping(mapping(value).get("metadata")), payload.get("subscription")
    return text(metadata.get("subscription_type")) or text(mapping(subscription).get("type"))


def _at(value: Any, payload: dict[str, Any], event: dict[str, Any]) -> float | None:
    """Twitch's stamp, else when it was kept; with a webhook it may stand among the headers."""
    body = mapping(value)
    headers = {str(k).lower(): v for k, v in mapping(body.get("headers")).items()}
    stamps = [headers.get("twitch-eventsub-message-timestamp")]
    for part in (mapping(body.get("metadata")), body, event):
        stamps += [part.get(name) for name in _STAMPS]
    return next((at for stamp in stamps if (at := epoch(stamp)) is not None), None)

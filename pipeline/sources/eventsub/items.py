"""Notifications of Twitch's as the pipeline's items. Streams are streams.py's."""

from typing import Any

from pipeline.chat.message import Happening, Item, Message, Retract
from pipeline.sources.eventsub.frames import Frame, mapping, number, text

_ACTION = "\x01ACTION "
# of the notices in chat: what we call it
_KINDS = {
    "sub": "sub",
    "resub": "sub",
    "sub_gift": "gift",
    "community_sub_gift": "gift",
    "raid": "raid",
}
_TIERS = {"1000": "tier 1", "2000": "tier 2", "3000": "tier 3"}


def items(frame: Frame, channel: str) -> list[Item]:
    """What a notification says of its channel, in order; nothing for one of another kind.

    A shared-chat copy gives nothing: it counts for the channel it was said in.
    """
    event = frame.part("event")
    if _is_copy(event):
        return []
    if frame.type == "channel.chat.message":
        return [_message(frame, event, channel), *_cheer(frame, event, channel)]
    if frame.type == "channel.chat.notification":
        return _notice(frame, event, channel)
    if frame.type.startswith("channel.hype_train."):
        return [_hype_train(frame, event, channel)]
    return _taken_back(frame, event, channel)


def _is_copy(event: dict[str, Any]) -> bool:
    source = event.get("source_broadcaster_user_id")
    return bool(source) and source != event.get("broadcaster_user_id")


def _taken_back(frame: Frame, event: dict[str, Any], channel: str) -> list[Item]:
    """A message, all of a chatter's, or all of the channel's."""
    if frame.type == "channel.chat.message_delete":
        name = text(event.get("message_id"))
        return [Retract(channel, frame.at, message_id=name)] if name else []
    if frame.type == "channel.chat.clear_user_messages":
        who = text(event.get("target_user_login")).lower()
        return [Retract(channel, frame.at, chatter=who)] if who else []
    return [Retract(channel, frame.at)] if frame.type == "channel.chat.clear" else []


def _message(frame: Frame, event: dict[str, Any], channel: str) -> Message:
    said = mapping(event.get("message"))
    line = text(said.get("text"))
    if line.startswith(_ACTION):
        line = line.removeprefix(_ACTION).removesuffix("\x01")
    who = text(event.get("chatter_user_login")).lower()
    line = _own(line, mapping(event.get("reply")))
    return Message(text(event.get("message_id")), channel, frame.at, who, line, _emotes(said))


def _own(line: str, reply: dict[str, Any]) -> str:
    """What was said: a reply begins with the name it answers, which is not part of it."""
    for key in ("parent_user_name", "parent_user_login"):
        mention = f"@{text(reply.get(key))} "
        if len(mention) > 2 and line.lower().startswith(mention.lower()):
            return line[len(mention) :]
    return line


def _emotes(said: dict[str, Any]) -> tuple[str, ...]:
    """Names of the emotes, in order."""
    parts = said.get("fragments")
    fragments = map(mapping, parts if isinstance(parts, list) else ())
    names = (text(part.get("text")) for part in fragments if part.get("type") == "emote")
    return tuple(name for name in names if name)


def _cheer(frame: Frame, event: dict[str, Any], channel: str) -> list[Item]:
    bits = number(mapping(event.get("cheer")).get("bits"))
    name = _event_id(event, "cheer")
    return [Happening(channel, frame.at, "cheer", f"{bits} bits", name)] if bits else []


def _notice(frame: Frame, event: dict[str, Any], channel: str) -> list[Item]:
    """A sub, gift or raid, and what was said with it; each gift of many is told as one."""
    notice, items = text(event.get("notice_type")), list[Item]()
    kind, more = _KINDS.get(notice), mapping(event.get(notice))
    if kind and not (notice == "sub_gift" and more.get("community_gift_id")):
        detail, name = _detail(kind, more), _event_id(event, kind)
        items.append(Happening(channel, frame.at, kind, detail, name))
    if text(mapping(event.get("message")).get("text")) and event.get("chatter_user_login"):
        items.append(_message(frame, event, channel))
    return items


def _event_id(event: dict[str, Any], kind: str) -> str:
    name = text(event.get("message_id"))
    return f"{name}:{kind}" if name else ""


def _detail(kind: str, more: dict[str, Any]) -> str:
    """In words, naming no chatter but the channel a raid comes from."""
    if kind == "raid":
        who = text(more.get("user_login"))[:25]
        return f"{who} with {number(more.get('viewer_count'))}"
    plan = "Prime" if more.get("is_prime") is True else _TIERS.get(text(more.get("sub_tier")), "")
    if kind == "gift":
        return f"{number(more.get('total')) or 1} {plan}".rstrip()
    months = number(more.get("cumulative_months"))
    return f"{plan} {f'{months} months' if months else ''}".strip()


def _hype_train(frame: Frame, event: dict[str, Any], channel: str) -> Happening:
    began = frame.type.endswith(".begin")
    detail = "begins" if began else f"ends at level {number(event.get('level'))}"
    train = text(event.get("id")) or frame.id
    name = f"{train}:{'begin' if began else 'end'}"
    return Happening(channel, frame.at, "hype_train", detail, name)

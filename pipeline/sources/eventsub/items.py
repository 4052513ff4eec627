"""Notifications of Twitch's as the pipeline's items. Streams are streams.py's."""

from collections.abc import Callable
from typing import Any

from pipeline.chat.message import Happening, Item, Message, Retract
from pipeline.chat.oddities import Oddities, identifier, whole_number
from pipeline.sources.eventsub.frames import Frame, mapping, text
from pipeline.sources.live.notices import PLANS, count, money, raid, words
from warehouse.records import lowered

_ACTION = "\x01ACTION "
_SHARED = "shared_chat_"
_LONGEST_AD_S = 3600  # far beyond what Twitch runs
# of the notices in chat that we call otherwise: what we call them
_KINDS = {"resub": "sub", "sub_gift": "gift", "community_sub_gift": "gift"}
# of a chat message that was made larger or livelier for Bits
_POWER_UPS = {
    "power_ups_gigantified_emote": "gigantified emote",
    "power_ups_message_effect": "animated message",
}

Event = dict[str, Any]


def items(frame: Frame, channel: str, oddities: Oddities | None = None) -> list[Item]:
    """What a notification says of its channel, in order; nothing for one of another kind.

    A shared-chat copy gives nothing: it counts for the channel it was said in. What is malformed
    is left out and counted in `oddities`, and the rest of it is told.
    """
    event, odd = frame.part("event"), oddities or Oddities()
    if _is_copy(event):
        return []
    if frame.type == "channel.chat.message":
        said = odd.sound(_said, frame, event, channel)
        return [*said, *odd.sound(_bought, frame, event, channel)]
    if frame.type == "channel.chat.notification":
        notice = odd.sound(_notice, frame, event, channel, odd)
        has_words = text(mapping(event.get("message")).get("text"))
        if has_words and event.get("chatter_user_login"):
            notice += odd.sound(_said, frame, event, channel)
        return notice
    if frame.type.startswith("channel.hype_train."):
        return odd.sound(_hype_train, frame, event, channel)
    if frame.type == "channel.ad_break.begin":
        return odd.sound(_ad_break, frame, event, channel)
    return odd.sound(_taken_back, frame, event, channel)


def _is_copy(event: Event) -> bool:
    source = event.get("source_broadcaster_user_id")
    if source:
        return bool(source != event.get("broadcaster_user_id"))
    return text(event.get("notice_type")).startswith(_SHARED)


def _taken_back(frame: Frame, event: Event, channel: str) -> list[Item]:
    """A message, all of a chatter's, or all of the channel's."""
    if frame.type == "channel.chat.message_delete":
        name = identifier(event.get("message_id"))
        return [Retract(channel, frame.at, message_id=name)] if name else []
    if frame.type == "channel.chat.clear_user_messages":
        who = lowered(text(event.get("target_user_login")))
        return [Retract(channel, frame.at, chatter=who)] if who else []
    return [Retract(channel, frame.at)] if frame.type == "channel.chat.clear" else []


def _said(frame: Frame, event: Event, channel: str) -> list[Item]:
    said = mapping(event.get("message"))
    line, name = text(said.get("text")), identifier(event.get("message_id"))
    if line.startswith(_ACTION):
        line = line.removeprefix(_ACTION).removesuffix("\x01")
    who = lowered(text(event.get("chatter_user_login")))
    emotes = _emotes(said, line)
    line = _own(line, mapping(event.get("reply")))
    return [Message(name, channel, frame.at, who, line, emotes)]


def _own(line: str, reply: dict[str, Any]) -> str:
    """What was said: a reply begins with the name it answers, which is not part of it."""
    for key in ("parent_user_name", "parent_user_login"):
        mention = f"@{text(reply.get(key))} "
        if len(mention) > 2 and line.lower().startswith(mention.lower()):
            return line[len(mention) :]
    return line


def _emotes(said: Event, line: str) -> tuple[str, ...]:
    """Names of the emotes, in order; one that is no word of the line was cut wrongly."""
    parts, there = said.get("fragments"), set(line.split())
    fragments = map(mapping, parts if isinstance(parts, list) else ())
    names = (text(part.get("text")) for part in fragments if part.get("type") == "emote")
    return tuple(name for name in names if name in there)


def _bought(frame: Frame, event: Event, channel: str) -> list[Item]:
    """Bits that were cheered, or a message made larger."""
    bits = whole_number(mapping(event.get("cheer")).get("bits"))
    kind, detail = "cheer", f"{bits} bits" if bits else ""
    if not bits:
        kind, detail = "power_up", _POWER_UPS.get(text(event.get("message_type")), "")
    return [_happening(frame, event, channel, kind, detail)] if detail else []


def _notice(frame: Frame, event: Event, channel: str, odd: Oddities) -> list[Item]:
    """A sub, gift or raid; each gift of many is told as one."""
    notice = text(event.get("notice_type"))
    told = notice.removeprefix(_SHARED)
    kind, more = _KINDS.get(told, told), mapping(event.get(notice))
    if kind not in _DETAILS:
        odd.unknown(notice)
        return []
    if told == "sub_gift" and more.get("community_gift_id"):
        return []
    return [_happening(frame, event, channel, kind, _DETAILS[kind](more))]


def _happening(frame: Frame, event: Event, channel: str, kind: str, detail: str) -> Happening:
    name = identifier(event.get("message_id"))
    return Happening(channel, frame.at, kind, detail, f"{name}:{kind}" if name else "")


def _hype_train(frame: Frame, event: Event, channel: str) -> list[Item]:
    train = identifier(event.get("id")) or identifier(frame.id)
    part, detail = "begin", "begins"
    if not frame.type.endswith(".begin"):
        part, detail = "end", f"ends at level {whole_number(event.get('level')) or 0}"
    return [Happening(channel, frame.at, "hype_train", detail, f"{train}:{part}")]


def _ad_break(frame: Frame, event: Event, channel: str) -> list[Item]:
    """When one begins, and how long it is to last. Who asked for it is not told on."""
    seconds = whole_number(event.get("duration_seconds"), _LONGEST_AD_S)
    began = identifier(event.get("started_at")) or identifier(frame.id)
    detail = f"{seconds} s" if seconds else ""
    return [Happening(channel, frame.at, "ad_break", detail, f"{channel}:ad_break:{began}")]


def _nothing(more: Event) -> str:
    return ""


def _plan(more: Event) -> str:
    return "Prime" if more.get("is_prime") is True else PLANS.get(text(more.get("sub_tier")), "")


def _sub(more: Event) -> str:
    return words(_plan(more), count(more.get("cumulative_months"), "months"))


def _gift(more: Event) -> str:
    return words(str(whole_number(more.get("total")) or 1), _plan(more))


def _raid(more: Event) -> str:
    return raid(more.get("user_login"), more.get("viewer_count"))


def _badge(more: Event) -> str:
    return count(more.get("tier"), "bits")


def _charity(more: Event) -> str:
    amount = mapping(more.get("amount"))
    names = ("value", "decimal_places", "currency")
    return money(*(amount.get(name) for name in names))


def _streak(more: Event) -> str:
    return count(more.get("streak_count"), "streams")


_DETAILS: dict[str, Callable[[Event], str]] = {
    "sub": _sub,
    "gift": _gift,
    "gift_paid_upgrade": _nothing,
    "prime_paid_upgrade": _plan,
    "pay_it_forward": _nothing,
    "raid": _raid,
    "unraid": _nothing,
    "announcement": _nothing,
    "bits_badge_tier": _badge,
    "charity_donation": _charity,
    "watch_streak": _streak,
}

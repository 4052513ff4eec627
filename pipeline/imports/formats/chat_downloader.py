"""chat-downloader's messages, and what Ganymede hears live: a JSON array, or a line each."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.chat.message import Retract
from pipeline.imports.formats import notices
from pipeline.imports.formats.base import NO_CHAT, NOTICE, Log, Said, moment, trusted
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import lowered, numeric_id

# how it calls notices, where that is not as Twitch does
_NOTICES = {
    "subscription": "sub",
    "resubscription": "resub",
    "subscription_gift": "subgift",
    "anonymous_subscription_gift": "anonsubgift",
    "mystery_subscription_gift": "submysterygift",
    "anonymous_mystery_subscription_gift": "anonsubmysterygift",
    "gift_paid_upgrade": "giftpaidupgrade",
    "anonymous_gift_paid_upgrade": "anongiftpaidupgrade",
    "prime_paid_upgrade": "primepaidupgrade",
    "standard_pay_forward": "standardpayforward",
    "community_pay_forward": "communitypayforward",
    "bits_badge_tier": "bitsbadgetier",
    "raid": "raid",
    "unraid": "unraid",
    "ritual": "ritual",
    "reward_gift": "rewardgift",
    "extend_subscription": "extendsub",
    "prime_community_gift_received": "primecommunitygiftreceived",
    "charity": "charity",
}
# its names of IRC's tags that an event is told by
_TAGS = {
    "cumulative_months": "msg-param-cumulative-months",
    "number_of_raiders": "msg-param-viewerCount",
    "raider_name": "msg-param-login",
    "mass_gift_count": "msg-param-mass-gift-count",
    "origin_id": "msg-param-origin-id",
    "bits_badge_tier": "msg-param-threshold",
}
_PLANS = {"Prime": "Prime", "Tier 1": "1000", "Tier 2": "2000", "Tier 3": "3000"}
_TAKEN_BACK = frozenset(("clear_chat", "delete_message", "ban_user"))
_CHAT = frozenset(("", "add_chat_message", "text_message", "chat_message", "message"))


def is_message(key: str, value: Any) -> bool:
    """True for a message with its author and its time, or another of its kinds."""
    if not isinstance(value, dict) or not ("timestamp" in value or "time_in_seconds" in value):
        return False
    if isinstance(value.get("message"), dict):
        return False
    return "author" in value or ("message_type" in value and "action_type" in value)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Of a video, times are `time_in_seconds` of it; of a live stream, those of the messages."""
    yield from of_values((value for _, value in values(file)), log)


def of_values(messages: Iterable[Any], log: Log) -> Iterator[Said]:
    """What the messages say, however they were written down."""
    for message in messages:
        if said := _said(message, log):
            yield said


def _said(message: Any, log: Log) -> Said | None:
    if isinstance(message, NoValue):
        log.skip(message.reason)
        return None
    try:
        kind, action = message.get("message_type") or "", message.get("action_type") or ""
        at = _time(message, log)
        log.channel_ids.setdefault("", numeric_id(message.get("channel_id")))
        if _TAKEN_BACK & {kind, action}:
            _take_back(message, at, log)
            return None
        if action == "user_notice" or kind in ("user_notice", *_NOTICES) or notices.is_notice(kind):
            return _notice(message, at, log)
        if action not in _CHAT:
            log.skip(NO_CHAT)
            return None
        _streamers_name(message, log)
        return _message(message, at, message["message"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        log.skip("no message of chat-downloader")
        return None


def _streamers_name(message: Any, log: Log) -> None:
    """Keep the channel's display name where it is the streamer who says something."""
    author, channel_id = message.get("author") or {}, numeric_id(message.get("channel_id"))
    if channel_id and numeric_id(author.get("id")) == channel_id:
        channel = lowered(str(message.get("channel") or ""))
        log.is_shown(author.get("display_name"), channel)


def _message(message: Any, at: float, text: Any) -> Said:
    if not isinstance(text, str):
        raise TypeError
    author = message.get("author") or {}
    return Said(
        at,
        lowered(str(author.get("name") or author.get("display_name") or "")),
        text,
        _emotes(text, message.get("emotes")) if text == message.get("message") else "",
        any(b.get("name") == "bot-badge" for b in author.get("badges") or ()),
        lowered(str(message.get("channel") or "")),
        str(message.get("message_id") or ""),
    )


def _notice(message: Any, at: float, log: Log) -> Said | None:
    """The event, and what the chatter added. Ganymede writes both into `message`."""
    params, kind = message.get("user_notice_params") or {}, message.get("message_type")
    kind = params.get("msg-id") or _NOTICES.get(kind, kind)
    tags = {tag: message[name] for name, tag in _TAGS.items() if message.get(name) is not None}
    tags["msg-param-sub-plan"] = _PLANS.get(message.get("subscription_type"), "")
    name = str(message.get("message_id") or "")
    system = str(params.get("system-msg") or message.get("system_message") or "")
    tags |= {"system-msg": system, **params, "msg-id": kind}
    if event := notices.by_tags(tags, at, id=name):
        log.tell(event)
    own = params.get("user-message")
    if own is None:
        own = str(message.get("message") or "").removeprefix(system).strip()
        own = sentence.own.strip() if (sentence := notices.read(own)) else own
    if own and message.get("author"):
        return _message(message, at, own)
    log.skip(NOTICE)
    return None


def _take_back(message: Any, at: float, log: Log) -> None:
    log.skip("ban, time-out or deletion")
    channel = lowered(str(message.get("channel") or ""))
    if target := message.get("target_message_id"):
        log.deleted.add(Retract(channel, at, message_id=str(target)))
    elif banned := message.get("banned_user"):
        log.deleted.add(Retract(channel, at, chatter=lowered(str(banned))))
    elif message.get("message_type") == "clear_chat":
        log.deleted.add(Retract(channel, at))


def _time(message: Any, log: Log) -> float:
    """Seconds since the start where the log has a start, else epoch seconds. The first message
    settles which."""
    stamp, offset = message.get("timestamp"), message.get("time_in_seconds")
    if offset is None or log.clock:
        log.clock = True
        return float(stamp) / 1e6
    if log.starts_at is None and stamp is not None and trusted(float(stamp) / 1e6):
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

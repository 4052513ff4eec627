"""Lines of chat as the pipeline's items. What steers the connection is left to it."""

import math
from collections.abc import Mapping

from pipeline.chat.message import Happening, Item, Message, Retract
from pipeline.sources.irc.lines import IrcLine

_ACTION = "\x01ACTION "
_SKEW_S = 3600.0  # a stamp further from our clock than this is none
# of the announcements that Twitch makes of a sub, a gift, a raid: what we call it
_KINDS = {
    "sub": "sub",
    "resub": "sub",
    "subgift": "gift",
    "anonsubgift": "gift",
    "submysterygift": "gift",
    "anonsubmysterygift": "gift",
    "raid": "raid",
}
_PLANS = {"Prime": "Prime", "1000": "tier 1", "2000": "tier 2", "3000": "tier 3"}


def items(line: IrcLine, now: float) -> list[Item]:
    """What the line says of its channel, in order; nothing for lines of other kinds.

    now: epoch seconds of its arrival, for a line without a time of its own. A shared-chat copy
    gives nothing: it counts for the channel it was said in.
    """
    if not line.channel or _is_copy(line.tags):
        return []
    if line.command == "PRIVMSG":
        return [_message(line, now), *_cheer(line, now)]
    if line.command == "USERNOTICE":
        return _notice(line, now)
    if line.command in ("CLEARMSG", "CLEARCHAT"):
        return _taken_back(line, now)
    return []


def _taken_back(line: IrcLine, now: float) -> list[Item]:
    """A message, all of a chatter's (CLEARCHAT with a name), or all of the channel's."""
    at = stamp(line.tags, now)
    if line.command == "CLEARMSG":
        name = line.tags.get("target-msg-id", "")
        return [Retract(line.channel, at, message_id=name)] if name else []
    who = line.params[-1].lower() if len(line.params) > 1 else ""
    return [Retract(line.channel, at, chatter=who)]


def stamp(tags: Mapping[str, str], now: float) -> float:
    """When Twitch sent it, epoch seconds; `now` where it does not say, or nothing sensible."""
    try:
        at = int(tags["tmi-sent-ts"]) / 1000
    except (KeyError, ValueError, OverflowError):
        return now
    return at if math.isfinite(at) and abs(at - now) < _SKEW_S else now


def _is_copy(tags: Mapping[str, str]) -> bool:
    source = tags.get("source-room-id", "")
    return bool(source) and source != tags.get("room-id")


def _message(line: IrcLine, now: float) -> Message:
    text = line.params[-1] if len(line.params) > 1 else ""
    if text.startswith(_ACTION):
        text = text.removeprefix(_ACTION).removesuffix("\x01")
    emotes = _emotes(line.tags.get("emotes", ""), text)
    text, login = _own(text, line.tags), line.tags.get("login") or line.nick
    name = line.tags.get("id", "")
    return Message(name, line.channel, stamp(line.tags, now), login.lower(), text, emotes)


def _own(text: str, tags: Mapping[str, str]) -> str:
    """What was said: a reply begins with the name it answers, which is not part of it."""
    for name in ("reply-parent-display-name", "reply-parent-user-login"):
        mention = f"@{tags.get(name, '')} "
        if len(mention) > 2 and text.lower().startswith(mention.lower()):
            return text[len(mention) :]
    return text


def _emotes(tag: str, text: str) -> tuple[str, ...]:
    """Names of the emotes in order. Offsets are of code points, as Python's are.

    tag: id:first-last,first-last/id:...; ranges that are none, or lie outside, are left out.
    """
    spans = []
    for part in tag.split("/"):
        for span in part.partition(":")[2].split(","):
            first, _, last = span.partition("-")
            if first.isdecimal() and last.isdecimal() and int(first) <= int(last) < len(text):
                spans.append((int(first), int(last)))
    return tuple(text[first : last + 1] for first, last in sorted(spans))


def _cheer(line: IrcLine, now: float) -> list[Item]:
    bits = line.tags.get("bits", "")
    if not bits.isdecimal() or not 0 < len(bits) < 8:
        return []
    name = _event_id(line, "cheer")
    return [Happening(line.channel, stamp(line.tags, now), "cheer", f"{int(bits)} bits", name)]


def _notice(line: IrcLine, now: float) -> list[Item]:
    """A sub, gift or raid, and what was said with it; each gift of many is told as one."""
    tags, notice = line.tags, list[Item]()
    kind = _KINDS.get(tags.get("msg-id", ""))
    of_many = tags.get("msg-param-community-gift-id") and "mystery" not in tags["msg-id"]
    if kind and not of_many:
        at, name = stamp(tags, now), _event_id(line, kind)
        notice.append(Happening(line.channel, at, kind, _detail(kind, tags), name))
    if len(line.params) > 1 and line.params[-1] and line.tags.get("login"):
        notice.append(_message(line, now))
    return notice


def _event_id(line: IrcLine, kind: str) -> str:
    name = line.tags.get("id", "")
    return f"{name}:{kind}" if name else ""


def _detail(kind: str, tags: Mapping[str, str]) -> str:
    """In words, naming no chatter but the channel a raid comes from."""
    if kind == "raid":
        viewers = tags.get("msg-param-viewerCount", "")
        who = tags.get("msg-param-login", "")[:25]
        return f"{who} with {viewers}" if viewers.isdecimal() else who
    plan = _PLANS.get(tags.get("msg-param-sub-plan", ""), "")
    if kind == "gift":
        count = tags.get("msg-param-mass-gift-count", "1")
        return " ".join(filter(None, (count if count.isdecimal() else "1", plan)))
    months = tags.get("msg-param-cumulative-months", "")
    return " ".join(filter(None, (plan, f"{months} months" if months.isdecimal() else "")))

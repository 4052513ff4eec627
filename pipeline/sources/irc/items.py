"""Lines of chat as the pipeline's items. What steers the connection is left to it."""

import math
from collections.abc import Callable, Mapping

from pipeline.chat.message import Happening, Item, Message, Retract
from pipeline.chat.oddities import Oddities, identifier, whole_number
from pipeline.sources.irc.lines import IrcLine
from pipeline.sources.live.notices import PLANS, count, money, raid, words
from warehouse.records import lowered

_ACTION = "\x01ACTION "
_BEHIND_S, _AHEAD_S = 3600.0, 60.0  # a stamp further from Twitch's clock than this is none
# of the announcements that Twitch makes of a sub, a gift, a raid: what we call it
KINDS = {
    "sub": "sub",
    "resub": "sub",
    "subgift": "gift",
    "anonsubgift": "gift",
    "submysterygift": "gift",
    "anonsubmysterygift": "gift",
    "giftpaidupgrade": "gift_paid_upgrade",
    "anongiftpaidupgrade": "gift_paid_upgrade",
    "primepaidupgrade": "prime_paid_upgrade",
    "standardpayforward": "pay_it_forward",
    "communitypayforward": "pay_it_forward",
    "raid": "raid",
    "unraid": "unraid",
    "announcement": "announcement",
    "bitsbadgetier": "bits_badge_tier",
    "charitydonation": "charity_donation",
    "viewermilestone": "watch_streak",
    "onetapstreakstarted": "combo",
    "onetapgiftredeemed": "combo",
    "onetapbreakpointachieved": "combo",
    "onetapstreakexpired": "combo",
}
# of a chat message that was made larger or livelier for Bits
_POWER_UPS = {
    "gigantified-emote-message": "gigantified emote",
    "animated-message": "animated message",
}


def items(line: IrcLine, now: float, oddities: Oddities | None = None) -> list[Item]:
    """What the line says of its channel, in order; nothing for lines of other kinds.

    now: epoch seconds of its arrival, for a line without a time of its own. A shared-chat copy
    gives nothing: it counts for the channel it was said in. What is malformed is left out and
    counted in `oddities`, and the rest of the line is told.
    """
    if not line.channel or _is_copy(line.tags):
        return []
    odd = oddities or Oddities()
    if (sent := line.tags.get("tmi-sent-ts")) and not _is_digits(sent, 15):
        odd.malformed += 1
    if line.command == "PRIVMSG":
        said = odd.sound(_said, line, now, odd)
        is_bought = "bits" in line.tags or line.tags.get("msg-id") in _POWER_UPS
        return said + odd.sound(_bought, line, now) if is_bought else said
    if line.command == "USERNOTICE":
        notice = odd.sound(_notice, line, now, odd)
        has_words = len(line.params) > 1 and line.params[-1] and line.tags.get("login")
        return [*notice, *odd.sound(_said, line, now, odd)] if has_words else notice
    if line.command in ("CLEARMSG", "CLEARCHAT"):
        return odd.sound(_taken_back, line, now)
    return []


def _taken_back(line: IrcLine, now: float) -> list[Item]:
    """A message, all of a chatter's (CLEARCHAT with a name), or all of the channel's."""
    at = stamp(line.tags, now)
    if line.command == "CLEARMSG":
        name = identifier(line.tags.get("target-msg-id"))
        return [Retract(line.channel, at, message_id=name)] if name else []
    who = lowered(line.params[-1]) if len(line.params) > 1 else ""
    return [Retract(line.channel, at, chatter=who)]


def stamp(tags: Mapping[str, str], now: float) -> float:
    """When Twitch sent it, epoch seconds; `now` where it does not say, or nothing sensible."""
    at = sent_at(tags)
    return now if at is None or not -_BEHIND_S < at - now < _AHEAD_S else at


def sent_at(tags: Mapping[str, str]) -> float | None:
    """Twitch's stamp, epoch seconds, whatever our clock says; None for none."""
    try:
        at = int(tags["tmi-sent-ts"]) / 1000
    except (KeyError, ValueError, OverflowError):
        return None
    return at if math.isfinite(at) else None


def _is_copy(tags: Mapping[str, str]) -> bool:
    source = tags.get("source-room-id", "")
    return source != tags.get("room-id") if source else tags.get("msg-id") == "sharedchatnotice"


def _said(line: IrcLine, now: float, odd: Oddities) -> list[Item]:
    text = line.params[-1] if len(line.params) > 1 else ""
    if text.startswith(_ACTION):
        text = text.removeprefix(_ACTION).removesuffix("\x01")
    name, at = identifier(line.tags.get("id")), stamp(line.tags, now)
    emotes = _emotes(line.tags.get("emotes", ""), text, odd)
    text, login = _own(text, line.tags), line.tags.get("login") or line.nick
    return [Message(name, line.channel, at, lowered(login), text, emotes)]


def _own(text: str, tags: Mapping[str, str]) -> str:
    """What was said: a reply begins with the name it answers, which is not part of it."""
    for name in ("reply-parent-display-name", "reply-parent-user-login"):
        mention = f"@{tags.get(name, '')} "
        if len(mention) > 2 and text.lower().startswith(mention.lower()):
            return text[len(mention) :]
    return text


def _emotes(tag: str, text: str, odd: Oddities) -> tuple[str, ...]:
    """Names of the emotes in order. Offsets are of code points, as Python's are.

    tag: id:first-last,first-last/id:...; ranges that are none, or lie outside, are left out. So is
    one that is not a word between blanks: wide characters before it have shifted it.
    """
    spans = []
    for part in tag.split("/") if tag else ():
        for span in part.partition(":")[2].split(","):
            first, _, last = span.partition("-")
            if not (_is_digits(first, 6) and _is_digits(last, 6)):
                odd.malformed += 1
            elif _is_word(text, int(first), int(last) + 1):
                spans.append((int(first), int(last)))
    return tuple(text[first : last + 1] for first, last in sorted(spans))


def _is_digits(value: str, most: int) -> bool:
    """True for at most so many of the digits 0 to 9; quicker than `whole_number`."""
    return len(value) <= most and value.isdigit() and value.isascii()


def _is_word(text: str, first: int, end: int) -> bool:
    if not first < end <= len(text) or (first and not text[first - 1].isspace()):
        return False
    name = text[first:end]
    return (end == len(text) or text[end].isspace()) and name.split() == [name]


def _bought(line: IrcLine, now: float) -> list[Item]:
    """Bits that were cheered, or a message made larger."""
    tags, kind = line.tags, "cheer"
    detail = count(tags.get("bits"), "bits")
    if not detail or detail == "0 bits":
        kind, detail = "power_up", _POWER_UPS.get(tags.get("msg-id", ""), "")
    return [_happening(line, now, kind, detail)] if detail else []


def _notice(line: IrcLine, now: float, odd: Oddities) -> list[Item]:
    """A sub, gift or raid; each gift of many is told as one."""
    name, kind = _kind(line.tags)
    if not kind:
        odd.unknown(name)
    of_many = line.tags.get("msg-param-community-gift-id") and "mystery" not in name
    if not kind or of_many:
        return []
    return [_happening(line, now, kind, _DETAILS.get(kind, _nothing)(line.tags))]


def _kind(tags: Mapping[str, str]) -> tuple[str, str]:
    """Twitch's name of a notice and ours; the second is '' where we have none."""
    name = tags.get("msg-id", "")
    name = tags.get("source-msg-id", "") if name == "sharedchatnotice" else name
    of = tags.get("msg-param-category", "watch-streak")
    if name == "viewermilestone" and of != "watch-streak":
        return f"{name} {of}", ""
    return name, KINDS.get(name, "")


def _happening(line: IrcLine, now: float, kind: str, detail: str) -> Happening:
    name = identifier(line.tags.get("id"))
    at = stamp(line.tags, now)
    return Happening(line.channel, at, kind, detail, f"{name}:{kind}" if name else "")


Tags = Mapping[str, str]


def _nothing(tags: Tags) -> str:
    return ""


def _plan(tags: Tags) -> str:
    return PLANS.get(tags.get("msg-param-sub-plan", ""), "")


def _sub(tags: Tags) -> str:
    return words(_plan(tags), count(tags.get("msg-param-cumulative-months"), "months"))


def _gift(tags: Tags) -> str:
    return words(str(whole_number(tags.get("msg-param-mass-gift-count")) or 1), _plan(tags))


def _raid(tags: Tags) -> str:
    return raid(tags.get("msg-param-login"), tags.get("msg-param-viewerCount"))


def _badge(tags: Tags) -> str:
    return count(tags.get("msg-param-threshold"), "bits")


def _charity(tags: Tags) -> str:
    names = ("donation-amount", "exponent", "donation-currency")
    return money(*(tags.get(f"msg-param-{name}") for name in names))


def _streak(tags: Tags) -> str:
    return count(tags.get("msg-param-value"), "streams")


def _combo(tags: Tags) -> str:
    """It begins, somebody joins it with Bits, reaches a level, ends."""
    bits = count(tags.get("msg-param-streak-size-bits"), "bits")
    level = count(tags.get("msg-param-breakpoint-number"), "").strip()
    ends = {
        "onetapstreakstarted": "begins",
        "onetapstreakexpired": f"ends at {bits}" if bits else "ends",
        "onetapbreakpointachieved": f"reaches level {level}" if level else "reaches a level",
    }
    joined = count(tags.get("msg-param-bits-spent"), "bits")
    return ends.get(_kind(tags)[0], joined)


_DETAILS: dict[str, Callable[[Tags], str]] = {
    "sub": _sub,
    "gift": _gift,
    "prime_paid_upgrade": _plan,
    "raid": _raid,
    "bits_badge_tier": _badge,
    "charity_donation": _charity,
    "watch_streak": _streak,
    "combo": _combo,
}

"""Notices that Twitch writes between messages: subs, gifts, raids ... as sentences, or as tags.

A tool's own mark (`msg-id`) comes first. Without one a sentence is a notice only where it is about
who is said to have said it, so that nobody's words about a sub are taken for one.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline.chat.message import Happening
from pipeline.chat.oddities import Oddities
from pipeline.imports.formats.base import NOTICE, Event, Log, Said
from pipeline.sources.irc.items import KINDS, items
from pipeline.sources.irc.lines import IrcLine
from pipeline.sources.live.notices import words
from warehouse.records import login_or_none, lowered

# who Twitch spoke as in chat, before it had notices
SPEAKERS = frozenset({"twitchnotify", "jtv", "tmi.twitch.tv"})
# notices that are no event here, besides those of `sources.irc`
_OTHERS = frozenset(
    "rewardgift ritual extendsub primecommunitygiftreceived crowd-chant charity modiversary "
    "sharedchatnotice midnightsquid celebration".split()
)


_ODD = Oddities()  # each unknown kind is logged once


class Notice(NamedTuple):
    """A sentence of Twitch's. own: what its chatter added to it; '' for nothing. who: it is about,
    in lower case; '' where it does not say."""

    kind: str
    detail: str = ""
    own: str = ""
    who: str = ""


_WHO = r"@?(?P<who>\S+?)(?: \((?P<login>\w+)\))?"
_ANON = rf"(?:An anonymous (?:user|gifter)|{_WHO})"
_PLAN = r"(?:with (?:Twitch )?(?P<prime>Prime)|at Tier (?P<tier>\d)|with a Tier (?P<tier2>\d) sub)"
_MONTHS = (
    r"(?: They've subscribed for (?P<months>\d+) months?(?:, currently on a \d+ month streak)?!)?"
)
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form))
    for kind, form in (
        ("sub", rf"{_WHO} subscribed {_PLAN}(?: for \d+ months in advance)?[.!]{_MONTHS} *"),
        ("sub", rf"{_WHO} just subscribed(?: {_PLAN})?! *"),
        ("sub", rf"{_WHO} subscribed for (?P<months>\d+) months in a row(?: {_PLAN})?! *"),
        ("sub", r"\d+ viewers? resubscribed while you were away!"),
        ("gift", rf"{_ANON} gifted a(?: \d+ months?)? Tier (?P<tier>\d) [Ss]ub to .*"),
        ("gift", rf"{_ANON} gifted \d+ months of Tier (?P<tier>\d) to .*"),
        ("gift", rf"{_ANON} is gifting (?P<n>\d+) Tier (?P<tier>\d) Subs? to .*"),
        ("gift", rf"We added (?P<n>\d+) Gift Subs?.* to {_WHO}'s gift!.*"),
        ("", rf"{_WHO}'s Sub shared rewards to \d+ others in Chat!.*"),
        ("gift_paid_upgrade", rf"{_WHO} is continuing the Gift Sub they got from .*"),
        ("prime_paid_upgrade",
         rf"{_WHO} converted from a (?:Twitch )?Prime sub to a Tier (?P<tier>\d) sub!.*"),
        ("pay_it_forward", rf"{_WHO} is paying forward the Gift they got from .*"),
        ("raid", rf"(?P<n>\d+) raiders? from {_WHO} ha(?:ve|s) joined!? *"),
        ("raid", rf"{_WHO} is raiding with a party of (?P<n>\d+)[.!]? *"),
        ("raid", rf"Raid from {_WHO} with (?P<n>\d+) viewers?[.!]? *"),
        ("unraid", r"The raid has been cancell?ed\.? *"),
        ("bits_badge_tier", r"bits badge tier notification *"),
        ("bits_badge_tier", rf"{_WHO} just earned a new (?P<bits>[\d.,]+K?) Bits badge!.*"),
        ("watch_streak", rf"{_WHO} watched (?P<streams>\d+) consecutive streams"
         r"(?: this month)? and sparked a watch streak! *"),
        ("charity_donation", rf"{_WHO}: Donated (?P<money>[A-Z]{{3}} ?[\d.,]+) to support .*"),
        ("combo", rf"{_WHO}'s community sent (?P<hearts>\d+) Hearts!.*"),
        ("", rf"{_WHO} is new (?:here|to .{{1,30}} chat)[.!] Say hello!.*"),
    )
)  # fmt: skip


def may_be(text: str) -> bool:
    """Has it one of the words of which every notice has one? Quicker than to read it."""
    return (
        "subscribed" in text or "ift" in text or "raid" in text or "Raid" in text
        or "Prime sub" in text or "adge" in text or " streak" in text or "onated" in text
        or "earts!" in text or "shared rewards" in text or " is new " in text
    )  # fmt: skip


def own_words(said: Said, log: Log, *names: str) -> Said | None:
    """The line of chat; of a notice what its chatter added, and the event is kept.

    names: more of who said it, besides the user.
    """
    authors = () if said.user in SPEAKERS else (said.user, *names)
    if authors and not may_be(said.text):
        return said
    notice = read(said.text, *authors)
    if notice:
        tell(notice, said, log)
    if authors and notice is None:
        return said
    if notice and (text := notice.own.strip()):
        return said._replace(text=text, user=said.user if authors else notice.who or said.user)
    log.skip(NOTICE)
    return None


def tell(notice: Notice, said: Said, log: Log) -> None:
    """Keep the event of a sentence; the gifts of many that follow are told by the first."""
    if notice.kind == "gift":
        many = int(notice.detail.split()[0])
        if many == 1 and log.gifts[said.user] > 0:
            log.gifts[said.user] -= 1
            return
        log.gifts[said.user] += many if many > 1 else 0
    if notice.kind:
        name = f"{said.id}:{notice.kind}" if said.id else ""
        log.tell(Event(said.at, notice.kind, notice.detail, said.channel, name))


def read(text: str, *authors: str) -> Notice | None:
    """What a sentence of Twitch's says, None for what is none.

    authors: names, in any case, of who is said to have said it; none where the log tells that
    nobody did, or that Twitch itself did.
    """
    if not may_be(text):
        return None
    names = {lowered(name) for name in authors if name}
    for kind, form in _FORMS:
        if (match := form.match(text)) and _is_about(match, names):
            found = match.groupdict()
            who = lowered(found.get("login") or found.get("who") or "")
            return Notice(kind, _detail(kind, match), text[match.end() :], who)
    return None


def _is_about(match: re.Match[str], names: set[str]) -> bool:
    """Is it about one of them? It may name nobody."""
    found = match.groupdict()
    about = {lowered(found[key]) for key in ("who", "login") if found.get(key)}
    return not names or not about or not names.isdisjoint(about)


def _detail(kind: str, match: re.Match[str]) -> str:
    """As the live sources say it."""
    of = {key: value or "" for key, value in match.groupdict().items()}
    tier = of.get("tier") or of.get("tier2", "")
    plan = of.get("prime") or (f"tier {tier}" if tier else "")
    make = _DETAILS.get(kind)
    return make(of, plan) if make else ""


_DETAILS: dict[str, Callable[[Mapping[str, str], str], str]] = {
    "sub": lambda of, plan: words(plan, of["months"] and f"{of['months']} months")
    if "months" in of else plan,
    "gift": lambda of, plan: words(of.get("n") or "1", plan),
    "prime_paid_upgrade": lambda of, plan: plan,
    "raid": lambda of, plan: words(
        login_or_none(of.get("login") or of.get("who")), f"with {of['n']}"),
    "bits_badge_tier": lambda of, plan: f"{of['bits']} bits" if of.get("bits") else "",
    "watch_streak": lambda of, plan: f"{of['streams']} streams",
    "charity_donation": lambda of, plan: of["money"],
    "combo": lambda of, plan: f"{of['hearts']} hearts",
}  # fmt: skip


def event_of(told: Happening, tags: Mapping[str, Any], channel: str = "") -> Event:
    """The event, with what the sentence among the tags says where they say less."""
    sentence = read(str(tags.get("system-msg") or "").replace("\\s", " "))
    details = told.detail, sentence.detail if sentence and sentence.kind == told.kind else ""
    return Event(told.at, told.kind, max(details, key=len), channel, told.id)


def by_tags(tags: Mapping[str, Any], at: float, channel: str = "", id: str = "") -> Event | None:
    """The event that IRC's tags of a notice tell; None for what is none, or for one of many."""
    named = {str(key).replace("_", "-"): str(value) for key, value in tags.items() if value}
    named.setdefault("id", id)
    line = IrcLine("USERNOTICE", ("#?",), "", named)
    found = (item for item in items(line, at, _ODD) if isinstance(item, Happening))
    told = next(found, None)
    return event_of(told, named, channel)._replace(at=at) if told else None


def is_notice(kind: object) -> bool:
    """Is this `msg-id` that of a notice, rather than of a message made larger or the like?"""
    return isinstance(kind, str) and (kind in KINDS or kind in _OTHERS)

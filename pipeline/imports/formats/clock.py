"""Logs of chat programs, by the clock on somebody's wall: Chatterino's, Chatty's, IRC clients'.

A line has the time of day, and sometimes the day. Where it has no day, that is on a line of its
own where the log was begun, or in the file's name; past midnight the next day begins.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from pipeline.chat.message import Retract
from pipeline.imports.formats import notices
from pipeline.imports.formats.base import (
    IS_UNTIMED,
    NO_CHAT,
    NO_LINE,
    UNTIMED,
    WHISPER,
    Event,
    Log,
    Said,
    counting,
)
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.marks import plain
from pipeline.imports.formats.wall import Wall, zone_east
from warehouse.records import lowered

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = "|".join(_MONTHS)
_CTIME = (
    rf"(?:\w{{3}},? )?(?P<month>{_MONTH}) +(?P<day>\d{{1,2}}),? "
    r"(?:(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) )?(?P<year>\d{4})"
)
_BEGUN = re.compile(
    r"# ?(?:Start logging at|Log started:) (?P<date>\d{4}-\d\d-\d\d) "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) ?(?P<zone>.*)"
)
_BEGUN_IRC = re.compile(
    rf"(?:\*{{4}} BEGIN LOGGING AT|\*\*\* on|--- Log opened|--- Day changed|Session (?:Start|Time)"
    rf"(?: \(.*\))?:) {_CTIME}"
)
_DAY = r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}|\d{1,2}/\d{1,2}/\d{4}"
_ZONE = r"Z|[+-]\d\d:?\d\d"
_HALVES = "午[前後]|오[전후]|[上下]午"  # of the day, as Japanese, Korean and Chinese programs say
_AFTERNOON = frozenset(("P", "p", "午後", "오후", "下午"))
_STAMP = (
    rf"(?:(?P<date>{_DAY})[ T_]|(?P<month>[A-Z][a-z]{{2}}) (?P<day>\d\d) )?"
    rf"(?:(?P<early>{_HALVES})\s?)?(?P<h>\d{{1,2}}):(?P<m>\d\d)"
    r"(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,6}))?)?"
    rf"(?:\s?(?P<half>[AaPp](?=\.?\s?[Mm])|{_HALVES})(?:\.?\s?[Mm]\.?)?)? ?(?P<zone>{_ZONE})?"
)
_PARTS = re.findall(r"\?P<(\w+)>", _STAMP)
_LINE = re.compile(
    rf"(?:[\[(]{_STAMP}[\])]|{_STAMP.replace('?P<', '?P<b')}(?=[\t <]))(?P<rest>[ \t<].*|)$"
)
# shown names of other letters, and nicknames, stand before the login; those of old versions twice
_SHOWN = r"(?:[^\s:]{0,40}[^\x00-\x7f\s:][^\s:]{0,40} ){1,2}|[^:]{0,80}? {2,4}"
_CHATTERINO_SAID = re.compile(
    rf" (?: {{0,4}}(?:{_SHOWN})(?P<login>\w{{1,25}})| {{0,4}}(?P<name>[^\s:<]{{1,60}})): "
    r"(?P<text>.*)"
)
_MARKED_SAID = re.compile(r"[ \t]*<(?P<name>[^>]{1,60})>\*?[ \t]?(?P<text>.*)")
_WEECHAT_SAID = re.compile(r"\t[@%+~&!]?(?P<name>\w{1,25})\t(?P<text>.*)")
# tmi.js tells the channel of each line, and whispers between them
_TMI_SAID = re.compile(
    r" (?:info: )?\[(?:#(?P<channel>\w{1,25})|WHISPER)\] \*?<(?P<name>\w{1,25})>: (?P<text>.*)"
)
_TMI_NOTE = re.compile(
    r" (?:info|warn|error): (?:Connect(?:ing|ed) to |Joined #|Left #|Disconnect|Reconnect|"
    r"\[#\w+\] [^<*])"
)
# IRC clients' `* ann waves`; names on Twitch are in lower case, and the others are notes
_ACTION = re.compile(
    r"\s{1,2}\*\s(?P<name>[a-z0-9_]{1,25}) (?!\(?\S+@|(?:has )?(?:joined|left|quit)\b|sets mode|"
    r"is now known as|(?:gives|removes) (?:channel|voice)|was kicked)(?P<text>.*)"
)
_BADGES = re.compile(r" \| (?:\([^)]{0,200}\) )?")  # chat-downloader's, before the name
_LOGIN = re.compile(r"\(?([A-Za-z0-9_]{1,25})\)?$")
_NOT_SHOWN = re.compile(r"[^\w+:. -]")
DATED_NAME = re.compile(r"(?<!\d)(?P<y>\d{4})[-.]?(?P<month>\d\d)[-.]?(?P<d>\d\d)(?!\d)")
# Pidgin's, which tells the time and its zone as well
_BEGUN_NAME = re.compile(
    r"(?P<y>\d{4})-(?P<month>\d\d)-(?P<d>\d\d)\.(?P<h>\d\d)(?P<m>\d\d)(?P<s>\d\d)(?P<zone>[+-]\d{4})"
)

CHATTERINO = re.compile(r"^# ?Start logging at", re.M)
CHATTY = re.compile(r"^# ?Log started:", re.M)
IRC_CLIENT = _BEGUN_IRC
_BARE_TIME = (
    rf"(?:(?:{_HALVES})\s?)?\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d+)?)?"
    rf"(?:\s?(?:[AaPp]\.?\s?[Mm]\.?|{_HALVES}))?(?: ?(?:{_ZONE}))?"
)
_TIME = rf"{_BARE_TIME}[\])]"
_CHATTERINO_LINE = re.compile(
    rf"# ?Start logging at \d{{4}}|[\[(]{_TIME} {{1,4}}(?!(?:info|warn|error): )"
    rf"(?:{_SHOWN})?[^\s:<#*]{{1,60}}: "
)
_CHATTY_LINE = re.compile(rf"# ?Log started: \d{{4}}|[\[(](?:(?:{_DAY})[ T])?{_TIME} [<*]")
_DATED_LINE = re.compile(
    rf"\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:{_ZONE})?(?:\t *\S+\t| {{1,2}}<)"
)
_TMI_LINE = re.compile(rf"\[{_TIME} (?:info|warn|error): ")
_BARRED_LINE = re.compile(r"\d\d:\d\d(?: [AP]M)? \| ")
_HEXCHAT_LINE = re.compile(rf"(?:{_MONTH}) \d\d \d\d:\d\d:\d\d [<*]")
_BARE_LINE = re.compile(rf"{_BARE_TIME} [^\s:<#*|]{{1,60}}: ")  # LimeChat's
_HOUR = re.compile(r"[\[(]?(\d{1,2}):\d\d(?::\d\d(?:[.,]\d+)?)?[\]) ]")


def chatterino(lines: Sequence[str]) -> int:
    """Lines that look like Chatterino's."""
    return _on_the_wall(_CHATTERINO_LINE, lines)


def chatty(lines: Sequence[str]) -> int:
    """Lines that look like Chatty's."""
    return _on_the_wall(_CHATTY_LINE, lines)


def irc_client(lines: Sequence[str]) -> int:
    """Lines that look like WeeChat's or HexChat's, tmi.js' or chat-downloader's with times of day;
    those of others are as Chatty's."""
    forms = (_DATED_LINE, _HEXCHAT_LINE, _TMI_LINE, _BARRED_LINE)
    is_table = bool(lines) and "\t" in lines[0] and not _LINE.match(lines[0])  # it has a header
    if is_table:
        return 0
    return sum(counting(form)(lines) for form in forms) + _on_the_wall(_BARE_LINE, lines)


def _on_the_wall(form: re.Pattern[str], lines: Sequence[str]) -> int:
    """Without a word of when the log was begun, times that begin near zero are offsets."""
    hours = (match[1] for line in lines if (match := _HOUR.match(line)))
    return 0 if next(hours, "12") in ("00", *"0123456789") else counting(form)(lines)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Lines by nobody (somebody joined, was timed out) are counted as no chat; some of them are
    events, and some take messages back."""
    log.clock = True
    wall, year = Wall(), 0
    if named := _BEGUN_NAME.match(file.path.name) or DATED_NAME.search(file.path.name):
        _begin_by(named.groupdict(), wall)
    log.zone = "" if named and wall.is_dated else "it does not say the day"
    for line in map(plain, file.lines()):
        if begun := _BEGUN.match(line) or _BEGUN_IRC.match(line):
            year = _begin(begun.groupdict(), wall, log) or year
        elif match := _LINE.match(line):
            at = _at(match, wall, year)
            if wall.is_dated and log.zone.endswith("day"):
                log.zone = ""
            if said := _said(match["rest"], at, log):
                yield said
        elif line.strip():
            is_note = line.startswith(("[", "#", "*", "-", "Session "))
            log.skip(NO_CHAT if is_note else UNTIMED if IS_UNTIMED.match(line) else NO_LINE)


def _begin_by(name: dict[str, str], wall: Wall) -> None:
    """Set the clock by what a file is called."""
    day = _date(name["y"], name["month"], name["d"])
    told = name.get("zone")
    at = _of_day(name["h"], name["m"], name["s"], None, None) if told else -1.0
    wall.begin(day, at, told or "")


def _begin(found: dict[str, str | None], wall: Wall, log: Log) -> int:
    """Set the clock; returns the year."""
    year = found.get("year") or (found.get("date") or "")[:4]
    month = found.get("month")
    if month:
        day = _date(year or "", str(_MONTHS.index(month) + 1), found["day"] or "")
    else:
        day = _date(*(found.get("date") or "0-0-0").split("-"))
    of_day = _of_day(found.get("h"), found.get("m"), found.get("s"), None, None)
    zone = (found.get("zone") or "").strip()
    if not wall.begin(day, of_day, zone) and day:
        log.zone = f"its zone {_NOT_SHOWN.sub('', zone)[:20]!r} may be several"
    elif day:
        log.zone = ""
    return int(year or 0)


def _at(match: re.Match[str], wall: Wall, year: int) -> float:
    is_bare = match["h"] is None
    text, month, of_month, early, h, m, s, f, half, zone = match.groups()[
        len(_PARTS) * is_bare : len(_PARTS) * (is_bare + 1)
    ]
    half, day = half or early, None
    of_day = _of_day(h, m, s, f, half)
    if text:
        day = _day_of(text, wall)
        if day and zone:
            wall.turn(day)
            return wall.midnight + of_day - (zone_east(zone) or 0.0)
    elif month in _MONTHS and year:
        day = _date(str(year), str(_MONTHS.index(month) + 1), of_month or "")
        if day and wall.is_before(day):  # past New Year
            day = day.replace(year=year + 1)
    return wall.at(of_day, day, bool(half))


def _day_of(text: str, wall: Wall) -> date | None:
    """Of 02/03/2026 it is the one nearer to what the clock shows; None where nobody can know."""
    parts = re.split(r"\D", text)
    if "/" not in text:
        return _date(*(parts if len(parts[0]) == 4 else parts[::-1]))
    first, second, year = parts
    both = _date(year, first, second), _date(year, second, first)
    known = [day for day in both if day]
    return min(known, key=wall.days_from) if known and (wall.is_dated or len(known) == 1) else None


def _of_day(
    hours: str | None,
    minutes: str | None,
    seconds: str | None,
    fraction: str | None,
    half: str | None,
) -> float:
    hour = int(hours or 0)
    if half:
        hour = hour % 12 + 12 * (half in _AFTERNOON)
    return hour * 3600 + int(minutes or 0) * 60 + float(f"{seconds or 0}.{fraction or 0}")


def _said(rest: str, at: float, log: Log) -> Said | None:
    if rest.startswith(" | "):
        rest = _BADGES.sub(" ", rest, 1)
    said = (
        _MARKED_SAID.match(rest) or _TMI_SAID.match(rest) or _CHATTERINO_SAID.match(rest)
        or _WEECHAT_SAID.match(rest) or _ACTION.match(rest)
    )  # fmt: skip
    found = said.groupdict() if said else {}
    if said is None or found.get("name") in _OWN_MARKS or _TMI_NOTE.match(rest):
        _note(rest.strip(), at, log)
        return None
    if "channel" in found and not found["channel"]:
        log.skip(WHISPER)
        return None
    user = lowered(found["login"]) if found.get("login") else _login(found["name"])
    return Said(at, user, found["text"], channel=lowered(found.get("channel") or ""))


_OWN_MARKS = {"BAN", "DELETED", "MOD", "UNMOD", "JOIN", "PART", "BITS", "VIEWERS", "VIEWERSTATS",
              "MOD_ACTION", "UNBAN", "AutoMod", "automod"}  # fmt: skip
_BANNED = re.compile(r"(?:^|, )(\w{1,25})(?=$| \(| \[| \{|, )")
_DELETED = re.compile(r"(?:^|, )([^\s,]+(?: \(\w+\))?) \((.*?)\)(?=, \S+ \(|$)")
_BITS = re.compile(r"\S.* \((\d{1,9})\)$")


def _note(note: str, at: float, log: Log) -> None:
    """What the program or Twitch wrote between messages: Chatty's own marks, else a sentence."""
    mark, _, rest = note.partition(": ")
    log.skip(NO_CHAT)
    if mark == "BAN":
        for banned in _BANNED.finditer(rest):
            log.deleted.add(Retract("", at, chatter=lowered(banned[1])))
    elif mark == "DELETED":
        for deleted in _DELETED.finditer(rest):
            log.deleted.add_line(at, _login(deleted[1]), deleted[2])
    elif mark == "BITS" and (bits := _BITS.match(rest)):
        log.tell(Event(at, "cheer", f"{bits[1]} bits"))
    elif (notice := notices.read(re.sub(r"^\[\w+\] ", "", note))) and notice.kind:
        log.tell(Event(at, notice.kind, notice.detail))


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _login(name: str) -> str:
    """The login of `@%Name` or `Shown Name (login)`."""
    match = _LOGIN.search(name)
    return lowered(match[1] if match else name)

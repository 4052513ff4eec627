"""Text logs whose lines begin with a time since the start of a video, or with a moment in UTC."""

import re
from collections.abc import Callable, Iterator

from pipeline.imports.formats.base import (
    IS_UNTIMED,
    NO_LINE,
    NO_TIME,
    UNTIMED,
    Log,
    Said,
    counting,
    epoch,
)
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.notices import SPEAKERS, own_words
from warehouse.records import lowered

_DAY = 86400.0
# a time since the start: [d.]h:mm:ss, `1 day, h:mm:ss`, m:ss
OFFSET = (
    r"(?:(?P<d>\d{1,3})(?:\.| days?, ))?(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>\d\d(?:[.,]\d+)?)"
)
_MOMENT = (
    r"(?P<day>\d{4}-\d\d-\d\d?)[ T](?P<time>\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(?:UTC|GMT|Z|\+00:?00))?"
)
_NAME = (
    r"(?:[#@+]{1,3}(?=[^\s:]+(?: \(|:)))?(?P<name>[^\s:<>#@+][^:]{0,80}?)"  # RechatTool's badges
)
_MARKS = r"[^\w<>]{0,12}(?:\[[a-z ]+\])*"  # of badges, as tcd writes them
_SHOWN = re.compile(r".*\((\w{1,25})\)$")
BAN = re.compile(
    r"(?:\S+ )?has been (?:timed out for \d+ seconds?|banned)\.?$|Chat has been cleared$"
)

_DOWNLOADER = rf"\[(?:{_MOMENT}|{OFFSET})\] +(?:\([BMSV]\))*{_NAME}: ?(?P<text>.*)"
_TCD = rf"\[{OFFSET}\] +(?:<{_MARKS}(?P<name>[^<>]{{1,60}})> ?|\*(?P<doer>\S+) )(?P<text>.*)"
_TCD_TABLE = rf"{OFFSET}, (?P<name>[^,]{{1,60}}), \"(?P<text>.*)\"$"
_JUSTLOG = rf"\[{_MOMENT}\] +#(?P<channel>\w{{1,25}}) (?:(?P<name>[^\s:]{{1,60}}): ?)?(?P<text>.*)"
_CHAT_DOWNLOADER = (
    rf"(?:{_MOMENT}|{OFFSET}) \| (?:\([^)]*\) )?(?:\*[^*]{{1,20}}\* )?"
    rf"(?:{_NAME}: )?(?P<text>.*)"
)
_ARCHIVER = rf"\[(?P<seconds>-?\d+\.\d{{3}})\] (?:\([BMS]\))*{_NAME}: ?(?P<text>.*)"


class Days:
    """Offsets that begin again at 0:00:00 every day, as time goes on."""

    def __init__(self) -> None:
        self.before = self.last = 0.0

    def unwrapped(self, offset: float) -> float:
        """Seconds since the start; half a day and more back is the next day. One of a day and
        more tells its days itself."""
        if offset >= _DAY:
            self.before = 0.0
        elif self.last - offset > _DAY / 2:
            self.before = self.before + _DAY
        self.last = offset
        return self.before + offset


Read = Callable[[LogFile, Log], Iterator[Said]]


def reader(form: str) -> Read:
    """Reads lines of the form: its groups are those of a time, `name`, `text` and `channel`."""
    compiled = re.compile(form)

    def read(file: LogFile, log: Log) -> Iterator[Said]:
        days = Days()
        for line in file.lines():
            match = compiled.match(line)
            if match is None:
                if line.strip():
                    log.skip(UNTIMED if IS_UNTIMED.match(line) else NO_LINE)
                continue
            found = match.groupdict()
            if (at := _at(found, log, days)) is None:
                log.skip(NO_TIME)
            elif said := _said(found, at, log):
                yield said

    return read


def _said(found: dict[str, str], at: float, log: Log) -> Said | None:
    """Without a name Twitch speaks; justlog and rustlog tell a ban in the name of the banned."""
    channel, name = lowered(found.get("channel") or ""), found.get("name") or found.get("doer")
    text = found["text"] or ""
    if channel and BAN.match(text) and (not name or text.startswith((f"{name} ", "Chat "))):
        log.skip("ban or time-out")
        return None
    user = login_of(name) if name else next(iter(SPEAKERS))
    return own_words(Said(at, user, text, channel=channel), log, name or "")


def _at(found: dict[str, str], log: Log, days: Days) -> float | None:
    if found.get("seconds"):
        return float(found["seconds"])
    if found.get("day"):
        log.clock = True
        year, month, day = found["day"].split("-")
        return epoch(f"{year}-{month}-{day:0>2}T{found['time']}")
    return days.unwrapped(seconds(found))


def seconds(found: dict[str, str]) -> float:
    """Of what OFFSET found."""
    hours = int(found["d"] or 0) * 24 + int(found["h"] or 0)
    return (hours * 60 + int(found["m"])) * 60 + float(found["s"].replace(",", "."))


def login_of(name: str) -> str:
    """The login of `Shown Name (login)`, or the name."""
    match = _SHOWN.match(name) if name.endswith(")") else None
    return lowered(match[1] if match else name)


# of a log's lines, those that look like one of each format
_DATE = r"\[\d{4}-\d\d-\d\d?[ T]\d\d:\d\d:\d\d[^\]]{0,12}\]"
_TIME = rf"\[{re.sub(r'[?]P<[a-z]>', '?:', OFFSET)}\]"
justlog = counting(re.compile(_DATE + r" +#\w+ (?!<)"))
downloader = counting(
    re.compile(rf"(?:{_TIME}|{_DATE}) +(?:[#@+]{{0,3}}[^\s:<#*@+]+(?: \(\w+\))?|[^\s:<#*][^:]*): ?")
)
tcd = counting(re.compile(rf"{_TIME} +[<*]"))
tcd_table = counting(re.compile(_TCD_TABLE))
chat_downloader = counting(
    re.compile(rf"(?:{_MOMENT}|{OFFSET}) \| (?:\([^)]*\) )?(?:\*[^*]{{1,20}}\* )?{_NAME}: ")
)
archiver = counting(re.compile(r"\[-?\d+\.\d{3}\] \S"))

read_downloader = reader(_DOWNLOADER)
read_tcd = reader(_TCD)
read_tcd_table = reader(_TCD_TABLE)
read_justlog = reader(_JUSTLOG)
read_chat_downloader = reader(_CHAT_DOWNLOADER)
read_archiver = reader(_ARCHIVER)

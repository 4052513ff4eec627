"""Text logs whose lines begin with a time: tcd's, TwitchDownloader's, justlog's plain one."""

import re
from collections.abc import Iterator

from pipeline.imports.formats.base import NO_TIME, Log, Said, counting, epoch
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import lowered

_OFFSET = r"\[(?:(\d{1,3})\.)?(\d{1,3}):(\d\d):(\d\d(?:\.\d+)?)\]"
_TCD = re.compile(_OFFSET + r" +<[^\w<>]{0,12}([^<>]{1,60})> ?(.*)")
_DOWNLOADER = re.compile(_OFFSET + r" +([^\s:][^:]{0,60}): ?(.*)")
_MOMENT = r"\[(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?(?:UTC|Z))?\]"
_DATED = re.compile(_MOMENT + r" +([^\s:#][^:]{0,60}): ?(.*)")
_JUSTLOG = re.compile(_MOMENT + r" +#(\w{1,25}) ([^\s:]{1,60}): ?(.*)")
_SHOWN = re.compile(r".*\((\w{1,25})\)$")


_DATE = r"\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^\]]{0,12}\]"
_TIME = r"\[(?:\d+\.)?\d{1,3}:\d\d:\d\d(?:\.\d+)?\]"

# of a log's lines, those that look like one of each format
justlog = counting(re.compile(_DATE + r" +#\w+ \S+: "))
downloader = counting(re.compile(rf"(?:{_TIME}|{_DATE}) +[^\s:<#][^:]*: ?"))
tcd = counting(re.compile(_TIME + r" +<"))


def read_tcd(file: LogFile, log: Log) -> Iterator[Said]:
    """`[0:01:02] <%name> text`: offsets from the start of a video that the log does not name."""
    return _offsets(file, log, _TCD)


def read_downloader(file: LogFile, log: Log) -> Iterator[Said]:
    """`[0:01:02] name: text`, or with the moment in UTC."""
    for line in file.lines():
        if match := _DATED.match(line):
            day, time, name, text = match.groups()
            log.clock = True
            if (at := epoch(f"{day}T{time}")) is None:
                log.skip(NO_TIME)
            else:
                yield Said(at, _login(name), text)
        elif match := _DOWNLOADER.match(line):
            yield Said(_seconds(match), _login(match[5]), match[6])
        elif line.strip():
            log.skip("no line of a log")


def read_justlog(file: LogFile, log: Log) -> Iterator[Said]:
    """`[2024-01-02 03:04:05] #channel name: text`, in UTC."""
    log.clock = True
    for line in file.lines():
        match = _JUSTLOG.match(line)
        at = epoch(f"{match[1]}T{match[2]}") if match else None
        if match and at is not None:
            yield Said(at, _login(match[4]), match[5], channel=lowered(match[3]))
        elif match or line.strip():
            log.skip(NO_TIME if match else "no line of a log")


def _offsets(file: LogFile, log: Log, form: re.Pattern[str]) -> Iterator[Said]:
    for line in file.lines():
        if match := form.match(line):
            yield Said(_seconds(match), _login(match[5]), match[6])
        elif line.strip():
            log.skip("no line of a log")


def _seconds(match: re.Match[str]) -> float:
    days, hours, minutes, seconds = match.groups()[:4]
    return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)


def _login(name: str) -> str:
    """The login of `Shown Name (login)`, or the name."""
    match = _SHOWN.match(name)
    return lowered(match[1] if match else name)

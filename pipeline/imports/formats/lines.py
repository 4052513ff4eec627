"""Lines of chat of any program: a time, a name and a text, told by their places.

For what has no format of its own here: logs of bots and scripts, and those whose form is a
setting. Which of the forms it is, most of the first lines tell. Their times may be moments however
they are written, or since the start of a video: they are read as the rows of a table are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from pipeline.imports.formats.base import IS_UNTIMED, NO_LINE, UNTIMED, WEIGHT, WHISPER, Log, Said
from pipeline.imports.formats.dates import CLOCK, WORDED, ZONE
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.marks import plain
from pipeline.imports.formats.notices import own_words
from pipeline.imports.formats.tables.columns import read_table
from pipeline.imports.formats.tables.days import seconds_of
from pipeline.imports.formats.tables.rows import Row, TableRows
from pipeline.imports.formats.tables.times import time_of
from pipeline.imports.formats.timed import login_of

_IS_TIMED = re.compile(r"\d:\d\d|1\d{9}|^[\[(]\d")
_SAMPLE = 200  # lines that are looked at
_ORDERS = (True, False)  # of month and day
_LEAST = 3  # lines of a form: fewer may be anything
_NUMBERS = (
    rf"(?:\d{{4}}[-/.]\d\d[-/.]\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}})"
    rf"(?:[T_]|,?\s(?:@\s|-\s)?|\]\s?\[){CLOCK}{ZONE}(?:\sUTC)?"
)
_EPOCH = r"1\d{9}(?:\.\d{1,9}|\d{3}(?:\d{3})?)?"
_SINCE = r"(?:\d{1,3}:)?\d{1,3}:\d\d(?:[.,]\d{1,6})?"
_TIME = rf"(?P<time>{_NUMBERS}|(?=.{{0,60}}\b\d{{4}}\b){WORDED}|{_EPOCH}|{_SINCE})(?![:.,]?\d)"
_BRACKETED = rf"(?:[\[(](?:{_TIME}|(?P<bare>\d+(?:\.\d+)?)s?)[\])]|{_TIME.replace('time', 'open')})"
_CHANNEL = r"(?:\[?#(?P<channel>\w{1,25})\]?:?\s+)?"
_ROOM = _CHANNEL.replace("channel", "room")
_HEAD = rf"{_CHANNEL}{_BRACKETED}[\s|,;:–—-]{{0,9}}"
_NONE = rf"{WEIGHT}|[^a-zA-Z\x80-\U0010ffff]+\s"  # a number is nobody's name either
_NAMED = rf"@?(?!{_NONE})(?P<name>[^\s:<>\[\]()|,;#*]{{1,40}}(?: \(\w{{1,25}}\))?)"
_WHISPER = re.compile(r"\bwhisper(?:s|ed)?\b|[\[(<](?:dm|pm)[\])>]", re.I)  # before the text
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_HEAD}(?:[^<>#]{{1,40}}\s)?{_ROOM}<[@%+~&! ]?(?P<name>[^<>\s]{{1,60}})>:?\s?"
        r"(?P<text>.*)",
        rf"{_HEAD}{_ROOM}{_NAMED}: (?P<text>.*)",
        rf"{_HEAD}{_ROOM}\[{_NAMED}\]:?\s(?P<text>.*)",
        rf"{_HEAD}{_ROOM}{_NAMED}(?:\s+(?:[|>»–—-]|>>)\s+|\t|, )(?P<text>.*)",
        rf"{_NAMED},? ?[\[(]?{_TIME}(?:[\])]:?|[:,])\s(?P<text>.*)",
        rf"{_NAMED}: (?P<text>.*) [\[(]{_TIME}[\])]$",
    )
)


def count(lines: Sequence[str]) -> int:
    """Lines that are of the form that most of them have."""
    lines = [line for line in lines if _IS_TIMED.search(line)]
    if len(lines) < _LEAST:
        return 0
    found = len(_matches(lines, _form_of(lines)))
    return found if found >= _LEAST else 0


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Lines of other forms are skipped."""
    lines = map(plain, file.lines())
    first = list(islice(lines, _SAMPLE))
    rows = _rows(chain(first, lines), _form_of(first), log)
    sample = list(islice(rows, _SAMPLE))
    if not sample:
        return
    if not any(time_of(row[1]) or seconds_of(row[1], k) for row in sample for k in _ORDERS):
        log.skipped["of a zone that may be several: +01:00 means one"] += len(sample)
        return
    names = ["channel", "time", "user", "text"]
    for said in read_table(TableRows(file.path, names, chain(sample, rows), sample), log):
        if own := own_words(said, log):
            yield own


def _form_of(lines: Sequence[str]) -> re.Pattern[str]:
    return max(_FORMS, key=lambda form: len(_matches(lines, form)))


def _matches(lines: Sequence[str], form: re.Pattern[str]) -> list[re.Match[str]]:
    return [match for line in lines if (match := form.match(line))]


def _rows(lines: Iterable[str], form: re.Pattern[str], log: Log) -> Iterator[Row]:
    for line in lines:
        match = form.match(line)
        if match and _WHISPER.search(line, 0, match.start("text")):
            log.skip(WHISPER)
        elif match:
            found = match.groupdict()
            time = found["time"] or found.get("open") or found.get("bare")
            channel = found.get("channel") or found.get("room") or ""
            yield channel, time, login_of(found["name"]), found["text"]
        elif line.strip():
            log.skip(UNTIMED if IS_UNTIMED.match(line) else NO_LINE)

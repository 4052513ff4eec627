"""Which format is it? By what is in a file, never by what it is called."""

import csv
import re
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.imports.formats import TABLE
from pipeline.imports.formats.irc import BEFORE
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from warehouse.errors import BadInput

_LINES = 60  # looked at
# ZIP, 7z, RAR, bzip2, xz, Zstandard
_PACKED = (b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!\x1a", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_COLUMNS = {"text", "t", "stream"}
_TIME = r"\[(?:\d+\.)?\d{1,3}:\d\d:\d\d(?:\.\d+)?\]"
_DATE = r"\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^\]]{0,12}\]"
# of lines, best told first; a log is what most of its lines are
_FORMS = {
    "chatterino": re.compile(r"# ?Start logging at \d{4}|\[\d\d:\d\d:\d\d\] [^\s:<]+: "),
    "chatty": re.compile(r"# ?Log started: \d{4}|\[\d\d:\d\d:\d\d\] <"),
    "justlog-text": re.compile(_DATE + r" +#\w+ \S+: "),
    "twitchdownloader-text": re.compile(rf"(?:{_TIME}|{_DATE}) +[^\s:<#][^:]*: ?"),
    "tcd": re.compile(_TIME + r" +<"),
    "irc": re.compile("(?:" + BEFORE.pattern + r")?(?:@\S+ )?:\S+ [A-Z0-9]{3,}"),
}
_HEADED = (("# Start logging at", "chatterino"), ("#Start logging at", "chatterino"),
           ("# Log started:", "chatty"), ("#Log started:", "chatty"))  # fmt: skip
_CLOCKS = {"chatterino": "twitchdownloader-text", "chatty": "tcd"}


def detect(path: Path) -> str:
    """The name of the file's format. Raises BadInput for one it does not know."""
    with LogFile(path) as file:
        head = file.read()
    if head.startswith(b"PAR1"):
        return TABLE
    if head.startswith(_PACKED):
        raise BadInput(f"{path} is packed, and not by gzip: unpack it first")
    found = ""
    if head.lstrip()[:1] in (b"{", b"["):
        found = _json(path)
    lines = head.decode(errors="replace").splitlines()[: 4 * _LINES]
    found = found or _html(lines) or _text(lines) or _csv(lines)
    if not found:
        raise BadInput(f"{path} is in no format that is known here" if head else f"{path} is empty")
    return found


def _html(lines: list[str]) -> str:
    first = next((line.lstrip().lower() for line in lines if line.strip()), "")
    return "twitchdownloader-html" if first.startswith(("<!doctype html", "<html")) else ""


def _text(lines: list[str]) -> str:
    lines = [line for line in lines if line.strip()][:_LINES]
    for mark, name in _HEADED:
        if any(line.startswith(mark) for line in lines):
            return name
    counts = {name: sum(bool(f.match(line)) for line in lines) for name, f in _FORMS.items()}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] * 2 < len(lines) or not counts[best]:
        return ""
    # without a word of when it was begun, times that begin near zero are offsets
    return _CLOCKS[best] if best in _CLOCKS and _from_zero(lines) else best


def _from_zero(lines: list[str]) -> bool:
    hours = [m[1] for line in lines if (m := re.match(r"\[(\d\d):\d\d:\d\d\]", line))]
    return bool(hours) and hours[0] == "00"


def _csv(lines: list[str]) -> str:
    try:
        header = next(csv.reader(lines[:1]), [])
    except csv.Error:  # a line too long for a header
        return ""
    return TABLE if {name.strip().lower() for name in header} >= _COLUMNS else ""


def _json(path: Path) -> str:
    """By the keys of its first values."""
    with LogFile(path) as file:
        for key, value in islice(values(file, {"comments", "messages"}), 40):
            if isinstance(value, NoValue):
                continue
            if key == "FileInfo":
                return "twitchdownloader"
            if found := _element(key, value):
                return found
    return ""


def _element(key: str, value: Any) -> str:
    if key == "data" or not isinstance(value, dict):
        return "gql" if key == "data" else ""
    if "content_offset_seconds" in value:
        return "twitchdownloader" if key == "comments" else "rechat"
    if "contentOffsetSeconds" in value or (
        key in ("", "comments") and {"data", "edges"} & set(value)
    ):
        return "gql"
    if "author" in value and ("timestamp" in value or "time_in_seconds" in value):
        return "chat-downloader"
    if "raw" in value or {"username", "timestamp", "text"} <= set(value):
        return "justlog-json"
    return "justlog-json" if key == "messages" else ""

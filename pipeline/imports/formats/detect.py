"""Detection of a log's format: by what is in a file, never by what it is called."""

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pipeline.imports.formats import FORMATS, TABLE
from pipeline.imports.formats.base import IS_UNTIMED
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from warehouse.errors import BadInput

_LINES, _VALUES = 60, 40  # looked at
# ZIP, 7z, RAR, bzip2, xz, Zstandard
_PACKED = (b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!\x1a", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")
_COLUMNS = {"text", "t", "stream"}


def detect(path: Path) -> str:
    """The name of the file's format. Raises BadInput for one it does not know."""
    with LogFile(path) as file:
        head = file.read()
    if head.startswith(b"PAR1"):
        return TABLE
    if head.startswith(_PACKED):
        raise BadInput(f"{path} is packed, and not by gzip: unpack it first")
    lines = head.decode(errors="replace").splitlines()[: 4 * _LINES]
    name = _json(path) if head.lstrip()[:1] in (b"{", b"[") else ""
    name = name or _text([line for line in lines if line.strip()][:_LINES]) or _csv(lines)
    if not name:
        raise BadInput(f"{path} is in no format that is known here" if head else f"{path} is empty")
    return name


def _json(path: Path) -> str:
    """By the first of its values that some format knows."""
    with LogFile(path) as file:
        for key, value in islice(values(file, {"comments", "messages", "chat"}), _VALUES):
            if not isinstance(value, NoValue):
                for name, form in FORMATS.items():
                    if form.is_value(key, value):
                        return name
    return ""


def _text(lines: Sequence[str]) -> str:
    """By a head that one format has, else by what most of the lines look like. What is said
    without times is told so by a format that could have had them."""
    text = "\n".join(lines)
    for name, form in FORMATS.items():
        if form.has_head(text):
            return name
    counts = {name: form.count(lines) for name, form in FORMATS.items()}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] and counts[best] * 2 >= len(lines):
        return best
    untimed = sum(IS_UNTIMED.match(line) is not None for line in lines)
    return "twitchdownloader-text" if untimed > 2 and untimed * 10 >= len(lines) * 9 else ""


def _csv(lines: Sequence[str]) -> str:
    try:
        header = next(csv.reader(lines[:1]), [])
    except csv.Error:  # a line too long for a header
        return ""
    return TABLE if {name.strip().lower() for name in header} >= _COLUMNS else ""

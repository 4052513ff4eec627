"""Marks in the lines of chat programs that are no text: colours, bold and the like."""

import html
import re

# mIRC's codes, which most IRC clients write into their logs, and those of terminals
_CODES = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9A-Fa-f]{0,6}|[\x02\x0f\x11\x12\x16\x1d-\x1f]|"
    r"\x1b\[[\d;]*m"
)
_TAG = re.compile(r"<[^>]{0,300}>")


def plain(line: str) -> str:
    """The line without them; of one in HTML, as Pidgin writes it, what a browser shows."""
    if line.startswith(("<font ", "<span ")):
        line = html.unescape(_TAG.sub("", line))
    return _CODES.sub("", line)

"""TwitchDownloader's HTML: a <pre> a comment."""

import html
import re
from collections.abc import Iterator

from pipeline.imports.formats.base import Log, Said, epoch
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import lowered

_TIME = re.compile(
    r"\[(?:(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC|(?:(\d{1,3})\.)?(\d{1,3}):(\d\d):(\d\d))\]"
)
_AUTHOR = re.compile(r"<a [^>]*href=[\"']?https?://(?:www\.)?twitch\.tv/(\w{1,25})[\"'\s>]", re.I)
_AUTHOR_ENDS = re.compile(r"</a>\s*(?:<span[^>]*>)?\s*:?", re.I)
_EMOTE = re.compile(
    r"<img [^>]*?(?:title|alt)=(?:\"([^\"]*)\"|'([^']*)')[^>]*>"
    r"(?:\s*<(?:span|div)[^>]*>([^<]*)</(?:span|div)>)?",
    re.I,
)
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"\s+")
_LONGEST = 1 << 22  # bytes without the end of a comment: styles with pictures in them


BEGINS = re.compile(r"\s*<(?:!doctype )?html", re.I)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Pictures behind the author are emotes; what their tool tips say again is left out."""
    for piece in _pieces(file):
        begin = piece.rfind("<pre")
        if begin < 0:
            continue
        if said := _said(piece[begin:], log):
            yield said
        else:
            log.skip("no comment of a page")


def _pieces(file: LogFile) -> Iterator[str]:
    """The text up to the end of each comment."""
    rest = b""
    while piece := file.read():
        *whole, rest = (rest + piece).split(b"</pre>")
        yield from map(file.text, whole)
        if len(rest) > _LONGEST:
            rest = rest[-_LONGEST // 4 :]
    if b"<pre" in rest:
        file.cut = file.cut or "its last comment ends in the middle"


def _said(comment: str, log: Log) -> Said | None:
    time, author = _TIME.search(comment), _AUTHOR.search(comment)
    ends = _AUTHOR_ENDS.search(comment, author.end()) if author else None
    if time is None or author is None or ends is None:
        return None
    body = comment[ends.end() :]
    emotes = [html.unescape(m[1] or m[2] or "") for m in _EMOTE.finditer(body)]
    text = _TAG.sub("", _EMOTE.sub(_name, body))
    text = _SPACES.sub(" ", html.unescape(text)).strip()
    if time[1]:
        log.clock = True
        at = epoch(f"{time[1]}T{time[2]}") or 0.0
    else:
        hours = int(time[3] or 0) * 24 + int(time[4])
        at = float((hours * 60 + int(time[5])) * 60 + int(time[6]))
    return Said(at, lowered(author[1]), text, " ".join(emotes))


def _name(emote: re.Match[str]) -> str:
    """An emote's name in place of its picture; of what stands behind, all but the name again."""
    name = emote[1] or emote[2] or ""
    return f" {name} " + ("" if (emote[3] or "").strip() == name.strip() else emote[3] or "")

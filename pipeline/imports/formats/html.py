"""TwitchDownloader's HTML: a <pre> a comment."""

import html
import re
from collections.abc import Iterator

from pipeline.imports.formats.base import UNTIMED, Log, Said, epoch
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.notices import own_words
from pipeline.imports.formats.timed import Days
from warehouse.records import lowered

# in a link to that second of the video, where there is one
_TIME = re.compile(
    r"\[(?:<a [^>]{0,200}?/videos/(\d{0,20})[^>]{0,200}>)?"
    r"(?:(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC|(?:(\d{1,3})\.)?(\d{1,3}):(\d\d):(\d\d))"
    r"(?:</a>)?\]"
)
_STAMP = re.compile(r"<pre[^>]*>\s*\[")
_AUTHOR = re.compile(
    r"<a [^>]{0,200}?href=[\"']?https?://(?:www\.)?twitch\.tv/(\w{1,25})/?[\"'\s>]", re.I
)
_AUTHOR_ENDS = re.compile(r"</a>\s*(?:<span[^>]*>)?\s*:?", re.I)
_EMOTE = re.compile(
    r"<img [^>]*?(?:title|alt)=(?:\"([^\"]*)\"|'([^']*)')[^>]*>"
    r"(?:\s*<(?:span|div)[^>]*>([^<]*)</(?:span|div)>)?",
    re.I,
)
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"\s+")
_LONGEST = 1 << 22  # bytes without the end of a comment: styles with pictures in them


_BEGINS = re.compile(r"\s*<(?:!doctype )?html(?!.{0,200}<title>Conversation with )", re.I)


def is_page(text: str) -> bool:
    """Is it a page, and none of Pidgin's?"""
    return _BEGINS.match(text) is not None


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Pictures behind the author are emotes; what their tool tips say again is left out. Offsets
    of older versions begin again at 0:00:00 every day."""
    days = Days()
    for piece in _pieces(file):
        begin = piece.rfind("<pre")
        if begin < 0:
            log.skip("no comment of a page")
            continue
        said = _said(piece[begin:], log)
        if said is None:
            is_said = _AUTHOR.search(piece, begin) and not _STAMP.match(piece, begin)
            log.skip(UNTIMED if is_said else "no comment of a page")
            continue
        if not log.clock:
            said = said._replace(at=days.unwrapped(said.at))
        if said := own_words(said, log):
            yield said


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
    time = _TIME.search(comment)
    author = _AUTHOR.search(comment, time.end()) if time else None
    ends = _AUTHOR_ENDS.search(comment, author.end()) if author else None
    if time is None or author is None or ends is None:
        return None
    body = comment[ends.end() :]
    emotes = [html.unescape(m[1] or m[2] or "") for m in _EMOTE.finditer(body)]
    text = _TAG.sub("", _EMOTE.sub(_name, body))
    text = _SPACES.sub(" ", html.unescape(text)).strip()
    video, day, clock, *offset = time.groups()
    log.stream = log.stream or video or ""
    if day:
        log.clock = True
        at = epoch(f"{day}T{clock}") or 0.0
    else:
        days, hours, minutes, seconds = (int(part or 0) for part in offset)
        at = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return Said(at, lowered(author[1]), text, " ".join(emotes))


def _name(emote: re.Match[str]) -> str:
    """An emote's name in place of its picture; of what stands behind, all but the name again."""
    name = emote[1] or emote[2] or ""
    return f" {name} " + ("" if (emote[3] or "").strip() == name.strip() else emote[3] or "")

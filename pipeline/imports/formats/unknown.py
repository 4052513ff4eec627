"""Files in no form that is known here: what they are instead, and what comes nearest."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.chat.columns import NEEDS
from warehouse.errors import BadInput

_KINDS = {
    b"PK\x03\x04": "an archive in an archive: unpack it first",
    b"7z\xbc\xaf": "packed, and not by gzip: unpack it first",
    b"Rar!\x1a": "packed, and not by gzip: unpack it first",
    b"BZh": "packed, and not by gzip: unpack it first",
    b"\xfd7zXZ": "packed, and not by gzip: unpack it first",
    b"(\xb5/\xfd": "packed, and not by gzip: unpack it first",
    b"\x1f\x8b": "packed by gzip twice: unpack it once",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a database of SQLite: export its chat as a table first",
    b"\x1aE\xdf\xa3": "a video",
}
_BESIDE = {"a picture", "a PDF", "a video"}
_READ = (
    "TwitchDownloader, chat-downloader, twitch-dl, tcd, Ganymede, rechat, subtitles; Chatterino, "
    "Chatty, HexChat, WeeChat; justlog, rustlog, raw IRC, EventSub; tables (CSV, TSV, Parquet) and "
    "other JSON with text, name and time"
)
_PAGE = "docs/import.md has them all"
_IS_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[\[{\"]|$))")
_BINARY = 0.02  # share of bytes that no text has


class NoLog(BadInput):
    """A file that nobody takes for a log: a picture, a note. It may lie beside some."""


def refuse_binary(path: Path, head: bytes) -> None:
    """Raises BadInput for what is no text, naming what it is; NoLog for what never has chat."""
    if not head:
        raise BadInput(f"{path} is empty")
    kind = next((said for mark, said in _KINDS.items() if head.startswith(mark)), "")
    if not kind and head[4:8] == b"ftyp":
        kind = "a video"
    if kind:
        raise (NoLog if kind in _BESIDE else BadInput)(f"{path} is {kind}")
    odd = sum(head.count(byte) for byte in (0, 1, 5, 6, 7, 8, 0x7F))  # 2 to 4 are marks of colours
    if odd > len(head) * _BINARY:
        raise NoLog(
            f"{path} is in no format that is known here: it is no text; DLD reads {_READ}; {_PAGE}"
        )


def unknown(path: Path, lines: Sequence[str], counts: Mapping[str, int]) -> BadInput:
    """The fault of a text in no known form: NoLog where it looks like none at all. counts: of the
    lines, those that look like a form's."""
    is_json = bool(lines) and _IS_JSON.match(lines[0]) is not None
    fault = BadInput if is_json or any(counts.values()) else NoLog
    return fault(
        f"{path} is in no format that is known here{_nearest(lines, counts)}; "
        f"DLD reads {_READ}; {_PAGE}"
    )


def _nearest(lines: Sequence[str], counts: Mapping[str, int]) -> str:
    best = max(counts, key=lambda name: counts[name])
    if counts[best]:
        return f"; nearest is {best}, as {counts[best]} of its first {len(lines)} lines have it"
    if lines and _IS_JSON.match(lines[0]):
        return "; it is JSON, but its first values are not the chat of a known tool"
    if lines and any(mark in lines[0] for mark in ",;\t|"):
        return f"; if it is a table: {NEEDS}"
    return ""

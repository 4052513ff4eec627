"""Chat as subtitles, SubRip's and SubStation's: a cue a message, at its time in the video."""

import re
from collections.abc import Iterator

from pipeline.imports.formats.base import NO_LINE, NO_TIME, Log, Said
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.notices import own_words
from pipeline.imports.formats.timed import OFFSET, login_of, seconds

IS_SRT = re.compile(rf"\s*(?:WEBVTT\b|(?:\d+\s+)?{OFFSET} --> \d)")
IS_ASS = re.compile(r"\s*\[Script Info\]", re.I)
_CUE = re.compile(rf"{OFFSET} --> \d")
_DIALOGUE = re.compile(r"Dialogue:\s*(.*)")
_TIME = re.compile(OFFSET)
_STYLE = re.compile(r"\{[^}]*\}|</?\w[^>]*>")
_SAID = re.compile(r"<?[^\w<]{0,12}([^\s:<>][^:<>]{0,60}?)(?:>|:)\s?(.*)", re.S)
_VOICE = re.compile(r"<v(?:\.[\w.]+)? ([^>]+)>")  # of WebVTT
_COLUMNS = 9  # of a dialogue, before its text


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """`name: text` of each cue; lines within a cue are one message."""
    at: float | None = None
    lines: list[str] = []
    for line in file.lines():
        if cue := _CUE.match(line):
            if said := _said(at, lines, log):
                yield said
            at, lines = seconds(cue.groupdict()), []
        elif " --> " in line or not line.strip():
            if line.strip():
                log.skip(NO_TIME)
            if said := _said(at, lines, log):
                yield said
            at, lines = None, []
        elif at is not None:
            lines.append(line)
    if said := _said(at, lines, log):
        yield said


def read_ass(file: LogFile, log: Log) -> Iterator[Said]:
    """The dialogues; the name stands before the text, or has a column of its own."""
    for line in file.lines():
        dialogue = _DIALOGUE.match(line)
        if dialogue is None:
            continue
        columns = dialogue[1].split(",", _COLUMNS)
        begins = _TIME.fullmatch(columns[1].strip()) if len(columns) > _COLUMNS else None
        if begins is None:
            log.skip(NO_TIME if len(columns) > _COLUMNS else NO_LINE)
            continue
        text, name = _plain(columns[-1]), _plain(columns[4])
        if name and not text.startswith(
            f"{name}:"
        ):  # a colour stands between, or it has its column
            text = f"{name}: {text.removeprefix(name).lstrip()}"
        if said := _said(seconds(begins.groupdict()), [text], log):
            yield said


def _plain(text: str) -> str:
    return _STYLE.sub("", text).replace("\\N", " ").strip()


def _said(at: float | None, lines: list[str], log: Log) -> Said | None:
    if at is None or not lines:
        return None
    match = _SAID.match(_STYLE.sub("", _VOICE.sub(r"\1: ", " ".join(lines))))
    if match is None:
        log.skip(NO_LINE)
        return None
    return own_words(Said(at, login_of(match[1].strip()), match[2].strip()), log, match[1])

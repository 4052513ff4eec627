"""Encodings of logs: CP1252 where it clearly is, else what is no UTF-8 is counted."""

from pathlib import Path

import pytest

from pipeline.imports.formats.base import Log
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.stage import stage

LINES = "[0:01:00] ann: olé, très bien\n[0:01:05] bob: schön und gut ü\n"


def read(path: Path, raw: bytes) -> tuple[str, LogFile]:
    path.write_bytes(raw)
    with LogFile(path) as file:
        return "\n".join(file.lines()) + "\n", file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "latin-1"])
def test_a_text_is_the_same_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text, file = read(tmp_path / "a", LINES.encode(encoding))
    assert (text, file.replaced) == (LINES, 0)
    assert file.encoding == ("cp1252" if encoding in ("cp1252", "latin-1") else "")


BROKEN = {
    "one byte of many": "schön\n".encode() * 3 + b"sch\xf6n\n",
    "a byte by itself": b"[0:01:00] ann: hi \xe9\n",
    "Japanese": "[0:01:00] ann: こんにちは\n".encode("shift-jis"),
    "Cyrillic": "[0:01:00] ann: привет всем\n".encode("cp1251"),
    "no text": b"\x89PNG\r\n\x1a\n\xe9a\xe9a\xe9a",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_not_clearly_cp1252_is_counted(tmp_path: Path, raw: bytes) -> None:
    text, file = read(tmp_path / "a", raw)
    assert file.encoding == ""
    assert file.replaced == text.count("\ufffd") > 0


def test_the_line_of_a_file_says_in_what_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(LINES.encode("cp1252"))
    staged = stage(path, "twitchdownloader-text", tmp_path / "s" / "t", lambda n: None)
    assert staged.log.reasons() == " (read as cp1252, as it is no UTF-8)"
    assert Log().reasons() == ""

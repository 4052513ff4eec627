"""Dropped logs of somebody's with ill will: each is refused in words that do not tell its place."""

import gzip
import io
import zipfile

import orjson
import pytest

from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.sandbox import outcome_of
from tests.helpers.build import csv_file
from tests.helpers.logs import comment, downloader
from warehouse.config import DataFolder
from warehouse.inbox.uploaded_log import UploadedLog


@pytest.fixture(autouse=True)
def here(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setattr(LogFile, "most", 2_000_000)


def reason(folder: DataFolder, name: object, raw: bytes, **asked: object) -> str:
    """Why it came to nothing; nothing else was left of it than the log itself."""
    place = UploadedLog(folder.inbox / "r")
    place.put([raw])
    came = outcome_of(place, {"name": name, **asked})
    assert came.keys() == {"reason", "asks"}, came
    assert [path for path in folder.scratch.rglob("*") if path.is_file()] == []
    assert {path.name for path in folder.root.iterdir()} <= {"inbox", "scratch", "salt"}
    return str(came["reason"])


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../../etc/passwd", "/etc/passwd", "x" * 250, "a\0b", "\udcff", "\u202egol.exe",
     "a\nb", "*[!a]?", "'; DROP TABLE windows; --", "%s%n", "--help", "\U0001f600", 5, "0", ["a"],
     None, ".bashrc", "C:\\windows\\x", "https://evil.example/x", "." * 300, "given", "scratch"],
)  # fmt: skip
def test_no_name_leads_elsewhere_or_tells_where_it_lies(folder: DataFolder, name: object) -> None:
    told = reason(folder, name, b"nonsense\n")
    named, known, forms = told.partition(" is in no format that is known here; ")
    assert known and folder.root.name not in told
    assert (
        "/" not in named
        and len(named) < 110
        and "/" not in forms.removesuffix("docs/import.md has them all")
    )


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.log", data)
    return file.getvalue()


DATA = {
    "nothing": b"",
    "zeros": bytes(1000),
    "a bomb": gzip.compress(bytes(20_000_000)),
    "a bomb in a bomb": gzip.compress(gzip.compress(bytes(20_000_000)) * 100),
    "half a gzip": gzip.compress(b"nonsense\n" * 1000)[:-20],
    "noise after its sign": b"\x1f\x8b\x08" + bytes(range(200)),
    "a zip": zipped(b"hello"),
    "a zip bomb": zipped(bytes(20_000_000)),
    "deep lists": b"[" * 500_000,
    "deep comments": b'{"comments":[{"content_offset_seconds":1,"message":' + b'{"a":' * 50_000,
    "a number of very many digits": b'{"comments":[{"content_offset_seconds":' + b"9" * 1_000_000,
    "one line": b"x" * 1_900_000,
    "Parquet's signs alone": b"PAR1" + bytes(50) + b"PAR1",
    "a footer that lies": b"PAR1" + bytes(50) + b"\xff\xff\xff\x7fPAR1",
    "UTF-7": b"+AGEAYg-",
    "a path": b"/etc/passwd\n",
    "an entity": b"<!DOCTYPE a [<!ENTITY x 'y'>]><html>&x;</html>",
}


@pytest.mark.parametrize("kind", DATA)
def test_no_bytes_end_the_import_in_a_fault(folder: DataFolder, kind: str) -> None:
    assert "a.log" in reason(folder, "a.log", DATA[kind])


def test_a_table_in_milliseconds_is_asked_about(folder: DataFolder) -> None:
    chat = [
        {"channel": "demo", "stream": "1", "date": "2026-01-01", "t": k * 1000.0, "text": "hi"}
        for k in range(500)
    ]
    folder.root.mkdir(parents=True, exist_ok=True)
    raw = csv_file(folder.root.parent / "a.csv", chat).read_bytes()
    assert "are these milliseconds?" in reason(folder, "a.csv", raw)


@pytest.mark.parametrize(
    "asked",
    [{"channel": 5}, {"channel": "../../x"}, {"channel": "\u212aate"}, {"channel": "x" * 5000},
     {"started_at": "yesterday"}, {"started_at": [1]}],
)  # fmt: skip
def test_no_answer_of_the_page_is_taken_as_it_comes(
    folder: DataFolder, asked: dict[str, object]
) -> None:
    log = orjson.dumps(downloader(comments=[comment(1)]))
    assert len(reason(folder, "a.json", log, **asked)) < 300

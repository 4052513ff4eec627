"""Progress of what comes before live chat: told in a sentence, and by nobody who has ended."""

from pathlib import Path

import orjson
import pytest

from warehouse.config import DataFolder
from warehouse.published import progress as module
from warehouse.published.progress import Progress, nothing_comes_first

HALF = Progress("past", 3 * 86400, 0.5)


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (Progress("past", 3 * 86400, 0.376), "Preparing three days of example chat: 38 %"),
        (Progress("pause", 3600, 0.0), "Catching up on one hour of example chat: 0 %"),
        (Progress("pause", 36 * 3600, 1.0, False), "Catching up on two days of chat: 100 %"),
        (Progress("pause", 400, 0.1, False), "Catching up on seven minutes of chat: 10 %"),
        (Progress("past", 400 * 86400, 0.1), "Preparing 400 days of example chat: 10 %"),
    ],
)
def test_it_says_what_is_done_and_how_far_it_is(progress: Progress, sentence: str) -> None:
    assert str(progress) == sentence


def test_it_is_there_until_nothing_comes_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert Progress.read(folder) is None
    HALF.tell(folder)
    assert Progress.read(folder) == HALF
    nothing_comes_first(folder)
    nothing_comes_first(folder)
    assert Progress.read(folder) is None


def test_who_told_it_long_ago_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DataFolder(tmp_path)
    HALF.tell(folder)
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 61)
    assert Progress.read(folder) is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b'{"at": 1}', b'{"at": "x", "progress": {}}', b"x" * 2000,
        orjson.dumps({"at": 9e9, "progress": {"what": "past", "span_s": 1, "share": 7}}),
    ],
)  # fmt: skip
def test_a_damaged_file_tells_nothing(tmp_path: Path, content: bytes) -> None:
    folder = DataFolder(tmp_path)
    folder.published.mkdir()
    folder.progress.write_bytes(content)
    assert Progress.read(folder) is None

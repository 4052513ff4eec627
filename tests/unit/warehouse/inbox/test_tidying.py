"""Tidying: outcomes go when they are old or many, and so does what nobody asks for."""

import os
import time
from pathlib import Path

import pytest

from warehouse.inbox import tidying
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.inbox.tidying import tidy

HOUR, DAY = 3600, 86400


@pytest.fixture
def inbox(tmp_path: Path) -> InboxFolder:
    (tmp_path / "inbox").mkdir()
    return InboxFolder(tmp_path / "inbox")


def old(path: Path, seconds: float) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    at = time.time() - seconds
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize("place", ["done", "refused", ".asked"])
def test_outcomes_go_when_they_are_old_or_newer_ones_are_many(
    inbox: InboxFolder, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "NEWEST", 2)
    ages = [8 * DAY, 3 * HOUR, 2 * HOUR, 1800, 60, -30 * DAY]
    found = [old(inbox.folder / place / f"r{n}.json", age) for n, age in enumerate(ages)]
    tidy(inbox.folder)
    assert [path.exists() for path in found] == [False, False, False, True, True, False]


def test_a_link_in_the_place_of_outcomes_leads_to_no_loss(inbox: InboxFolder) -> None:
    kept = old(inbox.folder.parent / "elsewhere" / "r.json", 30 * DAY)
    (inbox.folder / "done").symlink_to(kept.parent)
    tidy(inbox.folder)
    assert kept.exists()


@pytest.mark.parametrize(
    ("name", "age", "asked", "goes"),
    [
        ("r1/log", 700, False, True), ("r1/log", 500, False, False), ("r1/log", 700, True, False),
        ("r1/log", 25 * HOUR, True, True), ("r1/log", -25 * HOUR, True, True),
        (os.fsdecode(b"\xff" * 250 + b"/log"), 700, False, True),
        ("r1/streams.parquet", 25 * HOUR, False, True), ("r1/streams.parquet", HOUR, False, False),
        ("x.json/f", 25 * HOUR, False, True), ("notes.txt", 25 * HOUR, False, True),
        ("notes.txt", HOUR, False, False), (".half.aside", 25 * HOUR, False, True),
        (os.fsdecode(b"\xff\xfe"), 25 * HOUR, False, True),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_nobody_asks_for_goes_after_a_while(
    inbox: InboxFolder, name: str, age: float, asked: bool, goes: bool
) -> None:
    path = old(inbox.folder / name, age)
    if path.parent != inbox.folder:
        old(path.parent, age)
    if asked:
        inbox.put(Request("r1", "2026-01-01", "t", "import-log"))
    tidy(inbox.folder)
    assert path.exists() is not goes
    assert inbox.waits("r1") is asked

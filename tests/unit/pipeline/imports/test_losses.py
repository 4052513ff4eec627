"""Lines that were not read: told of every file, a warning from some on, a failure from most on."""

import os
import sys
from pathlib import Path

import pytest

from pipeline.imports.command import import_files
from pipeline.imports.formats.base import Log
from pipeline.imports.losses import FewLines, loss_of, warning_of
from tests.helpers.logs import ALL, written
from warehouse.config import DataFolder
from warehouse.errors import BadInput

LINE = "2026-01-31T18:{:02}:{:02}Z,ann,words {}\n"


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.root.mkdir(parents=True)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


def table(path: Path, bad: int, of: int = 100) -> Path:
    lines = ("x,secretname,y\n" if k < bad else LINE.format(k // 60, k % 60, k) for k in range(of))
    return written(path, "time,user,text\n" + "".join(lines))


def run(*paths: Path) -> None:
    import_files(paths, ["demo"], None, False)


def test_two_in_a_hundred_lines_are_told_and_three_warned_of_on_the_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(table(tmp_path / "a.csv", 2))
    assert "skipped=2 (no sensible time 2)" in capsys.readouterr().out.splitlines()[-1]
    run(table(tmp_path / "b.csv", 3))
    said = capsys.readouterr()
    last = "warning: 3.0 % of the lines of b.csv were skipped (no sensible time 3)"
    assert said.out.splitlines()[-1] == last
    assert "secretname" not in said.out + said.err


def test_more_than_half_is_a_failure_though_the_rest_is_imported(tmp_path: Path) -> None:
    run(table(tmp_path / "a.csv", 50))
    says = "b.csv was imported, but 51 % of the lines of b.csv were skipped"
    with pytest.raises(BadInput, match=says):
        run(table(tmp_path / "b.csv", 51))


def test_files_are_told_one_by_one_and_warned_of_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table(tmp_path / "d" / "a.csv", 10)
    table(tmp_path / "d" / "b.csv", 30, 101)
    table(tmp_path / "d" / "c.csv", 0, 102)
    table(tmp_path / "d" / "e.csv", 90, 103)
    with pytest.raises(BadInput, match=r"1 of 4 files not imported, or in part: e\.csv"):
        run(tmp_path / "d")
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "warning: lines were skipped in 2 files: b.csv 30 %, a.csv 10 %"
    assert all(f"{name}.csv: " in out for name in "abce")


def test_what_is_understood_as_no_chat_is_no_loss() -> None:
    log = Log()
    for reason in ("no chat: JOIN", "notice of a sub, gift or raid", "taken back", "no IRC line"):
        log.skip(reason)
    loss = loss_of("a.log", log, read=0)
    assert (loss.lost, loss.lines, loss.share) == ({"no IRC line": 1}, 4, 0.25)
    assert warning_of([loss_of("a", Log(), 0)]) == ""


def test_a_picture_and_a_note_beside_the_logs_are_named_and_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "d" / "a.log", ALL["justlog"][1])
    (tmp_path / "d" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(99))
    note = written(tmp_path / "d" / "c.txt", "remember the milk\n")
    run(tmp_path / "d")
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "warning: not read, as they are no logs: b.png, c.txt"
    assert "b.png: not read: it is a picture\n" in out
    with pytest.raises(BadInput, match="is in no format that is known here"):
        run(note)
    (tmp_path / "d" / "a.log").unlink()
    with pytest.raises(BadInput, match="nothing to import: 2 files, and none is a log of chat"):
        run(tmp_path / "d")


def test_of_many_lines_the_first_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = FewLines()
    for k in range(10_000):
        lines.say(f"line {k}", sys.stdout)
    shown = capsys.readouterr().out.splitlines()
    assert shown == [*(f"line {k}" for k in range(50)), shown[-1]]
    assert shown[-1] == "... and more of these: the end tells how many"

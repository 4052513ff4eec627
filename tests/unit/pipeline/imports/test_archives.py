"""Archives of logs: what is in them, and what is left out or refused."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.imports.archives import is_archive, unpacked
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.outcome import Outcome
from warehouse.errors import BadInput

NAMES = ("b/two.log", "one.log", ".hidden", "__MACOSX/x", "../out.log", "/etc/out.log", "empty/")


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES:
            archive.writestr(name, "" if name.endswith("/") else name)
    return path


def tarred(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in NAMES[:-1]:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            archive.addfile(info, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("link.log")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.mark.parametrize(("make", "name"), [(zipped, "a.zip"), (tarred, "a.tar.gz")])
def test_its_files_are_unpacked_inside_and_no_others(
    tmp_path: Path, make: object, name: str
) -> None:
    path = make(tmp_path / name)  # type: ignore[operator]
    assert is_archive(path)
    files = unpacked(path, tmp_path / "room")
    names = [str(file.relative_to(tmp_path / "room")) for file in files]
    assert names == ["b/two.log", "etc/out.log", "one.log"]
    assert files[0].read_text() == "b/two.log" and not (tmp_path / "out.log").exists()


def test_a_log_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("[0:00:01] ann: hello\n" * 99)
    assert not is_archive(tmp_path / "a.log") and not is_archive(tmp_path / "gone")


def test_one_that_unpacks_to_too_much_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LogFile, "most", 10.0)
    with pytest.raises(BadInput, match="unpacks to more than"):
        unpacked(zipped(tmp_path / "a.zip"), tmp_path / "room")
    assert not (tmp_path / "room").exists()


def test_a_damaged_one_is_refused_by_name(tmp_path: Path) -> None:
    raw = zipped(tmp_path / "a.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(BadInput, match=r"b\.zip cannot be unpacked"):
        unpacked(tmp_path / "b.zip", tmp_path / "room")


def test_one_without_files_and_one_in_another_are_told_as_such(tmp_path: Path) -> None:
    zipfile.ZipFile(tmp_path / "none.zip", "w").close()
    assert is_archive(tmp_path / "none.zip")
    with pytest.raises(BadInput, match="has no files"):
        unpacked(tmp_path / "none.zip", tmp_path / "room")
    with pytest.raises(BadInput, match="an archive in an archive: unpack it first"):
        detect(zipped(tmp_path / "inner.zip"))


def test_nothing_tells_where_an_archive_was_unpacked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome, inside = Outcome(tmp_path), tmp_path / "unpacked" / "7" / "a.zip" / "b.bin"
    outcome.fault("b.bin", BadInput(f"{inside} is empty"))
    outcome.beside(inside, f"{inside} is a picture")
    told = capsys.readouterr()
    assert told.err == "error: a.zip/b.bin is empty\n"
    assert told.out == "b.bin: not read: it is a picture\n"

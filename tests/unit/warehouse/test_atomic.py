"""Files that several processes share."""

import os
from pathlib import Path

import pytest

from warehouse.atomic import (
    file_stamp,
    lock_file,
    locked,
    private_file,
    private_folder,
    replace_file,
    stamp_or_none,
)


def test_a_file_replaced_within_its_clocks_resolution_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"one")
    before = file_stamp(path)
    replace_file(path, b"two")
    os.utime(path, ns=(before[0], before[0]))
    assert file_stamp(path) != before
    assert stamp_or_none(tmp_path / "none") is None
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_one_holders_until_it_lets_go(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "lock"):
        with locked(path) as ours:
            assert ours
            assert lock_file(path) is None
            with locked(path) as theirs:
                assert not theirs
        with locked(path, wait=True) as again:
            assert again


def test_what_is_made_is_its_owners_alone_whatever_the_umask_is(tmp_path: Path) -> None:
    was = os.umask(0)
    try:
        private_folder(tmp_path / "a" / "b")
        replace_file(tmp_path / "a" / "b" / "replaced", b"")
        (tmp_path / "a" / "written").touch(0o644)  # by an earlier version
        private_file(tmp_path / "a" / "written").close()
    finally:
        os.umask(was)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"a": 0o700, "b": 0o700, "replaced": 0o600, "written": 0o600}


def test_what_is_to_last_is_on_the_disk_before_and_after_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, replace = [], os.replace
    monkeypatch.setattr(
        os, "fsync", lambda h: done.append(str(Path(f"/proc/self/fd/{h}").readlink()))
    )
    monkeypatch.setattr(os, "replace", lambda *names: done.append("rename") or replace(*names))
    replace_file(tmp_path / "file", b"one")
    assert done == ["rename"]
    replace_file(tmp_path / "file", b"two", lasting=True)
    assert done[2:] == ["rename", str(tmp_path)]
    assert done[1].endswith(".aside")

"""Files that several processes share."""

import os
from pathlib import Path

from warehouse.atomic import file_stamp, lock_file, locked, replace_file, stamp_or_none


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

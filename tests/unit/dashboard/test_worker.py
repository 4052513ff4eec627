"""Who does what is asked on a page, where no daemon runs."""

from pathlib import Path

import pytest

from dashboard import worker
from warehouse.config import DataFolder


@pytest.mark.parametrize(("found", "is_there"), [("", True), ("warehouse", False)])
def test_a_folder_that_nobody_has_read_needs_no_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, is_there: bool
) -> None:
    """A database without anything published is a daemon's that has just begun."""
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    monkeypatch.setattr(worker, "_begun", [])
    if found:
        DataFolder(tmp_path).warehouse.touch()
    assert worker.is_there() is is_there

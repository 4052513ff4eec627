"""What the daemon cannot work with: a full disk makes it wait, another daemon or a database it
does not understand ends it with one line that says the way out."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.disk_full_driver import EACH, WINDOWS
from tests.helpers.paths import ROOT
from warehouse.config import DataFolder
from warehouse.store.store import Store

DRIVER = [sys.executable, "-m", "tests.helpers.disk_full_driver"]


def check_all_is_kept(done: subprocess.CompletedProcess[str]) -> None:
    """It paused, and all but the last window, which is still open, is stored and published."""
    kept = [(EACH * (WINDOWS - 1), WINDOWS - 1)]
    assert done.stdout == f"True {kept} {kept}\n", done.stderr


def test_files_that_may_not_grow_make_it_wait_and_nothing_is_lost(folder: DataFolder) -> None:
    done = subprocess.run(
        [*DRIVER, folder.root, "limit"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    check_all_is_kept(done)


def test_a_full_file_system_makes_it_wait_and_nothing_is_lost(tmp_path: Path) -> None:
    may_mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path]
    if subprocess.run(may_mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a tmpfs")
    script = 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", script, tmp_path, *DRIVER, tmp_path / "data", "fill"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    check_all_is_kept(done)


def run(folder: DataFolder) -> str:
    """The last line on stderr of a pipeline that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run"], cwd=ROOT, capture_output=True, text=True,
        check=False, env={"DLD_DATA": str(folder.root), "DLD_FORECAST": "false"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_a_second_daemon_on_the_same_data_is_refused(folder: DataFolder) -> None:
    hold = "import sys; from pathlib import Path; from warehouse.store.store import Store; "
    hold += "store = Store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, folder.warehouse], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as first:  # fmt: skip
        assert first.stdin and first.stdout
        assert first.stdout.readline() == "open\n"
        assert run(folder) == (
            f"error: {folder.warehouse} is in use by another process; stop that one, "
            "or set DLD_DATA to another folder"
        )
        first.stdin.close()


def test_a_database_of_a_newer_dld_is_refused(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        store.write({}, {"schema": "99"})
    said = run(folder)
    assert said.startswith(f"error: {folder.warehouse} has schema 99, this DLD knows ")
    assert said.endswith("; update DLD (git pull, make run) or set DLD_DATA to another folder")


def test_a_damaged_database_is_refused(folder: DataFolder) -> None:
    folder.root.mkdir()
    folder.warehouse.write_bytes(b"not a database at all" * 1000)
    assert run(folder) == (
        f"error: {folder.warehouse} cannot be opened as a DuckDB database: damaged, or made by "
        "a newer DuckDB; restore a backup, or move it away to start anew"
    )

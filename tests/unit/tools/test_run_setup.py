"""tools/setup.sh and tools/install.py: which Python, and when something is installed."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.paths import ROOT
from tools import install


def set_up(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """setup.sh in a folder whose install.py only says which Python runs it."""
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools/install.py").write_text("import sys; print(sys.version_info[:2])")
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools/setup.sh")],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("wrong", ["/bin/false", "/no/such/python", "a b; echo owned"])
def test_a_wrong_python_is_one_clear_line(wrong: str, tmp_path: Path) -> None:
    done = set_up(tmp_path, PYTHON=wrong, PATH=os.environ["PATH"])
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"dld: PYTHON={wrong} is not a working Python 3.11, 3.12 or 3.13\n"


@pytest.mark.parametrize("version", ["2, 7", "3, 10", "3, 14"])
def test_a_python_out_of_range_is_refused(version: str, tmp_path: Path) -> None:
    pretend = f"import sys; sys.version_info = ({version}); exec(sys.argv[2])"
    script(tmp_path / "bin/python3", f"exec {sys.executable} -c '{pretend}' \"$@\"")
    found = set_up(tmp_path, PATH=f"{tmp_path}/bin")
    named = set_up(tmp_path, PYTHON=f"{tmp_path}/bin/python3")
    assert found.stderr.startswith("dld: no working Python")
    assert named.stderr.startswith("dld: PYTHON=")


def test_no_python_at_all_is_one_clear_line(tmp_path: Path) -> None:
    done = set_up(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no working Python 3.11, 3.12 or 3.13 found" in done.stderr


def test_a_shim_that_fails_is_passed_over(tmp_path: Path) -> None:
    script(tmp_path / "bin/python3.13", "echo 'version not installed' >&2; exit 127")
    script(tmp_path / "bin/python3", f'exec {sys.executable} "$@"')
    done = set_up(tmp_path, PATH=f"{tmp_path}/bin")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{sys.version_info[:2]}\n"


def test_a_python_named_by_hand_is_taken(tmp_path: Path) -> None:
    done = set_up(tmp_path, PATH=str(tmp_path), PYTHON=sys.executable)
    assert done.stdout == f"{sys.version_info[:2]}\n"


def test_the_python_of_a_finished_set_up_is_used_again(tmp_path: Path) -> None:
    script(tmp_path / ".venv/bin/python", "[ $1 = -c ] || echo mine")
    assert set_up(tmp_path, PATH=os.environ["PATH"]).stdout == "mine\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with requirements; what set-up would do is noted in calls.txt instead."""
    (tmp_path / "requirements.txt").write_text("some==1.0\n")
    monkeypatch.setattr(install, "NEEDED_GB", 0.0)
    monkeypatch.setattr(install, "build", lambda venv: note(tmp_path, "build", make=venv))
    monkeypatch.setattr(install, "install", lambda venv, wanted: note(tmp_path, "install"))
    monkeypatch.setattr(install, "is_usable", lambda venv: venv.exists())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def note(folder: Path, what: str, make: Path | None = None) -> None:
    if make:
        make.mkdir()
    with (folder / "calls.txt").open("a") as calls:
        calls.write(f"{what} ")


def test_set_up_happens_once(project: Path) -> None:
    assert [install.main(), install.main()] == [0, 0]
    assert (project / "calls.txt").read_text() == "build install "


def test_changed_requirements_are_installed_into_the_same_environment(project: Path) -> None:
    install.main()
    (project / "requirements.txt").write_text("some==2.0\n")
    install.main()
    assert (project / "calls.txt").read_text() == "build install install "
    digest = hashlib.sha256(b"some==2.0\n").hexdigest()
    assert (project / ".venv/.installed").read_text() == digest


def test_a_broken_off_installation_is_done_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(venv: Path, requirements: Path) -> None:
        raise install.SetupFailed("no network")

    with monkeypatch.context() as patch:
        patch.setattr(install, "install", fails)
        assert install.main() == 1
    assert capsys.readouterr().err == "dld: no network\n"
    assert install.main() == 0
    assert (project / "calls.txt").read_text() == "build install "


def test_a_full_disk_is_one_clear_line_before_anything_is_done(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "NEEDED_GB", 4.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=3.94e9))
    assert install.main() == 1
    assert capsys.readouterr().err == (
        f"dld: not enough disk space: 3.9 GB free in {project}, 4 GB needed\n"
    )
    assert not (project / ".venv").exists()


def test_a_python_without_venv_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "find_uv", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(install.SetupFailed, match="cannot make virtual environments; install uv"):
        install.build(tmp_path / ".venv")


def test_an_environment_whose_python_is_gone_is_not_usable(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to("/no/such/python")
    assert not install.is_usable(tmp_path)


def test_an_environment_of_another_python_version_is_not_usable(tmp_path: Path) -> None:
    script(tmp_path / "bin/python", "echo 3 10")
    assert not install.is_usable(tmp_path)
    script(tmp_path / "bin/python", f"echo {sys.version_info[0]} {sys.version_info[1]}")
    assert install.is_usable(tmp_path)

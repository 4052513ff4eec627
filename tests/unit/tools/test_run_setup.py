"""tools/setup.sh and tools/install.py: which Python, and when something is installed."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tools import install


def set_up(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """setup.sh in a folder whose install.py only says which Python runs it."""
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools/install.py").write_text("import sys; print(sys.version_info[:2])")
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools/setup.sh")],
        cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE_S,
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
    """A folder with two sets; what set-up would do is noted in calls.txt instead."""
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "run.txt").write_text("some==1.0\n")
    (folder / "train.txt").write_text("-r run.txt\nlarge==1.0\n")
    (folder / "lint.txt").write_text("-r run.txt\nstrict==1.0\n")
    monkeypatch.setattr(install, "NEEDED_GB", dict.fromkeys(install.NEEDED_GB, 0.0))
    monkeypatch.setattr(install, "build", lambda venv: note(tmp_path, "build", make=venv))
    monkeypatch.setattr(install, "install", lambda venv, wanted: note(tmp_path, wanted.stem))
    monkeypatch.setattr(install, "is_usable", lambda venv: venv.exists())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def note(folder: Path, what: str, make: Path | None = None) -> None:
    if make:
        make.mkdir()
    with (folder / "calls.txt").open("a") as calls:
        calls.write(f"{what} ")


def calls(project: Path) -> list[str]:
    return (project / "calls.txt").read_text().split()


def test_set_up_happens_once(project: Path) -> None:
    assert [install.main(["run"]), install.main(["run"])] == [0, 0]
    assert calls(project) == ["build", "run"]


def test_sets_add_up_in_one_environment(project: Path) -> None:
    for name in ("run", "lint", "train", "run", "lint"):
        install.main([name])
    assert calls(project) == ["build", "run", "lint", "train"]


def test_a_set_brings_those_that_it_includes(project: Path) -> None:
    install.main(["train"])
    install.main(["run"])
    assert calls(project) == ["build", "train"]


def test_a_changed_set_is_installed_anew_with_those_that_include_it(project: Path) -> None:
    install.main(["train"])
    (project / "requirements/run.txt").write_text("some==2.0\n")
    for name in ("run", "train", "run"):
        install.main([name])
    assert calls(project) == ["build", "train", "run", "train"]


def test_a_broken_off_installation_is_done_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(venv: Path, requirements: Path) -> None:
        raise install.SetupFailed("no network")

    with monkeypatch.context() as patch:
        patch.setattr(install, "install", fails)
        assert install.main(["run"]) == 1
    assert capsys.readouterr().err == "dld: no network\n"
    assert install.main(["run"]) == 0
    assert calls(project) == ["build", "run"]


def test_what_broke_off_may_have_broken_the_other_sets_too(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_killed(venv: Path, requirements: Path) -> None:
        raise KeyboardInterrupt

    install.main(["run"])
    with monkeypatch.context() as patch:
        patch.setattr(install, "install", is_killed)
        assert install.main(["train"]) == 130
    install.main(["run"])
    assert calls(project) == ["build", "run", "run"]


def test_a_full_disk_is_one_clear_line_before_anything_is_done(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "NEEDED_GB", {"run": 1.5, "train": 4.0})
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1.44e9))
    assert install.main(["run"]) == 1
    assert capsys.readouterr().err == (
        f"dld: not enough disk space: 1.4 GB free in {project}, 1.5 GB needed\n"
    )
    assert not (project / ".venv").exists()


def test_a_set_needs_its_own_room(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "NEEDED_GB", {"run": 1.5, "train": 4.0})
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=2e9))
    assert [install.main(["run"]), install.main(["train"])] == [0, 1]
    assert calls(project) == ["build", "run"]


SETS = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))


def test_every_set_has_its_room_and_is_part_of_requirements_txt() -> None:
    assert sorted(install.NEEDED_GB) == SETS
    assert sorted(install.digests(ROOT / "requirements.txt")) == sorted([*SETS, "requirements"])


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_pinned_and_in_one_set(name: str) -> None:
    def packages(path: Path) -> set[str]:
        lines = path.read_text().splitlines()
        return {line for line in lines if line and not line.startswith(("#", "-r "))}

    mine = packages(ROOT / f"requirements/{name}.txt")
    assert all("==" in line for line in mine)
    for other in set(SETS) - {name}:
        assert not mine & packages(ROOT / f"requirements/{other}.txt")


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

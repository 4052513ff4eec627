"""deploy/systemd: units that systemd takes as they are, each command one that there is."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S

UNITS = ROOT / "deploy/systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
PYTHON = "/opt/dld/.venv/bin/python"
MOST_EXPOSURE = "15"  # tenths; what is left is a network and files to read
ANALYZE = shutil.which("systemd-analyze") or ""
needs_systemd = pytest.mark.skipif(not ANALYZE, reason="no systemd-analyze")


def unit(name: str) -> dict[str, list[tuple[str, str]]]:
    """Lines by section. Keys may come again, as systemd has it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, is_set, value = line.partition("=")
            assert is_set, line
            section.append((key, value))
    return found


def values(name: str, key: str, section: str = "Service") -> list[str]:
    return [value for k, value in unit(name)[section] if k == key]


def test_every_part_has_a_unit_and_all_belong_to_the_target() -> None:
    parts = ("api", "collect", "dashboard@", "dashboards", "ebs", "mirror", "pipeline")
    assert [f"dld-{part}.service" for part in parts] == SERVICES
    for name in SERVICES:
        if "@" not in name:
            assert values(name, "WantedBy", "Install") == ["dld.target"]
            assert values(name, "PartOf", "Unit") == ["dld.target"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_command_runs_a_module_of_ours(name: str) -> None:
    commands = " ".join(values(name, "ExecStart"))
    modules = re.findall(r"\.venv/bin/python -m (\S+)", commands)
    assert len(modules) == 1 and find_spec(modules[0])


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_unit_says_is_not_said_otherwise_for_all(name: str) -> None:
    """A drop-in is read after the unit: it would win."""
    lists = {"Environment"}
    common = {key for key, _ in unit("dld-.service.d/common.conf")["Service"]}
    assert {key for key, _ in unit(name)["Service"]} & common <= lists


def installed(folder: Path) -> Path:
    """The units, for the Python of the tests; of a template its first instance."""
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text().replace(PYTHON, sys.executable))
        if "@" in path.name:
            path.with_name(path.name.replace("@", "@1")).write_text(path.read_text())
    return folder


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANALYZE, *arguments], env={"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"},
        text=True, capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@needs_systemd
@pytest.mark.parametrize("name", ["dld.target", *SERVICES])
def test_systemd_has_nothing_to_say_against_a_unit(name: str, tmp_path: Path) -> None:
    folder = installed(tmp_path)
    done = analyze(folder, "verify", str(folder / name.replace("@", "@1")))
    said = [line for line in (done.stdout + done.stderr).splitlines() if "dld" in line]
    assert (done.returncode, said) == (0, [])


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_little_beyond_its_work(name: str, tmp_path: Path) -> None:
    folder = installed(tmp_path)
    how = ("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager")
    done = analyze(folder, *how, name.replace("@", "@1"))
    assert done.returncode == 0, done.stdout[-200:] + done.stderr
    assert "Overall exposure level" in done.stdout

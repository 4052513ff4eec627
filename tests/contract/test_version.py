"""DLD's version: one place, told by every command."""

import re
import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT
from warehouse.version import VERSION


@pytest.mark.parametrize(
    "package", ["pipeline", "warehouse", "models", "ebs", "tools", "dashboard.api"]
)
def test_every_package_of_commands_tells_the_version(package: str) -> None:
    command = [sys.executable, "-m", package, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"DLD {VERSION}\n", "")


def test_it_is_that_of_the_newest_release() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+), \d{4}-\d\d-\d\d$", changes, re.MULTILINE)[0] == VERSION

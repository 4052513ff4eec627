"""DLD's version: one place, told by every command."""

import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT
from warehouse.version import VERSION


@pytest.mark.parametrize("package", ["pipeline", "warehouse", "models", "ebs", "tools"])
def test_every_package_of_commands_tells_the_version(package: str) -> None:
    command = [sys.executable, "-m", package, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"DLD {VERSION}\n", "")

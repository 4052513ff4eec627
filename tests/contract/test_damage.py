"""Some damages of each kind; `make bench` tries hundreds."""

import sys
from subprocess import run

from tests.helpers.paths import ROOT

CASES = (2, 8)  # the first, and how many; what each draws is its number's


def test_a_damaged_folder_is_a_clear_line_or_made_anew() -> None:
    command = [sys.executable, "-m", "tests.helpers.damage", *map(str, CASES)]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

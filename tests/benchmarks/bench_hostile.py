"""Hostile buckets, all there are: what do `restore --bucket` and the mirror make of them?"""

import sys
from subprocess import run

from tests.helpers.paths import ROOT


def test_no_hostile_bucket_ends_in_a_traceback_or_in_force() -> None:
    command = [sys.executable, "-m", "tests.helpers.hostile_bucket"]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"\n{done.stdout}")
    assert done.returncode == 0

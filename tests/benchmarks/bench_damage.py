"""Files of a data folder damaged, hundreds of times: what does every command make of it?

DLD_BENCH_SECONDS: shorter or longer than 600.
"""

import os
import sys
import time
from subprocess import run

from tests.helpers.paths import ROOT

SECONDS = os.environ.get("DLD_BENCH_SECONDS", "600")


def test_no_damage_ends_in_a_traceback_or_weaker_privacy() -> None:
    first = int(time.time()) % 1_000_000  # other cases each time, told for doing one again
    command = [sys.executable, "-m", "tests.helpers.damage", str(first), "100000", SECONDS]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"\ncases from {first}: {done.stdout}")
    assert done.returncode == 0

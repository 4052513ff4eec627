"""Buckets of somebody's with ill will, some of each kind; `make bench` tries all there are."""

import sys
from subprocess import run

from tests.helpers.paths import ROOT

SEEDS = (
    "manifest tables list",
    "private name up",
    "windows mean beyond one",
    "windows all the same key",
    "windows is CSV",
    "learnt types",
    "meta company list",
    "bodies null",
    "optout types",
    "install shards huge",
)


def test_a_hostile_bucket_is_one_clear_line_and_nothing_of_it_is_in_force() -> None:
    command = [sys.executable, "-m", "tests.helpers.hostile_bucket", *SEEDS]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""kill -9 at any moment, eleven times: nothing is counted twice, nothing on disk is lost, files
are whole. Two hundred times: tests/benchmarks/bench_crash.py.
"""

import random
from pathlib import Path

import pytest

from tests.helpers.crashes import live_trial, rerun_trial
from warehouse.config import DataFolder

SEED = 20260101  # of the moments of the kills


def test_live_chat_loses_only_what_was_said_while_nobody_listened(folder: DataFolder) -> None:
    tally = live_trial(folder, random.Random(SEED), kills=6)
    assert (tally.lost, tally.twice, tally.other, tally.broken) == (0, 0, 0, [])
    assert tally.on_disk > 500
    assert tally.on_disk <= tally.in_windows < tally.sent
    assert tally.observed_s > 300
    assert tally.unobserved_s > 300  # nobody listened
    assert tally.reads > 5


@pytest.mark.parametrize(("mode", "kills"), [("replay", 3), ("simulate", 2)])
def test_a_run_that_is_killed_ends_like_one_that_is_not(
    tmp_path: Path, mode: str, kills: int
) -> None:
    tally = rerun_trial(tmp_path, mode, random.Random(f"{SEED}{mode}"), kills)
    assert (tally.lost, tally.twice, tally.other, tally.broken) == (0, 0, 0, [])
    assert tally.in_windows == tally.sent > 500

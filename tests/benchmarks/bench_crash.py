"""Two hundred kill -9 at seeded random moments under load, and what they did.

DLD_BENCH_KILLS: fewer for a quick run; in tens. A kill costs about three seconds.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.crashes import Tally, live_trial, rerun_trial
from warehouse.config import DataFolder

KILLS = int(os.environ.get("DLD_BENCH_KILLS", 200))
A_TRIAL = {"live": 10, "replay": 10, "simulate": 5}  # kills of one data folder
SHARES = {"live": 0.6, "replay": 0.2, "simulate": 0.2}
COLUMNS = "kills sent on_disk in_windows lost twice other reads broken observed_s unobserved_s"


def trial(mode: str, place: Path, moments: random.Random) -> Tally:
    """Kills in a folder of their own."""
    place.mkdir()
    if mode == "live":
        return live_trial(DataFolder(place / "live"), moments, A_TRIAL[mode])
    return rerun_trial(place, mode, moments, A_TRIAL[mode])


def show(mode: str, tally: Tally) -> None:
    values = {**vars(tally), "broken": len(tally.broken)}
    print(f"{mode:9}", *(f"{values[name]:>{max(len(name), 7)}.0f}" for name in COLUMNS.split()))


@pytest.fixture(scope="module")
def report() -> Callable[[str, Tally], None]:
    print(f"\n{'mode':9}", *(f"{name:>{max(len(name), 7)}}" for name in COLUMNS.split()))
    return show


@pytest.mark.parametrize("mode", SHARES)
def test_kills_lose_nothing_and_count_nothing_twice(
    tmp_path: Path, mode: str, report: Callable[[str, Tally], None]
) -> None:
    tally = Tally()
    for number in range(max(1, round(KILLS * SHARES[mode] / A_TRIAL[mode]))):
        tally.add(trial(mode, tmp_path / str(number), random.Random(f"{mode}{number}")))
    report(mode, tally)
    assert (tally.lost, tally.twice, tally.other, tally.broken) == (0, 0, 0, [])
    assert tally.reads > tally.kills
    if tally.drained_s:
        print(f"SIGTERM under load: drained within {max(tally.drained_s):.2f} s")
        assert max(tally.drained_s) < 5

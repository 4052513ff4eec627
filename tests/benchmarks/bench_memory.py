"""Memory of the daemon: a hundred channels, twelve hours of chat told in a quarter of an hour.

A window is committed, forecast and published every 30 s of chat, text is kept for the hours there
are. What is weighed is what it has between two windows, every 150 s of chat; a peak is the most it
had for a moment meanwhile, while DuckDB writes its file. DLD_BENCH_HOURS: another span, two hours
at least.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.helpers.paths import ROOT

HOURS = float(os.environ.get("DLD_BENCH_HOURS", 12))
MOST_MB = 256.0
MOST_GROWTH_MB = 1.0  # an hour, over the later half


def test_a_hundred_channels_stay_within_256_mb_and_do_not_grow(tmp_path: Path) -> None:
    assert HOURS >= 2, "DLD_BENCH_HOURS: two at least, to tell what grows from what fills up"
    command = [sys.executable, "-m", "tests.benchmarks.memory_driver", tmp_path / "data", HOURS]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    samples = np.array([[float(v) for v in line.split()] for line in done.stdout.splitlines()])
    assert len(samples) and samples[-1, 0] > 0, done.stderr
    tell_hours(samples)
    at, resident = samples[samples[:, 0] > 0, :2].T
    growth = np.polynomial.polynomial.polyfit(*_later_half(at / 3600, resident), 1)[1]
    print(f"growth over the later half: {growth:+.2f} MB an hour")
    assert resident.max() < MOST_MB
    assert growth < MOST_GROWTH_MB


def tell_hours(samples: np.ndarray) -> None:
    """samples: rows as memory_driver.report prints them."""
    print(f"\n{'hour':>5} {'resident MB: least':>18} {'median':>7} {'most':>7}"
          f" {'anonymous':>10} {'peak':>7} {'messages':>10}")  # fmt: skip
    hours = np.ceil(samples[:, 0] / 3600)
    for hour in np.unique(hours):
        _, resident, anonymous, peak, said = samples[hours == hour].T
        print(f"{hour:5.0f} {resident.min():18.1f} {np.median(resident):7.1f} {resident.max():7.1f}"
              f" {np.median(anonymous):10.1f} {peak.max():7.1f} {said[-1]:10,.0f}")  # fmt: skip


def _later_half(at: np.ndarray, resident: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    late = at > at[-1] / 2
    return at[late], resident[late]

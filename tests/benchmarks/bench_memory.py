"""Memory of the daemon: a hundred channels, six hours of chat told in a few minutes.

A day would take half an hour and tell the same: a window is committed, forecast and published
every 30 s of chat, text is kept for the hours there are. DLD_BENCH_HOURS: another span, an
hour at least.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.paths import ROOT

HOURS = float(os.environ.get("DLD_BENCH_HOURS", 6))
MOST_MB = 256.0
GROWTH = 1.03  # of the last quarter of the time over the one before: what it takes to be flat


def test_a_hundred_channels_stay_within_256_mb_and_do_not_grow(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.memory_driver", tmp_path / "data", HOURS]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    samples = [[float(value) for value in line.split()] for line in done.stdout.splitlines()]
    assert samples[-1][0] > 0, done.stderr
    print(f"\n{'hours':>6} {'resident MB':>12} {'anonymous MB':>13} {'messages':>10}")
    for at, resident, anonymous, _, messages in samples:
        print(f"{at / 3600:6.2f} {resident:12.1f} {anonymous:13.1f} {messages:10,.0f}")
    resident = [sample[1] for sample in samples if sample[0] > 0]
    assert len(resident) >= 4, "DLD_BENCH_HOURS: an hour at least, to compare its quarters"
    quarter = len(resident) // 4
    late, later = max(resident[-2 * quarter : -quarter]), max(resident[-quarter:])
    print(f"most: {samples[-1][3]:.0f} MB; last quarter {later / late:.3f} of the one before")
    assert samples[-1][3] < MOST_MB
    assert later < GROWTH * late

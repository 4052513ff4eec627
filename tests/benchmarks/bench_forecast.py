"""A forecast cycle: a hundred channels close a window at once, and all are forecast and scored.

Also what a process that does nothing but serve weighs, and that TensorFlow is not in it.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from pipeline.forecasting.forecasts import Forecasts
from pipeline.windows.track import Closed
from tests.helpers.forecasting import make_session, windows_of
from warehouse.config import DataFolder
from warehouse.records import Window

CHANNELS, BEFORE, CYCLES = 100, 960, 24  # windows before: eight hours
MOST_MS = 100.0
SERVE = """
import sys
from models.versions.registry import serving
serving()
assert not {"tensorflow", "keras", "optuna"} & set(sys.modules)
lines = open("/proc/self/status").read().splitlines()
print(*(line.split()[1] for line in lines if line.startswith("VmRSS")))
"""


def test_a_hundred_channels_are_forecast_within_100_ms(tmp_path: Path) -> None:
    streams = [_windows(f"channel{k:02}", k) for k in range(CHANNELS)]
    forecasts = Forecasts(DataFolder(tmp_path))
    for stream in streams:
        for window in stream[:BEFORE]:
            forecasts.saw(window)
    took = [_cycle(forecasts, [s[BEFORE + i] for s in streams]) for i in range(CYCLES)]
    settled = took[10:]  # from here on ten forecasts of every window are scored
    print(f"\ncycle of {CHANNELS} channels: median {np.median(settled):.1f} ms, "
          f"worst {max(settled):.1f} ms, first {took[0]:.1f} ms")  # fmt: skip
    assert np.median(settled) < MOST_MS


def test_serving_imports_no_tensorflow() -> None:
    done = subprocess.run([sys.executable, "-c", SERVE], capture_output=True, text=True, check=True)
    print(f"\na process that serves: {int(done.stdout.split()[0]) / 1024:.0f} MB resident")


def _windows(channel: str, seed: int) -> list[Window]:
    length = BEFORE + CYCLES
    return windows_of(make_session(length, seed, rate=2 + seed % 30, channel=channel))


def _cycle(forecasts: Forecasts, windows: list[Window]) -> float:
    """Milliseconds from closed windows to rows of forecasts and scores."""
    closed = [Closed(window, ()) for window in windows]
    began = time.perf_counter()
    rows, scores = forecasts.after(closed)
    took = time.perf_counter() - began
    assert len(rows) == CHANNELS and scores is not None
    return took * 1000

"""Memory of the dashboard over a day of readers: hundreds come and go, each looks at some pages,
changes filters and leaves.

Shorter: DLD_BENCH_READERS=100. pages_server.py: what else makes it shorter.
"""

import asyncio
import os
import random

import numpy as np
import pytest

from tests.benchmarks.bench_load import warm_up
from tests.benchmarks.pages_server import Server, dashboard, history
from tests.benchmarks.streamlit_client import Reader, pages

READERS = int(os.environ.get("DLD_BENCH_READERS", 400))
AT_ONCE, PAGES = 4, 4
MOST_GROWTH_MB = 24.0  # of the last half of the readers: 1 MB an hour, were they a day's


async def _visit(address: str, number: int) -> int:
    """Errors that the reader saw."""
    draw = random.Random(number)
    async with Reader(address, draw) as reader:
        runs = [await reader.open()]
        for page in draw.sample(list(pages(reader)), PAGES):
            runs += [await reader.open(page), await reader.change()]
        return sum(len(run.errors) for run in runs if run)


async def _day(server: Server) -> tuple[list[float], int]:
    """Resident MB after each few of the readers, and what errors they saw."""
    curve, errors = list[float](), 0
    for first in range(0, READERS, AT_ONCE):
        seen = (_visit(server.address, first + k) for k in range(AT_ONCE))
        errors += sum(await asyncio.gather(*seen))
        curve.append(server.memory_mb())
    return curve, errors


def test_readers_who_left_leave_no_memory_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with history() as folder, dashboard(folder, log) as server:
        asyncio.run(warm_up(server.address))
        curve, errors = asyncio.run(_day(server))
        quarters = [sorted(each) for each in np.array_split(curve, 4)]
        print(f"\n{READERS} readers, resident MB by quarter: least, median, most")
        for each in quarters:
            print(f"{each[0]:8.0f}{np.median(each):8.0f}{each[-1]:8.0f}")
        third, fourth = (float(np.median(each)) for each in quarters[2:])
        growth = 2 * (fourth - third)  # their middles are a quarter apart
        print(f"last half: {growth:+.0f} MB")
        assert (errors, server.tracebacks()) == (0, 0)
        assert growth < MOST_GROWTH_MB

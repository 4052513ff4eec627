"""Many readers of the dashboard at once, on processes behind nginx as `make run` starts them: a
hundred who pause 8 to 20 s on one process and on two, and fifty in a hurry, who pause 2 to 5 s, on
two. Server and readers share this machine.

DLD_BENCH_LOAD_S: seconds of each of the two; pages_server.py: what else makes it shorter.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.bench_load import SECONDS, Tally, session, warm_up
from tests.benchmarks.pages_server import Server, history, publishing
from tests.helpers.nginx import needs_nginx
from tests.machines.dashboards import Dashboards, several
from warehouse.config import DataFolder

CALM, HURRIED = (100, (8.0, 20.0)), (50, (2.0, 5.0))  # sessions; their least and longest pause


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    needs_nginx()
    with history() as made, publishing(made):
        yield made


@pytest.mark.parametrize(
    ("processes", "readers", "most_p95_s"), [(1, CALM, None), (2, CALM, 1.0), (2, HURRIED, 3.0)]
)
def test_many_sessions_are_answered_in_time(
    folder: DataFolder,
    tmp_path: Path,
    processes: int,
    readers: tuple[int, tuple[float, float]],
    most_p95_s: float | None,
) -> None:
    sessions, think_s = readers
    with several(folder.root, tmp_path, processes) as running:
        tally, cpu, memory = asyncio.run(_all(running, sessions, think_s))
        failures = running.log.read_text("utf-8", "replace").count("Traceback")
    print(f"\n{processes} processes, {sessions} sessions pausing {think_s[0]:.0f} to "
          f"{think_s[1]:.0f} s, for {SECONDS:.0f} s")  # fmt: skip
    tally.tell()
    print(f"cores: {cpu}; resident MB: {memory}")
    assert not tally.errors
    assert failures == 0
    assert most_p95_s is None or np.percentile(tally.all(), 95) < most_p95_s


async def _all(
    running: Dashboards, sessions: int, think_s: tuple[float, float]
) -> tuple[Tally, str, str]:
    """What they saw, and cores and memory of each process."""
    for _ in running.ports:
        await warm_up(running.address)
    servers = [Server("", running.pid(port) or 0, running.log) for port in running.ports]
    before = [server.cpu_s() for server in servers]
    tally, until = Tally(), time.monotonic() + SECONDS
    everybody = (session(running.address, k, tally, until, think_s) for k in range(sessions))
    await asyncio.gather(*everybody)
    spent = zip(servers, before, strict=True)
    cores = [f"{(server.cpu_s() - begun) / SECONDS:.2f}" for server, begun in spent]
    return tally, ", ".join(cores), ", ".join(f"{s.memory_mb():.0f}" for s in servers)

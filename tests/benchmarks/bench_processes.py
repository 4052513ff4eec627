"""A hundred readers of the dashboard at once, who pause 8 to 20 s: on one process, and on two
behind nginx as `make run` starts them. Server and readers share this machine.

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

SESSIONS, THINK_S = 100, (8.0, 20.0)
MOST_P95_S = 1.0


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    needs_nginx()
    with history() as made, publishing(made):
        yield made


@pytest.mark.parametrize("processes", [1, 2])
def test_a_hundred_sessions_are_answered_within_a_second(
    folder: DataFolder, tmp_path: Path, processes: int
) -> None:
    with several(folder.root, tmp_path, processes) as running:
        tally, cpu, memory = asyncio.run(_hundred(running))
        failures = running.log.read_text("utf-8", "replace").count("Traceback")
    print(f"\n{processes} processes, {SESSIONS} sessions, {SECONDS:.0f} s")
    tally.tell()
    print(f"cores: {cpu}; resident MB: {memory}")
    assert not tally.errors
    assert failures == 0
    assert processes == 1 or np.percentile(tally.all(), 95) < MOST_P95_S


async def _hundred(running: Dashboards) -> tuple[Tally, str, str]:
    """What they saw, and cores and memory of each process."""
    for _ in running.ports:
        await warm_up(running.address)
    servers = [Server("", running.pid(port) or 0, running.log) for port in running.ports]
    before = [server.cpu_s() for server in servers]
    tally, until = Tally(), time.monotonic() + SECONDS
    everybody = (session(running.address, k, tally, until, THINK_S) for k in range(SESSIONS))
    await asyncio.gather(*everybody)
    spent = zip(servers, before, strict=True)
    cores = [f"{(server.cpu_s() - begun) / SECONDS:.2f}" for server, begun in spent]
    return tally, ", ".join(cores), ", ".join(f"{s.memory_mb():.0f}" for s in servers)

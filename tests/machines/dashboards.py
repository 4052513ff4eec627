"""Several dashboards behind nginx, started as `make run` starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.browser.dashboards import wait_for
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from tools.checks import require_free
from warehouse.errors import BadInput


@dataclass(frozen=True)
class Dashboards:
    """A running `make run` of dashboards alone. ports: of the processes; log: what it wrote."""

    address: str
    ports: list[int]
    log: Path

    def pid(self, port: int) -> int | None:
        """Of the process on a port; None while there is none."""
        for place in Path("/proc").glob("[0-9]*"):
            try:
                environ = (place / "environ").read_bytes().split(b"\0")
                command = (place / "cmdline").read_bytes()
            except OSError:
                continue  # ended meanwhile
            mine = {f"DLD_DASHBOARD_PORT={port}".encode(), f"MARK={self.log}".encode()}
            if mine <= set(environ) and b"streamlit" in command:
                return int(place.name)
        return None

    def kill(self, port: int) -> None:
        """kill -9, as a machine without memory does."""
        pid = self.pid(port)
        assert pid
        os.kill(pid, signal.SIGKILL)

    def wait_for(self, port: int) -> None:
        """Until the process answers."""
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")


def free_ports(processes: int) -> int:
    """The first of so many and one more that follow each other."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + processes + 1):
                require_free("127.0.0.1", port, "")
        except (BadInput, OverflowError):
            continue
        return first


@contextmanager
def several(
    data: Path, folder: Path, processes: int = 2, port: int = 0, **env: str
) -> Iterator[Dashboards]:
    """Until the end of the block; then it stops as asked and leaves nothing. folder: of its log.

    port: of nginx, where it must be known before.
    """
    port, log = port or free_ports(processes), folder / "dashboards.log"
    lines = (ROOT / "Procfile").read_text().splitlines()
    (folder / "Procfile").write_text(next(line for line in lines if line.startswith("dashboard:")))
    told = {
        "DLD_DATA": str(data), "DLD_DASHBOARD_PORT": str(port), "DLD_EBS_PORT": str(free_port()),
        "DLD_DASHBOARD_PROCESSES": str(processes), "CHANNELS": "", "MARK": str(log),
    }  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools", "--procfile", str(folder / "Procfile")],
            cwd=ROOT, env={**os.environ, **told, **env}, stdout=out, stderr=out,
        )  # fmt: skip
    ports = list(range(port + 1, port + 1 + processes)) if processes > 1 else [port]
    running = Dashboards(f"http://127.0.0.1:{port}", ports, log)
    try:
        for each in {port, *ports}:
            running.wait_for(each)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert [running.pid(each) for each in ports] == [None] * len(ports)

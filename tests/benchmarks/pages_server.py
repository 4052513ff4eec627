"""The dashboard as people start it, on a made-up year, with a publisher beside it.

DLD_BENCH_WINDOWS: fewer windows. DLD_BENCH_PAGES: a folder to keep the history in, so that the
next run need not make it again (8 GB of a hundred million).
"""

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.history import CHANNELS
from tests.benchmarks.pages_history import Pages, Ticker
from tests.helpers.paths import ROOT
from tests.helpers.ports import free_port
from warehouse.config import DataFolder

WINDOWS = int(os.environ.get("DLD_BENCH_WINDOWS", 100_000_000))
KEPT = os.environ.get("DLD_BENCH_PAGES", "")
CYCLE_S = 30.0
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Server:
    """A running dashboard. log: what it wrote, tracebacks among it."""

    address: str
    pid: int
    log: Path

    def memory_mb(self) -> float:
        """Resident now."""
        return _status(self.pid)["VmRSS"] / 1024

    def cpu_s(self) -> float:
        """Seconds of CPU spent since it began."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def tracebacks(self) -> int:
        """How many failures it has logged."""
        return self.log.read_text("utf-8", "replace").count("Traceback")


def _status(pid: int) -> dict[str, int]:
    """/proc/PID/status: its values in kB."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}


@contextmanager
def history() -> Iterator[DataFolder]:
    """A folder with a year of a hundred channels; made where it is not kept."""
    if KEPT:
        yield _made(DataFolder(Path(KEPT)))
        return
    with TemporaryDirectory(prefix="dld-bench-") as place:
        yield _made(DataFolder(Path(place)))


def _made(folder: DataFolder) -> DataFolder:
    if not folder.manifest.exists():
        began = time.perf_counter()
        Pages(folder, WINDOWS // CHANNELS, lambda _: None).write()
        print(f"\n{WINDOWS:,} windows made in {time.perf_counter() - began:.0f} s")
    return folder


@contextmanager
def publishing(folder: DataFolder, every_s: float = CYCLE_S) -> Iterator[Ticker]:
    """Publish the next window of every channel again and again, as the daemon would."""
    ticker, done = Ticker(folder), threading.Event()

    def go_on() -> None:
        while not done.wait(every_s):
            ticker.tick()

    thread = threading.Thread(target=go_on, name="publisher")
    thread.start()
    try:
        yield ticker
    finally:
        done.set()
        thread.join()


@contextmanager
def dashboard(folder: DataFolder, log: Path) -> Iterator[Server]:
    """The dashboard on a free port; stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.headless", "true"],
            cwd=ROOT, env={**os.environ, "DLD_DATA": str(folder.root)}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid, log)
        _wait_for(f"{server.address}/_stcore/health")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)

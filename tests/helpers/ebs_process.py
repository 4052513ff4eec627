"""`python -m ebs` as a process of its own, and what Linux says of it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S

COMMAND = (sys.executable, "-m", "ebs")
_PATIENCE = """
import sys
import ebs.__main__ as program, ebs.connections as connections, ebs.streamer as streamer
times = float(sys.argv.pop())
connections.HEAD_S, connections.ANSWER_S, connections.CLOSE_S = times, 2 * times, times / 2
connections.LOOK_S = 0.1
program.KEEP_ALIVE_S, streamer.BODY_S = int(2 * times), times / 2
program.main()
"""
# as shipped, but for its patience: a tenth of it, and a day
IMPATIENT = (sys.executable, "-c", _PATIENCE, "1")
PATIENT = (sys.executable, "-c", _PATIENCE, "86400")


@dataclass
class EbsProcess:
    """A running EBS. address: without a path; latest: where bodies are published for it."""

    address: str
    latest: Path
    process: "subprocess.Popen[str]"

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def publish(self, body: dict[str, Any] | str) -> None:
        """As the pipeline does; a text goes to channel 123 as it is."""
        text, name = (body, "123") if isinstance(body, str) else ("", body["channel_id"])
        aside = self.latest / ".aside"
        aside.write_text(text or json.dumps(body, separators=(",", ":")), encoding="utf-8")
        aside.replace(self.latest / f"{name}.json")

    def withdraw(self) -> None:
        """Publish nothing any more."""
        for path in self.latest.glob("*.json"):
            path.unlink()

    def panel(self, channel_id: str = "123") -> str:
        """Address of a channel's panel in the preview."""
        return f"{self.address}/preview/panel.html?channel_id={channel_id}"

    def resident_mb(self, line: str = "VmRSS") -> float:
        """Memory that it has now, MB; VmHWM: the most it had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(rf"{line}:\s+(\d+)", status)
        return int(match[1]) / 1024 if match else 0.0

    def cpu_s(self) -> float:
        """Seconds of CPU since its start."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(
    root: Path, command: Sequence[str] = COMMAND, cwd: Path = ROOT, **settings: str
) -> "subprocess.Popen[str]":
    """It on a free port, with these settings and none of this machine's."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLD_")}
    env |= {"DLD_DATA": str(root), "DLD_EBS_PORT": "0", "PYTHONPATH": str(ROOT)}
    env |= {"DLD_PUBLIC_NAMES": "ebs.example.com"} | settings
    return subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(root: Path, command: Sequence[str] = COMMAND, **settings: str) -> Iterator[EbsProcess]:
    """Until the end of the block; then it stops as asked, and has said nothing it must not."""
    latest = root / "published" / "latest"
    latest.mkdir(parents=True, exist_ok=True)
    process = start(root, command, **settings)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        address = re.search(r"http://\S+", line)
        assert address, line + process.stderr.read()
        yield EbsProcess(address[0], latest, process)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_S)
        print(err)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err and "Bearer" not in err

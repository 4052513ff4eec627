"""A real EBS in its own process, as the benches load it."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from tests.helpers.paths import ROOT

KEY = b"b" * 32


def token(viewer: int = 0, channel_id: str = "123", role: str = "viewer") -> str:
    """As Twitch signs one; each viewer has another."""
    claims = {"exp": int(time.time()) + 7200, "channel_id": channel_id, "role": role}
    claims |= {"opaque_user_id": f"U{viewer:07d}", "is_unlinked": "false"}
    claims["pubsub_perms"] = {"listen": ["broadcast", "global"]}
    return jwt.encode(claims, KEY, algorithm="HS256")


@dataclass
class Running:
    """address: without a path; pid: of the server."""

    address: str
    pid: int
    latest: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def publish(self, body: dict[str, Any]) -> None:
        """As the pipeline does."""
        aside = self.latest / ".aside"
        aside.write_text(json.dumps(body, separators=(",", ":")))
        aside.replace(self.latest / f"{body['channel_id']}.json")

    def peak_mb(self) -> float:
        """The most it was resident, MB."""
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def cpu_s(self) -> float:
        """Seconds of CPU since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(data: Path, settings: dict[str, str], before: Sequence[str] = ()) -> Iterator[Running]:
    """`python -m ebs` on a free port. before: a command to run it by, such as taskset."""
    latest = data / "published" / "latest"
    latest.mkdir(parents=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLD_")}
    env |= {"DLD_DATA": str(data), "DLD_EBS_PORT": "0"}
    env["DLD_EBS_SECRET"] = base64.b64encode(KEY).decode()
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "ebs"], cwd=ROOT, env=env | settings,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found, said
        yield Running(found[0], process.pid, latest)
    finally:
        process.terminate()
        process.communicate(timeout=30)

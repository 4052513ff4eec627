"""An install of several machines on this one: its processes, for tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.build import outcome, send
from tests.helpers.paths import ROOT
from tests.helpers.patience import STORY_S
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.inbox.requests import Request

Process = subprocess.Popen[bytes]


class Install:
    """Processes of one install, by name, each on a folder of its own below `root`."""

    def __init__(self, root: Path, env: dict[str, str]) -> None:
        self.root, self.env = root, env
        self.running: dict[str, Process] = {}

    def start(self, name: str, *words: str, **more: str) -> None:
        env = {**os.environ, **self.env, **more, "DLD_DATA": str(self.root / name)}
        with (self.root / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *words], stdout=log, stderr=log, env=env, cwd=ROOT
            )

    def shard(self, number: int) -> None:
        self.start(f"s{number}", "pipeline", "run", "--source", "queue", DLD_SHARD=str(number))

    def log(self, name: str) -> str:
        return (self.root / f"{name}.log").read_text()

    def ended(self, name: str) -> tuple[int, str]:
        """Exit code and last line of one that ends by itself."""
        code = self.running.pop(name).wait(STORY_S)
        return code, self.log(name).splitlines()[-1]

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    @property
    def reader(self) -> DataFolder:
        return DataFolder(self.root / "reader")

    def ask(self, action: str, **body: Any) -> str:
        """Of a reader's machine."""
        name = f"r{time.monotonic_ns()}"
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        send(self.reader.inbox, Request(name, at, "test", action, body))
        return name

    def answer(self, name: str) -> str | None:
        return outcome(self.reader.inbox, name)


def until(what: Callable[[], Any]) -> Any:
    """What it says, once it says something."""
    end = time.monotonic() + STORY_S  # processes wait for each other, and for the clock
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except AppError:
            pass
        time.sleep(0.5)
    raise TimeoutError

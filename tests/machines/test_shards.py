"""Two shards as they really run: a collector, JetStream, an S3 store, two daemons, a mirror."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.build import outcome, rows, send
from tests.helpers.paths import ROOT
from tests.helpers.ports import free_port
from tests.machines.servers import KEYS, nats_process, s3_store
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.inbox.requests import Request
from warehouse.shards import shard_of

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


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(nats_process(tmp_path / "nats", port))
        address = stack.enter_context(s3_store(tmp_path / "s3"))
        (tmp_path / "salt").write_bytes(b"0123456789abcdef")
        found = Install(
            tmp_path,
            {
                **KEYS, "DLD_SHARDS": "2", "DLD_QUEUE_URL": f"nats://127.0.0.1:{port}",
                "DLD_BUCKET_URL": "s3://dld-test/shards", "DLD_BUCKET_ENDPOINT": address,
                "DLD_SALT_FILE": str(tmp_path / "salt"),
            },
        )  # fmt: skip
        try:
            yield found
        finally:
            for name in list(found.running):
                found.kill(name)


def until(what: Callable[[], Any], seconds: float) -> Any:
    """What it says, once it says something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except AppError:
            pass
        time.sleep(0.5)
    raise TimeoutError


def channels(install: Install) -> dict[int, str]:
    """One that is on air, by shard, as readers see them."""
    found = rows(install.reader, "SELECT DISTINCT channel FROM windows WHERE n_messages > 0")
    by_shard = {shard_of(channel, 2): channel for (channel,) in found}
    return by_shard if len(by_shard) == 2 else {}


def test_what_a_reader_asks_is_done_by_both_shards_and_waits_for_one_that_is_down(
    install: Install,
) -> None:
    for number in (0, 1):
        install.shard(number)
    install.start("collector", "pipeline", "collect", "--source", "simulate")
    install.start("reader", "warehouse", "mirror")
    on_air = until(lambda: channels(install), 150)

    body = {"decision": "change", "term": "zorpHype", "valence": 2.0, "kind": "emote"}
    decided = install.ask("vocabulary", **body)
    marked = install.ask("marker", channel=on_air[1], text="here")
    until(lambda: install.answer(decided) == install.answer(marked) == "", 60)
    told = "SELECT channel FROM events WHERE kind = 'marker'"
    until(lambda: rows(install.reader, told) == [(on_air[1],)], 30)
    assert rows(install.reader, "SELECT term, status FROM vocabulary WHERE n = 0") == [
        ("zorpHype", "accepted")
    ]

    install.kill("s1")
    gone = install.ask("opt-out", channel=on_air[1])
    time.sleep(15)
    assert install.answer(gone) is None
    install.shard(1)
    until(lambda: install.answer(gone) == "", 120)
    query = f"SELECT channel_id FROM channels WHERE channel = '{on_air[1]}'"
    ((channel_id,),) = rows(install.reader, query)
    until(lambda: not (install.reader.latest / f"{channel_id}.json").exists(), 60)

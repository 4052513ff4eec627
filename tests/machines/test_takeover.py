"""Takeovers with real processes: kill -9 at random moments, with JetStream and an S3 store."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.config import QueueSettings
from pipeline.queue.memory import named
from pipeline.queue.queue import Packed, open_sender
from tests.helpers.build import stored
from tests.helpers.ports import free_port
from tests.helpers.takeovers import SALT, Worker, chat, quick
from tests.machines.servers import KEYS, nats_process, s3_store
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.bucket.restore_all import restore_all
from warehouse.config import BucketSettings, DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

KILLS = int(os.environ.get("DLD_TEST_KILLS", "2"))
WITHIN_S = 60.0
EACH_S = 75  # of chat for a kill
WINDOWS = "SELECT * EXCLUDE (rev) FROM windows ORDER BY ALL"


@contextmanager
def servers(place: Path) -> Iterator[dict[str, str]]:
    """The environment of a shard whose queue and bucket run."""
    port = free_port()
    with s3_store(place / "s3") as s3, nats_process(place / "nats", port):
        yield {
            "DLD_BUCKET_URL": "s3://dld-test/run",
            "DLD_BUCKET_ENDPOINT": s3,
            "DLD_QUEUE_URL": f"nats://127.0.0.1:{port}",
            **KEYS,
        }


class Daemon:
    """`run --source queue` in a process of its own, on a folder of its own."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        root.mkdir(parents=True, exist_ok=True)
        salt = root.parent / "salt"
        salt.write_bytes(SALT)
        more = {"DLD_DATA": str(root), "DLD_SALT_FILE": str(salt), "DLD_LEXICON": "vader"}
        self.log = root / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipeline", "run", "--source", "queue"],
                env={**os.environ, **environment, **more, "DLD_FORECAST": "false"},
                stdout=log, stderr=log,
            )  # fmt: skip

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


class Telling(threading.Thread):
    """Sends a body at the end of its second."""

    def __init__(self, settings: QueueSettings, bodies: list[Packed], t0: float) -> None:
        super().__init__(daemon=True)
        self.settings, self.bodies, self.t0 = settings, bodies, t0

    def run(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        sender = await open_sender(self.settings, 1)
        for k, body in enumerate(self.bodies):
            await asyncio.sleep(max(0.0, self.t0 + k + 1 - time.time()))
            await sender.send(0, [body, body] if k % 20 == 0 else [body])
        await sender.close()


def newest(bucket: Bucket) -> tuple[str, str]:
    """(writer, newest window) in the bucket."""
    with suppress(FileNotFoundError):
        found = bucket.get("shard-0/manifest.json")
        body: dict[str, Any] = orjson.loads(found[0] if found else b"{}")
        return body["writer"], max(file["max"] for file in body["tables"]["windows"])
    return "", ""


def wait_for_window(bucket: Bucket, after: tuple[str, str], within_s: float) -> float:
    """Seconds until there is a newer window by another writer."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        writer, window = newest(bucket)
        if writer != after[0] and window > after[1]:
            return time.monotonic() - began
        time.sleep(0.25)
    raise AssertionError(f"no window within {within_s} s")


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Those that were started; none outlives the test."""
    started: list[Daemon] = []
    yield started
    for daemon in started:
        daemon.end()


def test_killed_at_random_moments_no_window_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemons: list[Daemon]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    moments, seconds, t0 = random.Random(1), EACH_S * (KILLS + 1), window_start(time.time())
    bodies, waited = chat(t0, seconds), list[float]()
    with servers(tmp_path) as env:
        queue = QueueSettings(_env_file=None, queue_url=env["DLD_QUEUE_URL"])
        url, endpoint = env["DLD_BUCKET_URL"], env["DLD_BUCKET_ENDPOINT"]
        bucket = open_bucket(
            BucketSettings(_env_file=None, bucket_url=url, bucket_endpoint=endpoint)
        )
        Telling(queue, bodies, t0).start()
        daemons.append(Daemon(tmp_path / "0", env))
        wait_for_window(bucket, ("", ""), 60)
        for number in range(1, KILLS + 1):
            daemons.append(Daemon(tmp_path / f"{number}", env))  # it stands by
            time.sleep(moments.uniform(3, EACH_S - 65))
            before = newest(bucket)
            daemons[-2].end()
            waited.append(wait_for_window(bucket, before, WITHIN_S))
        time.sleep(max(0.0, t0 + seconds + 8 - time.time()))
        daemons[-1].end(signal.SIGTERM)
        last = DataFolder(tmp_path / "restored")
        restore_all(bucket, 1, last, lambda key: True)
    found = rows(last)
    expected = rows(whole(tmp_path, monkeypatch, bodies, t0 + seconds))
    differ = sum(row not in expected for row in found) + sum(row not in found for row in expected)
    messages = sum(row[4] for row in found)
    print(f"kills={KILLS} messages={messages} windows={len(found)} differ={differ}")
    print(f"seconds to the first window: {', '.join(f'{s:.0f}' for s in waited)}")
    assert (differ, len(found)) == (0, len(expected))
    assert max(waited) < WITHIN_S


def whole(place: Path, patch: pytest.MonkeyPatch, bodies: list[Packed], until: float) -> DataFolder:
    """The folder of a run that nobody killed, of the same bodies."""
    for body in bodies:
        named(place.name).put(0, body)
    quick(patch)
    worker = Worker(place / "whole", place.name)
    worker.run(until)
    return worker.folder


def rows(folder: DataFolder) -> list[Any]:
    with Store(folder.warehouse) as store:
        return stored(store, WINDOWS)

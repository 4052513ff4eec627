"""Takeovers with real processes: kill -9 at random moments, with either queue and an S3 store."""

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
from tests.helpers.patience import PATIENCE_S, STORY_S, until
from tests.helpers.ports import free_port
from tests.helpers.takeovers import SALT, Worker, chat, quick
from tests.machines.servers import KEYS, moto_process, nats_process, s3_store
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.bucket.restore_all import restore_all
from warehouse.config import BucketSettings, DataFolder
from warehouse.records import iso, utc, window_start
from warehouse.store.store import Store

KILLS = {
    kind: int(os.environ.get("DLD_TEST_KILLS", default))
    for kind, default in (("jetstream", "2"), ("sqs", "1"))
}
EACH_S = int(STORY_S)  # of chat for a kill, at most
WINDOWS = "SELECT * EXCLUDE (rev) FROM windows ORDER BY ALL"


@contextmanager
def queue_of(kind: str, place: Path) -> Iterator[dict[str, str]]:
    """The environment of a queue that runs."""
    port = free_port()
    if kind == "jetstream":
        with nats_process(place / "nats", port):
            yield {"DLD_QUEUE_URL": f"nats://127.0.0.1:{port}"}
    else:
        with moto_process(place) as address:
            yield {"DLD_QUEUE_URL": "sqs://us-east-1/dld", "DLD_QUEUE_ENDPOINT": address}


@contextmanager
def servers(kind: str, place: Path) -> Iterator[dict[str, str]]:
    """The environment of a shard whose queue and bucket run."""
    with s3_store(place / "s3") as s3, queue_of(kind, place) as queue:
        bucket = {"DLD_BUCKET_URL": "s3://dld-test/run", "DLD_BUCKET_ENDPOINT": s3}
        yield {**bucket, **queue, **KEYS}


class Daemon:
    """`run --source queue` in a process of its own, on a folder of its own."""

    def __init__(self, root: Path, environment: dict[str, str], log: str = "log") -> None:
        root.mkdir(parents=True, exist_ok=True)
        salt = root.parent / "salt"
        salt.write_bytes(SALT)
        more = {"DLD_DATA": str(root), "DLD_SALT_FILE": str(salt), "DLD_LEXICON": "vader"}
        self.root, self.log = root, root / log
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipeline", "run", "--source", "queue"],
                env={**os.environ, **environment, **more, "DLD_FORECAST": "false"},
                stdout=file, stderr=file,
            )  # fmt: skip

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


class Telling(threading.Thread):
    """Sends a body at the end of its second."""

    def __init__(self, settings: QueueSettings, bodies: list[Packed], t0: float) -> None:
        super().__init__(daemon=True)
        self.settings, self.bodies, self.t0 = settings, bodies, t0
        self.until = t0 + len(bodies)

    def stop(self) -> list[Packed]:
        """At the end of this window; all that were sent."""
        self.until = float(window_start(time.time() + 30))
        self.join()
        return self.bodies[: int(self.until - self.t0)]

    def run(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        sender = await open_sender(self.settings, 1)
        for k, body in enumerate(self.bodies):
            if self.t0 + k >= self.until:
                break
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


def wait_for_window(bucket: Bucket, after: tuple[str, str]) -> float:
    """Seconds until there is a newer window by another writer."""
    began = time.monotonic()

    def is_there() -> bool:
        writer, window = newest(bucket)
        return writer != after[0] and window > after[1]

    until(is_there)
    return time.monotonic() - began


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Those that were started; none outlives the test."""
    started: list[Daemon] = []
    yield started
    for daemon in started:
        daemon.end()


@pytest.mark.parametrize("kind", KILLS)
def test_killed_at_random_moments_no_window_differs(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemons: list[Daemon]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    moments, t0 = random.Random(1), window_start(time.time())
    waited = list[float]()
    with servers(kind, tmp_path) as env:
        queue, bucket = settings_of(env)
        telling = Telling(queue, chat(t0, EACH_S * (KILLS[kind] + 2)), t0)
        telling.start()
        daemons.append(Daemon(tmp_path / "0", env))
        wait_for_window(bucket, ("", ""))
        for number in range(1, KILLS[kind] + 1):
            daemons.append(Daemon(tmp_path / f"{number}", env))  # it stands by
            time.sleep(moments.uniform(3, 13))
            before = newest(bucket)
            daemons[-2].end()
            waited.append(wait_for_window(bucket, before))
            print(f"kill={number} seconds={waited[-1]:.1f}", flush=True)
        found, expected = compared(bucket, telling, daemons[-1], tmp_path, monkeypatch)
    differ = sum(row not in expected for row in found) + sum(row not in found for row in expected)
    messages = sum(row[4] for row in found)
    print(f"{kind}: kills={KILLS[kind]} messages={messages} windows={len(found)} differ={differ}")
    print(f"seconds to the first window: {', '.join(f'{s:.0f}' for s in sorted(waited))}")
    assert (differ, len(found)) == (0, len(expected))


def test_a_frozen_writer_that_was_replaced_ends_with_one_line_and_no_window_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemons: list[Daemon]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    t0 = window_start(time.time() - 60)
    with servers("jetstream", tmp_path) as env:
        queue, bucket = settings_of(env)
        telling = Telling(queue, chat(t0, EACH_S), t0)
        telling.start()
        daemons += [Daemon(tmp_path / name, env) for name in "01"]  # at once: one has to wait
        wait_for_window(bucket, ("", ""))
        frozen, other = sorted(daemons, key=lambda daemon: "standing by" in daemon.log.read_text())
        twins = [Daemon(daemon.root, env, "twin") for daemon in (frozen, other)]
        assert [twin.process.wait(PATIENCE_S) for twin in twins] == [1, 1]
        assert "is in use by another process" in lines_of(twins[0])[-1]
        assert "another process claims shard 0" in lines_of(twins[1])[-1]
        before = newest(bucket)
        frozen.process.send_signal(signal.SIGSTOP)
        wait_for_window(bucket, before)
        frozen.process.send_signal(signal.SIGCONT)
        assert frozen.process.wait(PATIENCE_S) == 1
        assert lines_of(frozen)[-1].startswith("error: another process writes this shard now")
        found, expected = compared(bucket, telling, other, tmp_path, monkeypatch)
    assert found == expected
    assert not [d for d in (*daemons, *twins) if "Traceback" in d.log.read_text()]


def lines_of(daemon: Daemon) -> list[str]:
    return daemon.log.read_text().splitlines()


def compared(
    bucket: Bucket, telling: Telling, last: Daemon, place: Path, patch: pytest.MonkeyPatch
) -> tuple[list[Any], list[Any]]:
    """Windows of the shard, and of one that nobody disturbed, once all is told."""
    sent = telling.stop()
    until(lambda: newest(bucket)[1] >= iso(utc(telling.until - 60)))
    time.sleep(8)  # the rest of a window waits in the queue, at most
    last.end(signal.SIGTERM)
    folder = DataFolder(place / "restored")
    restore_all(bucket, 1, folder, lambda key: True)
    return rows(folder), rows(whole(place, patch, sent, telling.until))


def settings_of(env: dict[str, str]) -> tuple[QueueSettings, Bucket]:
    """The queue, and the bucket, opened."""
    url, endpoint = env["DLD_QUEUE_URL"], env.get("DLD_QUEUE_ENDPOINT", "")
    queue = QueueSettings(_env_file=None, queue_url=url, queue_endpoint=endpoint)
    url, endpoint = env["DLD_BUCKET_URL"], env["DLD_BUCKET_ENDPOINT"]
    settings = BucketSettings(_env_file=None, bucket_url=url, bucket_endpoint=endpoint)
    return queue, open_bucket(settings)


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

"""Mirrors of a real S3 store: 200 cycles with a reader querying all the time and mirrors killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from tests.helpers.build import put, sample_row, samples, term_row, window_row
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, until
from tests.machines.servers import KEYS, s3_process
from warehouse.bucket.mirroring import LONGEST_WAIT_S
from warehouse.bucket.objects import ABSENT, Bucket, open_bucket
from warehouse.bucket.push import Pusher
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.compact import merge, plan
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.records import iso, utc
from warehouse.store.store import Store

T = 1_767_268_800.0
CYCLES, KILLED, SHARDS, CHANNELS = 200, 40, 2, 10
KEPT_S = 1e10  # text of whenever
URL = "s3://dld-test/mirror"
MIRROR = [sys.executable, "-m", "warehouse", "mirror"]
# a window of a channel has one row, three terms and a line of text, in whichever state
WHOLE = """
    SELECT count(*) AS n, count(DISTINCT (channel, start)) AS keys, max(start) AS newest,
        (SELECT count(*) FROM window_terms) AS terms,
        (SELECT coalesce(sum(windows), 0) FROM window_hours) AS rolled,
        (SELECT count(*) FROM health) AS health, (SELECT count(*) FROM samples) AS lines,
    FROM windows
"""


class Shard:
    """A shard's daemon, as far as the bucket sees it."""

    def __init__(self, bucket: Bucket, number: int, root: Path) -> None:
        self.folder, self.number, self.cycle = DataFolder(root), number, 0
        self.store = Store(self.folder.warehouse)
        self.publisher = Publisher(self.folder, self.store, "live")
        self.pusher = Pusher(bucket, number, self.folder, ABSENT, f"w{number}", KEPT_S)

    def push(self) -> None:
        """A cycle: a window a channel, now and then made again, compacted, its text dropped."""
        at = 30.0 * self.cycle
        again = [at - 300] if self.cycle % 7 == 0 and self.cycle > 10 else []
        for start in (at, *again):
            self._put(start)
        rows = [sample_row(at, channel=name) for name in self._channels()]
        self.publisher.publish(samples(*rows), drop_samples_before=iso(utc(T + at - 1800)))
        for table, files in plan(self.publisher.manifest, utc(T + at))[:3]:
            merged = merge(self.folder, table, files)
            self.publisher.swap_merged(table, {file.path for file in files}, merged)
        body = orjson.dumps({"login": f"s{self.number}", "n": self.cycle})
        self.publisher.put_latest(f"1{self.number}", body)
        self.pusher.push({"meta": b"m"})
        self.cycle += 1

    def _channels(self) -> list[str]:
        return [f"s{self.number}c{n}" for n in range(CHANNELS)]

    def _put(self, at: float) -> None:
        terms = [term_row(at, t, channel=c) for c in self._channels() for t in ("a", "b", "*")]
        windows = [window_row(at, n=3 + self.cycle % 9, channel=c) for c in self._channels()]
        health = [{"name": "lag_s", "at": utc(T + at - at % 600), "value": 1.0, "detail": None}]
        put(self.store, windows=windows, window_terms=terms, health=health)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with s3_process(tmp_path / "s3") as (address, _):
        monkeypatch.setenv("DLD_BUCKET_URL", URL)
        monkeypatch.setenv("DLD_BUCKET_ENDPOINT", address)
        bucket = open_bucket(BucketSettings(_env_file=None))
        bucket.put("install.json", orjson.dumps({"v": 1, "salt": "abc", "shards": SHARDS}))
        yield bucket


@pytest.fixture
def shards(bucket: Bucket, tmp_path: Path) -> Iterator[list[Shard]]:
    with ExitStack() as stack:
        found = [Shard(bucket, number, tmp_path / f"s{number}") for number in range(SHARDS)]
        for shard in found:
            stack.enter_context(shard.store)
        yield found


class Watcher(threading.Thread):
    """A reader that queries all the time. broken: what it saw that cannot be."""

    def __init__(self, folder: DataFolder) -> None:
        super().__init__(daemon=True)
        self.reader, self.stop = Reader(folder), threading.Event()
        self.reads, self.newest, self.broken = 0, "", list[str]()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                (row,) = self.reader.run(WHOLE).to_pylist()
                self._check(row)
            except NothingPublished:
                time.sleep(0.05)
            except Exception as exc:
                self.broken.append(f"{type(exc).__name__}: {exc}")

    def _check(self, row: dict[str, object]) -> None:
        self.reads += 1
        newest = str(row["newest"] or "")
        whole = row["n"] == row["keys"] == row["rolled"] and row["terms"] == 3 * int(str(row["n"]))
        if not whole or newest < self.newest or not row["lines"]:
            self.broken.append(f"{row} after {self.newest}")
        self.newest = newest


def started(folder: DataFolder) -> "subprocess.Popen[bytes]":
    folder.root.mkdir(parents=True, exist_ok=True)
    with (folder.root / "log").open("ab") as log:
        return subprocess.Popen(
            MIRROR, cwd=ROOT, env={**os.environ, "DLD_DATA": str(folder.root)}, stderr=log
        )


def shown(folder: DataFolder, reader: Reader) -> tuple[int, ...]:
    """Windows of each shard, and the cycle that each body tells."""
    (row,) = reader.run(
        "SELECT count(*) FILTER (channel < 's1') AS a, count(*) AS n FROM windows"
    ).to_pylist()
    bodies = [orjson.loads((folder.latest / f"1{n}.json").read_bytes())["n"] for n in range(SHARDS)]
    return row["a"], row["n"] - row["a"], *bodies


def test_no_read_is_broken_in_200_cycles_with_mirrors_killed(
    shards: list[Shard], tmp_path: Path
) -> None:
    folder, chance = DataFolder(tmp_path / "reader"), random.Random(7)
    kill_at = set(chance.sample(range(5, CYCLES), KILLED))
    for shard in shards:
        shard.push()
    watcher, mirror = Watcher(folder), started(folder)
    watcher.start()
    for cycle in range(CYCLES):
        for shard in shards:
            shard.push()
        if cycle in kill_at:
            time.sleep(chance.uniform(0, 2.5))  # into its start, a load, a manifest
            mirror.kill()
            mirror.wait()
            mirror = started(folder)
    expected = (CHANNELS * (CYCLES + 1),) * SHARDS + (CYCLES,) * SHARDS
    until(lambda: shown(folder, watcher.reader) == expected)
    watcher.stop.set()
    watcher.join()
    mirror.send_signal(signal.SIGTERM)
    assert mirror.wait(PATIENCE_S) == 0
    print(f"\n{watcher.reads} reads, {KILLED} kills, {len(watcher.broken)} broken")
    assert watcher.broken == [] and watcher.reads > 100
    assert (folder.root / "log").read_text().count("Traceback") == 0


def test_once_ends_when_all_is_here_and_says_in_a_line_why_not(
    shards: list[Shard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path / "reader")

    def once() -> tuple[int, str]:
        env = {**os.environ, "DLD_DATA": str(folder.root)}
        done = subprocess.run(
            [*MIRROR, "--once"], cwd=ROOT, env=env, capture_output=True, text=True
        )
        return done.returncode, done.stderr.strip().splitlines()[-1] if done.stderr else ""

    shards[0].push()
    code, says = once()
    assert code == 1 and says == "error: nothing is pushed yet"
    shards[1].push()
    assert once()[0] == 0
    assert shown(folder, Reader(folder)) == (CHANNELS, CHANNELS, 0, 0)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-key")
        code, says = once()
        assert code == 1 and "credentials" in says and "wrong-key" not in says
    with monkeypatch.context() as patch:
        patch.setenv("DLD_BUCKET_URL", "s3://no-such-bucket/x")
        code, says = once()
        assert code == 1 and "make the bucket" in says


def test_a_mirror_goes_on_when_its_bucket_comes_back(
    shards: list[Shard], bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path / "reader")
    for shard in shards:
        shard.push()
    monkeypatch.setenv("DLD_BUCKET_ENDPOINT", "http://127.0.0.1:9")
    mirror = started(folder)
    try:
        until(folder.mirror.exists)
        told = orjson.loads(folder.mirror.read_bytes())
        assert "cannot be reached" in told["trouble"] and told["since"]
        mirror.send_signal(signal.SIGTERM)
        assert mirror.wait(LONGEST_WAIT_S / 2) == 0  # between rounds
    finally:
        mirror.kill()
        mirror.wait()

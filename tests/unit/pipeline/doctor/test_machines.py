"""The doctor on several machines: queue, bucket and mirror, and not a word without them."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from pipeline.doctor.finding import OK, PROBLEM, WARNING
from pipeline.doctor.machines import check_bucket, check_mirror, check_queue
from pipeline.queue.body import Body, pack
from pipeline.queue.memory import MemoryQueue, named
from pipeline.queue.queue import Packed
from tests.helpers.build import SALT
from tests.helpers.paths import ROOT
from warehouse.bucket.install import check_install
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.config import BucketSettings, DataFolder
from warehouse.records import iso
from warehouse.salt import fingerprint


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder.root.mkdir()
    (folder.root / "salt").write_bytes(SALT)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryQueue:
    monkeypatch.setenv("DLD_QUEUE_URL", f"memory://{tmp_path}")
    return named(str(tmp_path))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bucket:
    monkeypatch.setenv("DLD_BUCKET_URL", f"memory:{tmp_path}")
    monkeypatch.setenv("DLD_SHARDS", "2")
    return open_bucket(BucketSettings(_env_file=None))


def send(queue: MemoryQueue, shard: int = 0, salt: bytes = SALT) -> None:
    body = Body("run", 1, shard, fingerprint(salt), "live", 1.0, 2.0)
    queue.put(shard, Packed(f"{shard}", pack(body)))


def ago(seconds: float) -> str:
    return iso(datetime.now(UTC) - timedelta(seconds=seconds))


def test_without_queue_bucket_and_mirror_nothing_is_said_or_loaded(folder: DataFolder) -> None:
    for check in (check_queue, check_bucket, check_mirror):
        assert list(check(folder)) == []
    code = (
        "import sys, pipeline.doctor.command as c; list(c.examine()); "
        "assert not {'nats', 'boto3', 'obstore', 'pipeline.queue.body'} & set(sys.modules)"
    )
    env = {
        "PYTHONPATH": str(ROOT),
        "DLD_DATA": str(folder.root),
        "DLD_TWITCH_URL": "http://[::1]:1",
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


def test_a_queue_that_is_read_is_well(folder: DataFolder, queue: MemoryQueue) -> None:
    send(queue)
    (found,) = check_queue(folder)
    assert (found.status, found.says) == (OK, "it answers; shard 0: 1 bodies, the oldest 0 s old")
    assert len(queue.bodies[0]) == 1


def test_what_is_amiss_in_a_queue_is_told_for_each_shard(
    folder: DataFolder, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_SHARDS", "3")
    queue.clock = lambda: time.time() - 300
    send(queue, 0)
    queue.clock = time.time
    send(queue, 2, b"another salt altogether")
    _, *amiss = check_queue(folder)
    assert [(found.status, found.says) for found in amiss] == [
        (WARNING, "shard 0 is behind; an hour is kept"),
        (WARNING, "nothing comes for shard 1"),
        (PROBLEM, "the bodies of shard 2 are of another install"),
    ]
    assert all(found.do for found in amiss)


def test_a_queue_that_is_none_or_does_not_answer_is_a_problem(
    folder: DataFolder, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.is_down = True
    (found,) = check_queue(folder)
    assert (found.status, found.says) == (PROBLEM, "the queue does not answer")
    monkeypatch.setenv("DLD_QUEUE_URL", "amqp://dld:sEcReT@host")
    (found,) = check_queue(folder)
    assert found.status == PROBLEM and "sEcReT" not in found.says + found.do


def test_shards_are_judged_by_what_they_published_last(folder: DataFolder, bucket: Bucket) -> None:
    (found,) = check_bucket(folder)
    assert found.status == PROBLEM and "no shard has pushed anything there" in found.says
    check_install(bucket, 2, SALT)
    bucket.put("shard-0/manifest.json", orjson.dumps({"published_at": ago(5)}))
    first, shard_0, shard_1 = check_bucket(folder)
    assert first.status == shard_0.status == OK and "is of this install" in first.says
    assert (shard_1.status, shard_1.says) == (WARNING, "shard 1 has published nothing yet")
    bucket.put("shard-0/manifest.json", orjson.dumps({"published_at": ago(500)}))
    bucket.put("shard-1/manifest.json", b"{")
    _, shard_0, shard_1 = check_bucket(folder)
    assert (shard_0.status, shard_1.status) == (WARNING, PROBLEM)
    assert shard_0.says.startswith("shard 0 published 8.3 min")


def test_a_bucket_of_another_install_is_a_problem(folder: DataFolder, bucket: Bucket) -> None:
    check_install(bucket, 2, b"another salt altogether")
    (found,) = check_bucket(folder)
    assert found.status == PROBLEM and "another salt" in found.says and "DLD_SALT_FILE" in found.do
    (folder.root / "salt").unlink()  # a reader has none
    assert next(iter(check_bucket(folder))).status == OK
    assert not (folder.root / "salt").exists()


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({}, OK, "3 s behind the bucket, 2 files to load"),
        ({"at": ago(90)}, PROBLEM, "no mirror runs since "),
        ({"trouble": "s3://a:sEcReT@b cannot be reached; check it"}, WARNING, "s3://…@b cannot"),
        ({"shards": [{"trouble": "a newer version"}]}, WARNING, "a newer version"),
        ({"at": 7}, PROBLEM, "mirror.json cannot be read"),
    ],
)
def test_a_mirrored_folder_says_how_far_it_is(
    folder: DataFolder, change: dict[str, object], status: str, says: str
) -> None:
    told = {"at": ago(1), "behind_s": 3.2, "waiting": 2, "trouble": "", "shards": []}
    folder.mirror.write_bytes(orjson.dumps(told | change))
    (found,) = check_mirror(folder)
    assert found.status == status and says in found.says and "sEcReT" not in found.says + found.do
    assert bool(found.do) is (status != OK)

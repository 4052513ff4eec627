"""`collect` as a command: what it refuses, what it sends, how it ends."""

import asyncio
import os
import signal
import threading
import zlib
from pathlib import Path

import pytest

from pipeline.collect import backlog as backlogs
from pipeline.collect import collector
from pipeline.collect.backlog import Backlog
from pipeline.privacy.hashing import Hasher
from pipeline.queue.body import Body, unpack
from pipeline.queue.memory import MemoryQueue, MemorySender, named
from tests.helpers.build import SALT, chat_rows, parquet, stored
from tests.helpers.commands import Done, run
from tests.helpers.through_queue import Machine, fill, packed
from tests.unit.pipeline.collect.test_sight import T0, moving
from warehouse.atomic import locked
from warehouse.bucket.control import put_control
from warehouse.bucket.install import check_install
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.config import BucketSettings, DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.salt import fingerprint
from warehouse.shards import shard_of

NAMES = [f"user{k}" for k in range(7)]  # of chatters


@pytest.fixture(autouse=True)
def queue(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryQueue:
    """A queue in memory, and a folder with the salt of tests."""
    folder.root.mkdir()
    (folder.root / "salt").write_bytes(SALT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_QUEUE_URL", f"memory://{tmp_path}")
    return named(str(tmp_path))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bucket:
    """One of two shards, whose shard 0 has spoken."""
    monkeypatch.setenv("DLD_BUCKET_URL", f"memory:{tmp_path}")
    monkeypatch.setenv("DLD_SHARDS", "2")
    found = open_bucket(BucketSettings(_env_file=None))
    check_install(found, 2, SALT)
    put_control(found, OptOut({Hasher(SALT).of("user3")}), [], 1)
    return found


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    return parquet(tmp_path / "chat.parquet", [*chat_rows("cid"), *chat_rows("dan", "2")])


def replay(chat: Path, *words: str) -> Done:
    return run("collect", "--source", "replay", "--file", chat, "--speed", "0", *words)


def bodies(queue: MemoryQueue, shard: int) -> list[Body]:
    return [unpack(data) for data, _, _ in queue.bodies.get(shard, {}).values()]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no queue is set; DLD_QUEUE_URL is nats://HOST:PORT or sqs://REGION/NAME"),
        ("http://dld:sEcReT@host", "DLD_QUEUE_URL is no address of a queue"),
    ],
)
def test_without_a_queue_it_says_so(monkeypatch: pytest.MonkeyPatch, url: str, says: str) -> None:
    monkeypatch.setenv("DLD_QUEUE_URL", url)
    done = run("collect")
    assert says in done.reason and "sEcReT" not in done.err


@pytest.mark.parametrize(
    "words", [["--source", "queue"], ["--source", "kick"], ["--source", "replay"], ["--speed", "x"]]
)
def test_wrong_usage_is_2(words: list[str]) -> None:
    assert run("collect", *words).code == 2


def test_several_shards_need_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_SHARDS", "2")
    assert "DLD_SHARDS is 2: several shards need DLD_BUCKET_URL" in run("collect").reason


@pytest.mark.usefixtures("bucket")
def test_with_a_bucket_the_channels_are_told_to_shard_0() -> None:
    reason = run("collect", "--source", "irc", "--channel", "ann", "--channel", "bob").reason
    assert "`python -m pipeline channels add ann bob`" in reason


@pytest.mark.usefixtures("bucket")
def test_a_bucket_of_another_number_of_shards_or_salt_is_refused(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_SHARDS", "3")
    assert "has 2 shards and DLD_SHARDS is 3" in run("collect").reason
    monkeypatch.setenv("DLD_SHARDS", "2")
    (folder.root / "salt").write_bytes(b"another salt than that")
    assert "another salt" in run("collect").reason


def test_a_salt_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared-salt"
    monkeypatch.setenv("DLD_SALT_FILE", str(shared))
    assert f"DLD_SALT_FILE names {shared}, where no file is" in run("collect").reason
    assert not shared.exists()
    for salt in (b"", b"short", bytes(65)):
        shared.write_bytes(salt)
        assert f"is no salt: it has {len(salt)} bytes" in run("collect").reason
    monkeypatch.setenv("DLD_SALT_FILE", str(tmp_path))  # a folder
    assert "where no file is" in run("collect").reason


def test_two_cannot_collect_with_one_folder(folder: DataFolder, chat: Path) -> None:
    with locked(folder.root / "collect.lock"):
        assert "another `collect` runs" in replay(chat).reason


# -- what is sent ---------------------------------------------------------------------------------


def test_no_name_is_in_the_queue_and_nothing_of_who_opted_out(
    queue: MemoryQueue, folder: DataFolder, chat: Path
) -> None:
    hasher = Hasher(SALT)
    save_optout(folder.optout, OptOut({hasher.of("user3")}, {"dan"}))
    assert replay(chat).code == 0
    sent = b"".join(data + zlib.decompress(data) for data, _, _ in queue.bodies[0].values())
    found = bodies(queue, 0)
    said = [item for body in found for item in body.items if hasattr(item, "chatter")]
    assert len(said) == 60 and b"great play" in sent
    for clear in (*NAMES, str(hasher.of("user3")), "dan"):
        assert clear.encode() not in sent
    assert str(hasher.of("user2")).encode() in sent
    assert {body.salt for body in found} == {fingerprint(SALT)}


def test_who_opted_out_at_shard_0_is_left_out(
    queue: MemoryQueue, bucket: Bucket, chat: Path
) -> None:
    assert replay(chat).code == 0
    for shard, name in enumerate(("cid", "dan")):
        items = [item for body in bodies(queue, shard) for item in body.items]
        chatters = {item.chatter for item in items if hasattr(item, "chatter")}
        assert str(Hasher(SALT).of("user3")) not in chatters and len(chatters) == 7
        assert {shard_of(item.channel, 2) for item in items} == {shard}, name


# -- how it ends ----------------------------------------------------------------------------------


def test_with_the_queue_down_sigterm_ends_it_with_one_line(
    queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "_DRAIN_S", 0.2)
    queue.is_down = True
    timer = threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        done = run("collect", "--source", "simulate")
    finally:
        timer.join()
    assert "bodies (a second of a shard each) could not be sent and are lost" in done.reason


def test_sigterm_ends_it_well_where_all_is_sent(queue: MemoryQueue) -> None:
    timer = threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        done = run("collect", "--source", "simulate")
    finally:
        timer.join()
    assert done.code == 0 and bodies(queue, 0)


def test_what_was_dropped_was_not_observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is down for the second window; its bodies are the oldest that wait."""
    monkeypatch.setattr(backlogs, "_FIRST_WAIT_S", 0.01)
    sent = [body for _, body in packed(moving(T0), "live")]
    filled = fill(str(tmp_path), [])

    async def opened() -> MemorySender:
        return MemorySender(filled)

    async def collect() -> int:
        most = sum(len(body.data) for body in sent[60:])
        backlog = Backlog(opened, 1, waits=False, most=most)
        keeping = asyncio.ensure_future(backlog.keep())
        await backlog.put(0, sent[:30])
        await backlog.drain()
        filled.is_down = True
        for body in sent[30:]:
            await backlog.put(0, [body])
        filled.is_down = False
        await backlog.drain()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        return backlog.dropped

    assert 29 <= asyncio.run(collect()) <= 31
    machine = Machine(tmp_path / "m", "live")
    machine.read(str(tmp_path), T0 + 139)
    machine.engine.finish()
    query = "SELECT channel, observed_s, n_messages FROM windows ORDER BY channel, start"
    seen = [(name, round(s), n) for name, s, n in stored(machine.store, query)]
    machine.close()
    cid, dan = ([row[1:] for row in seen if row[0] == name] for name in ("cid", "dan"))
    assert cid[:2] == [(28, 14), (0, 0)] and dan[:2] == [(29, 15), (0, 0)]
    assert dan[2][0] > 28  # under the login of cid

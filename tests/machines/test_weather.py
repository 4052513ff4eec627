"""Bad weather for an install of real processes: what stops, hangs, is set wrong or is no body."""

import asyncio
import os
import signal
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import nats
import orjson
import pytest

from tests.helpers.build import chat_rows, parquet, rows
from tests.helpers.ports import free_port
from tests.machines.installs import Install, until
from tests.machines.servers import KEYS, nats_process, s3_process
from warehouse.bucket.objects import open_bucket
from warehouse.config import BucketSettings, DataFolder
from warehouse.inbox.requests import read_object

PASSWORD = "pass-of-the-queue"
CONFIG = f"""max_payload: 16777216
authorization {{ user: dld, password: {PASSWORD} }}
"""
WINDOWS = "SELECT * EXCLUDE (rev) FROM windows ORDER BY channel, start"
Process = subprocess.Popen[bytes]


class Weather(Install):
    """An install whose servers can be stopped. s3: the store's process."""

    def __init__(self, root: Path, env: dict[str, str], s3: Process) -> None:
        self.port, self.s3 = free_port(), s3
        self.queue_url = f"nats://dld:{PASSWORD}@127.0.0.1:{self.port}"
        (root / "salt").write_bytes(b"0123456789abcdef")
        (root / "nats.conf").write_text(CONFIG)
        salt = {"DLD_SALT_FILE": str(root / "salt"), "DLD_FORECAST": "false"}
        super().__init__(root, {**env, **salt, "DLD_QUEUE_URL": self.queue_url})

    def queue(self) -> AbstractContextManager[Process]:
        return nats_process(self.root / "nats", self.port, "-c", str(self.root / "nats.conf"))

    def closed(self) -> int:
        """Windows, as shard 0 has told."""
        return self.log("s0").count("window closed")

    def troubles(self) -> str:
        """Of the reader's mirror, as it tells."""
        told = read_object(self.reader.mirror)
        assert bool(told.get("trouble")) == bool(told.get("since"))
        return str(told.get("trouble", ""))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Process]]:
    with s3_process(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def weather(store: tuple[str, Process], tmp_path: Path) -> Iterator[Weather]:
    address, s3 = store
    url = f"s3://dld-test/{tmp_path.name}"
    env = {**KEYS, "DLD_BUCKET_URL": url, "DLD_BUCKET_ENDPOINT": address}
    found = Weather(tmp_path, env, s3)
    try:
        yield found
    finally:
        s3.send_signal(signal.SIGCONT)
        for name in list(found.running):
            found.kill(name)
    logs = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    assert "Traceback" not in logs
    assert PASSWORD not in logs


async def by_hand(url: str, bodies: list[bytes]) -> None:
    """Put these into shard 0's queue, and the newest body that is there once more."""
    client = await nats.connect(url)
    stream = client.jetstream()
    again = await stream.get_last_msg("DLD", "dld.shard.0")
    assert again.data
    for body in [again.data, again.data[: len(again.data) // 2], *bodies]:
        await stream.publish("dld.shard.0", body)
    await client.close()


async def settled(url: str) -> int:
    """Bodies that shard 0 has settled."""
    client = await nats.connect(url)
    told = await client.jetstream().consumer_info("DLD", "shard-0")
    await client.close()
    assert told.ack_floor
    return told.ack_floor.consumer_seq


def test_with_its_queue_and_its_bucket_down_in_turn_and_rubbish_sent_no_window_differs(
    weather: Weather,
) -> None:
    both = [*chat_rows("demo", n=400, step=1.7), *chat_rows("other", n=300, step=2.3)]
    replay = ["--source", "replay", "--file", str(parquet(weather.root / "chat.parquet", both))]
    weather.start("one", "pipeline", "run", *replay, "--speed", "0", DLD_BUCKET_URL="")
    assert weather.ended("one")[0] == 0
    with weather.queue():
        weather.shard(0)
        weather.start("reader", "warehouse", "mirror")
        weather.start("collector", "pipeline", "collect", *replay, "--speed", "10")
        until(lambda: weather.closed() >= 4)
    until(lambda: "what is collected is kept" in weather.log("collector"))
    with weather.queue():
        until(lambda: weather.closed() >= 14)
        rubbish = [
            b"",
            b"{}",
            os.urandom(1000),
            os.urandom(10 << 20),
            zlib.compress(bytes(99 << 20)),
        ]
        asyncio.run(by_hand(weather.queue_url, rubbish))
        hang(weather)
        assert weather.ended("collector") == (0, weather.log("collector").splitlines()[-1])
        one = rows(DataFolder(weather.root / "one"), WINDOWS)
        until(lambda: rows(weather.reader, WINDOWS) == one)
        assert weather.troubles() == ""
        assert weather.log("s0").count("put aside") == 1
        asyncio.run(by_hand(weather.queue_url, [zlib.compress(b'{"v": 99}')]))
        code, line = weather.ended("s0")
    assert code == 1
    assert line.startswith("error: the queue has bodies of version 99")


def hang(weather: Weather) -> None:
    """The store does not answer for a while: the shard goes on, and settles nothing."""
    weather.s3.send_signal(signal.SIGSTOP)
    time.sleep(2)
    closed, before = weather.closed(), asyncio.run(settled(weather.queue_url))
    until(lambda: weather.troubles() and "not pushed" in weather.log("s0"))
    assert weather.closed() > closed
    assert asyncio.run(settled(weather.queue_url)) == before
    weather.s3.send_signal(signal.SIGCONT)


def test_what_is_set_wrong_is_told_in_one_line(weather: Weather, tmp_path: Path) -> None:
    (tmp_path / "other_salt").write_bytes(b"fedcba9876543210")
    keys = {"AWS_SECRET_ACCESS_KEY": "wrong"}
    password = {"DLD_QUEUE_URL": weather.queue_url.replace(PASSWORD, "wrong")}
    salt = {"DLD_SALT_FILE": str(tmp_path / "other_salt")}
    newer = {"DLD_BUCKET_URL": f"{weather.env['DLD_BUCKET_URL']}/newer"}
    shard, sent = ("pipeline", "run", "--source", "queue"), ("pipeline", "collect")
    mirror = ("warehouse", "mirror")
    wrong = {
        "key_shard": (shard, keys, "refuses these credentials"),
        "key_sent": (sent, keys, "refuses these credentials"),
        "key_mirror": (mirror, keys, "refuses these credentials"),
        "password_shard": (shard, password, "NATS refuses the user, password"),
        "password_sent": (sent, password, "NATS refuses the user, password"),
        "salt_shard": (shard, salt, "with another salt"),
        "salt_sent": (sent, salt, "with another salt"),
        "shards_shard": (shard, {"DLD_SHARDS": "3"}, "has 1 shards and DLD_SHARDS is 3"),
        "shards_sent": (sent, {"DLD_SHARDS": "3"}, "has 1 shards and DLD_SHARDS is 3"),
        "newer_shard": (shard, newer, "newer"),
        "newer_mirror": ((*mirror, "--once"), newer, "newer"),
    }
    with weather.queue():
        weather.start("collector", *sent)
        put_newer(weather)
        for name, (words, more, _) in wrong.items():
            weather.start(name, *words, **more)
        ends = {name: weather.ended(name) for name in wrong}
    for name, (_, _, says) in wrong.items():
        code, line = ends[name]
        assert code == 1, name
        assert line.startswith("error: ") and says in line, line
        assert weather.log(name).count("\n") <= 2, weather.log(name)


def put_newer(weather: Weather) -> None:
    """A bucket of a later version of DLD, and the one of this install."""
    env = weather.env
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        url, endpoint = env["DLD_BUCKET_URL"], env["DLD_BUCKET_ENDPOINT"]
        settings = BucketSettings(_env_file=None, bucket_url=url, bucket_endpoint=endpoint)
        bucket = open_bucket(settings)
    until(lambda: any(found.name == "install.json" for found in bucket.list("")))
    install = bucket.get("install.json")
    assert install
    bucket.put("newer/install.json", install[0])
    bucket.put("newer/shard-0/manifest.json", orjson.dumps({"v": 99, "writer": "w"}))

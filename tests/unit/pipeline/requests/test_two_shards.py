"""Two shards and a merged reader tell what one daemon tells over the same chat, row for row."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Happening,
    Heard,
    Item,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.engine import engine
from pipeline.engine.control import Exchange
from pipeline.engine.engine import Engine
from pipeline.privacy.hashing import Hasher
from pipeline.sources.channel_list import load_channels
from tests.helpers.build import SALT, outcome, rows, send, settings
from tests.helpers.patience import PATIENCE_S
from warehouse.bucket.mirroring import Mirroring
from warehouse.bucket.objects import ABSENT, Bucket, open_bucket
from warehouse.bucket.push import Pusher
from warehouse.config import BucketSettings, DataFolder
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import window_start
from warehouse.shards import ALONE, Shard
from warehouse.store.store import Store
from warehouse.tables import TABLES

CHANNELS = ("ann", "bob", "cid", "dan")
WORDS = ("great", "awful", "hello", "LUL", "so sad", "what a play", "GGWP", "hmm", "no way")
MINUTES = 5
# by hand or by the clock of the machine; proposals, which rest on a daemon's whole chat; what
# Twitch tells of viewers' clips
APART = {"decisions", "health", "models", "trials", "vocabulary", "lexicon", "alerts", "clips"}


class Daemon:
    """A daemon on a folder of its own, pushed after every commit where there is a bucket."""

    def __init__(self, root: Path, shard: Shard, bucket: Bucket | None) -> None:
        self.folder, self.shard = DataFolder(root), shard
        root.mkdir()
        (root / "salt").write_bytes(SALT)
        self.store = Store(self.folder.warehouse)
        self.engine = Engine(
            self.folder, settings(lexicon="full", forecast=True), "live", self.store
        )
        self.pusher = self.exchange = None
        if bucket:
            self.pusher = Pusher(bucket, shard.number, self.folder, ABSENT, root.name)
            self.exchange = Exchange(bucket, shard, self.engine.state, lambda: self.store.revision)

    def hear(self, batch: Batch) -> None:
        """Its channels' part of the chat."""
        own = [item for item in batch.items if self.shard.has(item.channel)]
        self.engine.feed(Batch(batch.at, tuple(own)))

    def turn(self) -> None:
        self.engine.commit()
        if self.pusher and self.exchange:
            self.exchange.step()
            self.pusher.push({})


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found = open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.nodeid}"))
    found.put("install.json", b'{"v":1,"salt":"abc","shards":2}')
    return found


@pytest.fixture
def daemons(tmp_path: Path, bucket: Bucket) -> Iterator[list[Daemon]]:
    """Shard 0, shard 1, and one that has all."""
    places = [(Shard(0, 2), bucket), (Shard(1, 2), bucket), (ALONE, None)]
    found = [Daemon(tmp_path / f"d{k}", *place) for k, place in enumerate(places)]
    yield found
    for daemon in found:
        daemon.engine.state.buffer.close()
        daemon.store.close()


def chat(t0: float, dice: random.Random) -> list[Batch]:
    """Seeded chat with everything that sources tell: late, twice, taken back, of opted-out ones."""
    batches = []
    for second in range(MINUTES * 60):
        at, items = t0 + second, list[Item]()
        for n, name in enumerate(CHANNELS):
            if second == n:
                items += [ChannelInfo(name, f"{100 + n}", name.title(), "en", at)]
                items += [StreamStart(name, at, f"{name}:1", "a title", "Chess"), Watch(name, at)]
            if second > n and dice.random() < 0.3 + 0.1 * n:
                late = dice.choice([0.0, 0.0, 0.0, 9.0, 50.0])
                said = max(t0 + n + 1, at - late)
                who, text = f"user{dice.randrange(30)}", dice.choice(WORDS)
                message = Message(f"{name}{second}", name, said, who, text, ())
                items += [message] * dice.choice([1, 1, 1, 2])
            if second % 97 == n:
                items.append(Happening(name, at, "sub", "tier 1", f"sub{name}{second}"))
            if second % 211 == n + 20:
                items.append(Retract(name, at, f"{name}{second - 20}"))
            if second > n:
                items.append(Heard(name, at))
        batches.append(Batch(at, tuple(items)))
    ended = tuple(StreamEnd(name, t0 + MINUTES * 60) for name in CHANNELS[:3])
    return [*batches, Batch(t0 + MINUTES * 60 + 40, ended)]


def ask(daemons: list[Daemon], *asked: tuple[str, str, dict[str, str]]) -> None:
    """Of shard 0, and of the one that has all: (id, action, body) of each."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for daemon in (daemons[0], daemons[2]):
        for name, action, body in asked:
            send(daemon.folder.inbox, Request(name, at, "test", action, body))
    until = time.monotonic() + PATIENCE_S
    while InboxFolder(daemons[0].folder.inbox).waiting() and time.monotonic() < until:
        for daemon in daemons[:2]:
            daemon.turn()
    daemons[0].turn()
    daemons[2].turn()
    told = [outcome(d.folder.inbox, name) for d in (daemons[0], daemons[2]) for name, _, _ in asked]
    assert told == [""] * len(told)


def merged(tmp_path: Path, bucket: Bucket) -> DataFolder:
    reader = DataFolder(tmp_path / "reader")
    mirroring = Mirroring(bucket, reader, 0)
    mirroring.round()
    mirroring.round()
    return reader


def rounded(found: Any) -> Any:
    """Sums over more channels at once differ in their last digits."""
    if isinstance(found, list | tuple):
        return [rounded(one) for one in found]
    return round(found, 9) if isinstance(found, float) else found


def same(reader: DataFolder, one: DataFolder) -> None:
    for table in sorted(TABLES.keys() - APART):
        query = f"SELECT * EXCLUDE (rev) FROM {table} ORDER BY ALL"
        if table == "samples":
            query = "SELECT * FROM samples ORDER BY ALL"
        assert rounded(rows(reader, query)) == rounded(rows(one, query)) != [], table
    served = [
        {path.name: {k: v for k, v in orjson.loads(path.read_bytes()).items()
                     if k != "generated_at"} for path in folder.latest.glob("*.json")}
        for folder in (reader, one)
    ]  # fmt: skip
    assert served[0] == served[1] and len(served[0]) == len(CHANNELS)


def test_two_shards_and_a_merged_reader_are_one_daemon(
    daemons: list[Daemon], bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_COMMIT_S", 1e9)  # but for the turns here: all at the same time
    t0 = float(window_start(time.time() - MINUTES * 60 - 60))
    batches = chat(t0, random.Random(19))
    out, gone = ({"chatter_hash": str(Hasher(SALT).of(who))} for who in ("user3", "user7"))
    ask(daemons, ("o1", "opt-out", out))
    for number, batch in enumerate(batches):
        for daemon in daemons:
            daemon.hear(batch)
            if number % 30 == 6:
                daemon.turn()
        if number == 160:
            here = {"channel": "dan", "text": "here"}
            ask(daemons, ("f1", "forget", gone), ("m1", "marker", here))
    for daemon in daemons:
        daemon.turn()
        daemon.engine.housekeeping()
        daemon.turn()
    reader = merged(tmp_path, bucket)
    same(reader, daemons[2].folder)
    (counted,) = rows(reader, "SELECT sum(n_messages), count(*) FROM windows")[0:1]
    assert counted[0] > 250 and counted[1] > 30
    ask(daemons, *((f"f{c}", "forget", {"channel": c}) for c in ("bob", "cid")))
    left = {path.name for path in daemons[2].folder.latest.glob("*.json")}
    reader = merged(tmp_path, bucket)
    for table in ("windows", "window_terms", "streams", "events", "samples"):
        query = f"SELECT * EXCLUDE (rev) FROM {table} ORDER BY ALL".replace(
            " EXCLUDE (rev)", "" if table == "samples" else " EXCLUDE (rev)"
        )
        assert rows(reader, query) == rows(daemons[2].folder, query), table
    assert {path.name for path in reader.latest.glob("*.json")} == left


def test_a_channel_that_was_claimed_by_another_leaves_the_list_of_shard_0(
    daemons: list[Daemon],
) -> None:
    name = next(name for name in CHANNELS if daemons[1].shard.has(name))
    wish = Request(
        "o1", "2026-01-01T00:00:00Z", "t", "opt-in", {"channel_id": "7", "channel": name}
    )
    send(daemons[0].folder.inbox, wish)
    at = float(window_start(time.time() - 180))

    def turns() -> list[str]:
        for _ in range(6):
            for daemon in daemons[:2]:
                daemon.turn()
        return load_channels(daemons[0].folder.channels)

    assert turns() == [name]
    daemons[1].hear(Batch(at, (ChannelInfo(name, "8"), Watch(name, at))))
    assert turns() == []

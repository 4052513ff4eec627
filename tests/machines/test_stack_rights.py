"""Shards, mirror and collector at work with the rights that the templates give them."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from obstore.store import MemoryStore

from pipeline.alerts import Alert
from pipeline.chat.message import Batch, ChannelInfo, Heard, Item, Message, StreamStart, Watch
from pipeline.engine.control import ControlFile, Exchange
from pipeline.engine.engine import Engine
from pipeline.engine.snapshot import Snapshots
from pipeline.privacy.hashing import Hasher
from tests.helpers.build import SALT, outcome, send, settings
from tests.machines.test_stack import BUCKET, is_allowed, made, statements
from warehouse.bucket.claim import Claims
from warehouse.bucket.control import get_control
from warehouse.bucket.install import check_install
from warehouse.bucket.mirroring import Mirroring
from warehouse.bucket.objects import Bucket, Listed
from warehouse.bucket.push import Pusher
from warehouse.bucket.trained import push_trained, take_trained
from warehouse.config import DataFolder
from warehouse.inbox.requests import Request
from warehouse.records import iso, utc, window_start
from warehouse.shards import Shard, shard_of
from warehouse.store.store import Store

__all__ = ["made"]  # the fixture: all that the templates make
CHANNELS = ("ann", "bob", "cid", "dan")


class Guarded(Bucket):
    """A bucket in memory that does what the policies of a role allow, and fails at the rest."""

    def __init__(self, store: MemoryStore, role: str) -> None:
        super().__init__(store, "s3://dld")
        self.role, self.rules = role, statements(role)
        self.asked = set[str]()

    def _ask(self, action: str, name: str) -> None:
        assert is_allowed(self.rules, action, f"{BUCKET}/{name}"), (self.role, action, name)
        self.asked.add(f"{action} {name.split('/')[0]}")

    def put(self, name: str, data: bytes | Path, tag: str | None = None) -> str:
        self._ask("s3:PutObject", name)
        return super().put(name, data, tag)

    def get(self, name: str, *how: Any, **more: Any) -> tuple[bytes, str] | None:
        self._ask("s3:GetObject", name)
        return super().get(name, *how, **more)

    def load(self, name: str, target: Path, most: int = 0) -> int:
        self._ask("s3:GetObject", name)
        return super().load(name, target, most)

    def list(self, prefix: str) -> Iterator[Listed]:
        assert is_allowed(self.rules, "s3:ListBucket", BUCKET)
        return super().list(prefix)

    def drop(self, names: Iterable[str]) -> None:
        gone = [*names]
        for name in gone:
            self._ask("s3:DeleteObject", name)
        super().drop(gone)


class Daemon:
    """A shard on a folder of its own, pushed after every turn."""

    def __init__(self, root: Path, number: int, store: MemoryStore) -> None:
        self.bucket, self.folder = Guarded(store, str(number)), DataFolder(root)
        self.number = number
        root.mkdir()
        (root / "salt").write_bytes(SALT)
        check_install(self.bucket, 2, SALT)
        tag, writer = Claims(self.bucket, number, self.folder).take()
        self.store = Store(self.folder.warehouse)
        self.engine = Engine(self.folder, settings(), "live", self.store)
        self.pusher = Pusher(self.bucket, number, self.folder, tag, writer)
        self.snapshots = Snapshots()
        self.exchange = Exchange(
            self.bucket, Shard(number, 2), self.engine.state, lambda: self.store.revision
        )

    def turn(self, at: float, *items: Item) -> None:
        """A batch of its own channels' items, committed and pushed."""
        self.engine.feed(
            Batch(at, tuple(i for i in items if shard_of(i.channel, 2) == self.number))
        )
        self.engine.commit()
        self.exchange.step()
        if not self.number:
            ControlFile(self.bucket, self.folder).step()
        self.snapshots.take(self.engine.state)
        assert self.snapshots.newest
        self.pusher.push(self.snapshots.newest.private)
        self.pusher.touch()

    def end(self) -> None:
        self.engine.state.buffer.close()
        self.store.close()


def test_shards_mirror_and_collector_need_no_more_than_their_roles_allow(tmp_path: Path) -> None:
    store, reader = MemoryStore(), DataFolder(tmp_path / "reader")
    collector = Guarded(store, "Collect")
    check_install(collector, 2, SALT)
    daemons = [Daemon(tmp_path / f"d{k}", k, store) for k in range(2)]
    mirroring = Mirroring(Guarded(store, "Reader"), reader, 0)
    t0 = float(window_start(time.time() - 180))
    for second in range(0, 120, 5):
        at = t0 + second
        for daemon in daemons:
            daemon.turn(at, *(item for c in CHANNELS for item in said(c, at)))
    mirroring.round()
    who = str(Hasher(SALT).of("ann"))
    send(reader.inbox, Request("f1", iso(utc(time.time())), "t", "forget", {"chatter_hash": who}))
    opted = Request("o1", iso(utc(time.time())), "t", "opt-out", {"channel": "zoe"})
    send(reader.inbox, opted)
    for daemon in daemons:
        assert daemon.engine.state.tell_terms is not None
        daemon.engine.state.tell_terms([Alert("new_term x", "", utc(0), "new_term", {})])
    for _ in range(20):
        mirroring.round()
        for daemon in daemons:
            daemon.turn(t0 + 120)
    push_trained(daemons[0].bucket, daemons[0].folder, {})
    take_trained(daemons[1].bucket, daemons[1].folder)
    assert outcome(reader.inbox, "f1") == "" and outcome(reader.inbox, "o1") == ""
    assert reader.optout.is_file()
    assert get_control(collector) is not None
    assert mirroring.state.troubles == {}
    for daemon in daemons:
        daemon.end()
    # what was really asked for
    assert "s3:DeleteObject inbox" in daemons[0].bucket.asked
    assert "s3:GetObject shard-0" in daemons[1].bucket.asked
    assert "s3:PutObject alerts" in daemons[1].bucket.asked


def said(channel: str, at: float) -> Iterator[Item]:
    yield ChannelInfo(channel, str(100 + CHANNELS.index(channel)))
    yield StreamStart(channel, at, f"{channel}:1")
    yield Watch(channel, at)
    yield Message(f"{channel}{at}", channel, at, "ann", "great stream", ())
    yield Heard(channel, at)

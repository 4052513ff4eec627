"""Pushing beside the turns: what is told as stored is in the bucket, and nothing else is."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import orjson
import pytest

from pipeline.chat.message import Batch, ChannelInfo, Message, Source, StreamStart, Watch
from pipeline.engine import daemon, pushing
from pipeline.engine.engine import Engine
from pipeline.engine.pushing import Pushing
from tests.helpers.build import outcome, settings
from tests.helpers.patience import PATIENCE_S, eventually, play
from warehouse.bucket import push
from warehouse.bucket.objects import ABSENT, Bucket, BucketFailed, Replaced, open_bucket
from warehouse.bucket.push import Pusher
from warehouse.config import BucketSettings, DataFolder
from warehouse.inbox.requests import InboxFolder, Request, asked_now
from warehouse.records import window_start
from warehouse.store.store import Store

T0 = float(window_start(time.time() - 600))
FIRST = (StreamStart("demo", T0, "s1"), Watch("demo", T0), Message("0", "demo", T0, "1", "great"))


class Told(Source):
    """A source that says a window a turn, and knows what it was told is stored."""

    kind = "live"

    def __init__(self, turns: int = 4) -> None:
        self.turns, self.heard = turns, list[float]()
        self.each = 0.05

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("demo", "12")]

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch(T0, FIRST)
        for k in range(1, self.turns):
            at = T0 + 30 * k
            yield Batch(at + 6, (Message(f"{k}", "demo", at, "1", "great"),))
            await asyncio.sleep(self.each)
            if self.enough():
                return

    def enough(self) -> bool:
        return False

    def stored(self, clock: float) -> None:
        self.heard.append(clock)


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.name}"))


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Engine:
    return Engine(folder, settings(), "live", store)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "EVERY_S", 0.1)
    monkeypatch.setattr(pushing, "LOOK_S", 0.02)
    monkeypatch.setattr(pushing, "_WAITS_S", (0.05,))


def run(engine: Engine, bucket: Bucket, source: Source) -> None:
    pusher = Pusher(bucket, 0, engine.state.folder, ABSENT, "me")
    play(daemon.run(engine, source, Pushing(pusher, engine.state)))


def manifest(bucket: Bucket) -> dict[str, object]:
    found = bucket.get("shard-0/manifest.json")
    assert found
    return dict(orjson.loads(found[0]))


def windows_of(bucket: Bucket) -> int:
    """Rows that are pushed."""
    with suppress(FileNotFoundError):
        return sum(file["rows"] for file in manifest(bucket)["tables"]["windows"])  # type: ignore[index]
    return 0


def test_the_last_push_has_all_and_its_meta_is_of_its_revision(
    engine: Engine, bucket: Bucket
) -> None:
    source = Told()
    run(engine, bucket, source)
    body = manifest(bucket)
    found = bucket.get(f"shard-0/{body['private']['meta']}")  # type: ignore[index]
    assert found
    meta = orjson.loads(found[0])
    assert int(meta["revision"]) == body["revision"] == engine.state.publisher.manifest.revision
    assert float(meta["clock"]) == source.heard[-1] == T0 + 96
    assert sum(f["rows"] for f in body["tables"]["windows"]) == 3  # type: ignore[index]


def test_nothing_is_told_as_stored_while_the_bucket_is_down(
    engine: Engine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, heard = Bucket.put, list[list[float]]()

    class Long(Told):
        async def batches(self) -> AsyncIterator[Batch]:
            async for batch in super().batches():
                yield batch
                if batch.at == T0 + 186:  # the last before the bucket is back
                    await eventually(lambda: len(heard) > 1)

    def down(self: Bucket, *values: object) -> str:
        if engine.state.clock < T0 + 200:
            heard.append(list(source.heard))
            raise BucketFailed("down")
        return put(self, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(Bucket, "put", down)
    source = Long(10)
    run(engine, bucket, source)
    assert not any(heard)
    assert source.heard[-1] == T0 + 276


def test_a_push_that_takes_long_is_no_silence(
    engine: Engine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TOUCH_S", 0.02)
    put, signs, seen = bucket.put, list[bytes](), threading.Event()

    def slow(name: str, data: Any, *more: Any) -> str:
        if name.endswith("/alive"):
            signs.append(data)
            if len(signs) > 2:
                seen.set()
        elif "/windows/" in name:  # as long as it takes
            assert seen.wait(PATIENCE_S)
        return put(name, data, *more)

    monkeypatch.setattr(bucket, "put", slow)
    run(engine, bucket, Told())
    assert len(set(signs)) == len(signs)  # each is another: who stands by sees that


def test_a_replaced_writer_ends_with_one_error(engine: Engine, bucket: Bucket) -> None:
    bucket.put("shard-0/manifest.json", b"{}")
    source = Told(100_000)
    with pytest.raises(Replaced):
        run(engine, bucket, source)
    assert not any(source.heard)


def test_what_is_forgotten_leaves_the_bucket_at_once(engine: Engine, bucket: Bucket) -> None:
    class Forgets(Told):
        async def batches(self) -> AsyncIterator[Batch]:
            async for batch in super().batches():
                yield batch
            await eventually(lambda: any("windows/" in o.name for o in bucket.list("shard-0")))
            request = Request("f1", asked_now(), "command", "forget", {"channel": "demo"})
            InboxFolder(engine.state.folder.inbox).put(request)
            inbox, k = engine.state.folder.inbox, 0
            while outcome(inbox, "f1") is None or windows_of(bucket):
                yield Batch(T0 + 130 + min(k, 20))  # no other window closes
                await asyncio.sleep(0.1)
                k += 1

    run(engine, bucket, Forgets())
    body = manifest(bucket)
    for table in ("windows", "window_terms", "streams", "samples", "channels"):
        (empty,) = body["tables"][table]  # type: ignore[index]
        there = [found.name for found in bucket.list(f"shard-0/{table}")]
        assert (there, empty["rows"]) == ([f"shard-0/{empty['path']}"], 0)


def test_a_quiet_source_is_told_that_all_is_stored(engine: Engine, bucket: Bucket) -> None:
    class Quiet(Told):
        async def batches(self) -> AsyncIterator[Batch]:
            for k in range(10):
                yield Batch(T0 + k)
                await eventually(lambda k=k: len(set(self.heard)) >= k // 2)

    source = Quiet()
    run(engine, bucket, source)
    assert source.heard[-1] == T0 + 9


def test_while_the_bucket_does_not_answer_the_lease_of_reading_is_not_renewed(
    engine: Engine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TOUCH_S", 0.05)
    source, leases, put = Told(100_000), list[float](), bucket.put

    def refusing(*values: Any) -> str:
        if 5 <= len(leases) < 10:
            raise BucketFailed("no answer")
        return put(*values)

    monkeypatch.setattr(bucket, "put", refusing)
    monkeypatch.setattr(source, "leased", leases.append)
    monkeypatch.setattr(source, "enough", lambda: len(set(leases[9:])) > 2)
    run(engine, bucket, source)
    assert len(set(leases[4:10])) == 1
    assert leases[0] <= leases[4] < leases[-1]

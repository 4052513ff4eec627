"""Restoring from a bucket: the newest days at once, the rest by reference, all of it in the end."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.build import T, put, sample_row, samples, stored, stream_row, window_row
from warehouse.bucket.claim import SILENT_S, Claims
from warehouse.bucket.objects import ABSENT, Bucket, BucketFailed, Replaced, open_bucket
from warehouse.bucket.past import Past
from warehouse.bucket.push import Pusher
from warehouse.bucket.restore import restore_shard
from warehouse.bucket.restore_all import restore_all
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.published.publisher import Publisher
from warehouse.shards import shard_of
from warehouse.store.store import Store

DAY, DAYS = 86400, 14
TABLES = ("windows", "window_hours", "term_days", "streams", "channels", "learnt", "events")
EVERYTHING = "SELECT * FROM {} ORDER BY ALL"


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.name}"))


def private(store: Store) -> dict[str, bytes]:
    meta = {row["name"]: row["value"] for row in store.query("all_meta").to_pylist()}
    return {"meta": orjson.dumps(meta), "optout": b'{"v":1,"chatters":[],"channels":[]}'}


def channel_row(name: str) -> dict[str, Any]:
    return {"channel": name, "channel_id": f"1{len(name)}", "login": name, "source": "live"}


def fill(store: Store, publisher: Publisher, channel: str = "demo", days: int = DAYS) -> None:
    """A window an hour of so many days, a commit a day."""
    put(store, channels=[channel_row(channel)], streams=[
        stream_row(0, None, f"{channel}:1", channel=channel)
    ])  # fmt: skip
    for day in range(days):
        at = [day * DAY + hour * 3600 for hour in range(24)]
        put(store, windows=[window_row(a, channel=channel) for a in at])
        publisher.publish()
    lines = [sample_row(days * DAY, channel=channel)]
    store.write({}, {"clock": str(T + days * DAY), "source": "live"})
    publisher.publish(samples(*lines))
    publisher.put_latest(f"1{len(channel)}", b'{"login":"demo"}')


def pushed(bucket: Bucket, root: Path, shard: int = 0, channel: str = "demo") -> DataFolder:
    """A folder with two weeks, pushed as that shard."""
    folder = DataFolder(root)
    with Store(folder.warehouse) as store:
        publisher = Publisher(folder, store, "live")
        fill(store, publisher, channel)
        Pusher(bucket, shard, folder, ABSENT, "first").push(private(store))
    return folder


def rows(folder: DataFolder) -> dict[str, list[Any]]:
    with Store(folder.warehouse) as store:
        return {table: stored(store, EVERYTHING.format(table)) for table in TABLES}


def restored(bucket: Bucket, root: Path) -> DataFolder:
    folder = DataFolder(root)
    found = bucket.get("shard-0/manifest.json")
    assert found
    restore_shard(bucket, 0, found[0], folder)
    return folder


def test_the_newest_days_come_at_once_and_the_rest_by_and_by(
    bucket: Bucket, tmp_path: Path
) -> None:
    first = rows(pushed(bucket, tmp_path / "first"))
    folder = restored(bucket, tmp_path / "second")
    at_once = rows(folder)
    assert 8 * 24 <= len(at_once["windows"]) <= 10 * 24
    assert at_once["streams"] == first["streams"]
    steps = 0
    while True:
        with Store(folder.warehouse) as store:  # a restart between any two
            publisher = Publisher(folder, store, "live")
            past = Past(bucket, 0, folder, store, publisher)
            if not past.awaited:
                break
            past.step()
            steps += 1
    assert steps > 5
    assert rows(folder) == first
    assert not list(folder.published.rglob("*.part"))


def test_it_publishes_on_while_the_past_is_on_its_way(bucket: Bucket, tmp_path: Path) -> None:
    pushed(bucket, tmp_path / "first")
    folder = restored(bucket, tmp_path / "second")
    with Store(folder.warehouse) as store:
        publisher = Publisher(folder, store, "live")
        before = publisher.manifest
        put(store, windows=[window_row(DAYS * DAY), window_row(13 * DAY)])  # a new one, one anew
        after = publisher.publish()
        assert sum(f.rows for f in after.tables["windows"]) == DAYS * 24 + 1
        assert set(store.awaited()) <= after.paths() & before.paths()
        pusher = Pusher(bucket, 0, folder, ABSENT, "second")
        with pytest.raises(Replaced):
            pusher.push(private(store))


def test_lost_files_do_not_take_the_past_with_them(bucket: Bucket, tmp_path: Path) -> None:
    pushed(bucket, tmp_path / "first")
    folder = restored(bucket, tmp_path / "second")
    with Store(folder.warehouse) as store:
        kept = {*store.awaited()}
        next(
            p for p in folder.published.glob("windows/*") if f"windows/{p.name}" not in kept
        ).unlink()
        with pytest.raises(WarehouseBroken, match=r"remove .*warehouse\.duckdb and start again"):
            Publisher(folder, store, "live")


def test_all_shards_come_back_into_one_folder_and_other_shards_get_their_channels(
    bucket: Bucket, tmp_path: Path
) -> None:
    one = rows(pushed(bucket, tmp_path / "one", 0, "demo"))
    two = rows(pushed(bucket, tmp_path / "two", 1, "another"))
    whole = DataFolder(tmp_path / "whole")
    assert restore_all(bucket, 2, whole, lambda key: True) == 2 * DAYS * 24
    both = rows(whole)
    for table in ("windows", "window_hours", "streams", "channels"):
        assert sorted(map(repr, both[table])) == sorted(map(repr, one[table] + two[table])), table
    with Store(whole.warehouse) as store:
        manifest = Publisher(whole, store, "live").publish()
        assert sum(f.rows for f in manifest.tables["samples"]) == 2
        assert sum(f.rows for f in manifest.tables["windows"]) == 2 * DAYS * 24
    assert len(list(whole.latest.glob("*.json"))) == 2
    part = DataFolder(tmp_path / "part")
    own = shard_of("demo", 64)
    restore_all(bucket, 2, part, lambda key: shard_of(key, 64) == own)
    assert rows(part)["windows"] == one["windows"]
    with pytest.raises(BadInput, match="has a warehouse"):
        restore_all(bucket, 2, part, lambda key: True)


# -- claims --------------------------------------------------------------------------------


class Clock:
    """Time that passes while somebody sleeps; `then` is done at each sleep."""

    def __init__(self) -> None:
        self.now, self.then = 0.0, lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.then()


def claims(bucket: Bucket, folder: DataFolder, clock: Clock) -> Claims:
    return Claims(bucket, 0, folder, clock, clock.sleep)


def test_an_empty_bucket_is_whose_folder_comes_first(bucket: Bucket, tmp_path: Path) -> None:
    clock = Clock()
    tag, writer = claims(bucket, DataFolder(tmp_path), clock).take()
    assert (tag, clock.now) == (ABSENT, 0)
    assert claims(bucket, DataFolder(tmp_path), clock).take() == (ABSENT, writer)


def test_a_silent_writer_is_taken_over_and_told_so(bucket: Bucket, tmp_path: Path) -> None:
    first, clock = pushed(bucket, tmp_path / "first"), Clock()
    held = bucket.get("shard-0/manifest.json")
    assert held
    before = Pusher(bucket, 0, first, held[1], "first")
    second = DataFolder(tmp_path / "second")
    tag, writer = claims(bucket, second, clock).take()
    assert SILENT_S <= clock.now <= SILENT_S + 5
    with Store(first.warehouse) as store, pytest.raises(Replaced):
        before.push(private(store))
    with Store(second.warehouse) as store:
        Publisher(second, store, "live")
        Pusher(bucket, 0, second, tag, writer).push(private(store))
    clock.now = 0
    assert claims(bucket, second, clock).take()[1] == writer  # its own again, at once
    assert clock.now == 0


def test_nobody_takes_over_from_a_writer_that_lives_or_cannot_be_seen(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, clock = pushed(bucket, tmp_path / "first"), Clock()
    touches, downs, get = iter(range(20)), iter(range(30)), Bucket.get
    living = Pusher(bucket, 0, first, ABSENT, "first")

    def touch() -> None:
        if int(clock.now) % 10 == 0 and next(touches, None) is not None:
            living.touch()

    def seen(self: Bucket, *values: Any) -> Any:
        if 200 < clock.now < 300 and next(downs, None) is not None:
            raise BucketFailed("down")
        return get(self, *values)

    clock.then = touch
    monkeypatch.setattr(Bucket, "get", seen)
    claims(bucket, DataFolder(tmp_path / "second"), clock).take()
    assert clock.now > 260 + SILENT_S


def test_a_folder_with_another_history_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    pushed(bucket, tmp_path / "first")
    other = DataFolder(tmp_path / "other")
    with Store(other.warehouse):
        pass
    with pytest.raises(BadInput, match="set DLD_DATA to an empty folder"):
        claims(bucket, other, Clock()).take()


def test_a_folder_that_was_replaced_comes_back_with_what_the_other_wrote(
    bucket: Bucket, tmp_path: Path
) -> None:
    first, clock = DataFolder(tmp_path / "first"), Clock()
    tag, writer = claims(bucket, first, clock).take()
    with Store(first.warehouse) as store:
        publisher = Publisher(first, store, "live")
        fill(store, publisher, days=2)
        Pusher(bucket, 0, first, tag, writer).push(private(store))
    second = DataFolder(tmp_path / "second")
    tag, writer = claims(bucket, second, clock).take()
    with Store(second.warehouse) as store:
        publisher = Publisher(second, store, "live")
        put(store, windows=[window_row(3 * DAY)])
        publisher.publish()
        Pusher(bucket, 0, second, tag, writer).push(private(store))
    claims(bucket, first, clock).take()
    assert rows(first)["windows"] == rows(second)["windows"]
    assert (first.root / "replaced.duckdb").is_file()


def test_a_folder_that_lost_its_warehouse_is_restored_at_once(
    bucket: Bucket, tmp_path: Path
) -> None:
    folder, clock = DataFolder(tmp_path / "first"), Clock()
    tag, writer = claims(bucket, folder, clock).take()
    with Store(folder.warehouse) as store:
        publisher = Publisher(folder, store, "live")
        fill(store, publisher, days=2)
        Pusher(bucket, 0, folder, tag, writer).push(private(store))
    before = rows(folder)
    folder.warehouse.unlink()
    claims(bucket, folder, clock).take()
    assert (rows(folder), clock.now) == (before, 0)


def test_what_a_newer_dld_pushed_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    folder = pushed(bucket, tmp_path / "first")
    held = bucket.get("shard-0/manifest.json")
    assert held
    with Store(folder.warehouse) as store:
        newer = {**private(store), "meta": b'{"schema":"999"}'}
        Pusher(bucket, 0, folder, held[1], "first").push(newer)
    with pytest.raises(WarehouseBroken, match="newer DLD"):
        claims(bucket, DataFolder(tmp_path / "second"), Clock()).take()

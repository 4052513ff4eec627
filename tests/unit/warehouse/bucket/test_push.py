"""Pushes: the bucket has what published/ has, whole, by one writer."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.build import T, put, sample_row, samples, window_row
from tests.unit.warehouse.bucket.conftest import Clock
from warehouse.bucket.objects import ABSENT, Bucket, BucketFailed, Replaced
from warehouse.bucket.push import LINGER_S, Pusher
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.publisher import Publisher
from warehouse.records import iso, utc
from warehouse.store.store import Store

PRIVATE = {"meta": b"m", "learnt": b"l"}


@pytest.fixture
def publisher(folder: DataFolder, store: Store) -> Publisher:
    publisher = Publisher(folder, store, "live")
    put(store, windows=[window_row(0)])
    publisher.publish(samples(sample_row(0)))
    publisher.put_latest("12", b'{"login":"demo"}')
    return publisher


@pytest.fixture
def pusher(bucket: Bucket, folder: DataFolder, publisher: Publisher, clock: Clock) -> Pusher:
    return Pusher(bucket, 1, folder, ABSENT, "me", now_s=clock)


def manifest(bucket: Bucket) -> dict[str, Any]:
    found = bucket.get("shard-1/manifest.json")
    assert found
    return dict(orjson.loads(found[0]))


def names(bucket: Bucket, table: str = "") -> set[str]:
    return {found.name.removeprefix("shard-1/") for found in bucket.list(f"shard-1/{table}")}


def test_all_that_the_manifest_names_is_there_and_as_published(
    bucket: Bucket, folder: DataFolder, pusher: Pusher
) -> None:
    pushed = pusher.push(PRIVATE)
    body = manifest(bucket)
    assert body["writer"] == "me" and body["version"] == pushed.version
    for path in pushed.paths():
        found = bucket.get(f"shard-1/{path}")
        assert found and found[0] == (folder.published / path).read_bytes()
    bodies = bucket.get(f"shard-1/{body['bodies']}")
    assert bodies and orjson.loads(bodies[0]) == {"12": {"login": "demo"}}
    assert {k: bucket.get(f"shard-1/{v}")[0] for k, v in body["private"].items()} == PRIVATE  # type: ignore[index]


def test_what_has_not_changed_is_not_put_again(
    bucket: Bucket, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher.push(PRIVATE)
    monkeypatch.setattr(Bucket, "put", lambda *_: pytest.fail("put again"))
    pusher.push(PRIVATE)


def test_samples_leave_the_bucket_at_once_and_other_files_after_ten_minutes(
    bucket: Bucket, publisher: Publisher, pusher: Pusher, store: Store, clock: Clock
) -> None:
    before = pusher.push(PRIVATE)
    put(store, windows=[window_row(0, mean=0.1)])
    publisher.publish(drop_samples_before=iso(utc(T + 30)))
    after = pusher.push(PRIVATE)
    left = before.paths() - after.paths()
    assert {path.partition("/")[0] for path in left} == {"windows", "samples"}
    assert names(bucket, "samples") == {file.path for file in after.tables["samples"]}
    assert {path for path in left if path.startswith("windows")} <= names(bucket)
    clock.now = LINGER_S
    pusher.push(PRIVATE)
    assert not left & names(bucket)


def test_a_writer_that_was_replaced_is_told_and_harms_nothing(
    bucket: Bucket, folder: DataFolder, publisher: Publisher, pusher: Pusher, store: Store
) -> None:
    pusher.push(PRIVATE)
    other = Pusher(bucket, 1, folder, pusher.tag, "other")
    other.push(PRIVATE)
    there = names(bucket)
    put(store, windows=[window_row(30)])
    publisher.publish()
    with pytest.raises(Replaced):
        pusher.push(PRIVATE)
    assert manifest(bucket)["writer"] == "other" and there <= names(bucket)


def test_a_bucket_that_somebody_emptied_ends_its_writer(
    bucket: Bucket, publisher: Publisher, store: Store, pusher: Pusher
) -> None:
    pusher.push(PRIVATE)
    bucket.drop([f"shard-1/{name}" for name in names(bucket)])
    put(store, windows=[window_row(30)])
    publisher.publish()
    with pytest.raises(Replaced):
        pusher.push(PRIVATE)


def test_what_an_earlier_writer_left_half_done_goes(
    bucket: Bucket, pusher: Pusher, clock: Clock
) -> None:
    bucket.put("shard-1/windows/half.parquet", b"?")
    bucket.put("shard-1/samples/half.parquet", b"?")
    pusher.push(PRIVATE)
    assert "samples/half.parquet" not in names(bucket)
    clock.now = LINGER_S
    pusher.push(PRIVATE)
    assert "windows/half.parquet" not in names(bucket)


def test_a_manifest_whose_answer_was_lost_is_known_as_our_own(
    bucket: Bucket,
    publisher: Publisher,
    pusher: Pusher,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pusher.push(PRIVATE)
    put(store, windows=[window_row(30)])
    publisher.publish()
    real = Bucket.put

    def lost(self: Bucket, name: str, data: bytes | Path, tag: str | None = None) -> str:
        real(self, name, data, tag)
        if "manifest" in name:
            raise BucketFailed("no answer")
        return ""

    monkeypatch.setattr(Bucket, "put", lost)
    with pytest.raises(BucketFailed):
        pusher.push(PRIVATE)
    monkeypatch.setattr(Bucket, "put", real)
    put(store, windows=[window_row(60)])
    version = publisher.publish().version
    pusher.push(PRIVATE)
    assert manifest(bucket)["version"] == version


def test_a_file_that_went_meanwhile_means_a_newer_manifest(
    bucket: Bucket, publisher: Publisher, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Bucket.put
    drops = [iso(utc(T + 30))]

    def slow(self: Bucket, name: str, data: bytes | Path, tag: str | None = None) -> str:
        if drops and "samples" in name:
            publisher.publish(drop_samples_before=drops.pop())
        return real(self, name, data, tag)

    monkeypatch.setattr(Bucket, "put", slow)
    assert pusher.push(PRIVATE).version == publisher.manifest.version


def test_a_file_that_was_lost_is_told(
    folder: DataFolder, publisher: Publisher, pusher: Pusher
) -> None:
    (folder.published / publisher.manifest.tables["windows"][0].path).unlink()
    with pytest.raises(NothingPublished, match="was lost"):
        pusher.push(PRIVATE)


def test_a_failure_at_any_object_is_made_good_by_the_next_push(
    bucket: Bucket, publisher: Publisher, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Bucket.put, iter(range(1000))

    def every_fifth(self: Bucket, name: str, data: bytes | Path, tag: str | None = None) -> str:
        if next(calls) % 5:
            raise BucketFailed("down")
        return real(self, name, data, tag)

    monkeypatch.setattr(Bucket, "put", every_fifth)
    for _ in range(40):
        try:
            pusher.push(PRIVATE)
            break
        except BucketFailed:
            pass
    assert publisher.manifest.paths() <= names(bucket)
    assert manifest(bucket)["version"] == publisher.manifest.version

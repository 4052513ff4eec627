"""A bucket of a real S3 store: its fence, and what it says of what cannot be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines.servers import KEYS, s3_store
from warehouse.bucket.objects import (
    ABSENT,
    Bucket,
    BucketFailed,
    BucketRefused,
    Replaced,
    open_bucket,
)
from warehouse.config import BucketSettings


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_store(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def opened(address: str, url: str = "s3://dld-test/here") -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=url, bucket_endpoint=address))


def test_of_two_writers_one_is_told(address: str, tmp_path: Path) -> None:
    bucket = opened(address)
    first = bucket.put("m", b"1", ABSENT)
    with pytest.raises(Replaced):
        bucket.put("m", b"2", ABSENT)
    second = bucket.put("m", b"2", first)
    with pytest.raises(Replaced):
        bucket.put("m", b"3", first)
    assert bucket.get("m") == (b"2", second) and bucket.get("m", second) is None
    assert bucket.load("m", tmp_path / "m") == 1
    bucket.drop(["m", "never"])
    with pytest.raises(FileNotFoundError):
        bucket.get("m")
    assert list(bucket.list("")) == []


def test_a_bucket_that_is_not_there_is_told_as_such(address: str) -> None:
    bucket = opened(address, "s3://no-such-bucket/here")
    for ask in (lambda: bucket.get("m"), lambda: list(bucket.list(""))):
        with pytest.raises(BucketRefused, match="make the bucket"):
            ask()


def test_wrong_keys_are_told_as_such(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(BucketRefused, match="credentials") as told:
        opened(address).get("m")
    assert "wrong" not in str(told.value)


def test_a_store_that_is_down_is_told_within_seconds() -> None:
    with pytest.raises(BucketFailed, match="cannot be reached"):
        opened("http://127.0.0.1:9").get("m")

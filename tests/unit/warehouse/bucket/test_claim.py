"""Claims: of two that begin at once one waits, and who was silent is told so."""

from pathlib import Path

import pytest

from warehouse.bucket.claim import SILENT_S, Claims
from warehouse.bucket.objects import ABSENT, Bucket, Replaced, open_bucket
from warehouse.bucket.push import Pusher
from warehouse.config import BucketSettings, DataFolder


class Time:
    """A clock that only sleeping moves. each: what happens while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.each = lambda: None

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.each()


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{tmp_path}"))


def claims(bucket: Bucket, root: Path, time: Time) -> Claims:
    return Claims(bucket, 0, DataFolder(root), lambda: time.now, time.sleep)


def pusher(bucket: Bucket, root: Path, claim: tuple[str, str], time: Time) -> Pusher:
    return Pusher(bucket, 0, DataFolder(root), *claim, now_s=lambda: time.now)


def test_who_begins_second_waits_until_the_first_is_silent_which_is_then_told(
    bucket: Bucket, tmp_path: Path
) -> None:
    time = Time()
    first = claims(bucket, tmp_path / "a", time).take()
    writing = pusher(bucket, tmp_path / "a", first, time)
    time.each = lambda: writing.touch() if time.now < 60 else None
    second = claims(bucket, tmp_path / "b", time).take()
    assert first[0] == second[0] == ABSENT
    assert 58 + SILENT_S <= time.now < 62 + SILENT_S
    with pytest.raises(Replaced):
        writing.touch()
    pusher(bucket, tmp_path / "b", second, time).touch()


def test_who_began_and_put_nothing_begins_again_at_once(bucket: Bucket, tmp_path: Path) -> None:
    time = Time()
    assert [claims(bucket, tmp_path, time).take() for _ in "12"] == [
        (ABSENT, bucket.get("shard-0/alive")[0].decode())  # type: ignore[index]
    ] * 2
    assert time.now == 0

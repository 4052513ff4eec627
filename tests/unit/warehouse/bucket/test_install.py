"""The install of a bucket: its salt and its number of shards are those of whoever came first."""

import pytest

from warehouse.bucket.install import check_install
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.config import BucketSettings
from warehouse.errors import BadInput


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.name}"))


def test_the_first_says_whose_it_is_and_never_tells_the_salt(bucket: Bucket) -> None:
    check_install(bucket, 2, b"0123456789abcdef")
    check_install(bucket, 2, b"0123456789abcdef")
    check_install(bucket, 2)
    found = bucket.get("install.json")
    assert found and b"0123456789abcdef" not in found[0]


@pytest.mark.parametrize(
    ("shards", "salt", "says"),
    [(3, b"one", "has 2 shards and DLD_SHARDS is 3"), (2, b"two", "another salt"), (1, None, "2")],
)
def test_another_install_is_refused(
    bucket: Bucket, shards: int, salt: bytes | None, says: str
) -> None:
    check_install(bucket, 2, b"one")
    with pytest.raises(BadInput, match=says):
        check_install(bucket, shards, salt)


def test_a_reader_who_comes_first_waits_for_the_writer(bucket: Bucket) -> None:
    check_install(bucket, 5)
    check_install(bucket, 2, b"one")


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"salt":1}', b"\xff"])
def test_one_that_cannot_be_read_is_told(bucket: Bucket, raw: bytes) -> None:
    bucket.put("install.json", raw)
    with pytest.raises(BadInput, match="cannot be read; remove it"):
        check_install(bucket, 2, b"one")

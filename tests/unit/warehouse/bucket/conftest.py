"""A bucket of this process alone, and a clock that stands still."""

import pytest

from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.config import BucketSettings


class Clock:
    """A monotonic clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.nodeid}"))


@pytest.fixture
def clock() -> Clock:
    return Clock()

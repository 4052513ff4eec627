"""Objects of a bucket as files: whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from obstore.exceptions import GenericError

from warehouse.bucket.objects import Bucket, BucketFailed


def test_what_is_cut_short_on_its_way_leaves_the_file_as_it_was(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a", b"new")
    target = tmp_path / "place" / "a"
    assert bucket.load("a", target) == 3

    class Cut:
        meta: ClassVar = {"size": 3}

        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise GenericError("reset by peer")

    monkeypatch.setattr("obstore.get", lambda *_: Cut())
    with pytest.raises(BucketFailed):
        bucket.load("a", target)
    assert [path.name for path in target.parent.iterdir()] == ["a"]
    assert target.read_bytes() == b"new"

"""Figures of a mirror among those of the EBS."""

import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from ebs.metrics import Metrics
from warehouse.records import iso


def scraped(path: Path) -> dict[str, float]:
    lines = Metrics(lambda: None, path).text().decode().splitlines()
    named = [
        line.rsplit(" ", 1) for line in lines if line.startswith("dld_ebs_") and "#" not in line
    ]
    return {name: float(value) for name, value in named if "mirror" in name or "shard" in name}


def test_a_mirror_tells_how_far_it_is_and_its_shards(tmp_path: Path) -> None:
    path, now = tmp_path / "mirror.json", time.time()
    at = [iso(datetime.fromtimestamp(now - ago, UTC)) for ago in (10, 100)]
    shards = [
        {"shard": 0, "published_at": at[0]},
        {"shard": 1, "published_at": at[1]},
        {"shard": 2},
    ]
    path.write_bytes(orjson.dumps({"at": at[0], "behind_s": 2.5, "shards": shards}))
    assert scraped(path) == {
        "dld_ebs_mirror_behind_seconds": pytest.approx(12.5, abs=2),
        'dld_ebs_shard_age_seconds{shard="0"}': pytest.approx(10, abs=2),
        'dld_ebs_shard_age_seconds{shard="1"}': pytest.approx(100, abs=2),
    }


@pytest.mark.parametrize("state", [b"", b"[]", b'{"at":7,"behind_s":1}', b'{"behind_s":"x"}'])
def test_without_a_mirror_that_can_be_read_there_are_none(tmp_path: Path, state: bytes) -> None:
    path = tmp_path / "mirror.json"
    assert scraped(path) == {}
    path.write_bytes(state)
    assert scraped(path) == {}

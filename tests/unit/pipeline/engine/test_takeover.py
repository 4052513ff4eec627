"""Takeovers: a worker dies at any moment, another goes on from bucket and queue, and all is as if
nobody had died."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.build import stored
from tests.helpers.takeovers import Worker, began, fill, pair, quick
from warehouse.atomic import locked
from warehouse.bucket.objects import Replaced
from warehouse.config import DataFolder
from warehouse.errors import WarehouseLocked
from warehouse.store.store import Store

WINDOWS = "SELECT * EXCLUDE (rev) FROM windows ORDER BY ALL"
TERMS = """SELECT * EXCLUDE (rev) FROM window_terms
    WHERE contribution <> 0 AND term <> '*' ORDER BY ALL"""
STREAMS = "SELECT * EXCLUDE (rev) FROM streams ORDER BY ALL"


def state(folder: DataFolder) -> list[list[Any]]:
    with Store(folder.warehouse) as store:
        return [stored(store, query) for query in (WINDOWS, TERMS, STREAMS)]


@pytest.mark.parametrize("seed", range(2))
def test_windows_are_as_if_nobody_had_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    quick(monkeypatch)
    moments, t0, seconds = random.Random(seed), began(900), 600
    until = t0 + seconds
    with pair(f"whole{seed}") as (_, queue):
        sent = fill(queue, t0, seconds)
        whole = Worker(tmp_path / "whole", f"whole{seed}")
        whole.run(until)
    with pair(f"killed{seed}") as (_, queue):
        assert fill(queue, t0, seconds, twice=20) == sent
        for number in range(3):
            Worker(tmp_path / f"{number}", f"killed{seed}").run(until, moments.uniform(0.1, 0.9))
        last = Worker(tmp_path / "last", f"killed{seed}")
        last.run(until)
    one, two = state(whole.folder), state(last.folder)
    assert len(one[0]) == 2 * (seconds // 30 - 1)
    for before, after in zip(one, two, strict=True):
        assert [row for row in after if row not in before] == []
        assert [row for row in before if row not in after] == []


def test_a_writer_that_was_frozen_meanwhile_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    t0 = began(900)
    with pair("frozen") as (bucket, queue):
        fill(queue, t0, 300)
        first = Worker(tmp_path / "first", "frozen")
        first.run(t0 + 300)
        shard = first.open()  # it goes on, and then somebody else takes over
        found = bucket.get("shard-0/manifest.json")
        assert found
        bucket.put("shard-0/manifest.json", found[0] + b" ")
        with pytest.raises(Replaced, match="another process writes this shard now"):
            first.run_as(shard, t0 + 400)


def test_two_processes_never_claim_for_one_folder(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "twins")
    with (
        locked(tmp_path / "claim.lock"),
        pytest.raises(WarehouseLocked, match="another process claims shard 0"),
    ):
        worker.open()

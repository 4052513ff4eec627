"""A mirror of two shards: what a cycle costs, and its queries against those of one folder with the
same rows. The bucket is in memory: what the network adds is the network's."""

import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.benchmarks.bench_publish import cycle
from tests.benchmarks.bench_queries import asked
from tests.benchmarks.history import CHANNELS
from tests.benchmarks.pages_history import Pages
from tests.helpers.build import T
from warehouse.bucket.mirroring import Mirroring
from warehouse.bucket.objects import ABSENT, Bucket, open_bucket
from warehouse.bucket.push import Pusher
from warehouse.config import BucketSettings, DataFolder
from warehouse.published.files import tidy
from warehouse.published.manifest import PublishedFile, read_manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.records import utc
from warehouse.sql import quoted, scan
from warehouse.store.store import Store
from warehouse.tables import TABLES

WINDOWS, CYCLES, WARM = 3_120, 20, 5  # a day and two hours of windows a channel
MOST_RATIO = 2.5  # of all queries together: a day has twice as many small files to plan for


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    bucket = open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{tmp_path}"))
    bucket.put("install.json", b'{"v":1,"salt":"abc","shards":2}')
    return bucket


@pytest.fixture
def one(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "one")
    Pages(folder, WINDOWS, lambda _: None).write()
    return folder


def split(one: DataFolder, shard: int, folder: DataFolder) -> None:
    """Half of the channels into a shard's folder, file by file; the rest is shard 0's."""
    manifest, tables = read_manifest(one.manifest), {}
    with duckdb.connect() as con:
        for name, files in manifest.tables.items():
            found = (_half(con, one, shard, folder, name, file) for file in files)
            tables[name] = tidy(tuple(found))
    write_manifest(folder.manifest, replace(manifest, tables=tables))


def _half(
    con: duckdb.DuckDBPyConnection, one: DataFolder, shard: int, folder: DataFolder,
    table: str, file: PublishedFile,
) -> PublishedFile:  # fmt: skip
    source, target = scan([one.published / file.path]), folder.published / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    columns = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    mine = f"ascii(right(channel, 1)) % 2 = {shard}" if "channel" in columns else f"{shard} = 0"
    order = ", ".join(f'"{c}"' for c in TABLES[table].order)
    ((rows,),) = con.execute(
        f"COPY (SELECT * FROM {source} WHERE {mine} ORDER BY {order}) "
        f"TO {quoted(target)} (FORMAT parquet)"
    ).fetchall()
    return replace(file, rows=rows) if rows else PublishedFile(file.path, 0)


def all_here(bucket: Bucket, folder: DataFolder) -> Mirroring:
    mirroring = Mirroring(bucket, folder, 0)
    while not mirroring.round():
        pass
    return mirroring


def values_of(reader: Reader, query: str, values: dict[str, Any]) -> list[str]:
    """Rows in some order; sums of floats are as exact as the order of adding lets them be."""
    found = reader.query(query, **values).to_pylist()
    return sorted(repr({k: _rounded(v) for k, v in row.items()}) for row in found)


def _rounded(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.9g}") + 0.0
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def warm_ms(reader: Reader, query: str, values: dict[str, Any]) -> float:
    times = []
    for _ in range(WARM):
        began = time.perf_counter()
        reader.query(query, **values)
        times.append((time.perf_counter() - began) * 1000)
    return min(times)  # whatever else the machine does


def test_a_mirror_of_two_shards_answers_as_one_folder_does(
    bucket: Bucket, one: DataFolder, tmp_path: Path
) -> None:
    for shard in (0, 1):
        folder = DataFolder(tmp_path / f"s{shard}")
        split(one, shard, folder)
        Pusher(bucket, shard, folder, ABSENT, "w", 1e10).push({})
    mirrored = DataFolder(tmp_path / "mirror")
    began = time.perf_counter()
    all_here(bucket, mirrored)
    size = sum(p.stat().st_size for p in mirrored.published.rglob("*.parquet"))
    print(f"\nfirst mirror: {size / 1e6:.0f} MB in {time.perf_counter() - began:.1f} s")
    newest = max(file.max for file in read_manifest(one.manifest).tables["windows"])
    end = datetime.fromisoformat(newest).replace(tzinfo=None) + timedelta(seconds=30)
    readers, sums = (Reader(one), Reader(mirrored)), [0.0, 0.0]
    print(f"{'query':24}{'of':26}{'one ms':>8}{'two ms':>8}{'ratio':>7}")
    for query, what, values in asked(end):
        rows = [values_of(reader, query, values) for reader in readers]
        assert rows[0] == rows[1], f"{query}, {what}"
        took = [warm_ms(reader, query, values) for reader in readers]
        sums = [a + b for a, b in zip(sums, took, strict=True)]
        print(f"{query:24}{what:26}{took[0]:8.1f}{took[1]:8.1f}{took[1] / took[0]:7.2f}")
    ratio = sums[1] / sums[0]
    print(f"all: {sums[0]:.0f} ms in one folder, {sums[1]:.0f} ms mirrored, ratio {ratio:.2f}")
    assert ratio < MOST_RATIO


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    with (
        Store(tmp_path / "s0" / "warehouse.duckdb") as first,
        Store(tmp_path / "s1" / "warehouse.duckdb") as second,
    ):
        yield [first, second]


def test_what_a_cycle_of_two_shards_costs(
    bucket: Bucket, stores: list[Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [DataFolder(tmp_path / f"s{shard}") for shard in (0, 1)]
    publishers = [Publisher(f, s, "live") for f, s in zip(folders, stores, strict=True)]
    pushers = [Pusher(bucket, n, folder, ABSENT, "w", 1e10) for n, folder in enumerate(folders)]
    mirroring, sizes = Mirroring(bucket, DataFolder(tmp_path / "mirror"), 0), list[int]()
    load = Bucket.load

    def counted(self: Bucket, name: str, target: Path) -> int:
        sizes.append(load(self, name, target))
        return sizes[-1]

    monkeypatch.setattr(Bucket, "load", counted)
    pushes, rounds, idle = [], [], []
    for n in range(CYCLES):
        for store, publisher in zip(stores, publishers, strict=True):
            cycle(store, publisher, utc(T + 30 * n), late=n % 3 == 0)
        began = time.perf_counter()
        for pusher in pushers:
            pusher.push({"meta": b"m"})
        pushes.append((time.perf_counter() - began) * 500)
        for times in (rounds, idle):
            began = time.perf_counter()
            mirroring.round()
            times.append((time.perf_counter() - began) * 1000)
    assert mirroring.state.waiting == 0
    a_cycle = sum(sizes) / CYCLES / 1000
    print(
        f"\n{CHANNELS} channels a shard: push {statistics.median(pushes):.0f} ms a shard; mirror "
        f"{statistics.median(rounds):.0f} ms and {a_cycle:.0f} KB a cycle in "
        f"{len(sizes) / CYCLES:.0f} files; {statistics.median(idle):.1f} ms where nothing is new"
    )

"""Buckets that are damaged or somebody's with ill will, and what whoever reads them makes of them.

`python -m tests.helpers.hostile_bucket [NAME...]`: a line for each fault, and one of counts. A
bucket is a folder here, of two shards; each case is tried in processes of its own, which can be
ended, and whose memory is told.
"""

import io
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
import pyarrow.parquet as pq
from obstore.store import LocalStore

from pipeline.__main__ import main as pipeline
from pipeline.cli import from_bucket
from tests.helpers.build import (
    T,
    put,
    sample_row,
    samples,
    stored,
    stream_row,
    term_row,
    window_row,
)
from tests.helpers.forked import End, forked
from tests.helpers.hostile_cases import CASES, Case
from tests.helpers.model_versions import put_version
from warehouse.__main__ import main as warehouse
from warehouse.bucket import mirroring
from warehouse.bucket.install import check_install
from warehouse.bucket.objects import ABSENT, Bucket
from warehouse.bucket.push import Pusher
from warehouse.bucket.trained import push_trained
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.store.store import Store
from warehouse.tables import TABLES

SALT = bytes(range(16))
LONGEST_S = 200.0
MOST_MB = 1500  # resident; DuckDB and Arrow take some hundred by themselves
SHARDS = 2
KEPT_S = 1e10
ODD_ROWS = """
    SELECT count(*) - count(DISTINCT (channel, start))
        + count(*) FILTER (NOT mean_compound BETWEEN -1 AND 1 OR n_messages < 0)
    FROM windows
"""


def opened(root: Path) -> Bucket:
    return Bucket(LocalStore(root, mkdir=True), "s3://hostile/here")


# -- a good bucket --------------------------------------------------------------------------


def build(place: Path) -> None:
    """PLACE/bucket, as two shards push it."""
    bucket = opened(place / "bucket")
    check_install(bucket, SHARDS, SALT)
    for number, channel in enumerate(("ann", "bob")):
        folder = DataFolder(place / f"s{number}")
        with Store(folder.warehouse) as store:
            _fill(store, Publisher(folder, store, "live"), channel, number)
            Pusher(bucket, number, folder, ABSENT, f"w{number}", KEPT_S).push(_private(store))
            if number == 0:
                put_version(folder.models, "mine")
                push_trained(bucket, folder, {})


def _fill(store: Store, publisher: Publisher, channel: str, number: int) -> None:
    row = {"channel": channel, "channel_id": f"12{number}", "login": channel, "source": "live"}
    put(
        store,
        channels=[row],
        streams=[stream_row(0, None, f"{channel}:1", channel=channel)],
        windows=[window_row(at, channel=channel) for at in range(0, 3000, 30)],
        window_terms=[term_row(at, channel=channel) for at in range(0, 3000, 30)],
    )
    store.write({}, {"clock": str(T + 3000), "source": "live"})
    publisher.publish(samples(sample_row(0, channel=channel)))
    publisher.put_latest(f"12{number}", orjson.dumps({"login": channel, "v": 1}))


def _private(store: Store) -> dict[str, bytes]:
    meta = {row["name"]: row["value"] for row in store.query("all_meta").to_pylist()}
    learnt = io.BytesIO()
    pq.write_table(store.query("learnt_all"), learnt)
    return {
        "meta": orjson.dumps(meta),
        "learnt": learnt.getvalue(),
        "optout": b'{"v":1,"chatters":[77],"channels":["cy"],"ids":{}}',
        "claims": b'{"v":1,"claims":{"9":{"login":"di","added":true}}}',
        "channels": b'{"v":1,"channels":["ann","bob"]}',
    }


# -- trying ---------------------------------------------------------------------------------


def restore(place: Path) -> int:
    os.environ["DLD_DATA"] = str(place / "data")
    os.environ["DLD_SALT_FILE"] = str(place / "salt")
    code = typed("pipeline", pipeline, "restore", "--bucket")
    if code == 0:
        with Store(place / "data" / "warehouse.duckdb") as store:
            assert stored(store, ODD_ROWS) == [(0,)]
    return code


def start(place: Path) -> int:
    """Whoever runs the restored folder, with everything that a start reads."""
    return typed("pipeline", pipeline, "channels", "list")


def mirror(place: Path) -> int:
    os.environ["DLD_DATA"] = str(place / "data")
    return typed("warehouse", lambda: sys.exit(warehouse(["mirror", "--once"])))


def read(place: Path) -> int:
    """All tables, as the dashboard reads them."""
    reader = Reader(DataFolder(place / "data"))
    for table in TABLES:
        try:
            reader.run(f"FROM {table}")
        except (AppError, duckdb.Error) as exc:
            print(f"error: {table}: {type(exc).__name__}", file=sys.stderr)
    return 0


def typed(name: str, main: Callable[[], None], *words: str) -> int:
    sys.argv = [name, *words]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


WAYS: dict[str, tuple[Callable[[Path], int], ...]] = {
    "restore": (restore, start, read), "mirror": (mirror, read),
}  # fmt: skip


def child(place: Path, way: Callable[[Path], int]) -> End:
    """A way of reading the bucket that lies in `place`."""

    def work() -> int:
        bucket = opened(place / "bucket")
        from_bucket.open_bucket = lambda settings: bucket  # type: ignore[attr-defined]
        mirroring.open_bucket = lambda settings: bucket  # type: ignore[attr-defined]
        os.environ["DLD_BUCKET_URL"] = bucket.address
        return way(place)

    return forked(work, LONGEST_S)


def aside(make: Case, root: Path) -> None:
    """Made in a process of its own: what it takes is no reader's memory."""

    def work() -> None:
        make(root)

    made = forked(work, LONGEST_S)
    assert made.code == 0, made.stderr


def tried(template: Path, name: str) -> list[str]:
    """Faults of a case, in words."""
    found = []
    for way, steps in WAYS.items():
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary, "a", "b", "place")
            place.mkdir(parents=True)
            shutil.copytree(template / "bucket", place / "bucket")
            (place / "salt").write_bytes(SALT)
            aside(CASES[name], place / "bucket")
            before = outside(Path(temporary), place / "data")
            for step in steps:
                if step is read and not (place / "data" / "published" / "manifest.json").exists():
                    continue
                code, said, peak = child(place, step)
                for fault in faults(code, said, peak):
                    found.append(f"{name}: {way}/{step.__name__}: {fault}")
                if os.environ.get("SHOW"):
                    print(
                        f"{name}: {way}/{step.__name__}: {code} {peak:.0f} MB {said.strip()[-300:]}"
                    )
                if code:
                    break
            if outside(Path(temporary), place / "data") != before:
                found.append(f"{name}: {way}: wrote outside its folder")
            left = [p.name for p in (place / "data").glob(".*") if (place / "data").is_dir()]
            if way == "restore" and code and (left or in_force(place)):
                found.append(f"{name}: {way}: left {left or 'something in force'}")
    return found


def in_force(place: Path) -> bool:
    folder = DataFolder(place / "data")
    return folder.warehouse.exists() or folder.manifest.exists() or folder.optout.exists()


def outside(root: Path, data: Path) -> set[tuple[str, int]]:
    return {
        (str(p), p.lstat().st_mtime_ns) for p in root.rglob("*")
        if data not in p.parents and p != data and p.is_file()
    }  # fmt: skip


def faults(code: int, said: str, peak: float) -> list[str]:
    found = []
    if "Traceback" in said or "never retrieved" in said:
        found.append("traceback: " + said.strip().splitlines()[-1][:200])
    if code == -1:
        found.append("hangs")
    elif code not in (0, 1):
        found.append(f"exit code {code}")
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    if code == 1 and not lines:
        found.append("no line says why")
    if any(len(line) > 700 for line in lines):
        found.append("a line of more than 700 characters")
    if peak > MOST_MB:
        found.append(f"{peak:.0f} MB")
    return found


def main(names: list[str]) -> int:
    counts: Counter[str] = Counter()
    os.environ |= {"DLD_FORECAST": "false", "DLD_EMOTES": "false"}
    with tempfile.TemporaryDirectory() as place:
        aside(build, Path(place))
        for name in names or CASES:
            found = tried(Path(place), name)
            counts["cases"] += 1
            counts["with faults"] += bool(found)
            for line in found:
                print(line, flush=True)
    print(orjson.dumps(counts).decode())
    return bool(counts["with faults"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Mirrors: a reader's folder shows what all shards published, whole, whatever fails."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

import orjson
import pytest

from tests.helpers.browser.rows import forecast
from tests.helpers.build import T, put, rows, sample_row, samples, window_row
from tests.unit.warehouse.bucket.conftest import Clock
from tests.unit.warehouse.published.test_reader import EMOTES, FIVE, NAMES, as_of_before
from warehouse.atomic import locked
from warehouse.bucket.mirroring import Mirroring, mirror
from warehouse.bucket.objects import ABSENT, Bucket, BucketFailed, BucketRefused
from warehouse.bucket.push import LINGER_S, Pusher
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import BadInput, NothingPublished, WarehouseLocked
from warehouse.published.manifest import read_manifest
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.records import iso, utc
from warehouse.store.store import Store

DAY, MONTH = 86_400.0, 31 * 86_400.0
KEPT_S = 1e10  # text of whenever
WINDOWS = (
    "SELECT channel, epoch(start)::BIGINT - 1767268800, mean_compound FROM windows ORDER BY ALL"
)


class Shard:
    """A shard's daemon, as far as the bucket sees it."""

    def __init__(self, bucket: Bucket, number: int, root: Path, clock: Clock) -> None:
        self.folder, self.channel = DataFolder(root), f"ch{number}"
        self.store = Store(self.folder.warehouse)
        self.publisher = Publisher(self.folder, self.store, "live")
        self.pusher = Pusher(bucket, number, self.folder, ABSENT, f"w{number}", KEPT_S, clock)

    def push(self, *at: float, mean: float = 0.5, text: bool = False) -> None:
        """Publish windows at these seconds after T, and push."""
        put(self.store, windows=[window_row(a, mean=mean, channel=self.channel) for a in at])
        lines = samples(*(sample_row(a, channel=self.channel) for a in at)) if text else None
        self.publisher.publish(lines)
        self.pusher.push({})


@pytest.fixture
def shards(bucket: Bucket, tmp_path: Path, clock: Clock) -> Iterator[list[Shard]]:
    bucket.put("install.json", b'{"v":1,"salt":"abc","shards":2}')
    with ExitStack() as stack:
        found = [Shard(bucket, number, tmp_path / f"s{number}", clock) for number in (0, 1)]
        for shard in found:
            stack.enter_context(shard.store)
        yield found


@pytest.fixture
def reader(bucket: Bucket, tmp_path: Path, clock: Clock) -> Mirroring:
    return Mirroring(bucket, DataFolder(tmp_path / "reader's"), 0, now_s=clock)


def settle(reader: Mirroring) -> DataFolder:
    for _ in range(20):
        if reader.round():
            break
    return reader._folder


def state(folder: DataFolder) -> dict[str, object]:
    return dict(orjson.loads(folder.mirror.read_bytes()))


def test_a_mirror_shows_the_rows_of_all_shards(shards: list[Shard], reader: Mirroring) -> None:
    shards[0].push(0, 30, mean=0.25)
    shards[1].push(0)
    folder = settle(reader)
    assert rows(folder, WINDOWS) == [("ch0", 0, 0.25), ("ch0", 30, 0.25), ("ch1", 0, 0.5)]
    shards[1].push(30)
    settle(reader)
    assert [r[:2] for r in rows(folder, WINDOWS)] == [
        ("ch0", 0), ("ch0", 30), ("ch1", 0), ("ch1", 30),
    ]  # fmt: skip


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("lacks", [FIVE, FIVE | EMOTES], ids=["five minutes", "emote moods"])
def test_shards_of_two_versions_are_read_together(
    shards: list[Shard], reader: Mirroring, earlier: int, lacks: set[str]
) -> None:
    for shard in shards:
        said = {**forecast(shard.channel, utc(T), "m", 0.1), **dict.fromkeys(FIVE & {*NAMES}, 0.5)}
        put(shard.store, windows=[window_row(0, channel=shard.channel)], forecasts=[said])
        shard.publisher.publish()
        if shard is shards[earlier]:
            as_of_before(shard.folder, lacks)
        shard.pusher.push({})
    whole = Reader(settle(reader))
    found = whole.run("SELECT channel, five_q50, basis FROM forecasts ORDER BY 1")
    five = [None if k == earlier else 0.5 for k in (0, 1)]
    assert found.to_pylist() == [
        {"channel": f"ch{k}", "five_q50": five[k], "basis": "words"} for k in (0, 1)
    ]
    hours = whole.run("SELECT channel, basis FROM window_hours")
    assert {row["basis"] for row in hours.to_pylist()} == {"words"} and hours.num_rows == 2


def test_what_has_not_changed_is_not_loaded_again(
    shards: list[Shard], reader: Mirroring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shard in shards:
        shard.push(0)
    folder = settle(reader)
    stamp = folder.manifest.stat().st_mtime_ns
    monkeypatch.setattr(Bucket, "load", lambda *_: pytest.fail("loaded again"))
    settle(reader)
    assert folder.manifest.stat().st_mtime_ns == stamp


def test_text_that_left_goes_at_once_and_other_files_after_ten_minutes(
    shards: list[Shard], reader: Mirroring, clock: Clock
) -> None:
    for shard in shards:
        shard.push(0, text=True)
    folder = settle(reader)
    before = read_manifest(folder.manifest).paths()
    shards[0].publisher.publish(drop_samples_before=iso(utc(T + DAY)))
    shards[0].push(0, mean=0.1)
    settle(reader)
    left = before - read_manifest(folder.manifest).paths()
    assert {path.split("/")[1] for path in left} == {"windows", "samples"}
    assert {p.split("/")[1] for p in left if (folder.published / p).exists()} == {"windows"}
    assert rows(folder, "SELECT channel FROM samples") == [("ch1",)]
    clock.now += LINGER_S
    settle(reader)
    assert not any((folder.published / path).exists() for path in left)


def test_the_newest_month_is_there_first_and_no_older_one_is_lost_while_it_loads(
    shards: list[Shard], reader: Mirroring, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards[0].push(0, MONTH, 2 * MONTH)
    shards[1].push(2 * MONTH)
    real, slow = Bucket.load, list[str]()

    def load(self: Bucket, name: str, target: Path) -> int:
        if any(name.endswith(path) for path in slow):
            raise BucketFailed("slow")
        return real(self, name, target)

    monkeypatch.setattr(Bucket, "load", load)
    files = shards[0].publisher.manifest.tables["windows"]
    slow += [file.path for file in files if file.max < "2026-02"]
    folder = settle(reader)
    seen = [at for channel, at, _ in rows(folder, WINDOWS) if channel == "ch0"]
    assert seen == [MONTH, 2 * MONTH]
    slow.clear()
    settle(reader)
    assert len(rows(folder, WINDOWS)) == 4
    shards[0].push(0, mean=0.1)  # the old month is another file now
    files = shards[0].publisher.manifest.tables["windows"]
    slow += [file.path for file in files if file.max < "2026-02"]
    shards[1].push(2 * MONTH + 30)
    settle(reader)
    assert {("ch0", 0, 0.5), ("ch1", 2 * MONTH + 30, 0.5)} <= set(rows(folder, WINDOWS))
    slow.clear()
    settle(reader)
    assert ("ch0", 0, 0.1) in rows(folder, WINDOWS) and len(rows(folder, WINDOWS)) == 5


def test_a_bound_keeps_the_newest_months(
    bucket: Bucket, shards: list[Shard], tmp_path: Path, clock: Clock
) -> None:
    shards[0].push(0, MONTH, 2 * MONTH)
    shards[1].push(0, 2 * MONTH)
    folder = settle(Mirroring(bucket, DataFolder(tmp_path / "r"), 2, now_s=clock))
    assert [r[:2] for r in rows(folder, WINDOWS)] == [
        ("ch0", MONTH), ("ch0", 2 * MONTH), ("ch1", 2 * MONTH),
    ]  # fmt: skip


def test_bodies_are_replaced_when_they_change_and_go_with_their_channel(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, tmp_path: Path, clock: Clock
) -> None:
    for number, shard in enumerate(shards):
        shard.publisher.put_latest(f"1{number}", b'{"n":1}')
        shard.push(0)
    folder = settle(reader)
    first, second = folder.latest / "10.json", folder.latest / "11.json"
    stamp = first.stat().st_mtime_ns
    shards[1].publisher.put_latest("11", b'{"n":2}')
    shards[1].push(30)
    settle(reader)
    assert (first.stat().st_mtime_ns, second.read_bytes()) == (stamp, b'{"n":2}')
    (shards[1].folder.latest / "11.json").unlink()
    shards[1].push(60)
    again = Mirroring(bucket, folder, 0, now_s=clock)
    settle(again)
    assert first.exists() and not second.exists()


def test_a_shard_in_trouble_leaves_the_others_going_and_is_told_once(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    shards[0].push(0)
    folder = settle(reader)
    settle(reader)
    assert rows(folder, WINDOWS) == [("ch0", 0, 0.5)]
    assert [r.message for r in caplog.records] == ["shard 1: nothing is pushed yet"]
    shards[1].push(0)
    settle(reader)
    found = bucket.get("shard-1/manifest.json")
    assert found
    bucket.put("shard-1/manifest.json", orjson.dumps({**orjson.loads(found[0]), "v": 2}))
    shards[0].push(30)
    settle(reader)
    assert len(rows(folder, WINDOWS)) == 3
    told = state(folder)["shards"]
    assert isinstance(told, list) and "newer DLD" in told[1]["trouble"] and not told[0]["trouble"]


def test_a_damaged_object_is_not_shown(
    bucket: Bucket, shards: list[Shard], reader: Mirroring
) -> None:
    for shard in shards:
        shard.push(0)
    folder = settle(reader)
    shards[1].push(0, mean=0.1)
    (file,) = shards[1].publisher.manifest.tables["windows"]
    bucket.put(f"shard-1/{file.path}", b"PAR1 not whole")
    settle(reader)
    assert ("ch1", 0, 0.5) in rows(folder, WINDOWS)
    assert "damaged" in str(state(folder)["shards"])


def test_a_bucket_that_is_down_is_asked_less_and_less_and_told_since_when(
    shards: list[Shard],
    reader: Mirroring,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for shard in shards:
        shard.push(0)
    folder = settle(reader)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "get", _fails)
        waits = [reader.round() for _ in range(8)]
    assert waits == [4, 8, 16, 32, 60, 60, 60, 60]
    assert [r.message for r in caplog.records] == ["the bucket: does not answer"]
    assert state(folder)["trouble"] and state(folder)["since"]
    assert len(rows(folder, WINDOWS)) == 2
    shards[0].push(30)
    settle(reader)
    assert not state(folder)["trouble"] and len(rows(folder, WINDOWS)) == 3


def test_text_goes_in_time_although_the_bucket_is_down(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shard in shards:
        shard.push(0, text=True)
    folder = settle(reader)
    names = {f.path for f in read_manifest(folder.manifest).tables["samples"]}
    assert len(names) == 2 and len(rows(folder, "FROM samples")) == 2
    later = time.time() + KEPT_S
    monkeypatch.setattr("warehouse.bucket.shard_copy.time.time", lambda: later)
    monkeypatch.setattr(Bucket, "get", _fails)
    reader.round()
    assert rows(folder, "FROM samples") == [] and len(rows(folder, WINDOWS)) == 2
    assert not any((folder.published / name).exists() for name in names)


def test_a_mirror_that_begins_while_the_bucket_is_down_shows_no_text(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shard in shards:
        shard.push(0, text=True)
    folder = settle(reader)
    again = Mirroring(bucket, folder, 0)
    monkeypatch.setattr(Bucket, "get", _fails)
    again.round()
    assert rows(folder, "FROM samples") == [] and len(rows(folder, WINDOWS)) == 2


def _fails(*_: object) -> None:
    raise BucketFailed("does not answer")


def test_what_is_lost_or_cut_short_on_this_disk_is_loaded_again(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, clock: Clock
) -> None:
    for shard in shards:
        shard.push(0)
    folder = settle(reader)
    first, second = (f.path for f in read_manifest(folder.manifest).tables["windows"])
    (folder.published / first).write_bytes(b"PAR1")
    (folder.published / second).unlink()
    settle(Mirroring(bucket, folder, 0, now_s=clock))
    assert len(rows(folder, WINDOWS)) == 2


def test_another_install_is_refused(
    bucket: Bucket, shards: list[Shard], reader: Mirroring, clock: Clock
) -> None:
    shards[0].push(0)
    folder = settle(reader)
    reader.state.write()
    bucket.put("install.json", b'{"v":1,"salt":"other","shards":2}')
    with pytest.raises(BadInput, match="another install"):
        Mirroring(bucket, folder, 0, now_s=clock).round()


def test_wrong_credentials_end_a_mirror_that_begins_and_not_one_that_worked(
    shards: list[Shard], reader: Mirroring, monkeypatch: pytest.MonkeyPatch, bucket: Bucket
) -> None:
    def refused(*_: object) -> None:
        raise BucketRefused("refuses these credentials")

    shards[0].push(0)
    settle(reader)
    monkeypatch.setattr(Bucket, "get", refused)
    assert reader.round() == 4
    with pytest.raises(BucketRefused):
        Mirroring(bucket, reader._folder, 0).round()


def test_once_brings_all_that_can_be_had_before_it_tells_of_a_trouble(
    shards: list[Shard], bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.bucket.mirroring.open_bucket", lambda _: bucket)
    monkeypatch.setattr("warehouse.bucket.mirror.AT_ONCE", 1)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    seconds = count()  # a few files a round
    slow = partial(Mirroring, now_s=lambda: float(next(seconds)))
    monkeypatch.setattr("warehouse.bucket.mirroring.Mirroring", slow)
    settings = BucketSettings(_env_file=None, bucket_url=bucket.address)
    folder = DataFolder(tmp_path / "once")
    shards[0].push(0, MONTH)
    with pytest.raises(NothingPublished, match="nothing is pushed yet"):
        mirror(folder, settings, True)
    assert rows(folder, WINDOWS) == [("ch0", 0, 0.5), ("ch0", MONTH, 0.5)]
    shards[1].push(0)
    mirror(folder, settings, True)
    assert len(rows(folder, WINDOWS)) == 3


def test_a_writers_folder_and_a_second_mirror_are_refused(tmp_path: Path) -> None:
    settings = BucketSettings(_env_file=None, bucket_url="memory:refused")
    writer = DataFolder(tmp_path / "writer")
    with Store(writer.warehouse), pytest.raises(BadInput, match="a writer's"):
        mirror(writer, settings, True)
    with locked(tmp_path / "mirror.lock"), pytest.raises(WarehouseLocked, match="mirrors into"):
        mirror(DataFolder(tmp_path), settings, True)
    with pytest.raises(BadInput, match="DLD_BUCKET_URL"):
        mirror(DataFolder(tmp_path / "x"), BucketSettings(_env_file=None), True)


def test_a_shard_is_not_shown_before_each_of_its_tables_is_there(
    shards: list[Shard], reader: Mirroring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shard in shards:
        shard.push(0)
    real = Bucket.load

    def load(self: Bucket, name: str, target: Path) -> int:
        if name.startswith("shard-1/alerts/"):
            raise BucketFailed("slow")
        return real(self, name, target)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "load", load)
        folder = settle(reader)
    assert rows(folder, WINDOWS) == [("ch0", 0, 0.5)]
    settle(reader)
    assert len(rows(folder, WINDOWS)) == 2

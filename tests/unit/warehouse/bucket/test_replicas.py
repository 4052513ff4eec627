"""Replicas of the EBS: viewers of one are known to all, and one of them broadcasts, once."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ebs.bodies import Latest
from ebs.broadcasting.broadcaster import Broadcaster, Outcome
from ebs.broadcasting.lock import LeaseWatch
from ebs.broadcasting.viewers import Audience
from ebs.broadcasting.worker import Keeper
from ebs.config import EbsSettings
from tests.unit.warehouse.bucket.conftest import Clock
from warehouse.atomic import replace_file
from warehouse.bucket.objects import Bucket, BucketFailed
from warehouse.bucket.replicas import Replica
from warehouse.config import DataFolder, TwitchAddress
from warehouse.lease import Lease, read_lease, write_lease
from warehouse.published.folder import PublishedFolder

WALL = 1_795_000_000.0


class Machine:
    """A reader's machine: its mirror's part, and its EBS with a worker."""

    def __init__(self, bucket: Bucket, root: Path, clock: Clock, posts: list[Any]) -> None:
        self.data, self.clock, self.posts, self.name = DataFolder(root), clock, posts, root.name
        self.data.latest.mkdir(parents=True)
        self.data.mirror.write_text("{}")
        self.replica = Replica(bucket, self.data.ebs, clock, self.wall)
        self.audience = Audience(self.data.ebs / "viewers", self.wall)
        self.restart_ebs()

    def restart_ebs(self) -> None:
        if hasattr(self, "keeper"):
            self.keeper._lock.free()
        latest = Latest(PublishedFolder(self.data.latest))
        door: Any = SimpleNamespace(hits=0, misses=0, __len__=lambda: 0)
        metrics: Any = SimpleNamespace(broadcaster=lambda *_: None)
        self.keeper = Keeper(
            EbsSettings(_env_file=None), TwitchAddress(_env_file=None), self.data, latest,
            door, door, self.audience, metrics,
        )  # fmt: skip
        self.keeper.count = lambda: None  # type: ignore[method-assign]
        self.keeper._lease = LeaseWatch(self.data, self.clock)
        self.broadcaster = Broadcaster(
            latest, self.audience, self.post, lambda _: None, self.wall,
            may_post=self.keeper._lease.holds,
        )  # fmt: skip

    def wall(self) -> float:
        return WALL + self.clock.now

    async def post(self, channel_id: str, body: bytes) -> Outcome:
        self.posts.append((self.name, channel_id, json.loads(body)["history"][-1][0]))
        return Outcome("sent")

    def publish(self, window: str, channel_id: str = "12") -> None:
        at = datetime.fromtimestamp(self.wall(), UTC).isoformat()
        body = {"generated_at": at, "login": "demo", "history": [[window, 0.1, 5]]}
        replace_file(self.data.latest / f"{channel_id}.json", json.dumps(body).encode())

    def turn(self, mirrors: bool = True) -> None:
        """A second of its EBS, and of its mirror."""

        async def tick() -> None:
            self.keeper.tick(self.broadcaster)
            await self.broadcaster.finish(5)

        asyncio.run(tick())
        path = self.data.ebs / "broadcast.lock"
        if path.exists():  # by the test's clock
            os.utime(path, (self.wall(), self.wall()))
        if mirrors:
            self.replica.step(True)


@pytest.fixture
def posts() -> list[Any]:
    return []


@pytest.fixture
def machines(bucket: Bucket, tmp_path: Path, clock: Clock, posts: list[Any]) -> list[Machine]:
    return [Machine(bucket, tmp_path / name, clock, posts) for name in ("a", "b")]


def pass_time(machines: list[Machine], seconds: int, clock: Clock) -> None:
    for _ in range(seconds):
        clock.now += 1
        for machine in machines:
            machine.turn()


def test_a_window_is_broadcast_once_by_one_of_two_machines(
    machines: list[Machine], posts: list[Any], clock: Clock
) -> None:
    machines[1].audience.saw("12")  # watched at one of them, perhaps not the one that broadcasts
    pass_time(machines, 40, clock)
    for n in range(3):
        for machine in machines:
            machine.publish(f"w{n}")
        pass_time(machines, 30, clock)
    assert [window for _, _, window in posts] == ["w0", "w1", "w2"]
    assert {name for name, *_ in posts} == {"a"}


def test_viewers_are_forgotten_at_the_others_too(machines: list[Machine], clock: Clock) -> None:
    machines[1].audience.saw("12")
    pass_time(machines, 40, clock)
    assert machines[0].audience.watched() == {"12"}
    pass_time(machines, 640, clock)
    assert machines[0].audience.watched() == set()


def test_another_takes_over_and_sends_nothing_twice(
    machines: list[Machine], posts: list[Any], clock: Clock
) -> None:
    a, b = machines
    for machine in machines:
        machine.audience.saw("12")
    pass_time(machines, 2, clock)
    for machine in machines:
        machine.publish("w1")
    pass_time(machines, 5, clock)
    assert posts == [("a", "12", "w1")]
    a.publish("w2")
    a.turn(mirrors=False)  # it is sent, and the machine dies
    b.publish("w2")
    pass_time([b], 45, clock)
    assert posts == [("a", "12", "w1"), ("a", "12", "w2")]
    b.publish("w3")
    pass_time([b], 2, clock)
    assert posts[2:] == [("b", "12", "w3")]
    a.publish("w3")
    a.turn(mirrors=False)
    pass_time(machines, 30, clock)
    assert len(posts) == 3


def test_a_machine_whose_mirror_stands_still_broadcasts_no_longer_than_its_lease(
    machines: list[Machine], posts: list[Any], clock: Clock
) -> None:
    a, _ = machines
    a.audience.saw("12")
    pass_time([a], 12, clock)
    clock.now += 25
    a.publish("w1")
    a.turn(mirrors=False)
    assert posts == []
    a.replica.step(True)  # nobody has taken it
    a.turn()
    assert posts == [("a", "12", "w1")]


def test_an_ebs_that_was_started_again_repeats_nothing(
    machines: list[Machine], posts: list[Any], clock: Clock
) -> None:
    a, _ = machines
    a.audience.saw("12")
    pass_time([a], 2, clock)
    a.publish("w1")
    pass_time([a], 2, clock)
    a.restart_ebs()
    pass_time([a], 2, clock)
    a.publish("w2")
    pass_time([a], 2, clock)
    assert posts == [("a", "12", "w1"), ("a", "12", "w2")]


def test_a_machine_without_an_ebs_takes_no_lease(
    bucket: Bucket, machines: list[Machine], clock: Clock
) -> None:
    for _ in range(5):
        clock.now += 20
        machines[0].replica.step(True)
    assert list(bucket.list("ebs/")) == []


def test_who_is_behind_takes_no_lease(machines: list[Machine], clock: Clock) -> None:
    machines[0].turn(mirrors=False)
    machines[0].replica.step(False)
    assert read_lease(machines[0].data.ebs / "lease.json") is None


def test_a_lease_whose_answer_was_lost_is_kept(
    bucket: Bucket, machines: list[Machine], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = machines
    pass_time(machines, 3, clock)
    real = Bucket.put

    def lost(self: Bucket, name: str, data: Any, tag: str | None = None) -> str:
        real(self, name, data, tag)
        raise BucketFailed("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put", lost)
        clock.now += 10
        a.turn(mirrors=False)
        with pytest.raises(BucketFailed):
            a.replica.step(True)
    pass_time(machines, 30, clock)
    assert a.keeper._lease.holds() and not b.keeper._lease.holds()


def test_what_others_put_may_be_anything(
    bucket: Bucket, machines: list[Machine], clock: Clock
) -> None:
    odd = [
        b"",
        b"[]",
        b'{"channels":[1]}',
        b'{"channels":{"../x":1,"7":-50,"8":"x"}}',
        b'{"channels":{"9":1e9}}',
    ]
    for n, data in enumerate(odd):
        bucket.put(f"ebs/viewers/{n}.json", data)
    bucket.put("ebs/broadcaster.json", b"nonsense")
    pass_time(machines, 40, clock)
    assert machines[0].audience.watched() == set()
    assert sum(machine.keeper._lease.holds() for machine in machines) == 1


def test_a_lease_is_no_ones_after_the_machine_was_started_again(tmp_path: Path) -> None:
    write_lease(tmp_path / "lease.json", Lease(until=5000, taken=4000))
    lease = read_lease(tmp_path / "lease.json")
    assert lease and lease.holds(4500) and not lease.holds(5000) and not lease.holds(30)
    (tmp_path / "lease.json").write_text("{}")
    assert read_lease(tmp_path / "lease.json") is None

"""Queues, whichever it is: what was sent comes, at least once, until it is settled."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.config import QueueSettings
from pipeline.queue import jetstream, sqs
from pipeline.queue.body import MOST
from pipeline.queue.queue import (
    Delivery,
    Packed,
    QueueFailed,
    Receiver,
    Sender,
    open_receiver,
    open_sender,
)
from tests.helpers.patience import STORY_S
from tests.helpers.ports import free_port
from tests.machines.servers import KEYS, moto_process, nats_process
from warehouse.errors import AppError, BadInput

OPEN: list[Sender | Receiver] = []  # by the test that runs


@dataclass
class Set:
    """A queue that runs."""

    settings: QueueSettings

    async def ends(self, shard: int = 0, shards: int = 2) -> tuple[Sender, Receiver]:
        sender = await open_sender(self.settings, shards)
        receiver = await open_receiver(self.settings, shard)
        OPEN.extend([sender, receiver])
        return sender, receiver


@pytest.fixture(params=["jetstream", "sqs"])
def queue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Set]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    if request.param == "jetstream":
        port = free_port()
        with nats_process(tmp_path / "nats", port):
            yield Set(settings(f"nats://127.0.0.1:{port}"))
    else:
        with moto_process(tmp_path) as address:
            yield Set(settings("sqs://us-east-1/dld", address))


def settings(url: str, endpoint: str = "") -> QueueSettings:
    return QueueSettings(_env_file=None, queue_url=SecretStr(url), queue_endpoint=endpoint)


def bodies(n: int, first: int = 0, size: int = 20) -> list[Packed]:
    return [Packed(f"run-0-{k}", f"{k} ".encode() + bytes(size)) for k in range(first, first + n)]


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [int(delivery.data.split()[0]) for delivery in deliveries]


async def all_of(receiver: Receiver, n: int) -> list[Delivery]:
    found: list[Delivery] = []
    for _ in range(60):
        if len(found) < n:
            found += await receiver.fetch(n - len(found), 1.0)
    return found


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        try:
            async with asyncio.timeout(STORY_S):
                await test()
        finally:
            while OPEN:
                await OPEN.pop().close()

    asyncio.run(within())


def test_what_was_sent_comes_once_it_is_settled_never_again(queue: Set) -> None:
    async def test() -> None:
        sender, receiver = await queue.ends()
        await sender.send(0, bodies(25))
        await sender.send(1, bodies(3, 100))
        found = await all_of(receiver, 25)
        assert sorted(numbers(found)) == list(range(25))
        assert all(delivery.sent > 1.7e9 for delivery in found)
        assert await receiver.fetch(10, 1.0) == []  # ours
        await receiver.settle([delivery.handle for delivery in found])
        await receiver.close()
        _, again = await queue.ends()
        assert await again.fetch(10, 1.0) == []

    run(test)


def test_what_is_given_back_comes_again_to_another(queue: Set) -> None:
    async def test() -> None:
        sender, receiver = await queue.ends()
        await sender.send(0, bodies(12))
        found = await all_of(receiver, 12)
        await receiver.extend([delivery.handle for delivery in found])
        await receiver.settle([delivery.handle for delivery in found[:4]])
        await receiver.give_back([delivery.handle for delivery in found[4:]])
        await receiver.close()
        _, other = await queue.ends()
        again = await all_of(other, 8)
        assert sorted(numbers(again)) == sorted(numbers(found[4:]))

    run(test)


def test_what_a_dead_reader_had_comes_again(queue: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jetstream, sqs):
        monkeypatch.setattr(module, "HELD_S", 10)

    async def test() -> None:
        sender, receiver = await queue.ends()
        await sender.send(0, bodies(5))
        assert len(await all_of(receiver, 5)) == 5
        _, other = await queue.ends()
        assert await other.fetch(5, 1.0) == []
        assert sorted(numbers(await all_of(other, 5))) == list(range(5))

    run(test)


def test_the_longest_bodies_come_whole_ten_at_a_time(queue: Set) -> None:
    async def test() -> None:
        sender, receiver = await queue.ends()
        sent = bodies(10, size=MOST - 3)
        await sender.send(0, sent)
        found = await all_of(receiver, 10)
        assert sorted(d.data for d in found) == sorted(body.data for body in sent)

    run(test)


def test_what_cannot_be_used_is_put_aside(queue: Set) -> None:
    async def test() -> None:
        sender, receiver = await queue.ends()
        await sender.send(0, bodies(2))
        await receiver.refuse(await all_of(receiver, 2))
        await receiver.close()
        _, other = await queue.ends()
        assert await other.fetch(2, 1.0) == []

    run(test)


def test_a_queue_of_sqs_puts_aside_what_ends_its_reader_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with moto_process(tmp_path) as address:
        asked = settings("sqs://us-east-1/dld", address)
        asyncio.run(_made(asked))
        client = sqs._Queues(asked).client
        url = client.get_queue_url(QueueName="dld-0")["QueueUrl"]
        told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(told["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].endswith(":dld-dead")
        assert int(redrive["maxReceiveCount"]) == 10
        client.close()


async def _made(asked: QueueSettings) -> None:
    await (await open_receiver(asked, 0)).close()


def test_the_same_body_sent_twice_is_one_in_jetstream(tmp_path: Path) -> None:
    async def test(port: int) -> None:
        sender, receiver = await Set(settings(f"nats://127.0.0.1:{port}")).ends()
        for _ in range(2):
            await sender.send(0, bodies(5))
        assert numbers(await all_of(receiver, 5)) == list(range(5))
        assert await receiver.fetch(10, 1.0) == []

    port = free_port()
    with nats_process(tmp_path / "nats", port):
        run(lambda: test(port))


def test_a_server_that_lost_its_data_is_used_on(tmp_path: Path) -> None:
    async def test(port: int) -> None:
        with nats_process(tmp_path / "nats", port):
            sender, receiver = await Set(settings(f"nats://127.0.0.1:{port}")).ends()
        with nats_process(tmp_path / "empty", port):
            found: list[Delivery] = []
            for _ in range(120):
                with suppress(QueueFailed):
                    await sender.send(0, bodies(2))
                    found += await receiver.fetch(2, 1.0)
                if found:
                    break
                await asyncio.sleep(0.5)
            assert numbers(found) == [0, 1]

    run(lambda: test(free_port()))


def test_a_server_that_was_killed_has_what_it_took(tmp_path: Path) -> None:
    async def test(port: int) -> None:
        with nats_process(tmp_path / "nats", port) as server:
            sender, receiver = await Set(settings(f"nats://127.0.0.1:{port}")).ends()
            await sender.send(0, bodies(20))
            found = await all_of(receiver, 10)
            await receiver.settle([delivery.handle for delivery in found])
            server.kill()
            server.wait()
            with pytest.raises(QueueFailed):
                for number in range(1000):
                    await sender.send(0, bodies(1, 100 + number))
                    await asyncio.sleep(0.1)
        with nats_process(tmp_path / "nats", port):
            for _ in range(600):
                try:
                    await sender.send(0, bodies(1, 500))
                    break
                except QueueFailed:
                    await asyncio.sleep(0.2)
            again = await all_of(receiver, 11)
            assert {*range(10, 20), 500} <= {*numbers(again)}
            assert not {*range(10)} & {*numbers(again)}

    port = free_port()
    run(lambda: test(port))


@pytest.mark.parametrize("url", ["nats://ann:wrong@127.0.0.1:{}", "nats://127.0.0.1:{}"])
def test_wrong_credentials_are_told_without_them(tmp_path: Path, url: str) -> None:
    async def test(port: int) -> None:
        with pytest.raises(BadInput) as told:
            await open_sender(settings(url.format(port)), 1)
        assert "DLD_QUEUE_URL" in str(told.value) and "wrong" not in str(told.value)

    port = free_port()
    with nats_process(tmp_path / "nats", port, "--user", "ann", "--pass", "secret"):
        run(lambda: test(port))


@pytest.mark.parametrize(
    "url", ["nats://127.0.0.1:{}", "sqs://us-east-1/dld", "nats://", "nats://a:b:c@x:y", "sqs://x"]
)
def test_nobody_there_or_no_address_is_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    port = free_port()

    async def test() -> None:
        with pytest.raises(AppError) as told:
            await open_receiver(settings(url.format(port), f"http://127.0.0.1:{port}"), 0)
        assert "DLD_QUEUE_URL" in str(told.value) and "\n" not in str(told.value)

    run(test)

"""Queues of Amazon SQS, standard ones: NAME-K of each shard, and NAME-dead for what is no body.

A body is base64 there, since SQS takes text alone. Calls block, and run in threads.
"""

import asyncio
import json
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.config import QueueSettings
from pipeline.queue.queue import HELD_S, KEPT_S, Delivery, Packed, QueueFailed, Waiting
from warehouse.errors import BadInput

log = logging.getLogger(__name__)
logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells where it found credentials

T = TypeVar("T")
_TOGETHER = 10  # entries of a call, at most
_LONGEST_WAIT_S = 20
_PAYLOAD = 256 * 1024  # bytes of a call
_ADDRESS = re.compile(r"sqs://([a-z0-9-]+)/([A-Za-z0-9_-]{1,70})/?")
_ATTRIBUTES = {
    "MessageRetentionPeriod": str(KEPT_S),
    "VisibilityTimeout": str(int(HELD_S)),
    "SqsManagedSseEnabled": "true",
}
_REFUSED = ("AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClient")
_DEAD = "dead"
_TRIES = 10  # a body that is held is received once


async def open_sender(settings: QueueSettings, shards: int) -> "SqsSender":
    """The end that sends. Raises BadInput, QueueFailed."""
    queues = _Queues(settings)
    urls = [await asyncio.to_thread(queues.url, str(shard)) for shard in range(shards)]
    return SqsSender(queues, urls)


async def open_receiver(settings: QueueSettings, shard: int) -> "SqsReceiver":
    """The end of a shard. Raises BadInput, QueueFailed."""
    queues = _Queues(settings)
    return SqsReceiver(queues, await asyncio.to_thread(queues.url, str(shard)))


async def look(settings: QueueSettings, shards: int) -> list[Waiting]:
    """How many wait; SQS shows none to who does not take it. Raises BadInput, QueueFailed."""
    queues = _Queues(settings)
    return [await asyncio.to_thread(queues.waiting, str(shard)) for shard in range(shards)]


class _Queues:
    """The queues of the setting, made where they are missing and that is allowed."""

    def __init__(self, settings: QueueSettings) -> None:
        found = _ADDRESS.fullmatch(settings.queue_url.get_secret_value())
        if not found:
            raise BadInput("DLD_QUEUE_URL is no address of SQS: sqs://REGION/NAME")
        self.name = found[2]
        retries = {"max_attempts": 2, "mode": "standard"}
        times = Config(connect_timeout=5, read_timeout=30, retries=retries, max_pool_connections=20)
        endpoint = settings.queue_endpoint or None
        try:
            self.client = boto3.client(
                "sqs", region_name=found[1], endpoint_url=endpoint, config=times
            )
        except (BotoCoreError, ValueError) as exc:
            raise BadInput("DLD_QUEUE_URL or DLD_QUEUE_ENDPOINT is no address of SQS") from exc

    def url(self, end: str) -> str:
        """Address of NAME-`end`."""
        name = f"{self.name}-{end}"
        try:
            return str(self.client.get_queue_url(QueueName=name)["QueueUrl"])
        except ClientError as exc:
            if "NonExistentQueue" not in _code(exc):
                raise _failed(exc) from exc
        except BotoCoreError as exc:
            raise _failed(exc) from exc
        more = {} if end == _DEAD else {"RedrivePolicy": self._redrive()}
        made = self.call("create_queue", QueueName=name, Attributes=_ATTRIBUTES | more)
        return str(made["QueueUrl"])

    def waiting(self, end: str) -> Waiting:
        """Bodies in NAME-`end`, taken or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        try:
            url = self.client.get_queue_url(QueueName=f"{self.name}-{end}")["QueueUrl"]
        except ClientError as exc:
            if "NonExistentQueue" not in _code(exc):
                raise _failed(exc) from exc
            raise BadInput(
                f"SQS has no queue {self.name}-{end}; `collect` and the shards make it"
            ) from exc
        except BotoCoreError as exc:
            raise _failed(exc) from exc
        told = self.call("get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
        return Waiting(sum(int(told[name]) for name in names))

    def _redrive(self) -> str:
        """A body that ends its reader again and again goes to NAME-dead."""
        dead = self.call("get_queue_attributes", QueueUrl=self.url(_DEAD), AttributeNames=["All"])
        arn = dead["Attributes"]["QueueArn"]
        return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": _TRIES})

    def call(self, name: str, **values: Any) -> Any:
        """A call of the client. Raises QueueFailed, BadInput."""
        try:
            return getattr(self.client, name)(**values)
        except (BotoCoreError, ClientError) as exc:
            raise _failed(exc) from exc

    def batch(self, name: str, url: str, entries: list[dict[str, Any]]) -> None:
        """A call for up to ten. Raises QueueFailed where one of them failed, unless it is gone."""
        found = self.call(name, QueueUrl=url, Entries=entries)
        gone = ("ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue")
        failed = [f for f in found.get("Failed", ()) if f["Code"].rpartition(".")[2] not in gone]
        if failed:
            raise QueueFailed(f"SQS refused {len(failed)} bodies ({failed[0]['Code']})")


class SqsSender:
    """A Sender."""

    def __init__(self, queues: _Queues, urls: list[str]) -> None:
        self._queues, self._urls = queues, urls

    async def send(self, shard: int, bodies: Sequence[Packed]) -> None:
        """Into the shard's queue, in order, ten at a time where they are short."""
        for some in _together(bodies):
            entries = [
                {"Id": str(number), "MessageBody": b64encode(body.data).decode()}
                for number, body in enumerate(some)
            ]
            call = self._queues.batch
            await asyncio.to_thread(call, "send_message_batch", self._urls[shard], entries)

    async def close(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._queues.client.close)


class SqsReceiver:
    """A Receiver. Handles are receipts."""

    def __init__(self, queues: _Queues, url: str) -> None:
        self._queues, self._url = queues, url

    async def fetch(self, most: int, wait_s: float) -> list[Delivery]:
        """Ten at most a call; while they come full, several calls."""
        deliveries: list[Delivery] = []
        while len(deliveries) < most:
            wait = 0 if deliveries else min(_LONGEST_WAIT_S, max(1, round(wait_s)))
            count = min(_TOGETHER, most - len(deliveries))
            some = await asyncio.to_thread(self._receive, count, wait)
            deliveries += some
            if len(some) < count:
                break
        return deliveries

    def _receive(self, most: int, wait_s: int) -> list[Delivery]:
        found = self._queues.call(
            "receive_message", QueueUrl=self._url, MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_s, VisibilityTimeout=int(HELD_S),
            MessageSystemAttributeNames=["SentTimestamp"],
        )  # fmt: skip
        return [_delivery(message) for message in found.get("Messages", ())]

    async def settle(self, handles: Sequence[str]) -> None:
        """Delete them."""
        await self._each("delete_message_batch", handles)

    async def extend(self, handles: Sequence[str]) -> None:
        """Invisible for as long again."""
        await self._each("change_message_visibility_batch", handles, VisibilityTimeout=int(HELD_S))

    async def give_back(self, handles: Sequence[str]) -> None:
        """Visible at once."""
        await self._each("change_message_visibility_batch", handles, VisibilityTimeout=0)

    async def refuse(self, deliveries: Sequence[Delivery]) -> None:
        """Into NAME-dead, then out of here."""
        url = await asyncio.to_thread(self._queues.url, _DEAD)
        for delivery in deliveries:
            body = b64encode(delivery.data).decode() or "="
            send = self._queues.call
            await asyncio.to_thread(send, "send_message", QueueUrl=url, MessageBody=body)
        await self.settle([delivery.handle for delivery in deliveries])

    async def close(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._queues.client.close)

    async def _each(self, name: str, handles: Sequence[str], **more: Any) -> None:
        """Ten at a time, several calls at once: there may be thousands."""
        calls: list[Callable[[], None]] = []
        for first in range(0, len(handles), _TOGETHER):
            some = handles[first : first + _TOGETHER]
            entries = [{"Id": str(n), "ReceiptHandle": h, **more} for n, h in enumerate(some)]
            calls.append(lambda e=entries: self._queues.batch(name, self._url, e))  # type: ignore[misc]
        for first in range(0, len(calls), _TOGETHER):
            some_calls = calls[first : first + _TOGETHER]
            await asyncio.gather(*(asyncio.to_thread(call) for call in some_calls))


def _together(bodies: Sequence[Packed]) -> Iterator[list[Packed]]:
    """Up to ten, and no more than a call may hold."""
    some: list[Packed] = []
    size = 0
    for body in bodies:
        length = 4 * (len(body.data) + 2) // 3 + 100
        if some and (len(some) == _TOGETHER or size + length > _PAYLOAD):
            yield some
            some, size = [], 0
        some.append(body)
        size += length
    if some:
        yield some


def _delivery(message: dict[str, Any]) -> Delivery:
    try:
        data = b64decode(message["Body"], validate=True)
    except ValueError:
        data = b""  # no body of ours
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
    return Delivery(data, message["ReceiptHandle"], sent)


def _code(exc: Exception) -> str:
    return str(getattr(exc, "response", {}).get("Error", {}).get("Code", type(exc).__name__))


def _failed(exc: Exception) -> Exception:
    code = _code(exc)
    if code.startswith(_REFUSED) or code == "NoCredentialsError":
        return BadInput(
            f"SQS refuses ({code}); check the credentials, or the role's right to the queues of "
            "DLD_QUEUE_URL"
        )
    return QueueFailed(
        f"the queue (SQS) does not answer ({code}); check DLD_QUEUE_URL and the network"
    )

"""Queue of NATS JetStream: one stream, a subject a shard, a durable consumer a shard.

The stream keeps a body until it is settled, an hour at most. Bodies put aside are gone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import nats
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from pipeline.config import QueueSettings
from pipeline.queue.queue import HELD_S, KEPT_S, Delivery, Packed, QueueFailed, Waiting
from warehouse.errors import BadInput

log = logging.getLogger(__name__)

_STREAM, _SUBJECT = "DLD", "dld.shard.{}"
_OURS = 4500  # bodies that a consumer may have: a few more than its shard ever holds
_ANSWER_S = 5.0
_TWICE_S = 120.0  # in which the same id is known again


async def open_sender(settings: QueueSettings, shards: int) -> "JetStreamSender":
    """The end that sends. Raises BadInput, QueueFailed."""
    client = await _connected(settings)
    try:
        await _made(client)
    except BaseException:
        await client.close()
        raise
    return JetStreamSender(client)


async def open_receiver(settings: QueueSettings, shard: int) -> "JetStreamReceiver":
    """The end of a shard. Raises BadInput, QueueFailed."""
    client = await _connected(settings)
    try:
        await _made(client, shard)
        context = client.jetstream(timeout=_ANSWER_S)
        bound = context.pull_subscribe_bind(f"shard-{shard}", _STREAM)
        return JetStreamReceiver(client, await _answered(bound), shard)
    except BaseException:
        await client.close()
        raise


async def look(settings: QueueSettings, shards: int) -> list[Waiting]:
    """What waits. Raises BadInput, QueueFailed."""
    client = await _connected(settings)
    try:
        manager = client.jetstream(timeout=_ANSWER_S)
        about = await _answered(manager.stream_info(_STREAM, subjects_filter=_SUBJECT.format("*")))
        counts = about.state.subjects or {}
        return [await _waiting(manager, _SUBJECT.format(k), counts) for k in range(shards)]
    finally:
        await client.close()


async def _waiting(manager: Any, subject: str, counts: Mapping[str, int]) -> Waiting:
    if not counts.get(subject):
        return Waiting(0)
    try:
        first = await _answered(manager.get_msg(_STREAM, seq=1, subject=subject, next=True))
    except BadInput:  # settled meanwhile
        return Waiting(0)
    return Waiting(counts[subject], (first.data or b"", first.time.timestamp()))


class JetStreamSender:
    """A Sender."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._context = client.jetstream(timeout=_ANSWER_S)

    async def send(self, shard: int, bodies: Sequence[Packed]) -> None:
        """Into the stream, each known by its id; all are on their way before one is awaited."""
        _check(self._client)
        subject = _SUBJECT.format(shard)
        sending = [
            asyncio.ensure_future(
                self._context.publish(subject, body.data, headers={"Nats-Msg-Id": body.id})
            )
            for body in bodies
        ]
        try:
            await _answered(asyncio.gather(*sending))
        except QueueFailed:
            await _made(self._client)  # the server may have lost its data
            raise
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()


class JetStreamReceiver:
    """A Receiver. Handles are messages of nats-py."""

    def __init__(self, client: Any, subscription: Any, shard: int) -> None:
        self._client, self._subscription, self._shard = client, subscription, shard

    async def fetch(self, most: int, wait_s: float) -> list[Delivery]:
        """At most so many; none when there was none for so long."""
        _check(self._client)
        try:
            messages = await self._subscription.fetch(most, timeout=wait_s)
        except TimeoutError:
            return []
        except (NatsError, OSError) as exc:
            await _made(self._client, self._shard)  # the server may have lost its data
            raise _failed(exc) from exc
        return [Delivery(m.data, m, m.metadata.timestamp.timestamp()) for m in messages]

    async def settle(self, handles: Sequence[Any]) -> None:
        """Acknowledge; it is confirmed that the server has it."""
        await self._answer(handles, b"+ACK")

    async def extend(self, handles: Sequence[Any]) -> None:
        """Still in progress."""
        await self._answer(handles, b"+WPI")

    async def give_back(self, handles: Sequence[Any]) -> None:
        """Not ours any more."""
        await self._answer(handles, b"-NAK")

    async def refuse(self, deliveries: Sequence[Delivery]) -> None:
        """They end here: JetStream has no place for such."""
        await self._answer([delivery.handle for delivery in deliveries], b"+TERM")

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()

    async def _answer(self, messages: Sequence[Any], word: bytes) -> None:
        """Say it of each, and wait until the server has it."""
        _check(self._client)
        for message in messages:
            await _answered(self._client.publish(message.reply, word))
        await _answered(self._client.flush(timeout=int(_ANSWER_S)))


async def _connected(settings: QueueSettings) -> Any:
    """A connection that, once made, is made again whenever it is lost."""
    url, said = settings.queue_url.get_secret_value(), list[Exception]()

    async def tell(exc: Exception) -> None:
        said.append(exc)  # the library's own word; our calls say it
        log.debug("nats: %s", type(exc).__name__)

    try:
        client = await nats.connect(
            url, connect_timeout=int(_ANSWER_S), max_reconnect_attempts=1, reconnect_time_wait=1,
            error_cb=tell, name="dld",
        )  # fmt: skip
    except (NatsError, OSError) as exc:
        # the server's reason goes before that of a connection which it then cut
        words = [e for e in said if not isinstance(e, OSError)] or said or [exc]
        raise _failed(words[0]) from None  # its chain would quote the address
    except Exception:  # an address that the library itself cannot read
        raise BadInput("DLD_QUEUE_URL is no address of NATS: nats://HOST:PORT") from None
    client.options["max_reconnect_attempts"] = -1
    return client


def _check(client: Any) -> None:
    """Raises QueueFailed while there is no connection: what is sent then waits with us."""
    if not client.is_connected:
        raise QueueFailed("the queue (NATS) does not answer; check DLD_QUEUE_URL and the server")


async def _made(client: Any, shard: int | None = None) -> None:
    """The stream, and the shard's consumer, made where they are missing. Raises QueueFailed."""
    manager = client.jetstream(timeout=_ANSWER_S)
    config = StreamConfig(
        name=_STREAM, subjects=[_SUBJECT.format("*")], retention=RetentionPolicy.WORK_QUEUE,
        max_age=KEPT_S, duplicate_window=_TWICE_S,
    )  # fmt: skip
    with suppress(_Exists):
        await _answered(manager.add_stream(config))
    if shard is not None:
        reader = ConsumerConfig(
            durable_name=f"shard-{shard}", filter_subject=_SUBJECT.format(shard),
            ack_policy=AckPolicy.EXPLICIT, ack_wait=HELD_S, max_ack_pending=_OURS,
        )  # fmt: skip
        await _answered(manager.add_consumer(_STREAM, reader))


class _Exists(Exception):
    """The stream is there, with other limits that somebody chose."""


async def _answered(call: Awaitable[Any]) -> Any:
    """What the server answers. Raises QueueFailed."""
    try:
        return await call
    except BadRequestError as exc:
        if exc.err_code == 10058:
            raise _Exists from exc
        raise _failed(exc) from exc
    except NotFoundError as exc:
        raise BadInput(f"NATS has no stream {_STREAM}; `collect` and the shards make it") from exc
    except (TimeoutError, NatsError, OSError) as exc:
        raise _failed(exc) from exc


def _failed(exc: Exception) -> Exception:
    """In our words: the library's may quote the address with its password."""
    says = f"{type(exc).__name__} {exc}".lower()
    if "authorization" in says or "authentication" in says or "credentials" in says:
        return BadInput("NATS refuses the user, password or token of DLD_QUEUE_URL")
    return QueueFailed(
        f"the queue (NATS) does not answer ({type(exc).__name__}); check DLD_QUEUE_URL and the "
        "server, which needs JetStream (-js)"
    )

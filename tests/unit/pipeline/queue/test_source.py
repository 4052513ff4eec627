"""The source that reads a shard's queue: where it cannot settle, it ends and says why."""

from typing import Any

import pytest

from pipeline.chat.message import Message
from pipeline.config import QueueSettings
from pipeline.queue.body import Body, pack
from pipeline.queue.queue import Delivery
from pipeline.sources.queue import Expected, QueueSource, _read
from tests.helpers.patience import play
from warehouse.errors import BadInput


def test_a_reader_that_may_not_settle_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def settle(self: Any, handles: Any = ()) -> None:
        raise BadInput("SQS refuses (AccessDenied)")

    async def read() -> None:
        async for _ in source.batches():
            pass

    monkeypatch.setattr(QueueSource, "_settle", settle)
    monkeypatch.setattr("pipeline.sources.queue._WAIT_S", 0.01)
    settings = QueueSettings(_env_file=None, queue_url="memory://settle")
    source = QueueSource(settings, Expected(0, "salt"))
    with pytest.raises(BadInput, match="AccessDenied"):
        play(read())


@pytest.mark.parametrize(
    ("channel", "chatter", "is_read"),
    [("kate", "5", True), ("kate~7", "-1", True), ("kate", "", True)]
    + [("kate", odd, False) for odd in ("kate", "1_0", " 5", "\u0665", "-2", "5\n")]
    + [(odd, "5", False) for odd in ("", "\u212aate", "Kate", "a b", "kate~07", "../x")],
)
def test_a_chatter_in_the_queue_is_a_hash_and_a_channel_a_key(
    channel: str, chatter: str, is_read: bool
) -> None:
    said = Message("id", channel, 1.0, chatter, "hi")
    body = Body("run", 1, 0, "salt", "irc", 0.0, 1.0, items=(said,))
    found, why = _read(Delivery(pack(body), 0, 0.0), Expected(0, "salt"))
    assert (found is not None, why) == (is_read, "" if is_read else "malformed")

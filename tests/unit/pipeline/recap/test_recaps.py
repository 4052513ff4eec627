"""Recaps to a webhook: each stream once, whatever is started again, down, or forgotten."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from pipeline.chat.message import Batch, ChannelInfo, Source
from pipeline.config import RecapSettings
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.recap.recaps import LATE_S, LEAST_S, META, SETTLED_S, TRIES, Recaps
from tests.helpers import streams_over
from tests.helpers.browser.rows import stream
from tests.helpers.build import settings
from tests.helpers.patience import eventually, play
from tests.helpers.standins.webhook import SECRET, WebhookServer
from tests.helpers.streams_over import BEGAN, ENDED, NAME
from warehouse.config import DataFolder
from warehouse.store.store import Store

QUICK = (sys.executable, "-c", 'print(\'{"message": {"content": "over"}, "picture": "aGk="}\')')
SOON = ENDED.timestamp() + 600


def recaps(
    folder: DataFolder, address: str = "https://example.org/x", now: float = SOON,
    source: str = "live", simulated: bool = False, **values: Any,
) -> Recaps:  # fmt: skip
    of = RecapSettings(_env_file=None, webhook=address, **values)  # type: ignore[call-arg]
    made = Recaps(folder, of, source, simulated, lambda: now, dice=lambda: 0.0)
    made.command, made.first_s = QUICK, 0.0
    return made


def looked(of: Recaps, store: Store, hidden: tuple[str, ...] = ()) -> int:
    """Streams that wait after a look that is not the first."""
    if store.meta(META) is None:
        store.write({}, {META: ""})
    of.look(store, hidden)
    return len(of._waiting)


def story(tell: Callable[[WebhookServer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with WebhookServer() as server:
            await tell(server)

    play(run())


async def told(of: Recaps) -> None:
    """Until nothing waits any more."""
    task = asyncio.create_task(of.keep())
    await eventually(lambda: task.done() or not of._waiting)
    task.cancel()


@contextmanager
def opened(folder: DataFolder) -> Iterator[Store]:
    with Store(folder.warehouse) as store:
        yield store


# -- which streams -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "after_s", "waits"),
    [
        ({}, 600, 1),
        ({}, SETTLED_S - 1, 0),
        ({}, LATE_S + 1, 0),
        ({"ended_at": None}, 600, 0),
        ({"undated": True}, 600, 0),
        ({"source": "import"}, 600, 0),
        ({"started_at": ENDED - timedelta(seconds=LEAST_S - 1)}, 600, 0),
        ({"started_at": ENDED - timedelta(seconds=LEAST_S)}, 600, 1),
    ],
)  # fmt: skip
def test_a_live_stream_that_is_over_waits(
    more: dict[str, Any], after_s: float, waits: int, folder: DataFolder
) -> None:
    streams_over.write(folder.root, past=0, **more)
    with opened(folder) as store:
        assert looked(recaps(folder, now=ENDED.timestamp() + after_s), store) == waits


def test_a_stream_without_chat_is_not_told(folder: DataFolder) -> None:
    streams_over.write(folder.root, past=0)
    with opened(folder) as store:
        with store.transaction() as (con, _):
            con.execute("UPDATE windows SET n_messages = 0, mean_compound = NULL, "
                        "share_positive = NULL, share_negative = NULL, share_scored = NULL, "
                        "share_emote = NULL, sd_compound = NULL")  # fmt: skip
        assert looked(recaps(folder), store) == 0


@pytest.mark.parametrize(
    ("address", "source", "simulated", "is_on"),
    [
        ("", "live", True, False),
        ("https://example.org/x", "live", False, True),
        ("https://example.org/x", "simulated", False, False),
        ("https://example.org/x", "simulated", True, True),
        ("https://example.org/x", "replay", True, False),
    ],
)
def test_it_is_off_by_itself_and_for_what_is_not_live(
    address: str, source: str, simulated: bool, is_on: bool, folder: DataFolder
) -> None:
    streams_over.write(folder.root, source, past=0)
    with opened(folder) as store:
        of = recaps(folder, address, source=source, simulated=simulated)
        assert looked(of, store) == is_on


def test_who_opted_out_or_was_forgotten_is_not_told(folder: DataFolder) -> None:
    streams_over.write(folder.root, past=0)
    with opened(folder) as store:
        assert looked(recaps(folder), store, hidden=("demo",)) == 0
        of = recaps(folder)
        assert looked(of, store) == 1
        of.forget_channel("demo")
        assert not of._waiting


def test_streams_of_before_the_webhook_are_not_told(folder: DataFolder) -> None:
    streams_over.write(folder.root, past=0)
    with opened(folder) as store:
        of = recaps(folder)
        of.look(store, ())
        assert looked(of, store) == looked(recaps(folder), store) == 0


# -- once ----------------------------------------------------------------------------------------


def test_a_stream_is_told_once_though_it_ends_twice_and_dld_restarts(folder: DataFolder) -> None:
    async def tell(server: WebhookServer) -> None:
        of = recaps(folder, server.address)
        with opened(folder) as store:
            assert looked(of, store) == looked(of, store) == 1
            await told(of)
            later = stream("demo", BEGAN, ENDED + timedelta(minutes=3), source="live")
            rows = store.rows("streams", [{**later, "stream_id": NAME}])
            store.write({"streams": rows})  # it went on for three minutes
            assert looked(of, store) == 0
            of.remember(store)
        with opened(folder) as store:
            again = recaps(folder, server.address)
            assert looked(again, store) == 0
            assert "demo" not in (store.meta(META) or ""), "what is remembered names nobody"
        assert [m["content"] for m in server.got] == ["over"] and server.pictures == [b"hi"]

    streams_over.write(folder.root, past=0)
    story(tell)


def test_what_waited_when_dld_stopped_is_told_after_the_start(folder: DataFolder) -> None:
    streams_over.write(folder.root, past=0)
    with opened(folder) as store:
        of = recaps(folder)
        assert looked(of, store) == 1
        of.remember(store)
        assert looked(recaps(folder), store) == 1


# -- trouble -------------------------------------------------------------------------------------


def test_a_webhook_that_is_down_is_tried_again_and_then_left(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [500, (429, "0.01"), "break"]
        of = recaps(folder, server.address)
        with opened(folder) as store:
            looked(of, store)
            await told(of)
            assert (of.counts.sent, of.counts.failed, of.counts.dropped) == (1, 3, 0)
            server.faults = [503] * 99
            down = recaps(folder, server.address)
            looked(down, store)
            await told(down)
            assert (down.counts.sent, down.counts.failed, down.counts.dropped) == (0, TRIES, 1)
            assert down.gauge()["recaps"][1]["waiting"] == 0
            down.remember(store)
            assert looked(recaps(folder), store) == 0, "it was given up"

    streams_over.write(folder.root, past=0)
    with caplog.at_level(logging.DEBUG):
        story(tell)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("pipeline")]
    assert ours == ["recap: webhook: it refuses (503); this stream is not told"]
    assert SECRET not in caplog.text


def test_what_is_tried_again_tells_what_is_known_by_then(folder: DataFolder) -> None:
    counted = (
        "import json, sys; f = open(sys.argv[1], 'a+'); f.write('x'); n = f.tell();"
        "print(json.dumps({'message': {'content': n}, 'picture': 'aGk='}))"
    )

    async def tell(server: WebhookServer) -> None:
        server.faults = [500]
        of = recaps(folder, server.address)
        of.command = (sys.executable, "-c", counted, str(folder.root / "tries"))
        with opened(folder) as store:
            looked(of, store)
            await told(of)
        assert [message["content"] for message in server.got] == [2]

    streams_over.write(folder.root, past=0)
    story(tell)


@pytest.mark.parametrize("fault", [302, 401, 404])
def test_what_is_refused_for_good_is_not_asked_again(fault: int, folder: DataFolder) -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [fault]
        of = recaps(folder, server.address)
        with opened(folder) as store:
            looked(of, store)
            await told(of)
        assert (server.tries, of.counts.dropped) == (1, 1)

    streams_over.write(folder.root, past=0)
    story(tell)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((sys.executable, "-c", "raise SystemExit(1)"), "it could not be made (code 1)"),
        ((sys.executable, "-c", "print('{')"), "a mistake of ours (JSONDecodeError)"),
    ],
)
def test_a_recap_that_cannot_be_made_is_said_once(
    command: tuple[str, ...], said: str, folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(server: WebhookServer) -> None:
        of = recaps(folder, server.address)
        of.command = command
        with opened(folder) as store:
            looked(of, store)
            await told(of)
        assert server.tries == 0 and of.counts.dropped == 1

    streams_over.write(folder.root, past=0)
    story(tell)
    assert caplog.text.count(said) == 1


# -- through the daemon --------------------------------------------------------------------------


def test_a_stream_that_is_over_reaches_the_webhook_through_the_daemon(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Idle(Source):
        kind = "live"

        def __init__(self, server: WebhookServer) -> None:
            self.server = server

        def channels(self) -> list[ChannelInfo]:
            return [ChannelInfo("demo")]

        async def batches(self) -> Any:
            while not self.server.got:
                yield Batch(SOON, ())
                await asyncio.sleep(0.05)
            yield Batch(SOON + 1, ())

    async def tell(server: WebhookServer) -> None:
        monkeypatch.setenv("DLD_RECAP_WEBHOOK", server.address)
        monkeypatch.setattr("pipeline.engine.engine._SLOW_S", 0.0)
        with opened(folder) as store:
            store.write({}, {META: ""})
            engine = Engine(folder, settings(), "live", store)
            engine.state.recaps.clock = lambda: SOON
            await daemon.run(engine, Idle(server))
            assert store.meta(META)
        (message,), (png,) = server.got, server.pictures
        assert message["content"] == "The stream of demo is over"
        assert "KEKW x 120" in message["embeds"][0]["description"].replace("\\", "")
        assert png.startswith(b"\x89PNG")

    streams_over.write(folder.root)
    story(tell)

"""Alerts to a webhook: told once, in time, and never with the address or a ping."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pipeline.alerts.discord import body, literal
from pipeline.alerts.watch import Alert
from pipeline.alerts.webhook import MOST, STALE_S, USER_AGENT, Webhook
from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Message,
    Source,
    StreamStart,
    Watch,
)
from pipeline.config import AlertSettings
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.web import session
from tests.helpers.build import settings
from tests.helpers.patience import PATIENCE_S, STORY_S, eventually, play
from tests.helpers.standins.webhook import SECRET, WebhookServer
from warehouse.config import DataFolder
from warehouse.records import utc, window_start
from warehouse.store.store import Store

MOOD = {"mood": -0.31, "usual": 0.12, "z": -5.21, "n": 84, "seconds": 180, "source": "live"}
NOW = 1_800_000_000.0


def alert(kind: str = "mood_drop", channel: str = "demo", at: float = NOW, **detail: Any) -> Alert:
    return Alert(f"{kind}{channel}{at}", channel, utc(at), kind, {**MOOD, **detail})


def new_term(name: str) -> Alert:
    numbers = {"term": name, "n": 40, "n_chatters": 12, "n_channels": 1, "n_scored": 22,
               "valence": 1.8, "valence_low": -0.3, "valence_high": 3.9}  # fmt: skip
    return Alert("t", "", utc(NOW), "new_term", {**numbers, "source": "live"})


def hook(address: str = "http://127.0.0.1:1/x", source: str = "live", **values: Any) -> Webhook:
    told = AlertSettings(_env_file=None, webhook=address, **values)  # type: ignore[call-arg]
    return Webhook(told, source, clock=lambda: NOW + 30, dice=lambda: 1.0)


def story(tell: Callable[[WebhookServer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with WebhookServer() as server:
            await tell(server)

    play(run())


async def steps(target: Webhook, count: int, timeout_s: float = PATIENCE_S) -> list[float]:
    """Waits that were asked for after each step."""
    target.timeout_s = timeout_s
    async with session(USER_AGENT) as http:
        return [await target.step(http) for _ in range(count)]


# -- what is said ------------------------------------------------------------------------------


def test_an_alert_is_a_line_with_its_numbers_below() -> None:
    assert body(alert()) == {
        "content": "Mood drop\\, demo",
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "description": "−0.31 over 3 min (n = 84); usual in this stream +0.12; "
                "5.2 standard errors off",
                "color": 0xD9782D,
                "timestamp": "2027-01-15T08:00:00Z",
                "footer": {"text": "DLD"},
            }
        ],
    }


def test_simulated_chat_says_so() -> None:
    assert body(alert(source="simulated"))["content"].startswith("Simulated\\: ")


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("@everyone", "\\@everyone"),
        ("<@123> <#9> <@&7>", "\\<\\@123\\> \\<\\#9\\> \\<\\@\\&7\\>"),
        ("**bold** _it_ ~~no~~ `x` ||s||",
         "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`x\\` \\|\\|s\\|\\|"),
        ("[a](https://evil.example)", "\\[a\\]\\(https\\:\\/\\/evil\\.example\\)"),
        ("<b>x</b>", "\\<b\\>x\\<\\/b\\>"),
        ("# big\n> said", "\\# big \\> said"),
        ("a\u202eb\u200bc\0", "abc"),
        ("Käse😀", "Käse😀"),
    ],
)  # fmt: skip
def test_a_hostile_term_is_only_text(term: str, said: str) -> None:
    assert literal(term) == said
    assert f"**{said}**: 40 uses by 12 people" in body(new_term(term))["embeds"][0]["description"]


def test_the_longest_term_fits() -> None:
    made = body(new_term("*" * 5000))
    assert len(made["content"]) + len(made["embeds"][0]["description"]) < 2000


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("activity", {"n": 120, "seconds": 60, "usual": 20.1, "times": 6.0},
         "120 messages in 1 min, 6.0 times the usual (about 20)"),
        ("silence", {"n": 0, "seconds": 150, "usual": 24.0, "p": 1e-9},
         "no message for 2.5 min (n = 0); usual in as long: 24"),
    ],
)  # fmt: skip
def test_every_rule_has_its_sentence(kind: str, detail: dict[str, Any], said: str) -> None:
    assert body(alert(kind, **detail))["embeds"][0]["description"] == said


def test_a_mood_alert_says_where_the_mood_is_likely_to_go() -> None:
    said = body(alert(five=[-0.02, 0.04, 0.114]))["embeds"][0]["description"]
    assert said.endswith("standard errors off; likely in the next five minutes: −0.02 to +0.11")
    for five, likely in (([-0.001, 0.0, 0.13], "0.00 to +0.13"), ([0.02, 0.021, 0.023], "+0.02")):
        (told,) = body(alert(five=five))["embeds"]
        assert told["description"].endswith(f"minutes: {likely}")


# -- how it is told ----------------------------------------------------------------------------


def test_alerts_are_told_in_order_each_once() -> None:
    async def tell(server: WebhookServer) -> None:
        target = hook(server.address)
        target.put([alert(), alert("silence", n=0)])
        assert await steps(target, 3) == [1.0, 1.0, 0.5]
        assert [m["content"] for m in server.got] == [
            "Mood drop\\, demo", "Unusual silence\\, demo"
        ]  # fmt: skip
        assert target.health() == {"sent": 2, "failed": 0, "dropped": 0, "waiting": 0}

    story(tell)


def test_a_limit_is_waited_out_as_long_as_it_says() -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [(429, "7.25"), (429, "soon"), (429, "nan"), (429, "1e99")]
        target = hook(server.address)
        target.put([alert()])
        assert await steps(target, 5) == [7.25, 4.0, 8.0, 3600.0, 1.0]
        assert target.health() == {"sent": 1, "failed": 4, "dropped": 0, "waiting": 0}

    story(tell)


@pytest.mark.parametrize("fault", [500, 503, "break"])
def test_trouble_is_tried_again_with_growing_pauses(fault: Any) -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [fault] * 3
        target = hook(server.address)
        target.put([alert()])
        waits = await steps(target, 4)
        assert len(server.got) == 1
        assert waits == [2.0, 4.0, 8.0, 1.0]

    story(tell)


def test_a_webhook_that_does_not_answer_is_left_after_its_time() -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = ["never"]
        target = hook(server.address)
        target.put([alert()])
        assert await steps(target, 1, timeout_s=0.1) == [2.0]
        await steps(target, 1)
        assert len(server.got) == 1

    story(tell)


@pytest.mark.parametrize("fault", [302, 400, 401, 404])
def test_what_is_refused_for_good_is_dropped(fault: int) -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [fault]
        target = hook(server.address)
        target.put([alert(), alert("silence")])
        await steps(target, 2)
        assert [m["content"] for m in server.got] == ["Unusual silence\\, demo"]
        assert target.health() == {"sent": 1, "failed": 1, "dropped": 1, "waiting": 0}
        assert server.tries == 2

    story(tell)


def test_garbage_in_an_answer_that_says_yes_is_of_no_interest() -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [b"\xff{not json"]
        target = hook(server.address)
        target.put([alert()])
        await steps(target, 1)
        assert target.health()["sent"] == 1

    story(tell)


def test_what_is_old_news_is_dropped() -> None:
    async def tell(server: WebhookServer) -> None:
        target = hook(server.address)
        target.put([alert(at=NOW + 29 - STALE_S), alert("silence")])
        await steps(target, 2)
        assert [m["content"] for m in server.got] == ["Unusual silence\\, demo"]
        assert target.counts.dropped == 1

    story(tell)


def test_a_flood_drops_the_oldest() -> None:
    target = hook()
    target.put([alert(at=NOW + k / 100) for k in range(MOST + 5)])
    assert target.health() == {"sent": 0, "failed": 0, "dropped": 5, "waiting": MOST}


def test_nothing_of_a_forgotten_channel_is_told() -> None:
    target = hook()
    target.put([alert(), alert(channel="other"), new_term("X")])
    target.forget_channel("demo")
    assert [a.channel for a in target._waiting] == ["other"]


@pytest.mark.parametrize(
    ("address", "source", "values", "is_on"),
    [
        ("", "live", {}, False),
        ("https://example.org/x", "live", {}, True),
        ("https://example.org/x", "simulated", {}, False),
        ("https://example.org/x", "simulated", {"simulated": True}, True),
        ("https://example.org/x", "replay", {"simulated": True}, False),
    ],
)
def test_where_it_is_off_nothing_waits(
    address: str, source: str, values: dict[str, Any], is_on: bool
) -> None:
    target = hook(address, source, **values)
    target.put([alert()])
    assert len(target._waiting) == is_on


def test_trouble_is_logged_once_and_never_with_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def tell(server: WebhookServer) -> None:
        server.faults = [500, (429, "1"), "never", "break", 404]
        target = hook(server.address)
        target.put([alert(), alert("silence")])
        await steps(target, 2)
        await steps(target, 1, timeout_s=0.1)
        await steps(target, 3)
        assert len(server.got) == 1

    with caplog.at_level(logging.DEBUG):
        story(tell)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("pipeline")]
    assert ours == [
        "alerts: webhook: it refuses (500); told once, until it answers",
        "alerts: the webhook answers again",
    ]
    assert SECRET not in caplog.text


def test_nobody_there_is_said_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    target = hook(f"http://127.0.0.1:9/{SECRET}")
    target.put([alert()])
    with caplog.at_level(logging.DEBUG):
        asyncio.run(steps(target, 1))
    assert "no answer (ClientConnectorError)" in caplog.text
    assert SECRET not in caplog.text


def test_a_mistake_of_ours_stops_neither_the_task_nor_tells_the_address(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = hook(f"https://example.org/{SECRET}")

    async def wrong(http: object) -> float:
        raise RuntimeError(f"https://example.org/{SECRET}")

    async def run() -> None:
        monkeypatch.setattr(target, "step", wrong)
        task = asyncio.create_task(target.keep())
        await eventually(lambda: "a mistake of ours" in caplog.text)
        assert not task.done()
        task.cancel()

    asyncio.run(run())
    assert "a mistake of ours (RuntimeError)" in caplog.text
    assert SECRET not in caplog.text


def test_a_webhook_that_hangs_keeps_no_turn_waiting(folder: DataFolder, store: Store) -> None:
    class Telling(Source):
        kind = "live"

        def channels(self) -> list[ChannelInfo]:
            return [ChannelInfo("demo")]

        async def batches(self) -> Any:
            for k in range(20):
                yield Batch(time.time() + k, (StreamStart("demo", time.time(), "s1"),))

    async def tell(server: WebhookServer) -> None:
        server.faults = ["never"] * 9
        told = AlertSettings(_env_file=None, webhook=server.address)  # type: ignore[call-arg,arg-type]
        engine = Engine(folder, settings(), "live", store, told)
        engine.state.webhook.put([alert(at=time.time())])
        engine.state.webhook.timeout_s = 2 * STORY_S
        await daemon.run(engine, Telling())
        assert server.got == [] and engine.state.webhook.health()["failed"] == 0

    story(tell)


def test_a_drop_in_live_chat_reaches_the_webhook_through_the_daemon(
    folder: DataFolder, store: Store
) -> None:
    t0 = float(window_start(time.time()) - 80 * 30)

    class Telling(Source):
        kind = "live"

        def __init__(self, server: WebhookServer) -> None:
            self.server = server

        def channels(self) -> list[ChannelInfo]:
            return [ChannelInfo("demo")]

        async def batches(self) -> Any:
            yield Batch(t0, (StreamStart("demo", t0, "s1"), Watch("demo", t0)))
            for k in range(80):
                yield Batch(t0 + 30 * k + 36, tuple(chat(t0, k)))
            await eventually(lambda: self.server.got)
            await asyncio.sleep(0.5)  # it is told once

    async def tell(server: WebhookServer) -> None:
        told = AlertSettings(_env_file=None, webhook=server.address)  # type: ignore[call-arg,arg-type]
        await daemon.run(Engine(folder, settings(), "live", store, told), Telling(server))
        assert [m["content"] for m in server.got] == ["Mood drop\\, demo"]

    story(tell)


def chat(t0: float, k: int) -> list[Item]:
    """Window k of a chat that is calm, and angry from the 78th on."""
    texts = ["great", "hello", "terrible", "nice", "well", "so", "good", "this"]
    said = texts if k < 78 else ["terrible horrible awful"] * 12
    return [
        *(Message(f"{k}-{i}", "demo", t0 + 30 * k + 1 + i, f"u{i}", text)
          for i, text in enumerate(said)),
        Heard("demo", t0 + 30 * k + 36),
    ]  # fmt: skip

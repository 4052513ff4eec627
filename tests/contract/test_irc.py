"""Anonymous chat from a stand-in of Twitch IRC: what comes is told once, losses are told too."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.chat.message import Batch, ChannelInfo, Heard, Item, Lost, Message, StreamEnd, Watch
from pipeline.sources.irc.source import Irc
from pipeline.sources.live import connection
from pipeline.sources.live.shared import Limits
from tests.helpers.build import feed, intake
from tests.helpers.patience import play, while_running
from tests.helpers.standins.irc import HOST, IrcServer, channel_names, room_id

FAST: dict[str, Any] = {
    "joins_per_s": 0.01,
    "ping_after_s": 0.15,
    "dead_after_s": 2,  # a busy machine may not come to answer for a second
    "join_timeout_s": 0.3,
    "connect_timeout_s": 2,
    "backoff_s": 0.3,
    "look_s": 0.05,
    "batch_s": 0.05,
}


class Listening:
    """A source that is read in the background. items: all it said so far."""

    def __init__(self, server: IrcServer, *channels: str, **limits: Any) -> None:
        self.wanted = list(channels)
        self.source = Irc(lambda: self.wanted, server.url, Limits(**FAST | limits))
        self.batches: list[Batch] = []

    async def __aenter__(self) -> "Listening":
        self.task = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _read(self) -> None:
        async for batch in self.source.batches():
            self.batches.append(batch)

    @property
    def items(self) -> list[Item]:
        return [item for batch in self.batches for item in batch.items]

    @property
    def infos(self) -> list[ChannelInfo]:
        return [
            info for batch in self.batches for info in batch.items if isinstance(info, ChannelInfo)
        ]

    def of(self, kind: type, channel: str = "") -> list[Any]:
        return [i for i in self.items if isinstance(i, kind) and channel in ("", i.channel)]

    def seen(self, channel: str) -> list[list[float]]:
        """Spans in which the channel counts as seen, by all that was said so far."""
        target = intake()
        feed(target, *self.items)
        return target.track(channel).seen

    def ids(self) -> list[str]:
        return [m.id for m in self.of(Message)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so; what was said last is in the error when it never is."""
        await while_running(self.task, true, lambda: self.items[-5:])

    async def watching(self, *channels: str) -> None:
        await self.until(lambda: {w.channel for w in self.of(Watch)} >= set(channels))


def test_a_message_is_told_with_its_id_and_twitchs_stamp() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            name = await server.say("demo", "hello there", "Bob", "emotes=25:0-4")
            await chat.until(lambda: chat.ids() == [name])
            at = server.sent[0].at_ms / 1000
            assert chat.of(Message) == [Message(name, "demo", at, "bob", "hello there", ("hello",))]
            assert ChannelInfo("demo", room_id("demo")) in chat.infos

    play(story())


def test_it_asks_for_tags_and_reads_under_an_anonymous_name() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            got = server.peers[0].got
            assert got[0] == "CAP REQ :twitch.tv/tags twitch.tv/commands"
            assert got[1].startswith("NICK justinfan") and got[1][14:].isdecimal()
            assert got[2] == "JOIN #demo"

    play(story())


def test_a_ping_is_answered_with_its_own_words() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            await server.broadcast("PING :tmi.twitch.tv")
            await chat.until(lambda: "PONG :tmi.twitch.tv" in server.peers[0].got)

    play(story())


def test_lines_of_one_frame_and_a_line_in_two_frames_are_read() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            (one, first), (two, second), (three, third) = [
                server.line("demo", f"line {k} é") for k in range(3)
            ]
            await server.peers[0].raw(f"{first}\r\n{second}\r\n")
            data = f"{third}\r\n".encode()
            half = data.index("é".encode()) + 1  # in the middle of a character
            await server.peers[0].raw(data[:half], data[half:])
            await chat.until(lambda: chat.ids() == [one, two, three])
            assert chat.of(Message)[2].text == "line 2 é"

    play(story())


def test_garbage_is_counted_and_what_follows_is_read() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            peer = server.peers[0]
            await peer.raw("@;;=\r\n\r\n\x00\xff\r\n", b"\xff\xfe\x00\r\n", ":\r\n")
            await peer.socket.send(b"\xff\xfe in a text frame\r\n", text=True)
            name = await server.say("demo", "still here")
            await chat.until(lambda: chat.ids() == [name])
            assert sum(batch.malformed for batch in chat.batches) == 5
            assert server.connects == 1

    play(story())


def test_a_quiet_channel_is_seen_all_the_time() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            began = chat.of(Watch)[0].at
            await chat.until(lambda: any(h.at >= began + 4 for h in chat.of(Heard)))
            assert chat.of(Lost) == []
            assert any(line == "PING :dld" for line in server.peers[0].got)

    play(story())


def test_a_dropped_connection_is_told_and_another_takes_its_place() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            before = await server.say("demo", "before")
            server.peers[0].drop()
            await chat.until(lambda: len(chat.of(Watch)) == 2)
            after = await server.say("demo", "after")
            await chat.until(lambda: chat.ids() == [before, after])
            [lost], (_, again) = chat.of(Lost), chat.of(Watch)
            seen_to = max(h.at for h in chat.of(Heard) if h.at <= lost.at)
            assert seen_to <= lost.at <= again.at

    play(story())


def test_a_frozen_connection_was_seen_up_to_its_last_byte_only() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            await server.say("demo", "last words")
            server.peers[0].frozen = True
            await asyncio.sleep(0.2)  # what was under way has come
            silent = time.time()
            await chat.until(lambda: len(chat.of(Watch)) == 2)
            [lost] = chat.of(Lost)
            assert max(h.at for h in chat.of(Heard) if h.at <= lost.at) <= silent

    play(story())


def test_asked_to_reconnect_it_joins_elsewhere_before_it_leaves() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo", "other") as chat:
            await chat.watching("demo", "other")
            await server.broadcast(f"{HOST} RECONNECT")
            told = []
            while len(server.peers) < 2 or not server.peers[1].channels >= {"demo", "other"}:
                told.append(await server.say("demo", "while it moves"))
                await asyncio.sleep(0.02)
            told.append(await server.say("demo", "twice, on both"))
            await chat.until(lambda: len(server.peers) == 1)
            told.append(await server.say("demo", "on the new one"))
            await chat.until(lambda: set(chat.ids()) == set(told))
            assert chat.of(Lost) == [] and len(chat.of(Watch)) == 2

    play(story())


def test_an_old_connection_that_dies_first_leaves_a_gap() -> None:
    """And what the new one brings does not bridge it."""

    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo", dead_after_s=600) as chat:
            await chat.watching("demo")
            await server.say("demo", "last words")
            await server.broadcast(f"{HOST} RECONNECT")
            await asyncio.sleep(0.05)
            frozen = time.time()
            server.peers[0].frozen = True
            await chat.until(lambda: "demo" in server.peers[-1].channels and server.connects == 2)
            told = [await server.say("demo", f"line {k}") for k in range(3)]
            await chat.until(lambda: chat.ids()[1:] == told)
            assert len(server.peers) == 2  # long before the old one is given up
            (_, first), (second, last) = chat.seen("demo")
            assert first <= frozen < second
            assert last >= server.sent[-1].at_ms / 1000

    play(story())


def test_a_clean_change_of_connections_leaves_no_gap() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            await server.broadcast(f"{HOST} RECONNECT")
            await chat.until(lambda: server.connects == 2)
            await chat.until(lambda: len(server.peers) == 1)
            name = await server.say("demo", "on the new one")
            await chat.until(lambda: name in chat.ids())
            assert len(chat.seen("demo")) == 1 and chat.of(Lost) == []

    play(story())


def test_the_old_connection_stays_while_no_new_one_can_be_had() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            server.refuse = True
            await server.broadcast(f"{HOST} RECONNECT")
            await chat.until(lambda: server.connects >= 3)
            name = await server.say("demo", "still on the old one")
            await chat.until(lambda: name in chat.ids())
            server.refuse = False
            await chat.until(lambda: len(server.peers) == 2 or server.connects >= 5)
            await chat.until(lambda: len(server.peers) == 1)
            assert chat.of(Lost) == []

    play(story())


def test_a_new_connection_that_never_speaks_costs_neither_the_old_one_nor_joins() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            server.freeze = True
            await server.broadcast(f"{HOST} RECONNECT")
            await chat.until(lambda: server.connects >= 3)
            name = await server.say("demo", "still on the old one")
            await chat.until(lambda: name in chat.ids())
            server.freeze = False
            await chat.until(lambda: len(server.joins) == 2)
            await chat.until(lambda: len(server.peers) == 1)
            assert len(chat.seen("demo")) == 1
            assert sum("JOIN #demo" in peer.got for peer in server.all_peers) == 2

    play(story())


def test_a_refusing_server_is_asked_again_at_growing_intervals(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        async with IrcServer() as server:
            server.refuse = True
            async with Listening(server, "demo", backoff_s=0.2) as chat:
                await chat.until(lambda: server.connects >= 4)
                server.refuse = False
                await chat.watching("demo")

    play(story())
    assert "no connection" in caplog.text


def test_a_hundred_channels_take_two_connections() -> None:
    async def story() -> None:
        names = list(channel_names(100))
        async with IrcServer() as server, Listening(server, *names) as chat:
            await chat.watching(*names)
            assert sorted(len(peer.channels) for peer in server.peers) == [10, 90]

    play(story())


def test_joins_are_paced_over_all_connections() -> None:
    async def story() -> None:
        names = list(channel_names(24))
        pace = {"joins": 5, "joins_per_s": 1.0, "channels": 8}
        async with IrcServer() as server, Listening(server, *names, **pace) as chat:
            await chat.watching(*names)
            times = [at for at, _ in server.joins]
            assert len(server.peers) == 3 and len(times) == 24
            # as they arrive: the way takes a moment, not always the same
            assert all(b - a > 0.5 for a, b in zip(times, times[5:], strict=False))

    play(story())


def test_channels_come_and_go_while_it_runs() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            chat.wanted[:] = ["other"]
            await chat.watching("other")
            await chat.until(lambda: server.peers[0].channels == {"other"})
            assert [e.channel for e in chat.of(StreamEnd)] == ["demo"]
            await server.say("demo", "nobody listens")
            name = await server.say("other", "somebody does")
            await chat.until(lambda: chat.ids() == [name])

    play(story())


def test_without_channels_there_is_no_connection() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server) as chat:
            await chat.until(lambda: len(chat.batches) >= 2)
            assert server.connects == 0
            chat.wanted.append("demo")
            await chat.watching("demo")
            chat.wanted.clear()
            await chat.until(lambda: not server.peers)

    play(story())


def test_a_channel_that_does_not_exist_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with IrcServer({"demo"}) as server, Listening(server, "demo", "nobody") as chat:
            await chat.watching("demo")
            await chat.until(lambda: "channel=nobody" in caplog.text)
            await asyncio.sleep(0.6)
            name = await server.say("demo", "the others go on")
            await chat.until(lambda: chat.ids() == [name])
            assert [c for _, c in server.joins].count("nobody") == 3  # and then rarely

    play(story())
    told = [r for r in caplog.records if "nobody" in r.getMessage()]
    assert len(told) == 1 and "is there such a channel?" in told[0].getMessage()
    assert told[0].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("notice", "words"),
    [("msg_channel_suspended", "suspended"), ("msg_banned", "banned")],
)
def test_a_closed_channel_is_reported_with_twitchs_reason(
    notice: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with IrcServer() as server:
            server.notices["closed"] = notice
            async with Listening(server, "closed", "demo") as chat:
                await chat.watching("demo")
                await chat.until(lambda: words in caplog.text)
                await asyncio.sleep(0.6)
                assert [c for _, c in server.joins].count("closed") == 1
                assert {w.channel for w in chat.of(Watch)} == {"demo"}

    play(story())


def test_batches_come_by_the_clock_where_nothing_is_said() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.until(lambda: len(chat.batches) >= 5)
            times = [batch.at for batch in chat.batches]
            assert times == sorted(times) and chat.of(Message) == []

    play(story())


def test_a_reader_that_stands_still_loses_nothing() -> None:
    async def story() -> None:
        async with IrcServer() as server:
            chat = Listening(server, "demo")
            chat.source.shared.outbox.most = 50
            reading = chat.source.batches()
            chat.batches.append(await anext(reading))
            while not chat.of(Watch):
                chat.batches.append(await anext(reading))
            saying = asyncio.ensure_future(_talk(server, 600))
            await asyncio.sleep(3)  # nobody takes anything, longer than a silence may last
            assert len(chat.source.shared.outbox._items) < 100
            while len(chat.ids()) < 600:
                chat.batches.append(await anext(reading))
            assert chat.ids() == [s.id for s in server.sent]
            assert chat.of(Lost) == []
            await saying
            await reading.aclose()

    play(story())


def test_what_waited_to_be_read_does_not_say_that_its_connection_lives() -> None:
    async def story() -> None:
        async with IrcServer() as server:
            chat = Listening(server, "demo")
            chat.source.shared.outbox.most = 50
            reading = chat.source.batches()
            while not chat.of(Watch):
                chat.batches.append(await anext(reading))
            await _talk(server, 200)
            server.peers[0].drop()
            await asyncio.sleep(3)  # nobody takes anything, as while the disk is full
            again = time.time()
            while len(chat.ids()) < 200 or not chat.of(Lost):
                chat.batches.append(await anext(reading))
            assert chat.seen("demo")[0][1] < again - 0.5
            await reading.aclose()

    play(story())


def test_after_a_stop_the_connection_is_trusted_again() -> None:
    async def story() -> None:
        async with IrcServer() as server:
            chat = Listening(server, "demo")
            chat.source.shared.outbox.most = 50
            reading = chat.source.batches()
            while not chat.of(Watch):
                chat.batches.append(await anext(reading))
            saying = asyncio.ensure_future(_talk(server, 200))
            await asyncio.sleep(1.5)
            again = time.time()
            while len(chat.ids()) < 200 or chat.seen("demo")[-1][1] < again + 2.5:
                chat.batches.append(await anext(reading))
            assert len(chat.seen("demo")) == 1
            await saying
            await reading.aclose()

    play(story())


async def _talk(server: IrcServer, count: int) -> None:
    for k in range(count):
        await server.say("demo", f"line {k}")


def test_a_stop_ends_every_connection_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_CLOSE_S", 0.2)

    async def story() -> None:
        async with IrcServer() as server:
            async with Listening(server, "demo") as chat:
                await chat.watching("demo")
                server.peers[0].socket.transport.pause_reading()  # no farewell is answered
                began = time.monotonic()
            assert time.monotonic() - began < 8  # websockets itself waits 10 s
            assert chat.task.done()

    play(story())


def test_a_login_that_passes_on_while_it_is_read_is_told_before_what_is_said_next() -> None:
    async def story() -> None:
        async with IrcServer() as server, Listening(server, "demo") as chat:
            await chat.watching("demo")
            await server.say("demo", "one")
            await server.say("demo", "two", tags="room-id=77")
            await server.say("demo", "three", tags="room-id=" + "9" * 4000)
            await chat.until(lambda: len(chat.ids()) == 3)
            told = [i for i in chat.items if isinstance(i, ChannelInfo | Message)]
            assert [getattr(i, "text", "") or i.channel_id for i in told] == [
                room_id("demo"), "one", "77", "two", "three",
            ]  # fmt: skip

    play(story())

"""Markers and clips in the daemon's turns: after the commit, kept as events, asked for once."""

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Source,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.markers.sender import EVERY_S
from pipeline.requests.forget import forget_channel
from pipeline.serving.live_moments import LiveMoment
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.build import outcome, rows, send, settings, stored
from tests.helpers.patience import eventually, play
from tests.helpers.standins.twitch import READER, TwitchServer
from warehouse.config import DataFolder
from warehouse.inbox.requests import Request
from warehouse.records import iso, naive, utc, window_start
from warehouse.store.store import Store

SCOPES = ["user:read:chat", "channel:manage:broadcast", "clips:edit", "channel:manage:clips"]
EVENTS = "SELECT event_id, kind, detail FROM events WHERE kind LIKE 'twitch%' ORDER BY ALL"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, folder: DataFolder, tmp_path: Path) -> None:
    """Somebody logged in, whose channel allows markers and clips."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_TWITCH_CLIENT_ID", "client")
    monkeypatch.setenv("DLD_MARKERS", "reader")
    monkeypatch.setenv("DLD_CLIPS", "reader")
    file = TokenFile(folder.root)
    file.save(Token("access-0", "refresh-0", READER, "reader", "client", (), time.time() + 1e5))


@pytest.fixture
def began() -> float:
    """The start of a window an hour ago."""
    return float(window_start(time.time() - 3600))


@pytest.fixture
def engine(folder: DataFolder, store: Store, began: float) -> Iterator[Engine]:
    """A daemon that has read an hour of `reader`."""
    engine = open_engine(folder, store)
    engine.know([ChannelInfo("reader", READER, "Reader", "en")])
    items = StreamStart("reader", began, "s1"), Watch("reader", began)
    engine.feed(Batch(time.time(), (*items, Heard("reader", time.time()))))
    yield engine
    engine.finish()


def open_engine(folder: DataFolder, store: Store) -> Engine:
    return Engine(folder, settings(), "live", store)


def at_twitch(engine: Engine, tell: Callable[[TwitchServer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with TwitchServer() as twitch:
            twitch.scopes[:] = SCOPES
            twitch.studio.begin(READER, "s1", time.time() - 3600, video="777")
            for part in (engine.state.sender, engine.state.viewers_clips):
                part._asking.settings, part._asking.address = twitch.login(), twitch.address
            await tell(twitch)

    play(run())


def find(engine: Engine) -> LiveMoment:
    """A moment is found, and committed with the next turn."""
    now = time.time()
    moment = LiveMoment("reader", READER, utc(now - 40), utc(now), "KEKW x 9", "laughter", 8.0)
    engine.state.turn.moments.append(moment)
    engine.commit()
    return moment


async def work(engine: Engine, later: float = 0.0) -> None:
    """All that is due after so many seconds is done, and committed."""
    engine.state.sender.monotonic = lambda: time.monotonic() + later
    while await engine.state.sender.step() == 0.0:
        pass
    engine.feed(Batch(time.time()))
    engine.commit()


def ask(folder: DataFolder, name: str = "r1", **body: Any) -> None:
    told = {"channel": "reader", "stream_id": "s1", "at_s": 630.0, "in_s": 600.0, "out_s": 652.4}
    request = Request(name, iso(utc(time.time())), "page", "clip", {**told, "title": "Ha", **body})
    send(folder.inbox, request)


# -- live --------------------------------------------------------------------------------------


def test_a_moment_is_set_after_its_commit_and_kept_as_events(
    engine: Engine, folder: DataFolder
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        moment = find(engine)
        await work(engine)
        await work(engine, 6)
        name, at_s = iso(moment.at), twitch.studio.markers[0]["position_seconds"]
        assert rows(folder, EVENTS) == [
            (f"twitch:clip:reader:{name}", "twitch_clip", "https://clips.twitch.tv/Made-Clip_1"),
            (f"twitch:marker:reader:{name}", "twitch_marker",
             f"https://www.twitch.tv/videos/777?t={at_s}s"),
        ]  # fmt: skip
        assert rows(folder, "SELECT value FROM health WHERE name = 'twitch'") == []
        engine.housekeeping()
        assert rows(folder, "SELECT value FROM health WHERE name = 'twitch'") == [(2.0,)]

    at_twitch(engine, tell)


def test_after_a_restart_nothing_is_set_twice_within_two_minutes(
    engine: Engine, folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        find(engine)
        await work(engine)
        await work(engine, 6)
        again = open_engine(folder, store).state.sender
        again.put([LiveMoment("reader", READER, utc(0), utc(time.time()), "x", "hype", 9.0)])
        assert again.gauge()["twitch"][1]["waiting"] == 0
        again.clock = lambda: time.time() + EVERY_S + 1
        found = utc(again.clock())
        again.put([LiveMoment("reader", READER, found, found, "x", "hype", 9.0)])
        assert again.gauge()["twitch"][1]["waiting"] == 2

    at_twitch(engine, tell)


def test_forgetting_a_channel_takes_what_waits_and_its_clips(
    engine: Engine, folder: DataFolder, store: Store, began: float
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        await read_clips(engine, twitch, began)
        assert rows(folder, "SELECT count(*) FROM clips") == [(2,)]
        find(engine)
        forget_channel(engine.state.workspace, "reader")
        await work(engine)
        assert not twitch.studio.markers and not twitch.studio.asked
        assert rows(folder, "SELECT count(*) FROM clips") == [(0,)]
        assert rows(folder, EVENTS) == [] and stored(store, "SELECT * FROM clips") == []

    at_twitch(engine, tell)


# -- past streams ------------------------------------------------------------------------------


def test_a_clip_of_a_past_stream_ends_where_its_cut_does(
    engine: Engine, folder: DataFolder, began: float
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        ask(folder, title="\u202eevil+&editor_id=9 " + "x" * 500)
        engine.commit()
        assert outcome(folder.inbox, "r1") is None
        await work(engine)
        assert outcome(folder.inbox, "r1") is None
        await work(engine, 6)
        assert outcome(folder.inbox, "r1") == ""
        (asked,) = twitch.studio.asked
        title = asked.pop("title")
        assert title.startswith("evil+&editor_id=9 xxx") and len(title) == 100
        assert asked == {
            "editor_id": READER, "broadcaster_id": READER, "vod_id": "777", "vod_offset": "653",
            "duration": "52.4",
        }  # fmt: skip
        ((_, kind, detail),) = rows(folder, EVENTS)
        assert (kind, detail) == ("twitch_clip", "https://clips.twitch.tv/Made-Clip_1")
        at = rows(folder, "SELECT epoch(\"at\") FROM events WHERE kind = 'twitch_clip'")
        assert at == [(began + 630,)]

    at_twitch(engine, tell)


@pytest.mark.parametrize(
    ("cut", "sent"),
    [((0.0, 2.0), ("5", "5.0")), ((100.0, 400.0), ("160", "60.0")), ((90, 80), ("95", "5.0"))],
)
def test_a_cut_is_as_long_as_a_clip_may_be(
    engine: Engine, folder: DataFolder, cut: tuple[float, float], sent: tuple[str, str]
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        ask(folder, in_s=cut[0], out_s=cut[1])
        engine.commit()
        await work(engine)
        await work(engine, 6)
        (asked,) = twitch.studio.asked
        assert (asked["vod_offset"], asked["duration"]) == sent

    at_twitch(engine, tell)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"channel": "another"}, "DLD_CLIPS does not name another"),
        ({"channel": 5}, "login"),
        ({"stream_id": "nothing"}, "reader has no stream 'nothing'"),
        ({"stream_id": None}, "needs a stream_id and a title"),
        ({"title": 7}, "needs a stream_id and a title"),
        ({"in_s": -1}, "in_s is seconds from the stream's start"),
        ({"out_s": "1e9"}, "out_s is seconds"),
        ({"at_s": float("inf")}, "at_s is seconds"),
        ({"at_s": True}, "at_s is seconds"),
        ({"in_s": 1e300}, "in_s is seconds"),
    ],
)
def test_a_request_that_cannot_be_is_refused(
    engine: Engine, folder: DataFolder, body: dict[str, Any], says: str
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        ask(folder, **body)
        engine.commit()
        assert says in str(outcome(folder.inbox, "r1"))
        await work(engine)
        assert twitch.calls == []

    at_twitch(engine, tell)


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda t: t.studio.videos.clear(), "no such video any more (404)"),
        (lambda t: t.fail("videos/clips", 404), "no such video any more (404)"),
        (lambda t: t.fail("videos/clips", 403), "no clips of its videos (403)"),
        (lambda t: t.fail("videos/clips", 500), "not known"),
        (lambda t: t.fail("videos/clips", 400, says="AutoMod says no"), "AutoMod says no"),
        (lambda t: t.scopes.remove("channel:manage:clips"), "does not allow channel:manage:clips"),
        (lambda t: setattr(t.studio, "looks", None), "never became ready"),
        (lambda t: t.fail("videos/clips", *[429] * 999), "Twitch asks to wait"),
    ],
)
def test_what_twitch_does_not_do_is_the_reason_and_a_person_may_ask_again(
    engine: Engine, folder: DataFolder, prepare: Callable[[TwitchServer], None], says: str
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        prepare(twitch)
        ask(folder)
        engine.commit()
        for later in (0, 6, 100, 700):
            engine.state.sender.clock = lambda later=later: time.time() + later
            await work(engine, later)
        engine.commit()
        assert says in str(outcome(folder.inbox, "r1"))
        ((_, kind, detail),) = rows(folder, EVENTS)
        assert kind == "twitch_failed" and says in detail
        assert len(twitch.studio.asked) <= 1

    at_twitch(engine, tell)


def test_a_request_during_which_the_daemon_ended_asks_nothing_again(
    engine: Engine, folder: DataFolder, store: Store
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        ask(folder)
        engine.commit()
        again = open_engine(folder, store)
        again.commit()
        assert "the pipeline ended while Twitch was asked" in str(outcome(folder.inbox, "r1"))
        assert await again.state.sender.step() > 0

    at_twitch(engine, tell)


def test_a_channel_that_opted_out_gets_no_clip_and_has_none_read(
    engine: Engine, folder: DataFolder, began: float
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        engine.feed(Batch(time.time(), (StreamEnd("reader", began + 1800),)))
        engine.commit()
        find(engine)
        body = {"channel": "reader"}
        send(folder.inbox, Request("o1", iso(utc(time.time())), "page", "opt-out", body))
        engine.commit()
        ask(folder)
        engine.commit()
        assert "opted out of being read" in str(outcome(folder.inbox, "r1"))
        await work(engine)
        engine.housekeeping()
        await engine.state.viewers_clips.step()
        assert twitch.calls == []

    at_twitch(engine, tell)


# -- viewers' clips ----------------------------------------------------------------------------


async def read_clips(engine: Engine, twitch: TwitchServer, began: float) -> None:
    """The stream ended, and two clips were made of it."""
    ended = began + 1800
    engine.feed(Batch(time.time(), (StreamEnd("reader", ended),)))
    engine.commit()
    twitch.studio.viewers_clip(READER, "One", began + 60, view_count=3, video_id="777")
    twitch.studio.viewers_clip(READER, "Two", began + 90, view_count=5, video_id="777")
    engine.housekeeping()
    await engine.state.viewers_clips.step()
    engine.housekeeping()


def test_viewers_clips_are_published_and_the_stream_learns_its_video(
    engine: Engine, folder: DataFolder, store: Store, began: float
) -> None:
    async def tell(twitch: TwitchServer) -> None:
        await read_clips(engine, twitch, began)
        counted = "SELECT clip_id, views FROM clips ORDER BY clip_id"
        assert rows(folder, counted) == [("One", 3), ("Two", 5)]
        assert rows(folder, "SELECT vod_id FROM streams") == [("777",)]
        text = (folder.published).rglob("*.parquet")
        assert not any(b"SomeViewer" in path.read_bytes() for path in text)
        twitch.studio.clips = [twitch.studio.clips[0] | {"view_count": 9}]
        clips = engine.state.viewers_clips
        clips.clock = lambda: time.time() + timedelta(days=1, minutes=1).total_seconds()
        await clips.step()
        engine.housekeeping()
        assert rows(folder, counted) == [("One", 9)]  # views are of now; what is gone went

    at_twitch(engine, tell)


def test_the_daemon_sends_and_reads_beside_its_turns(
    folder: DataFolder, store: Store, began: float
) -> None:
    engine = open_engine(folder, store)

    class Telling(Source):
        kind = "live"
        twitch: TwitchServer

        def channels(self) -> list[ChannelInfo]:
            return [ChannelInfo("reader", READER)]

        async def batches(self) -> Any:
            items = StreamStart("reader", began, "s1"), StreamEnd("reader", began + 60)
            yield Batch(time.time(), items)
            now = utc(time.time())
            moment = LiveMoment("reader", READER, now, now, "KEKW x 9", "laughter", 8.0)
            engine.state.sender.put([moment])
            await eventually(lambda: self.twitch.studio.markers and self.twitch.studio.asked)
            at = {"started_at": naive(utc(began)), "ended_at": naive(utc(began + 60))}
            row = {"stream_id": "s1", "channel": "reader", "channel_id": READER, "vod_id": ""}
            engine.state.viewers_clips.plan([{**row, **at}])
            await eventually(engine.state.viewers_clips.take)

    async def tell(twitch: TwitchServer) -> None:
        engine.state.viewers_clips.idle_s = 0.05
        source = Telling()
        source.twitch = twitch
        await daemon.run(engine, source)

    at_twitch(engine, tell)
    kinds = [kind for _, kind, _ in rows(folder, EVENTS)]
    assert "twitch_marker" in kinds

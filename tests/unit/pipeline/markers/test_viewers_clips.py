"""Clips that viewers made: read after a stream and daily, of whom it concerns, without names."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.markers.viewers_clips import AGAIN_S, REST_S, Read, ViewersClips
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.patience import play
from tests.helpers.standins.twitch import READER, TwitchServer
from warehouse.config import ConsentSettings
from warehouse.records import naive, utc

HOUR_S = 3600.0


class Desk:
    """A reader of clips at a stand-in, where `reader` streamed for an hour, two hours ago."""

    def __init__(
        self, twitch: TwitchServer, root: Path, source: str = "live", **names: Any
    ) -> None:
        self.twitch, self.studio, self.later = twitch, twitch.studio, 0.0
        self.began = float(int(time.time() - 3 * HOUR_S))
        file = TokenFile(root)
        file.save(Token("access-0", "refresh-0", READER, "reader", "client", (), time.time() + 1e5))
        consent = ConsentSettings(_env_file=None, **names)  # type: ignore[call-arg]
        self.clips = ViewersClips(root, source, self.now, lambda key: key, consent)
        self.clips._asking.settings = twitch.login()
        self.clips._asking.address = twitch.address
        self.studio.begin(READER, "s1", self.began, video="777")

    def now(self) -> float:
        return time.time() + self.later

    def row(self, **more: Any) -> dict[str, Any]:
        started, ended = (naive(utc(self.began + s)) for s in (0, HOUR_S))
        told = {"stream_id": "s1", "channel": "reader", "channel_id": READER, "vod_id": ""}
        return {**told, "started_at": started, "ended_at": ended, **more}

    async def read(self, *rows: dict[str, Any]) -> list[Read]:
        self.clips.plan(rows or [self.row()])
        await self.clips.step()
        return self.clips.take()


def story(tell: Callable[[Desk], Awaitable[None]], root: Path, *a: Any, **names: Any) -> None:
    async def run() -> None:
        async with TwitchServer() as twitch:
            await tell(Desk(twitch, root, *a, **names))

    play(run())


def test_clips_are_kept_by_what_they_show_and_not_by_whom(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        made = desk.began + 1800
        place = {"video_id": "777", "vod_offset": 1790, "view_count": 12, "duration": 30}
        desk.studio.viewers_clip(READER, "Sly-Fox_1", made, **place)
        desk.studio.viewers_clip(READER, "Later", desk.began + 2 * HOUR_S, view_count=40)
        desk.studio.viewers_clip(READER, "Before", desk.began - 5)
        desk.studio.viewers_clip("99", "Another", made)
        (read,) = await desk.read()
        assert read.clips == [
            {"clip_id": "Later", "channel": "reader", "at": utc(desk.began + 2 * HOUR_S),
             "vod_id": None, "vod_offset_s": None, "duration_s": 28.3, "views": 40},
            {"clip_id": "Sly-Fox_1", "channel": "reader", "at": utc(made), "vod_id": "777",
             "vod_offset_s": 1790, "duration_s": 30.0, "views": 12},
        ]  # fmt: skip
        assert read.video == "777"

    story(tell, tmp_path)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "../x"},
        {"id": None},
        {"created_at": "2029-yesterday"},
        {"duration": 0},
        {"duration": "long"},
        {"duration": float("1e30")},
    ],
)
def test_a_clip_that_cannot_be_is_left_out(tmp_path: Path, odd: dict[str, Any]) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.viewers_clip(READER, "Good", desk.began + 9, view_count=-4, vod_offset=-1)
        desk.studio.viewers_clip(READER, "Odd", desk.began + 9)
        desk.studio.clips[-1].update(odd)
        (read,) = await desk.read()
        assert [(c["clip_id"], c["views"], c["vod_offset_s"]) for c in read.clips] == [
            ("Good", 0, None)
        ]

    story(tell, tmp_path)


def test_only_the_two_hundred_most_viewed_are_kept(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        for k in range(250):
            desk.studio.viewers_clip(READER, f"c{k}", desk.began + k, view_count=k)
        (read,) = await desk.read()
        assert {c["views"] for c in read.clips} == set(range(50, 250)) and not read.is_all

    story(tell, tmp_path)


def test_a_stream_is_read_once_a_day(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        assert [len(await desk.read()) for _ in range(3)] == [1, 0, 0]
        desk.later = AGAIN_S + 1
        assert len(await desk.read()) == 1

    story(tell, tmp_path)


def test_a_stream_that_has_just_ended_waits(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        row = desk.row(ended_at=naive(utc(desk.now() - 60)))
        assert await desk.read(row) == []
        desk.later = timedelta(minutes=10).total_seconds()
        assert len(await desk.read(row)) == 1

    story(tell, tmp_path)


@pytest.mark.parametrize(
    ("names", "reads"),
    [
        ({}, ["reader"]),
        ({"markers": "ann"}, ["reader", "ann"]),
        ({"clips": "id:12345"}, ["reader", "ann"]),
        ({"clips": "bob"}, ["reader"]),
    ],
)
def test_the_own_channel_and_those_that_are_named_are_read(
    tmp_path: Path, names: dict[str, str], reads: list[str]
) -> None:
    async def tell(desk: Desk) -> None:
        ann = desk.row(stream_id="s2", channel="ann", channel_id="12345")
        unknown = desk.row(stream_id="s3", channel="bob", channel_id="90000000001")
        found = [await desk.read(desk.row(), ann, unknown) for _ in range(4)]
        assert [read.stream.channel for some in found for read in some] == reads

    story(tell, tmp_path, **names)


def test_a_video_that_is_known_is_not_asked_for(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        (read,) = await desk.read(desk.row(vod_id="777"))
        assert read.video == "" and ("GET", "videos") not in desk.twitch.calls

    story(tell, tmp_path)


def test_trouble_is_told_once_and_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("clips", 500, 500)
        desk.clips.plan([desk.row()])
        assert [await desk.clips.step() for _ in range(2)] == [REST_S, REST_S]
        assert len(caplog.records) == 1 and "is not read" in caplog.text
        await desk.clips.step()
        assert len(desk.clips.take()) == 1

    story(tell, tmp_path)


def test_without_a_login_nothing_is_asked(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        (tmp_path / "tokens.json").unlink()
        assert await desk.read() == [] and desk.twitch.calls == []

    story(tell, tmp_path)


def test_a_channel_that_is_forgotten_is_not_handed_on(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.clips.plan([desk.row()])
        await desk.clips.step()
        desk.clips.forget_channel("reader")
        assert desk.clips.take() == []
        await desk.clips.step()
        assert desk.clips.take() == []

    story(tell, tmp_path)


@pytest.mark.parametrize(("source", "is_on"), [("live", True), ("simulated", False)])
def test_it_is_on_where_chat_is_real_and_an_application_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, is_on: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not ViewersClips(tmp_path, source).is_on
    monkeypatch.setenv("DLD_TWITCH_CLIENT_ID", "client")
    assert ViewersClips(tmp_path, source).is_on == is_on
    monkeypatch.setenv("DLD_VIEWERS_CLIPS", "false")
    assert not ViewersClips(tmp_path, source).is_on

"""Markers and clips of live moments: set once, where the streamer wants it, and told when not."""

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.markers.sender import EVERY_S, MOST, READY_S, REST_S, STALE_S, MarkerSender
from pipeline.serving.live_moments import LiveMoment
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.patience import play
from tests.helpers.standins.twitch import READER, TwitchServer
from warehouse.config import ConsentSettings
from warehouse.records import iso, utc

ALL = ["user:read:chat", "channel:manage:broadcast", "clips:edit", "channel:manage:clips"]
BEFORE_S = 47.0  # that the reaction began before it was found
OTHER = "12345"


class Desk:
    """A sender at a stand-in of Twitch where `reader` streams. later: seconds to add to the clock
    of Twitch and to the monotonic one."""

    def __init__(
        self, twitch: TwitchServer, root: Path, source: str = "live", **names: str
    ) -> None:
        self.twitch, self.studio, self.later = twitch, twitch.studio, 0.0
        self.scopes(*ALL)
        file = TokenFile(root)
        file.save(Token("access-0", "refresh-0", READER, "reader", "client", (), time.time() + 1e5))
        consent = ConsentSettings(_env_file=None, **(names or {"markers": "reader"}))  # type: ignore[call-arg]
        self.sender = MarkerSender(root, source, self.now, lambda key: key, consent)
        self.sender.monotonic = lambda: time.monotonic() + self.later
        self.sender._asking.settings = twitch.login()
        self.sender._asking.address = twitch.address
        self.studio.begin(READER, "s1", time.time() - 3730, video="777")

    def now(self) -> float:
        return time.time() + self.later

    def scopes(self, *scopes: str) -> None:
        self.twitch.scopes[:] = scopes

    def moment(self, text: str = "KEKW x 43, 3 times as busy", **more: Any) -> LiveMoment:
        at, found = utc(self.now() - BEFORE_S), utc(self.now())
        told = {"channel": "reader", "channel_id": READER, "at": at, "found_at": found}
        return LiveMoment(**{**told, "text": text, "kind": "laughter", "score": 7.0, **more})

    async def send(self, *moments: LiveMoment) -> list[tuple[str, str]]:
        """(kind, detail) of the events that came of it, once nothing is due."""
        self.sender.put(moments)
        return await self.work()

    async def work(self) -> list[tuple[str, str]]:
        while await self.sender.step() == 0.0:
            pass
        return [(row["kind"], row["detail"]) for row in self.sender.take()]

    def asked(self, method: str, path: str) -> int:
        return self.twitch.calls.count((method, path))


def story(tell: Callable[[Desk], Awaitable[None]], root: Path, *a: Any, **names: str) -> None:
    async def run() -> None:
        async with TwitchServer() as twitch:
            await tell(Desk(twitch, root, *a, **names))

    play(run())


# -- markers -----------------------------------------------------------------------------------


def test_a_moment_becomes_a_marker_that_says_what_happened_and_when(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        moment = desk.moment()
        ((kind, detail),) = await desk.send(moment)
        (marker,) = desk.studio.markers
        assert marker["description"] == "KEKW x 43, 3 times as busy (began 47 s before)"
        at_s = marker["position_seconds"]
        assert 3730 <= at_s < 3850
        assert (kind, detail) == (
            "twitch_marker",
            f"https://www.twitch.tv/videos/777?t={at_s}s",
        )
        assert not desk.studio.clips

    story(tell, tmp_path)


def test_what_came_of_it_is_an_event_of_its_moment(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        moment = desk.moment()
        desk.sender.put([moment])
        await desk.sender.step()
        (row,) = desk.sender.take()
        assert row["event_id"] == f"twitch:marker:reader:{iso(moment.at)}"
        assert (row["channel"], row["at"]) == ("reader", moment.at)
        assert desk.sender.take() == []

    story(tell, tmp_path)


@pytest.mark.parametrize(
    "text",
    ["x" * 500, "\u202eevil\u0007 \u2066مرحبا بالعالم " * 40, "a+b&user_id=9%26 \n\n<b>", ""],
)
def test_hostile_words_are_plain_and_fit(tmp_path: Path, text: str) -> None:
    async def tell(desk: Desk) -> None:
        told = await desk.send(desk.moment(text))
        desk.later = 6
        told += await desk.work()
        assert [kind for kind, _ in told] == ["twitch_marker", "twitch_clip"]
        said, asked = desk.studio.markers[0]["description"], desk.studio.asked[0]
        assert len(said) <= 140 and said.endswith(" (began 47 s before)")
        assert 0 < len(asked["title"]) <= 100 and asked["broadcaster_id"] == READER
        assert set(asked) == {"broadcaster_id", "title", "duration"}
        for words in (said, asked["title"]):
            assert words.isprintable() and not {"\u202e", "\u2066"} & {*words}
        if "+" in text:
            assert asked["title"] == "a+b&user_id=9%26 <b>"

    story(tell, tmp_path, markers="reader", clips="reader")


@pytest.mark.parametrize("source", ["simulated", "replay"])
def test_chat_that_is_not_live_sets_nothing(tmp_path: Path, source: str) -> None:
    async def tell(desk: Desk) -> None:
        assert await desk.send(desk.moment()) == []
        assert desk.twitch.calls == []

    story(tell, tmp_path, source)


@pytest.mark.parametrize("names", [{}, {"clips": "other"}, {"markers": "id:77"}])
def test_a_channel_that_is_not_named_is_left_alone(tmp_path: Path, names: dict[str, str]) -> None:
    async def tell(desk: Desk) -> None:
        assert await desk.send(desk.moment()) == []
        assert desk.twitch.calls == []

    story(tell, tmp_path, **(names or {"markers": ""}))


def test_a_channel_is_named_by_its_id_as_well(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        assert [kind for kind, _ in await desk.send(desk.moment())] == ["twitch_marker"]

    story(tell, tmp_path, markers=f"ann, id:{READER}")


def test_a_channel_gets_one_marker_in_two_minutes_and_the_strongest(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        weak, strong = desk.moment("weak", score=6.0), desk.moment("strong", score=9.0)
        assert len(await desk.send(weak, strong)) == 1
        desk.later = EVERY_S - 1
        assert await desk.send(desk.moment("soon")) == []
        desk.later = EVERY_S + 1
        assert len(await desk.send(desk.moment("later"))) == 1
        said = [marker["description"].split()[0] for marker in desk.studio.markers]
        assert said == ["strong", "later"]
        assert desk.sender.counts["left_out"] == 2

    story(tell, tmp_path)


def test_what_was_set_before_a_restart_counts(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        row = {"channel": "reader", "kind": "twitch_marker", "at": None}
        desk.sender.resume([row])
        assert await desk.send(desk.moment()) == []
        desk.later = EVERY_S + 1
        assert len(await desk.send(desk.moment())) == 1

    story(tell, tmp_path)


def test_a_moment_that_is_no_news_any_more_is_left_out(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        late = desk.moment(found_at=utc(desk.now() - STALE_S - 1))
        assert await desk.send(late) == []

    story(tell, tmp_path)


def test_another_program_that_marked_the_moment_is_enough(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        ((_, first),) = await desk.send(desk.moment())
        again = Desk(desk.twitch, tmp_path)
        assert await again.send(again.moment()) == [("twitch_marker", first)]
        assert len(desk.studio.markers) == 1

    story(tell, tmp_path)


def test_a_marker_whose_video_is_not_told_is_set_all_the_same(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("videos", 500)
        ((kind, detail),) = await desk.send(desk.moment())
        assert kind == "twitch_marker" and detail.endswith("s into the stream")

    story(tell, tmp_path)


# -- clips -------------------------------------------------------------------------------------


def test_a_clip_is_told_once_twitch_lists_it(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.looks = 2
        assert await desk.send(desk.moment()) == []
        for _ in range(2):
            desk.later += 6
            assert await desk.work() == []
        desk.later += 6
        assert await desk.work() == [("twitch_clip", "https://clips.twitch.tv/Made-Clip_1")]
        (asked,) = desk.studio.asked
        assert asked == {
            "broadcaster_id": READER, "title": "KEKW x 43, 3 times as busy", "duration": "60",
        }  # fmt: skip

    story(tell, tmp_path, clips="reader")


def test_a_clip_that_never_becomes_ready_is_told_once(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.looks = None
        assert await desk.send(desk.moment()) == []
        desk.later += 6
        desk.twitch.fail("clips", 500)  # a look that fails is not the end
        assert await desk.work() == []
        desk.later += READY_S
        ((kind, why),) = await desk.work()
        assert kind == "twitch_failed" and "never became ready" in why
        assert len(desk.studio.asked) == 1

    story(tell, tmp_path, clips="reader")


def test_a_clip_of_the_same_login_that_was_made_just_now_is_enough(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.send(desk.moment())
        again = Desk(desk.twitch, tmp_path, clips="reader")
        told = await again.send(again.moment())
        again.later += 6
        told += await again.work()
        assert told == [("twitch_clip", "https://clips.twitch.tv/Made-Clip_1")]
        assert len(desk.studio.asked) == 1

    story(tell, tmp_path, clips="reader")


# -- what Twitch refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "what", "says"),
    [
        (400, "markers", "asked to fail"),
        (403, "markers", "neither the broadcaster nor one of their editors"),
        (404, "markers", "offline, or keeps no videos"),
        (500, "markers", "whether it was done is not known"),
        (503, "clips", "whether it was done is not known"),
        (403, "clips", "lets this login make no clips"),
        (404, "clips", "the channel is offline"),
    ],
)
def test_a_refusal_is_told_once_and_the_channel_rests(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int, what: str, says: str
) -> None:
    async def tell(desk: Desk) -> None:
        path = "streams/markers" if what == "markers" else "clips"
        told = await failed(desk, path, status)
        assert [kind for kind, _ in told] == ["twitch_failed"] and says in told[0][1]
        desk.later = REST_S - 1
        calls = len(desk.twitch.calls)
        assert await desk.send(desk.moment()) == [] and len(desk.twitch.calls) == calls
        desk.later = 2 * REST_S
        assert await failed(desk, path, status) == []  # it was told
        assert len([r for r in caplog.records if says in r.getMessage()]) == 1
        (gauge,) = desk.sender.gauge().values()
        assert [says in why for why in gauge[1]["troubles"].values()] == [True]
        desk.later = 4 * REST_S
        done = await desk.send(desk.moment())
        desk.later += 6
        done += await desk.work()
        assert [kind for kind, _ in done] == [f"twitch_{what[:-1]}"]
        assert desk.sender.troubles == {}

    caplog.set_level(logging.INFO)
    story(tell, tmp_path, **{what: "reader"})


async def failed(desk: Desk, path: str, status: int) -> list[tuple[str, str]]:
    """What came of a moment whose request, after the look before it, is refused."""
    desk.twitch.fail(path, 0, status)
    return await desk.send(desk.moment())


def test_a_login_that_lacks_the_scope_is_not_used_for_it(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.scopes("user:read:chat")
        told = dict([reversed(pair) for pair in await desk.send(desk.moment())])  # type: ignore[misc]
        assert sorted(told) == [
            "the login of reader does not allow channel:manage:broadcast; run "
            "`python -m pipeline login --markers`",
            "the login of reader does not allow clips:edit; run `python -m pipeline login --clips`",
        ]
        assert {path for _, path in desk.twitch.calls} == set()

    story(tell, tmp_path, markers="reader", clips="reader")


def test_nobody_logged_in_is_told(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        (tmp_path / "tokens.json").unlink()
        ((kind, why),) = await desk.send(desk.moment())
        assert kind == "twitch_failed" and "run `python -m pipeline login`" in why

    story(tell, tmp_path)


def test_a_token_that_ended_is_renewed_once_and_the_marker_set(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("streams/markers", 401)
        assert [kind for kind, _ in await desk.send(desk.moment())] == ["twitch_marker"]
        assert desk.twitch.refreshes == 1

    story(tell, tmp_path)


def test_a_login_that_twitch_takes_no_more_asks_for_a_new_one(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("streams/markers", 401, 401)
        ((kind, why),) = await desk.send(desk.moment())
        assert kind == "twitch_failed"
        assert "refuses the login" in why and "login --markers`" in why
        assert desk.asked("POST", "streams/markers") == 0

    story(tell, tmp_path)


def test_who_asks_too_much_waits_as_long_as_twitch_says(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("streams/markers", 429)  # its answer says: a second
        assert await desk.send(desk.moment()) == []
        desk.later = 3
        assert [kind for kind, _ in await desk.work()] == ["twitch_marker"]
        assert len(desk.studio.markers) == 1

    story(tell, tmp_path)


def test_a_wait_beyond_the_moments_news_is_a_failure(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("streams/markers", 429)
        old = desk.moment(found_at=utc(desk.now() - STALE_S + 0.5))
        ((kind, why),) = await desk.send(old)
        assert kind == "twitch_failed" and "Twitch asks to wait" in why

    story(tell, tmp_path)


def test_a_stream_that_ends_meanwhile_is_told(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.live.clear()
        told = sorted(await desk.send(desk.moment()))
        assert [kind for kind, _ in told] == ["twitch_failed"] * 2
        assert ["offline" in why for _, why in told] == [True, True]
        assert not desk.studio.markers and not desk.studio.asked

    story(tell, tmp_path, markers="reader", clips="reader")


def test_a_channel_without_videos_is_told(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.videos.clear()
        ((kind, why),) = await desk.send(desk.moment())
        assert kind == "twitch_failed" and "Store past broadcasts" in why

    story(tell, tmp_path)


def test_somebody_elses_channel_is_marked_by_its_editors_alone(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.studio.begin(OTHER, "s2", time.time() - 100, video="778")
        other = desk.moment(channel="ann", channel_id=OTHER)
        ((kind, why),) = await desk.send(other)
        assert kind == "twitch_failed" and "editors (403)" in why
        desk.studio.editor_of.add(OTHER)
        desk.later = REST_S + 1
        found = desk.moment(channel="ann", channel_id=OTHER)
        assert [kind for kind, _ in await desk.send(found)] == ["twitch_marker"]

    story(tell, tmp_path, markers="ann")


def test_an_answer_that_is_none_sets_nothing_again(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        bad = {"id": "../evil", "creator_id": READER, "view_count": 0}
        desk.studio.clips.append({**bad, "broadcaster_id": READER, "created_at": "2029-01-01"})
        assert await desk.send(desk.moment()) == []
        desk.later += 6
        assert await desk.work() == [("twitch_clip", "https://clips.twitch.tv/Made-Clip_1")]

    story(tell, tmp_path, clips="reader")


# -- bounds ------------------------------------------------------------------------------------


def test_more_than_the_queue_holds_is_left_out(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        names = [f"c{k}" for k in range(MOST + 5)]
        desk.sender.put([desk.moment(channel=name, channel_id="9") for name in names])
        assert desk.sender.gauge()["twitch"][1]["waiting"] == MOST
        assert desk.sender.counts["left_out"] == 5

    story(tell, tmp_path, markers="id:9")


def test_a_channel_that_is_forgotten_is_neither_marked_nor_told(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.sender.put([desk.moment()])
        desk.sender.forget_channel("reader")
        assert await desk.work() == [] and desk.twitch.calls == []
        desk.studio.live.clear()
        desk.sender.put([desk.moment()])
        await desk.sender.step()
        assert desk.sender.troubles
        desk.sender.forget_channel("reader")
        assert desk.sender.take() == [] and desk.sender.troubles == {}

    story(tell, tmp_path)


def test_a_name_that_is_forgotten_is_in_no_marker(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.sender.put([desk.moment("eve_17 x 43, 3 times as busy")])
        desk.sender.forget_terms(["eve_17", "bob"])
        assert len(await desk.work()) == 1
        assert desk.studio.markers[0]["description"].startswith("Moment (")

    story(tell, tmp_path)


@pytest.mark.parametrize("is_live", [True, False])
def test_a_channel_that_is_forgotten_while_twitch_is_asked_is_not_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_live: bool
) -> None:
    async def tell(desk: Desk) -> None:
        if not is_live:
            desk.studio.live.clear()
        ask = desk.sender._asking.do

        async def do(job: Any, login: str) -> str:
            desk.sender.forget_channel("reader")
            return str(await ask(job, login))

        monkeypatch.setattr(desk.sender._asking, "do", do)
        assert await desk.send(desk.moment()) == []
        assert desk.sender.troubles == {} and not desk.sender._jobs

    story(tell, tmp_path)


def test_no_secret_and_no_chat_is_in_what_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(desk: Desk) -> None:
        desk.twitch.fail("streams/markers", 400, says="access-0 is bad")
        desk.twitch.fail("clips", 400, says="no")
        await desk.send(desk.moment("SECRETWORD x 4"))
        assert caplog.text and not {"access-0", "refresh-0", "SECRETWORD"} & {
            word for word in ("access-0", "refresh-0", "SECRETWORD") if word in caplog.text
        }

    caplog.set_level(logging.DEBUG, logger="pipeline")
    story(tell, tmp_path, markers="reader", clips="reader")

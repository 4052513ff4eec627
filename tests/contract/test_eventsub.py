"""Chat with a login, from a stand-in of Twitch: what comes is told once, every failure survived."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.sources.eventsub.shared import EventSubLimits
from pipeline.sources.eventsub.source import EventSub
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.patience import play, while_running
from tests.helpers.standins.irc import room_id
from tests.helpers.standins.twitch import CHAT, READER, Peer, Subscription, TwitchServer
from warehouse.errors import NotAuthorised
from warehouse.identities import Identities

SECRET = "secret-of-the-application"
FAST: dict[str, Any] = {
    "joins_per_s": 0.01,
    "ping_after_s": 0.2,
    "dead_after_s": 2,  # a busy machine may not come to answer for a second
    "connect_timeout_s": 2,
    "backoff_s": 0.3,
    "supervise_s": 0.3,
    "retry_s": 30,
    "batch_s": 0.05,
    "resolve_s": 0.05,
    "look_s": 0.05,
}


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    """A login of the reader that holds for hours."""
    file = TokenFile(tmp_path)
    file.save(login("access-0", "refresh-0", time.time() + 9999))
    return file


def login(access: str, refresh: str, expires_at: float) -> Token:
    scopes = ("user:read:chat",)
    return Token(access, refresh, READER, "reader", "client", scopes, expires_at)


class Listening:
    """A source that is read in the background."""

    def __init__(
        self, twitch: TwitchServer, tokens: TokenFile, *channels: str, rooms: int = 100, **more: Any
    ) -> None:
        self.wanted = list(channels)
        settings, limits = twitch.login(**more), EventSubLimits(rooms=rooms, **FAST)
        self.source = EventSub(lambda: self.wanted, settings, tokens, twitch.address, limits)
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

    def of(self, kind: type) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]

    def ids(self) -> list[str]:
        return [message.id for message in self.of(Message)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        await while_running(self.task, true, lambda: self.items[-5:])

    async def watching(self, *channels: str, times: int = 1) -> None:
        await self.until(
            lambda: all(
                sum(w.channel == name for w in self.of(Watch)) >= times for name in channels
            )
        )


USERS = ("demo", "other")


def live(name: str, title: str) -> dict[str, Any]:
    return {"id": name, "title": title, "game_name": "Chess", "started_at": "2026-11-24T01:02:03Z"}


def count(twitch: TwitchServer, path: str, method: str = "GET") -> int:
    return twitch.calls.count((method, path))


def most_retries(began: float) -> float:
    """In all that time: none waits for less than half of the longest wait here."""
    return 1 + (time.monotonic() - began) / (FAST["backoff_s"] / 2)


def peer(twitch: TwitchServer) -> Peer:
    return twitch.peers[-1]


def test_a_message_is_told_with_twitchs_id_stamp_and_emotes(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            parts = [{"type": "text", "text": "hi "}, {"type": "emote", "text": "Kappa"}]
            said: dict[str, Any] = {"message": {"text": "hi Kappa", "fragments": parts}}
            name = await twitch.say("demo", "", "Bob", **said)
            await chat.until(lambda: chat.ids() == [name])
            [message] = chat.of(Message)
            assert (message.chatter, message.text) == ("bob", "hi Kappa")
            assert message.emotes == ("Kappa",)
            assert message.at == pytest.approx(twitch.sent[0].at_ms / 1000, abs=2)
            infos = [
                info
                for batch in chat.batches
                for info in batch.items
                if isinstance(info, ChannelInfo)
            ]
            assert infos == [ChannelInfo("demo", room_id("demo"), "DEMO")]

    play(story())


def test_a_shared_chat_copy_counts_for_its_source_only(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            await twitch.say("demo", "a copy", source_broadcaster_user_id="99")
            name = await twitch.say(
                "demo", "of its own", source_broadcaster_user_id=room_id("demo")
            )
            await chat.until(lambda: chat.ids() == [name])

    play(story())


def test_streams_titles_and_deletions_are_told(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.live["demo"] = live("s1", "Before")
            async with Listening(twitch, tokens, "demo") as chat:
                await chat.watching("demo")
                await chat.until(lambda: len(chat.of(StreamStart)) == 1)
                start = chat.of(StreamStart)[0]
                assert (start.stream_id, start.title, start.category) == ("s1", "Before", "Chess")
                twitch.live["demo"]["title"] = "After"
                change = {"title": "After", "category_name": "Chess"}
                await twitch.notify("channel.update", "demo", change)
                gone = {"message_id": "m0"}
                await twitch.notify("channel.chat.message_delete", "demo", gone)
                who = {"target_user_login": "bob"}
                await twitch.notify("channel.chat.clear_user_messages", "demo", who)
                await twitch.notify("channel.chat.clear", "demo", {})
                await chat.until(lambda: len(chat.of(Retract)) == 3)
                told = [(back.message_id, back.chatter) for back in chat.of(Retract)]
                assert told == [("m0", ""), ("", "bob"), ("", "")]
                del twitch.live["demo"]
                await twitch.notify("stream.offline", "demo", {})
                await chat.until(lambda: len(chat.of(StreamEnd)) == 1)
                await asyncio.sleep(0.7)  # the list says so too: it is told once
                assert len(chat.of(StreamEnd)) == 1 and len(chat.of(StreamStart)) == 1
                titles = [h.detail for h in chat.of(Happening) if h.kind == "title"]
                assert titles == ["After"]

    play(story())


def test_a_raid_is_an_event_that_names_the_raiding_channel_only(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            raid = {"user_login": "raider", "viewer_count": 50}
            event = {"notice_type": "raid", "raid": raid, "message_id": "n1"}
            await twitch.notify("channel.chat.notification", "demo", event)
            await chat.until(lambda: len(chat.of(Happening)) == 1)
            [raid_told] = chat.of(Happening)
            assert (raid_told.kind, raid_told.detail) == ("raid", "raider with 50")

    play(story())


def test_a_quiet_channel_is_seen_all_the_time(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            began = chat.of(Watch)[0].at
            await chat.until(lambda: any(h.at >= began + 4 for h in chat.of(Heard)))
            assert chat.of(Lost) == []

    play(story())


@pytest.mark.parametrize("how", ["drop", "freeze", "4003", "4007", "silent reconnect"])
def test_a_session_that_ends_is_replaced_and_the_loss_is_known(tokens: TokenFile, how: str) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            before = await twitch.say("demo", "before")
            await chat.until(lambda: before in chat.ids())
            if how == "drop":
                peer(twitch).drop()
            elif how == "freeze":
                peer(twitch).frozen = True
            elif how == "silent reconnect":  # to an address where nobody listens
                await twitch.move("ws://127.0.0.1:9/ws")
            else:
                await twitch.close(int(how))
            await asyncio.sleep(0.2)  # what was under way has come
            silent = time.time()
            await chat.watching("demo", times=2 if how != "silent reconnect" else 1)
            await chat.until(lambda: twitch.connects >= 2 and len(twitch.peers) == 1)
            await chat.until(lambda: twitch.of(CHAT) == ["demo"])
            after = ""
            while after not in chat.ids():
                after = await twitch.say("demo", "after")
                await asyncio.sleep(0.1)
            if chat.of(Lost):
                lost, again = chat.of(Lost)[0], chat.of(Watch)[-1]
                seen = max(h.at for h in [*chat.of(Heard), *chat.of(Watch)] if h.at <= lost.at)
                # Twitch may speak on where it asked us to move
                assert seen <= silent or how == "silent reconnect"
                assert lost.at <= again.at

    play(story())


def test_moved_by_twitch_it_loses_nothing(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            await chat.until(lambda: len(twitch.subs) == 8)
            asked = len(twitch.subscribes)
            await twitch.move()
            await chat.until(lambda: twitch.connects == 2 and len(twitch.peers) == 1)
            name = await twitch.say("demo", "after")
            await chat.until(lambda: name in chat.ids())
            assert chat.of(Lost) == [] and len(chat.of(Watch)) == 1
            await asyncio.sleep(0.5)
            assert len(twitch.subscribes) == asked  # they moved along

    play(story())


def test_an_address_of_another_kind_is_not_followed(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            await twitch.move("http://example.org/steal")
            await chat.until(lambda: twitch.connects == 2)
            await chat.until(lambda: len(twitch.peers) == 1)

    play(story())


def test_frames_that_are_none_are_passed_over(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            for junk in ("", "{", "[]", "null", '{"metadata":null}', '{"metadata":{}}', "\x00"):
                await peer(twitch).raw(junk)
            for kind in ("notification", "revocation", "session_reconnect_", "new_kind"):
                await peer(twitch).raw(twitch.frame(kind, {"event": [], "subscription": 3}))
            await peer(twitch).raw(b"\xff\xfe")
            await twitch.notify("channel.chat.message", "demo", {"message": 5, "cheer": "x"})
            name = await twitch.say("demo", "still here")
            await chat.until(lambda: name in chat.ids())

    play(story())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_refusal_is_tried_again(tokens: TokenFile, status: int) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.fail("eventsub/subscriptions", status, status)
            async with Listening(twitch, tokens, "demo") as chat:
                await chat.watching("demo")
                name = await twitch.say("demo", "in the end")
                await chat.until(lambda: name in chat.ids())

    play(story())


def test_a_ban_is_reported_once_and_the_others_go_on(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.banned.add("other")
            async with Listening(twitch, tokens, "demo", "other", "nobody") as chat:
                await chat.watching("demo")
                told = ("banned", "no such channel")
                await chat.until(lambda: all(words in caplog.text for words in told))
                await asyncio.sleep(1)
                assert {w.channel for w in chat.of(Watch)} == {"demo"}

    play(story())
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert sum("channel=other" in line and "banned" in line for line in told) == 1
    assert sum("channel=nobody" in line and "no such channel" in line for line in told) == 1


def test_a_revocation_is_reported_and_the_channel_is_seen_no_longer(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with (
            TwitchServer(USERS) as twitch,
            Listening(twitch, tokens, "demo", "other") as chat,
        ):
            await chat.watching("demo", "other")
            await twitch.revoke("demo", "user_removed")
            await chat.until(lambda: [lost.channel for lost in chat.of(Lost)] == ["demo"])
            name = await twitch.say("other", "goes on")
            await chat.until(lambda: name in chat.ids())

    play(story())
    assert caplog.text.count("user_removed") == 1


def test_what_twitch_lost_is_subscribed_to_again(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            twitch.subs.clear()  # without a word
            await chat.watching("demo", times=2)
            name = await twitch.say("demo", "again")
            await chat.until(lambda: name in chat.ids())

    play(story())


def test_channels_come_and_go_while_it_runs(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            chat.wanted[:] = ["other"]
            await chat.watching("other")
            await chat.until(lambda: twitch.of() == ["other"])
            assert [end.channel for end in chat.of(StreamEnd)] == ["demo"]

    play(story())


def test_it_follows_the_live_channels_that_have_the_extension(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.extension.append("other")
            async with Listening(twitch, tokens, extension_id="ext") as chat:
                await chat.watching("other")
                twitch.extension.clear()
                await chat.until(lambda: not twitch.peers)

    play(story())


def test_one_answer_without_a_channel_or_a_failing_one_is_no_end(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.extension.append("other")
            async with Listening(twitch, tokens, extension_id="ext") as chat:
                await chat.watching("other")
                for _ in range(3):
                    asked = count(twitch, "extensions/live")
                    twitch.extension.clear()
                    await chat.until(lambda n=asked: count(twitch, "extensions/live") > n)
                    twitch.extension.append("other")
                    twitch.fail("extensions/live", 500, 503)
                    await chat.until(lambda n=asked: count(twitch, "extensions/live") > n + 3)
                assert twitch.of() == ["other"]
                assert chat.of(Lost) == [] and len(chat.of(Watch)) == 1
                twitch.extension.clear()
                await chat.until(lambda: twitch.of() == [])

    play(story())


@pytest.mark.parametrize(
    ("status", "says", "names"),
    [
        (400, "missing client secret", "set DLD_TWITCH_CLIENT_SECRET"),
        (403, "invalid client secret", "DLD_TWITCH_CLIENT_SECRET is not the secret"),
        (400, "invalid client", "DLD_TWITCH_CLIENT_ID names no application"),
        (400, "Invalid refresh token", "run `python -m pipeline login`"),
        (401, "", "run `python -m pipeline login`"),
    ],
)
def test_a_refused_refresh_names_what_is_to_be_done_and_is_not_asked_for_each_time(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture, status: int, says: str, names: str
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.access.clear()
            twitch.fail("oauth2/token", *[status] * 100, says=says)
            async with Listening(twitch, tokens, *USERS, client_secret=SECRET) as chat:
                await chat.until(lambda: names in caplog.text)
                await asyncio.sleep(1.5)
            assert twitch.refreshes_asked == 1
            assert ("pipeline login" in caplog.text) == ("pipeline login" in names)

    play(story())
    assert caplog.text.count(names) == 1 and SECRET not in caplog.text


def test_a_refused_app_token_names_the_setting(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.fail("oauth2/token", *[403] * 100, says="invalid client secret")
            conduit = {"conduit_id": "c1", "client_secret": SECRET}
            async with Listening(twitch, tokens, "demo", **conduit) as chat:
                await chat.until(lambda: "DLD_TWITCH_CLIENT_SECRET is not" in caplog.text)

    play(story())


def test_an_expiring_token_is_renewed_and_saved_before_it_is_used(tokens: TokenFile) -> None:
    async def story() -> None:
        tokens.save(login("access-0", "refresh-0", time.time() + 5))
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            saved = tokens.load()
            assert saved.access in twitch.access and saved.access != "access-0"
            assert saved.refresh in twitch.refresh
            assert twitch.refreshes == 1

    play(story())


def test_a_token_that_no_longer_holds_is_renewed_in_the_middle(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            twitch.access.clear()
            chat.wanted.append("other")
            await chat.watching("other")
            assert tokens.load().access in twitch.access

    play(story())


def test_a_login_that_was_taken_away_is_reported_once_without_secrets(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.access.clear()
            twitch.refresh.clear()
            async with Listening(twitch, tokens, "demo", client_secret=SECRET) as chat:
                await chat.until(lambda: "login" in caplog.text)
                await asyncio.sleep(1)
                twitch.access.add("access-9")  # somebody logs in anew
                tokens.save(login("access-9", "refresh-9", time.time() + 9999))
                await chat.watching("demo")

    play(story())
    told = [r.getMessage() for r in caplog.records if "pipeline login" in r.getMessage()]
    assert len(told) == 1
    for secret in ("refresh-0", "access-0", "access-9", "refresh-9", SECRET):
        assert secret not in caplog.text


def test_without_a_login_there_is_one_clear_error(tmp_path: Path) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            with pytest.raises(NotAuthorised, match="pipeline login"):
                Listening(twitch, TokenFile(tmp_path), "demo")

    play(story())


def test_more_rooms_than_twitch_allows_are_reported(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with (
            TwitchServer(USERS) as twitch,
            Listening(twitch, tokens, "demo", "other", rooms=1) as chat,
        ):
            await chat.watching("demo")
            await chat.until(lambda: "channel=other" in caplog.text)
            await asyncio.sleep(0.6)
            assert {w.channel for w in chat.of(Watch)} == {"demo"}

    play(story())
    assert caplog.text.count("channel=other") == 1


def held_by(session: str, twitch: TwitchServer, *types: str, login: str = "demo") -> None:
    """Subscriptions of a session that is no peer's."""
    for kind in types:
        condition = {"broadcaster_user_id": twitch.name(login)}
        if kind.startswith("channel.chat"):
            condition["user_id"] = READER
        name = f"held-{len(twitch.subs)}"
        twitch.subs[name] = Subscription(name, kind, "1", condition, session)


def test_what_a_dead_session_holds_is_no_subscription_of_ours(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.exclusive = True
            held_by("dead", twitch, CHAT, "channel.chat.notification", "stream.online")
            async with Listening(twitch, tokens, *USERS) as chat:
                began = time.monotonic()
                await chat.watching("other")
                await asyncio.sleep(0.5)
                assert {watch.channel for watch in chat.of(Watch)} == {"other"}  # and not `demo`
                await chat.until(
                    lambda: "channel=demo is not read: Twitch says that" in caplog.text
                )
                await chat.watching("demo")  # once the dead one's is ended
                assert await twitch.say("demo", "at last")
                await chat.until(lambda: len(chat.ids()) == 1)
                assert all(
                    sub.session != "dead" for sub in twitch.subs.values() if sub.type == CHAT
                )
                most = 20 + most_retries(began)
                assert count(twitch, "eventsub/subscriptions", "POST") < most
                assert "demo" not in chat.source.shared.troubles

    play(story())


def test_what_nobody_gives_back_is_asked_for_seldom(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.refused[CHAT] = (409, "subscription already exists")  # and no list has it
            async with Listening(twitch, tokens, "demo") as chat:
                await chat.until(lambda: "channel=demo is not read" in caplog.text)
                asked, listed = len(twitch.subscribes), count(twitch, "eventsub/subscriptions")
                began = time.monotonic()
                await asyncio.sleep(3)
                assert len(twitch.subscribes) - asked <= most_retries(began)
                lists = count(twitch, "eventsub/subscriptions") - listed
                assert lists <= 1 + (time.monotonic() - began) / FAST["supervise_s"]
                assert chat.of(Watch) == []

    play(story())
    assert caplog.text.count("channel=demo is not read") == 1


def test_an_answer_that_was_lost_is_found_in_twitchs_list(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            [session] = chat.source.shared.holders.sessions
            held = {name: of for name, of in session.subs.items() if of[1] != CHAT}
            for name in held:
                del session.subs[name]  # as if the answers had not come
            [slot] = chat.source.slots
            slot._lacking.add("demo")
            await chat.until(lambda: session.subs.items() >= held.items())
            assert len(twitch.subs) == 8 and chat.of(Lost) == []

    play(story())


def test_too_many_connections_of_a_login_are_told_once_and_waited_for(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.unused_s = 0.5
            twitch.refused[CHAT] = (429, "number of websocket transports limit exceeded")
            async with Listening(twitch, tokens, *USERS) as chat:
                await chat.until(lambda: "limit of three EventSub connections" in caplog.text)
                asked, connects = len(twitch.subscribes), twitch.connects
                began = time.monotonic()
                await asyncio.sleep(3)
                assert len(twitch.subscribes) - asked <= most_retries(began)
                connected = twitch.connects - connects
                assert connected <= (time.monotonic() - began) / twitch.unused_s
                twitch.refused.clear()
                await chat.watching(*USERS)
                assert not chat.source.shared.troubles

    play(story())
    assert "close the other program" in caplog.text
    assert caplog.text.count("channel=demo is not read") == 1


@pytest.mark.parametrize("status", [429, 403, 400])
def test_the_limit_on_costly_subscriptions_leaves_chat_alone(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    costly = ("stream.online", "stream.offline", "channel.update")

    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.refused.update(dict.fromkeys(costly, (status, "cost exceeded")))
            twitch.live["demo"] = live("s1", "Before")
            async with Listening(twitch, tokens, *USERS) as chat:
                await chat.watching(*USERS)
                await chat.until(lambda: "titles and starts at once not read" in caplog.text)
                await chat.until(lambda: len(chat.of(StreamStart)) == 1)  # from the list
                await asyncio.sleep(1)
                assert sum(kind in costly for _, kind, _ in twitch.subscribes) == 1
                assert len(twitch.subs) == 10 and chat.of(Lost) == []
                assert chat.source.shared.troubles.keys() == {"titles and starts at once"}
                twitch.refused.clear()
                chat.source.shared.full_until = 0.0
                await chat.until(lambda: len(twitch.subs) == 16)
                assert chat.source.shared.troubles == {}

    play(story())
    assert caplog.text.count("limit of ten") == 1 and "close the other program" in caplog.text


def test_a_limit_that_we_fill_ourselves_is_no_trouble(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer() as twitch:
            names = ("a1", "a2", "a3", "a4")
            async with Listening(twitch, tokens, *names[:3]) as chat:
                await chat.until(lambda: len(twitch.subs) == 24)
                twitch.refused.update({"stream.online": (429, "cost exceeded")})
                chat.wanted.append("a4")
                await chat.watching("a4")
                await chat.until(lambda: "told up to a minute late" in caplog.text)
                assert chat.source.shared.troubles == {}

    caplog.set_level(logging.INFO)
    play(story())


def test_a_login_that_ends_while_chat_is_read_says_so(
    tokens: TokenFile, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            twitch.access.clear()
            twitch.fail("oauth2/token", 400, says="missing client secret")
            chat.wanted.append("other")
            await chat.until(lambda: "anything but chat not read" in caplog.text)
            assert await twitch.say("demo", "goes on") and chat.of(Lost) == []

    play(story())


def test_a_conduit_gets_our_session_as_its_shard(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            conduit = {"conduit_id": "c1", "client_secret": SECRET}
            async with Listening(twitch, tokens, "demo", **conduit) as chat:
                await chat.watching("demo")
                assert {sub.conduit for sub in twitch.subs.values()} == {"c1"}
                name = await twitch.say("demo", "through the conduit")
                await chat.until(lambda: name in chat.ids())
                peer(twitch).drop()
                await chat.until(lambda: len(twitch.shards) == 2)
                await chat.watching("demo", times=2)
                again = await twitch.say("demo", "through another shard")
                await chat.until(lambda: again in chat.ids())

    play(story())


def test_a_server_that_does_not_welcome_is_tried_again(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.silent = True
            async with Listening(twitch, tokens, "demo") as chat:
                await chat.until(lambda: twitch.connects >= 2)
                twitch.silent = False
                await chat.watching("demo")

    play(story())


def test_where_pings_are_not_borne_keepalives_have_to_do(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(USERS) as twitch:
            twitch.no_pings, twitch.keepalive_s = True, 0.4  # longer than our patience
            async with Listening(twitch, tokens, "demo") as chat:
                await chat.watching("demo", times=2)  # the first one was closed
                again = chat.of(Watch)[-1].at
                await chat.until(lambda: any(h.at > again + 1 for h in chat.of(Heard)))
                assert twitch.connects == 2 and peer(twitch).pings == 0

    play(story())


# -- who a channel is ---------------------------------------------------------------------------


def renamed(twitch: TwitchServer, before: str, after: str) -> None:
    """The broadcaster has another login from now on, and the old one nobody."""
    twitch.ids[after] = twitch.name(before)
    twitch.name(after)


def test_a_channel_that_is_renamed_is_read_on_without_a_gap(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(users=None) as twitch, Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            await twitch.say("demo", "one")
            renamed(twitch, "demo", "fresh")
            await chat.watching("fresh")
            await twitch.say("fresh", "two")
            await chat.until(lambda: len(chat.ids()) == 2)
            assert [(i.channel, i.channel_id) for i in chat.of(ChannelInfo)] == [
                ("demo", room_id("demo")), ("fresh", room_id("demo")),
            ]  # fmt: skip
            assert [m.channel for m in chat.of(Message)] == ["demo", "fresh"]
            assert chat.of(Lost) == chat.of(StreamEnd) == []
            assert len(twitch.subscribes) == len({(t, c) for _, t, c in twitch.subscribes})

    play(story())


def test_two_that_swap_their_logins_are_read_on(tokens: TokenFile) -> None:
    async def story() -> None:
        async with (
            TwitchServer(users=None) as twitch,
            Listening(twitch, tokens, "demo", "other") as chat,
        ):
            await chat.watching("demo", "other")
            one, two = twitch.name("demo"), twitch.name("other")
            twitch.ids |= {"demo": two, "other": one}
            twitch.name("demo"), twitch.name("other")
            await chat.until(lambda: len(chat.of(ChannelInfo)) == 4)
            assert [(i.channel, i.channel_id) for i in chat.of(ChannelInfo)[2:]] == [
                ("other", one), ("demo", two),
            ]  # fmt: skip
            await twitch.say("demo", "hello")
            await chat.until(lambda: len(chat.ids()) == 1)
            assert chat.of(StreamEnd) == []

    play(story())


def test_a_followed_channel_has_its_login_of_today(tokens: TokenFile) -> None:
    async def story() -> None:
        more = {"extension_id": "ext"}
        async with TwitchServer(users=None) as twitch, Listening(twitch, tokens, **more) as chat:
            twitch.extension = ["demo"]
            await chat.watching("demo")
            renamed(twitch, "demo", "fresh")
            twitch.extension = ["fresh"]
            await chat.watching("fresh")
            assert chat.of(StreamEnd) == []

    play(story())


def test_a_name_of_the_list_is_whoever_was_met_by_it(tokens: TokenFile) -> None:
    async def story() -> None:
        async with TwitchServer(users=None) as twitch, Listening(twitch, tokens, "demo") as chat:
            known = {"channel": "demo", "channel_id": "77", "login": "fresh"}
            chat.source.identities = Identities([known])
            twitch.ids["fresh"] = "77"
            twitch.name("fresh")
            await chat.watching("fresh")
            assert [s for _, _, s in twitch.subscribes if s != "77"] == []

    play(story())

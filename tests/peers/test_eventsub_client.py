"""The stand-in for EventSub, Helix and the login server, believed by twitchAPI."""

import time
from collections.abc import Awaitable, Callable

from pytest import approx

from tests.helpers.patience import eventually, play
from tests.helpers.standins.irc import room_id
from tests.helpers.standins.twitch import CHAT, TwitchServer
from tests.peers.clients import Client

UPDATE, NOTICE = "channel.update", "channel.chat.notification"
DELETE = "channel.chat.message_delete"
SINCE = "2026-11-29 12:00:00+00:00"


def tell(story: Callable[[TwitchServer, Client], Awaitable[None]]) -> None:
    """Runs a story with the client reading #demo."""

    async def whole() -> None:
        async with TwitchServer() as twitch:
            twitch.live["demo"] = {"id": "s1", "title": "Hi", "started_at": SINCE}
            async with Client("twitch_api", twitch.base, "demo") as client:
                await client.next("ready")
                await story(twitch, client)

    play(whole())


def test_who_reads_whom_and_what_runs_is_told() -> None:
    async def story(twitch: TwitchServer, client: Client) -> None:
        client.again()
        who = {"me": "reader", "id": room_id("demo"), "name": "DEMO"}
        assert await client.next("users") == who
        assert await client.next("stream") == {"title": "Hi", "since": SINCE, "viewers": 1}

    tell(story)


def test_what_happens_comes_with_everything_that_twitch_says_of_it() -> None:
    async def story(twitch: TwitchServer, client: Client) -> None:
        began = time.time()
        name = await twitch.say("demo", "hello", "bob", times=2)
        told = await client.next("message")
        assert told.pop("at") == approx(began, abs=5)
        assert told.pop("since") <= began + 5
        who = {"channel": "demo", "login": "bob", "name": "Bob", "id": name, "type": CHAT}
        assert told == who | {"text": "hello", "fragments": ["hello"]}
        raid = {"user_login": "bob", "viewer_count": 42}
        await twitch.notify(NOTICE, "demo", {"notice_type": "raid", "raid": raid})
        assert await client.next("raid") == {"channel": "demo", "login": "bob"}
        await twitch.notify(DELETE, "demo", {"message_id": name, "target_user_login": "bob"})
        assert await client.next("deleted") == {"id": name, "login": "bob"}
        await twitch.notify(UPDATE, "demo", {"title": "New"})
        assert await client.next("title") == {"title": "New", "version": "2"}

    tell(story)


def test_subscriptions_are_listed_refused_and_taken_away() -> None:
    async def story(twitch: TwitchServer, client: Client) -> None:
        await twitch.say("demo", "list")
        subs = [[type, "enabled", "websocket"] for type in (CHAT, DELETE, NOTICE, UPDATE)]
        assert await client.next("listed") == {"subs": subs, "total": 4, "most": 10}
        await twitch.say("demo", "again")
        assert await client.next("conflict") == {"why": "subscription already exists"}
        twitch.fail("eventsub/subscriptions", 429)
        await twitch.say("demo", "again")
        why = "asked to fail eventsub/subscriptions"
        assert await client.next("refused") == {"why": why}
        await twitch.revoke("demo", "authorization_revoked")
        assert await client.next("revoked") == {"type": CHAT, "status": "authorization_revoked"}

    tell(story)


def test_it_moves_and_comes_back_and_reads_on() -> None:
    async def story(twitch: TwitchServer, client: Client) -> None:
        await twitch.move()
        await eventually(lambda: twitch.connects == 2 and len(twitch.peers) == 1)
        name = await twitch.say("demo", "moved")
        assert (await client.next("message"))["id"] == name
        await twitch.close(4000)
        await eventually(lambda: twitch.connects == 3 and twitch.of() == ["demo"])
        name = await twitch.say("demo", "back")
        assert (await client.next("message"))["id"] == name

    tell(story)


def test_its_login_is_renewed() -> None:
    async def story(twitch: TwitchServer, client: Client) -> None:
        await twitch.say("demo", "refresh")
        assert await client.next("refreshed") == {"me": "reader"}
        assert twitch.refreshes == 1

    tell(story)

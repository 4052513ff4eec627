"""The stand-in for Twitch's chat, believed by the clients that most programs read it with."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.helpers.patience import play
from tests.helpers.standins.irc import HOST, IrcServer, room_id, said_by
from tests.peers.clients import Client

Story = Callable[[IrcServer, Client], Awaitable[None]]


@pytest.fixture(params=["tmi", "twurple"])
def tell(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Runs a story with the client in #demo; #closed is suspended."""

    async def whole(story: Story) -> None:
        async with IrcServer() as server:
            server.notices["closed"] = "msg_channel_suspended"
            async with Client(request.param, server.base, "demo", "closed") as client:
                assert await client.next("joined") == {"channel": "demo"}
                assert await client.next("room") == {"channel": "demo", "room": room_id("demo")}
                await story(server, client)

    return lambda story: play(whole(story))


def of_twitch(command: str, tags: str, text: str = "", login: str = "ann") -> str:
    """A line that Twitch says to #demo. tags: before those that every such line has."""
    told = said_by(login, tags, channel="demo", id="n1", **{"tmi-sent-ts": 1_700_000_000_000})
    return f"@{told} {HOST} {command} #demo" + (f" :{text}" if text else "")


def test_a_message_comes_with_everything_that_twitch_says_of_it(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        name = await server.say("demo", "hello there", "bob", "emotes=25:0-4;bits=0")
        said = {"channel": "demo", "login": "bob", "name": "Bob", "id": name}
        said |= {"at": server.sent[-1].at_ms, "room": room_id("demo"), "text": "hello there"}
        said |= {"action": False, "bits": 0, "emotes": {"25": ["0-4"]}}
        assert await client.next("message") == said
        name = await server.say("demo", "\x01ACTION waves\x01", "bob")
        said |= {"id": name, "at": server.sent[-1].at_ms, "text": "waves", "action": True}
        assert await client.next("message") == said | {"emotes": {}}
        name = await server.say("demo", "Cheer100 gg", "bob", "bits=100")
        said |= {"id": name, "at": server.sent[-1].at_ms, "text": "Cheer100 gg", "bits": 100}
        assert await client.next("message") == said | {"action": False, "emotes": {}}

    tell(story)


def test_what_is_taken_back_is_told(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        await server.broadcast(of_twitch("CLEARMSG", "login=bob;target-msg-id=m7", "rude"))
        gone = {"channel": "demo", "login": "bob", "text": "rude", "id": "m7"}
        assert await client.next("deleted") == gone
        await server.broadcast(of_twitch("CLEARCHAT", "ban-duration=600", "bob"))
        assert await client.next("timeout") == {"channel": "demo", "login": "bob", "seconds": 600}
        await server.broadcast(of_twitch("CLEARCHAT", "target-user-id=5", "bob"))
        assert await client.next("ban") == {"channel": "demo", "login": "bob"}
        await server.broadcast(of_twitch("CLEARCHAT", ""))
        assert await client.next("cleared") == {"channel": "demo"}

    tell(story)


def test_raids_subs_and_gifts_are_told(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        raid = "msg-id=raid;login=bob;msg-param-login=bob"
        raid += ";msg-param-displayName=Bob;msg-param-viewerCount=42"
        await server.broadcast(of_twitch("USERNOTICE", raid, login="bob"))
        assert await client.next("raid") == {"channel": "demo", "name": "Bob", "viewers": 42}
        sub = "msg-id=resub;login=bob;msg-param-sub-plan=2000;msg-param-cumulative-months=7"
        await server.broadcast(of_twitch("USERNOTICE", sub, "hi", login="bob"))
        told = {"channel": "demo", "name": "Bob", "text": "hi", "plan": "2000", "months": 7}
        assert await client.next("resub") == told
        gifts = (
            "msg-id=submysterygift;login=bob;msg-param-sub-plan=1000;msg-param-mass-gift-count=5"
        )
        await server.broadcast(of_twitch("USERNOTICE", gifts, login="bob"))
        told = {"channel": "demo", "name": "Bob", "count": 5, "plan": "1000"}
        assert await client.next("gifts") == told

    tell(story)


def test_a_refused_join_is_told(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        assert await client.next("refused") == {"channel": "closed", "why": "msg_channel_suspended"}

    tell(story)


def test_pings_are_answered_both_ways(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        await server.broadcast("PING :tmi.twitch.tv")
        await server.say("demo", "ping")
        await client.next("pong")
        assert any(line.startswith("PONG") for line in server.peers[0].got)

    tell(story)


def test_it_comes_back_after_a_reconnect_and_reads_on(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        await server.broadcast(f"{HOST} RECONNECT")
        for peer in list(server.peers):  # Twitch closes what does not go by itself
            await peer.socket.close()
        assert await client.next("joined") == {"channel": "demo"}
        assert server.connects == 2
        name = await server.say("demo", "still here?")
        assert (await client.next("message"))["id"] == name

    tell(story)


def test_it_leaves_a_channel(tell: Any) -> None:
    async def story(server: IrcServer, client: Client) -> None:
        await server.say("demo", "leave")
        assert await client.next("left") == {"channel": "demo"}
        assert server.peers[0].channels == set()

    tell(story)

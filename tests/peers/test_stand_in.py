"""The stand-in for Twitch's chat, line by line."""

from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.helpers.patience import play
from tests.helpers.standins.irc import HOST, IrcServer, room_id

Story = Callable[[IrcServer, ClientConnection], Awaitable[None]]


def tell(story: Story) -> None:
    """Runs a story with a connection that has said nothing yet."""

    async def whole() -> None:
        async with IrcServer() as server, connect(server.url) as socket:
            await story(server, socket)

    play(whole())


async def answers(socket: ClientConnection, *lines: str) -> list[str]:
    """All that is said until the answer to our PING, behind the lines."""
    await socket.send("\r\n".join([*lines, "PING :end"]))
    said: list[str] = []
    while f"{HOST} PONG tmi.twitch.tv :end" not in said:
        said += str(await socket.recv()).splitlines()
    return said[:-1]


def test_capabilities_are_listed_and_given_as_they_are_asked_for() -> None:
    async def story(server: IrcServer, socket: ClientConnection) -> None:
        there = "twitch.tv/tags twitch.tv/commands twitch.tv/membership"
        assert await answers(socket, "CAP LS 302") == [f"{HOST} CAP * LS :{there}"]
        asked = "CAP REQ :twitch.tv/tags nobody/knows"
        given = [f"{HOST} CAP * ACK :twitch.tv/tags", f"{HOST} CAP * NAK :nobody/knows"]
        assert await answers(socket, asked, "CAP END") == given

    tell(story)


def test_tags_and_commands_are_for_those_who_asked() -> None:
    async def story(server: IrcServer, socket: ClientConnection) -> None:
        said = await answers(socket, "PASS oauth:x", "NICK ann", "JOIN #demo")
        assert [line.split()[1] for line in said] == [
            *("001", "002", "003", "004", "375", "372", "376"),
            *("JOIN", "353", "366"),
        ]
        await server.say("demo", "hi", "bob")
        await server.broadcast(f"@login=bob {HOST} USERNOTICE #demo", f"{HOST} NOTICE * :Away")
        plain = ":bob!bob@bob.tmi.twitch.tv PRIVMSG #demo :hi"
        assert await answers(socket) == [plain, f"{HOST} NOTICE * :Away"]
        *_, user = await answers(socket, "CAP REQ :twitch.tv/tags twitch.tv/commands", "NICK ann")
        assert user.startswith("@badge-info=;") and user.endswith(f"{HOST} GLOBALUSERSTATE")
        *_, room = await answers(socket, "JOIN #demo")
        assert f"room-id={room_id('demo')} " in room and room.endswith("ROOMSTATE #demo")

    tell(story)


def test_the_subprotocol_irc_is_spoken_to_those_who_ask() -> None:
    async def story(server: IrcServer, socket: ClientConnection) -> None:
        assert socket.subprotocol is None
        async with connect(server.url, subprotocols=[Subprotocol("irc")]) as other:
            assert other.subprotocol == "irc"

    tell(story)

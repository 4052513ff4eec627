"""Both live sources, from what Twitch says to the tables: everything told twice, with other stamps,
between lines and frames that cannot be; it counts once, and nothing stops."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import Batch
from pipeline.engine.engine import Engine
from pipeline.imports.command import import_files
from tests.contract import test_eventsub as eventsub
from tests.contract import test_irc as irc
from tests.helpers.build import rows, settings, stored
from tests.helpers.standins.irc import IrcServer, room_id
from tests.helpers.standins.twitch import CHAT, TwitchServer, said
from tests.unit.pipeline.sources.irc.test_lines import HOSTILE
from warehouse.config import DataFolder
from warehouse.store.store import Store

KINDS = {"cheer", "raid", "unraid", "announcement", "gift_paid_upgrade"}


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    yield Engine(folder, settings(), "live", store)


def take(engine: Engine, batches: list[Batch]) -> None:
    for batch in batches:
        engine.feed(batch)
    engine.feed(Batch(time.time() + 40))
    engine.finish()


def counted(store: Store) -> tuple[int, int, set[str]]:
    """Messages, malformed things that the health page tells of, and kinds of events, once each."""
    [(n,)] = stored(store, "SELECT sum(n_messages) FROM windows")
    malformed = stored(store, "SELECT max(value) FROM health WHERE name = 'malformed'")[0][0]
    kinds = [kind for (kind,) in stored(store, "SELECT kind FROM events") if kind in KINDS]
    assert len(kinds) == len(set(kinds))
    return int(n), int(malformed), set(kinds)


def test_lines_told_twice_among_hostile_ones_count_once(engine: Engine, store: Store) -> None:
    def lines(stamp: int) -> list[str]:
        tags = f"tmi-sent-ts={stamp};room-id={room_id('demo')};login=ann"
        of = [
            f"@id=e-{name};msg-id={name};{tags} :t USERNOTICE #demo :words of {name}"
            for name in ("unraid", "announcement", "giftpaidupgrade")
        ]
        return [
            f"@id=m1;bits=100;{tags} :ann!a@a PRIVMSG #demo :great",
            f"@id=m2;{tags} :bob!b@b PRIVMSG #demo :nice",
            f"@id=e0;msg-id=raid;msg-param-login=o;{tags} :t USERNOTICE #demo",
            *of,
        ]

    async def story() -> list[Batch]:
        async with IrcServer() as server, irc.Listening(server, "demo") as chat:
            await chat.watching("demo")
            now = int(time.time() * 1000)
            for shift in (0, 900, -700):
                await server.broadcast(*lines(now + shift))
                await server.broadcast(*(raw for raw, _ in HOSTILE if "\n" not in raw))
            await server.broadcast(f"@id=last;tmi-sent-ts={now} :b!b@b PRIVMSG #demo :bye")
            await chat.until(lambda: "last" in chat.ids())
            return chat.batches

    take(engine, asyncio.run(story()))
    n, malformed, kinds = counted(store)
    assert (n, kinds) == (2 + 3 + 1 + 1, KINDS)  # and the words of one hostile id
    assert malformed >= 3 * 8


SHAPES: list[Any] = [None, [], {}, "x", 5, -1, 1e308, [[[]]], {"id": []}, "9" * 5000, 10**18, True]


def hostile(type: str, at: Any) -> dict[str, Any]:
    """An event with the shape wherever something is read."""
    names = (
        "message message_id chatter_user_login notice_type cheer reply raid resub id title "
        "category_name target_user_login level"
    )
    event = dict.fromkeys(names.split(), at)
    return event | {"notice_type": "raid"} if isinstance(at, dict | list) else event


def test_frames_told_twice_among_hostile_ones_count_once(
    engine: Engine, store: Store, tmp_path: Path
) -> None:
    tokens = eventsub.TokenFile(tmp_path)
    tokens.save(eventsub.login("access-0", "refresh-0", time.time() + 9999))
    notice = "channel.chat.notification"

    async def tell(twitch: TwitchServer) -> None:
        await twitch.notify("stream.online", "demo", {"id": "s1", "type": "live"})
        await twitch.notify(CHAT, "demo", said("m1", "great") | {"cheer": {"bits": 100}})
        await twitch.notify(CHAT, "demo", said("m2", "nice", "bob"))
        raid = {"notice_type": "raid", "raid": {"user_login": "o", "viewer_count": 4}}
        await twitch.notify(notice, "demo", raid | {"message_id": "e0"})
        for name in ("unraid", "announcement", "gift_paid_upgrade"):
            words = said(f"e-{name}", f"words of {name}")
            await twitch.notify(notice, "demo", words | {"notice_type": name, name: {}})

    async def story() -> list[Batch]:
        async with TwitchServer() as twitch, eventsub.Listening(twitch, tokens, "demo") as chat:
            await chat.watching("demo")
            await chat.until(lambda: twitch.of(notice) == ["demo"])
            for _ in range(2):
                await tell(twitch)
                for shape in SHAPES:
                    for type in (CHAT, notice, "channel.update", "channel.chat.message_delete"):
                        await twitch.notify(type, "demo", hostile(type, shape))
                await twitch.broadcast(
                    "[" * 5000, "NaN", b"\xff", '{"metadata":{"message_type":1}}'
                )
            await twitch.say("demo", "bye")
            await chat.until(lambda: any(i.endswith("-demo") for i in chat.ids()))
            return chat.batches

    take(engine, asyncio.run(story()))
    n, malformed, kinds = counted(store)
    assert kinds == KINDS and malformed > 40
    assert n >= 6 and stored(store, "SELECT count(*) FROM streams") == [(1,)]


def test_a_log_with_every_line_twice_among_hostile_ones_is_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(k: int, shift: int) -> str:
        at = 1_750_000_000_000 + 2000 * k + shift
        tags = f"id=m{k};room-id=42;tmi-sent-ts={at}"
        text = ("great", "terrible", "lol")[k % 3]
        return f"@{tags} :c{k % 7}!a@a PRIVMSG #demo :{text}"

    once = [line(k, 0) for k in range(100)]
    bad = [raw for raw, kept in HOSTILE if not kept and "tmi-sent-ts=9" not in raw]
    twice = [said for k in range(100) for said in (line(k, 0), line(k // 2, 777))] + bad
    found = []
    for name, told in (("once", once), ("twice", twice)):
        log = tmp_path / f"{name}.log"
        log.write_text("\n".join(told), "utf-8")
        data = DataFolder(tmp_path / name)
        monkeypatch.setenv("DLD_DATA", str(data.root))
        for _ in range(2):  # and the log itself twice
            import_files([log], ["demo"], None, False)
        found.append(
            [
                rows(data, f"SELECT * EXCLUDE (rev) FROM {table} ORDER BY ALL")
                for table in ("windows", "window_terms")
            ]
        )
    assert found[0] == found[1]
    assert sum(row[4] for row in found[0][0]) == 100

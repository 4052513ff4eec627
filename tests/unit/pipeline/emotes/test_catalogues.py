"""Emote catalogues: read politely, kept on disk, and never in the way."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Message,
    Source,
    StreamStart,
    Watch,
)
from pipeline.emotes import Catalogues
from pipeline.emotes.cache import Cache, Kept
from pipeline.emotes.fetch import USER_AGENT
from pipeline.emotes.marking import marked
from pipeline.emotes.providers import Garbage, Place, read
from pipeline.emotes.schedule import EVERY_S, FIRST_S, Schedule
from pipeline.engine.daemon import run
from pipeline.engine.engine import Engine
from pipeline.web import session
from tests.helpers.build import settings, stored
from tests.helpers.patience import PATIENCE_S, eventually, play
from tests.helpers.standins.emotes import ROOM, EmoteServer
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

ROOMS = {"demo": ROOM}
OWN = {"bttvOwn", "bttvShared", "ffzOwn", "seventvOwn"}
GLOBAL = {"bttvGlobal", "ffzGlobal", "seventvGlobal"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def catalogues(root: Path, server: EmoteServer, clock: Clock | None = None) -> Catalogues:
    return Catalogues(root, "", server.address, clock=clock or Clock(), dice=lambda: 1.0)


async def settle(target: Catalogues, rooms: dict[str, str] | None = None) -> None:
    """Ask until nothing is due."""
    async with session(USER_AGENT) as http:
        while await target.step(http, ROOMS if rooms is None else rooms):
            pass


def story(root: Path, tell: Callable[[EmoteServer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with EmoteServer() as server:
            await tell(server)

    play(run())


def test_the_names_of_a_channel_and_of_everywhere_are_known(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        target = catalogues(tmp_path, server)
        await settle(target)
        assert set(target.known("demo")) == OWN | GLOBAL
        assert set(target.known("other")) == GLOBAL
        assert [target.provider("demo", n) for n in ("bttvOwn", "ffzOwn", "seventvOwn", "x")] == [
            "bttv", "ffz", "7tv", None,
        ]  # fmt: skip
        assert target.provider("other", "bttvOwn") is None
        assert target.provider("", "bttvOwn") == "bttv"

    story(tmp_path, tell)


def test_it_asks_one_at_a_time_says_who_it_is_and_only_ids_go_out(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        await settle(catalogues(tmp_path, server), {"demo": ROOM, "secret_name": "77"})
        assert server.most_at_once == 1
        assert {h["User-Agent"] for h in server.headers} == {USER_AGENT}
        assert len(server.asked) == len(set(server.asked)) == 9
        assert not any("demo" in path or "secret" in path for path in server.asked)
        assert not any("Authorization" in h or "Cookie" in h for h in server.headers)

    story(tmp_path, tell)


def test_nothing_is_asked_again_for_six_hours_nor_after_a_restart(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        clock = Clock()
        target = catalogues(tmp_path, server, clock)
        await settle(target)
        asked = len(server.asked)
        clock.now += EVERY_S - 1
        await settle(target)
        again = catalogues(tmp_path, server)
        await settle(again)
        assert len(server.asked) == asked
        assert set(again.known("demo")) == OWN | GLOBAL
        clock.now += EVERY_S
        await settle(target)
        assert len(server.asked) == 2 * asked

    story(tmp_path, tell)


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        server.etags = dict.fromkeys(server.told, '"one"')
        clock = Clock()
        target = catalogues(tmp_path, server, clock)
        await settle(target)
        clock.now += 2 * EVERY_S
        await settle(target)
        assert (target.counts.fetched, target.counts.unchanged) == (6, 6)
        assert set(target.known("demo")) == OWN | GLOBAL

    story(tmp_path, tell)


GARBAGE = [b"", b"<html>", b"[]", b"{}", b"null", b"7", b'{"emotes": 5}', b"\xff\xfe", b"[" * 9999]


@pytest.mark.parametrize("fault", [500, 403, 302, 429, "huge", *GARBAGE])
def test_a_catalogue_in_trouble_changes_nothing_that_is_known(
    tmp_path: Path, fault: object, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(server: EmoteServer) -> None:
        clock = Clock()
        target = catalogues(tmp_path, server, clock)
        await settle(target)
        clock.now += 2 * EVERY_S
        server.faults["bttv"] = fault
        with caplog.at_level(logging.INFO):
            await settle(target)
            clock.now += 2 * EVERY_S
            await settle(target)
        assert set(target.known("demo")) == OWN | GLOBAL
        assert target.counts.failed >= 2
        assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1
        server.faults.clear()
        server.told["/bttv/cached/emotes/global"] = [{"code": "bttvNew"}]
        clock.now += 3 * EVERY_S
        await settle(target)
        assert "bttvNew" in set(target.known("demo"))

    story(tmp_path, tell)


def test_a_catalogue_that_never_answers_holds_nobody_up(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        server.faults["ffz"] = "never"
        target = catalogues(tmp_path, server)
        target.timeout_s = 2
        await settle(target)
        assert set(target.known("demo")) == {n for n in OWN | GLOBAL if "ffz" not in n}

    story(tmp_path, tell)


def test_it_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        server.faults["7tv"] = 429
        server.more["7tv"] = {"Retry-After": "1800"}
        clock = Clock()
        target = catalogues(tmp_path, server, clock)
        await settle(target)
        asked = len([p for p in server.asked if "7tv" in p])
        assert asked == 1  # its other places would fare the same
        clock.now += 1799
        await settle(target)
        assert len([p for p in server.asked if "7tv" in p]) == asked
        clock.now += 2
        await settle(target)
        assert len([p for p in server.asked if "7tv" in p]) == asked + 1

    story(tmp_path, tell)


def test_names_that_are_none_are_dropped_and_counted(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        bad = ["", "a b", "x" * 61, "\u202eabc", "a\nb", 7, None, "​"]
        server.told["/bttv/cached/emotes/global"] = [{"code": n} for n in (*bad, "bttvGlobal")]
        target = catalogues(tmp_path, server)
        await settle(target)
        assert set(target.known("demo")) == OWN | GLOBAL
        assert target.counts.dropped == len(bad)

    story(tmp_path, tell)


def test_a_forgotten_channel_leaves_nothing_on_disk(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        target = catalogues(tmp_path, server)
        await settle(target)
        target.forget_channel("demo")
        assert set(target.known("demo")) == GLOBAL
        kept = [path.name for path in (tmp_path / "cache" / "emotes").iterdir()]
        assert sorted(kept) == ["7tv-global.json", "bttv-global.json", "ffz-global.json"]

    story(tmp_path, tell)


def test_switched_off_it_asks_and_knows_nothing(tmp_path: Path) -> None:
    async def tell(server: EmoteServer) -> None:
        target = catalogues(tmp_path, server)
        target.is_on = False
        await target.keep(lambda: ROOMS)
        assert server.asked == [] and target.health() == {}

    story(tmp_path, tell)


def test_a_mistake_of_ours_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def tell(server: EmoteServer) -> None:
        target = catalogues(tmp_path, server)

        def broken() -> dict[str, str]:
            raise RuntimeError("ours")

        task = asyncio.create_task(target.keep(broken))
        await eventually(lambda: "a mistake of ours" in caplog.text)
        assert not task.done()
        task.cancel()

    story(tmp_path, tell)
    assert "a mistake of ours" in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b'{"v": 2}', b'{"names": ["a b"]}', b"[]", b"\xff"]
)
def test_a_broken_cache_file_is_dropped_and_counted(tmp_path: Path, content: bytes) -> None:
    cache, place = Cache(tmp_path), Place("bttv", "")
    cache.save(place, Kept(("a1b",), 1.0))
    assert cache.load(place) == Kept(("a1b",), 1.0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert (cache.load(place), cache.broken, path.exists()) == (None, 1, False)
    assert cache.load(place) is None and cache.broken == 1


def test_a_channel_without_emotes_is_no_garbage_but_everywhere_without_any_is() -> None:
    assert read(Place("bttv", "1"), {"channelEmotes": [], "sharedEmotes": []}) == ((), 0)
    assert read(Place("7tv", "1"), {"emote_set": None}) == ((), 0)
    with pytest.raises(Garbage, match="names no emote"):
        read(Place("bttv", ""), [])
    with pytest.raises(Garbage, match="more than 20000"):
        read(Place("bttv", ""), [{"code": f"x{k}"} for k in range(20_001)])


def test_waits_double_up_to_the_usual_time() -> None:
    clock = Clock()
    schedule, place = Schedule(clock, lambda: 1.0), Place("bttv", "")
    schedule.put(place, None)
    waits = []
    for _ in range(12):
        schedule.failed(place, of_all=False)
        waits.append(schedule._due[place] - clock.now)
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == EVERY_S
    schedule.done(place)
    schedule.failed(place, of_all=False)
    assert schedule._due[place] - clock.now == FIRST_S


def test_catalogue_emotes_are_marked_beside_what_the_source_marked() -> None:
    message = Message("1", "demo", 0.0, "ann", "love zorpJAM KEKW", ("KEKW",))
    found = marked(message, {"love", "zorpJAM", "KEKW"})
    assert found.emotes == ("KEKW", "love", "zorpJAM")
    assert marked(message, {"other"}) is message


def test_what_is_kept_is_readable_json_of_names_alone(tmp_path: Path) -> None:
    Cache(tmp_path).save(Place("ffz", "42"), Kept(("a1b",), 5.0, '"e"'))
    told = orjson.loads((tmp_path / "ffz-42.json").read_bytes())
    assert told == {"v": 1, "provider": "ffz", "room": "42", "names": ["a1b"], "at": 5.0,
                    "etag": '"e"', "modified": ""}  # fmt: skip


def test_an_engine_marks_scores_and_keeps_catalogue_emotes(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(lexicon="full", emotes=True), "live", store)
        engine.state.catalogues._in_channel["demo"] = {"zorpJAM": "7tv", "good": "bttv"}
        t0 = float(window_start(time.time() - 60))
        start = StreamStart("demo", t0, "s1"), Watch("demo", t0)
        text = "zorpJAM good"
        said = [Message(f"m{k}", "demo", t0 + 1 + k, f"u{k}", text) for k in range(24)]
        engine.feed(Batch(t0 + 36, (*start, *said, Heard("demo", t0 + 36))))
        engine.housekeeping()
        found = stored(store, "SELECT term, provider FROM vocabulary")
        terms = stored(store, "SELECT term, kind, n FROM window_terms WHERE n > 0 ORDER BY term")
        kept = [item for item in engine.state.buffer.since(0) if isinstance(item, Message)]
        engine.finish()
    assert found == [("zorpJAM", "7tv")]
    assert terms == [("good", "word", 24), ("zorpJAM", "emote", 24)]
    assert {item.emotes for item in kept} == {("zorpJAM", "good")}


def test_a_daemon_reads_the_catalogues_beside_the_turns(folder: DataFolder) -> None:
    async def tell(server: EmoteServer) -> None:
        with Store(folder.warehouse) as store:
            engine = Engine(folder, settings(), "live", store)
            engine.state.catalogues = catalogues(folder.root, server)
            engine.state.catalogues.pause_s = 0.0
            await run(engine, Waiting(engine))
            assert set(engine.state.catalogues.known("demo")) == OWN | GLOBAL

    story(folder.root, tell)


class Waiting(Source):
    """A source that tells of one channel and ends when all emotes are known."""

    kind, name = "live", "waiting"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("demo", ROOM)]

    async def batches(self) -> AsyncIterator[Batch]:
        until = time.monotonic() + PATIENCE_S
        while self.engine.state.catalogues.counts.fetched < 6 and time.monotonic() < until:
            yield Batch(time.time(), ())
            await asyncio.sleep(0.05)

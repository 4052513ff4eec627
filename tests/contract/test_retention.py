"""The promise on text: after `retention_h` it is nowhere, and logins never are anywhere.

The proof reads every byte of every file below DLD_DATA, and every column of every table as it
is when read, since Parquet and DuckDB compress.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline.chat.message import Batch, ChannelInfo, Happening, Item, Message, StreamStart, Watch
from pipeline.engine.engine import Engine
from pipeline.requests.client import ask
from tests.helpers.build import send, settings
from warehouse.atomic import Stamp, file_stamp
from warehouse.config import DataFolder
from warehouse.inbox.requests import Request
from warehouse.published.compact import merge, plan
from warehouse.records import utc, window_start
from warehouse.store.store import Store

MARK = "qzxmark"
LOGINS = ["zappa_qz1", "nina_qz2", "otis_qz3", "miles_qz4"]
HOURS = 3


class Clock:
    """The wall clock of everything that asks `time.time`."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(float(window_start(time.time())))
    monkeypatch.setattr(time, "time", clock)
    return clock


Launch = Callable[..., Engine]


@pytest.fixture
def launch(folder: DataFolder, clock: Clock) -> Iterator[Launch]:
    running: list[Engine] = []

    def start(**values: object) -> Engine:
        running.append(Engine(folder, settings(**values), "live", Store(folder.warehouse)))
        return running[-1]

    yield start
    for engine in running:
        engine.state.store.close()
        for hour in list(engine.state.buffer._files):
            engine.state.buffer._drop_file(hour)


@cache
def columns(path: Path, stamp: Stamp) -> str:
    """The values in a published file, which is never changed but replaced."""
    return repr(pq.read_table(path).to_pydict())


def texts(path: Path) -> Iterator[str]:
    """What a file holds, beyond its bytes: the values in it."""
    if path.suffix == ".parquet":
        yield columns(path, file_stamp(path))
    if path.suffix == ".duckdb":
        with TemporaryDirectory() as aside:  # it may be open as it is
            for found in path.parent.glob(f"{path.name}*"):
                shutil.copy(found, aside)
            con = duckdb.connect(str(Path(aside) / path.name))
            for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                yield repr(con.execute(f'FROM "{table}"').fetchall())
            con.close()


def places(folder: DataFolder, *words: str) -> set[str]:
    """Files in which one of the words is; the top folder of each, or its name."""
    found = set()
    for path in folder.root.rglob("*"):
        if path.is_file():
            held = path.read_bytes().lower() + "".join(texts(path)).lower().encode()
            if any(word.lower().encode() in held for word in words):
                found.add(path.relative_to(folder.root).parts[0])
    return found


def lines(at: float, number: int) -> tuple[Item, ...]:
    """Half a minute of chat: marked texts, mentions, commands, new emotes, a late message."""

    def say(after: float, chatter: str, text: str, **more: object) -> Message:
        name = f"{number}-{after}"
        return Message(name, "demo", at + after, chatter, text, **more)  # type: ignore[arg-type]

    a, b, c, d = LOGINS
    return (
        say(1, a, f"great {MARK}{number}a and {b} said so"),
        say(2, b, f"@{c} awful {MARK}{number}b"),
        say(3, c, f"!{MARK}{number}c"),
        say(4, d.upper(), f"{MARK}{number}Emote {a}", emotes=(f"{MARK}{number}Emote",)),
        say(5, "", f"nobody {MARK}{number}d love {MARK}"),
        say(-40, a, f"late good {MARK}{number}e"),
        Happening("demo", at + 6, "sub", "tier 1"),
    )


def chat(engine: Engine, clock: Clock, hours: float) -> None:
    """Live chat: the clock goes on, some lines every three minutes, and a request."""
    engine.know([ChannelInfo("demo")])
    begin = (StreamStart("demo", clock.now, "demo:1"), Watch("demo", clock.now))
    engine.feed(Batch(clock.now, begin))
    for number in range(int(hours * 20)):
        clock.now += 180
        engine.feed(Batch(clock.now, lines(clock.now - 20, number)))
        engine.commit()
        if number % 7 == 5:
            engine.housekeeping()
            compact(engine, clock)
    marker = {"channel": "demo", "text": "a moment"}
    send(engine.state.folder.inbox, Request("m1", "2026-01-01T00:00:00Z", "test", "marker", marker))
    engine.commit()


def compact(engine: Engine, clock: Clock) -> None:
    for table, files in plan(engine.state.publisher.manifest, utc(clock.now)):
        merged = merge(engine.state.folder, table, files)
        engine.state.merged.append((table, {file.path for file in files}, merged))


def released(engine: Engine) -> DataFolder:
    """The folder as it is, the database closed so that it can be read."""
    engine.state.store.close()
    return engine.state.folder


def test_text_is_there_while_it_may_be_and_nowhere_afterwards(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=HOURS)
    chat(engine, clock, 2)
    engine.commit()
    assert {"buffer", "published"} <= places(folder, MARK)  # or the search finds nothing
    clock.now += HOURS * 3600 + 60
    engine.feed(Batch(clock.now))
    engine.housekeeping()
    assert places(released(engine), MARK) == set()


def test_text_leaves_hour_by_hour_while_chat_goes_on(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    clock.now = clock.now // 3600 * 3600 + 600  # segments leave by the hour, whenever this is run
    engine = launch(retention_h=1)
    chat(engine, clock, 2.5)
    engine.housekeeping()
    old = [f"{MARK}{number}{x}" for number in range(28) for x in ("a", "b", "c", "d", "emote")]
    assert places(folder, f"{MARK}47a") == {"buffer", "published"}
    assert places(released(engine), *old) == set()


def test_text_of_a_day_is_there_for_most_of_it_and_then_nowhere(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=24)
    begin = (StreamStart("demo", clock.now, "demo:1"), Watch("demo", clock.now))
    engine.feed(Batch(clock.now, begin))
    said = clock.now
    engine.feed(Batch(said, lines(said, 1)))
    for number, passed in enumerate((40.0, 80.0, 22.9 * 3600), 2):
        clock.now = said + passed
        engine.feed(Batch(clock.now, lines(clock.now, number)))
        engine.commit()
    assert places(folder, f"{MARK}1a") == {"buffer", "published"}
    clock.now = said + 24 * 3600 + 6  # the last of it was said 6 s after the rest
    engine.feed(Batch(clock.now))
    assert places(folder, f"{MARK}1") == set()
    assert places(folder, f"{MARK}4a") == {"buffer", "published"}


@pytest.mark.parametrize("retention_h", [0.1, 0.02])
def test_text_of_a_short_retention_is_nowhere_a_few_seconds_after_it(
    launch: Launch, clock: Clock, folder: DataFolder, retention_h: float
) -> None:
    engine = launch(retention_h=retention_h)
    begin = (StreamStart("demo", clock.now, "demo:1"), Watch("demo", clock.now))
    engine.feed(Batch(clock.now, begin))
    said: dict[str, float] = {}
    for number in range(10, 34):  # twelve minutes
        clock.now += 30
        text = f"{MARK}{number}"
        said[text] = clock.now - 1
        item = Message(text, "demo", clock.now - 1, "ann", f"great {text}")
        engine.feed(Batch(clock.now, (item,)))
        clock.now += 3  # no more than the checks are apart
        engine.feed(Batch(clock.now))
        clock.now -= 3
        if number % 6 == 3:
            engine.state.buffer.flush()
            old = [t for t, at in said.items() if at < clock.now - retention_h * 3600]
            assert places(folder, text) == {"buffer"}
            assert not old or places(folder, *old) == set()
            if retention_h == 0.1:  # or the search finds nothing
                assert places(folder, f"{MARK}{number - 2}") == {"buffer", "published"}
    assert len(said) - len(old) < retention_h * 120 + 1


def test_text_that_became_too_old_while_nobody_ran_goes_at_the_start(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=HOURS)
    chat(engine, clock, 0.5)
    engine.finish()
    released(engine)
    clock.now += 5 * 86400
    engine = launch(retention_h=HOURS)
    engine.know([ChannelInfo("demo")])
    assert places(released(engine), MARK) == set()


def test_a_command_removes_what_is_too_old_as_well(
    launch: Launch, clock: Clock, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = launch(retention_h=HOURS)
    chat(engine, clock, 0.5)
    engine.finish()
    released(engine)
    clock.now += 5 * 86400
    monkeypatch.setenv("DLD_RETENTION_H", str(HOURS))
    ask(folder, "marker", {"channel": "demo", "text": "x"})
    assert places(folder, MARK) == set()


def test_with_no_retention_text_is_never_on_disk(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=0)
    engine.know([ChannelInfo("demo")])
    begin = (StreamStart("demo", clock.now, "demo:1"), Watch("demo", clock.now))
    engine.feed(Batch(clock.now, begin))
    for number in range(10):
        clock.now += 30
        engine.feed(Batch(clock.now + 40, lines(clock.now + 40, number)))  # a clock ahead of ours
        engine.commit()
        assert places(folder, MARK) == set()
    engine.finish()
    assert places(released(engine), MARK) == set()


def test_text_kept_so_far_goes_when_the_retention_is_set_to_none(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=24)
    chat(engine, clock, 0.5)
    engine.finish()
    released(engine)
    clock.now += 5
    engine = launch(retention_h=0)
    engine.know([ChannelInfo("demo")])
    assert places(released(engine), MARK) == set()


def test_what_a_killed_import_spilled_goes_too(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=HOURS)
    (folder.scratch / "import").mkdir(parents=True)
    (folder.scratch / "import" / "duckdb_temp").write_text(MARK)
    engine.housekeeping()
    assert places(folder, MARK) == {"scratch"}  # it may be under way
    clock.now += HOURS * 3600 + 60
    engine.housekeeping()
    assert places(released(engine), MARK) == set()


def test_no_login_of_a_chatter_is_anywhere_but_in_what_others_wrote(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=HOURS)
    chat(engine, clock, 1)
    engine.finish()
    assert places(released(engine), *LOGINS) <= {"buffer"}
    assert places(folder, LOGINS[3]) == set()  # nobody mentions them


def test_no_login_of_a_chatter_is_anywhere_once_the_text_is_gone(
    launch: Launch, clock: Clock, folder: DataFolder
) -> None:
    engine = launch(retention_h=HOURS)
    chat(engine, clock, 1)
    send(folder.inbox, Request("f", "2026-01-01T00:00:00Z", "t", "forget", {"chatter": LOGINS[0]}))
    engine.commit()
    clock.now += HOURS * 3600 + 3700
    engine.feed(Batch(clock.now))
    engine.housekeeping()
    assert places(released(engine), *LOGINS) == set()


def test_the_log_has_neither_text_nor_names(
    launch: Launch, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    chat(launch(retention_h=HOURS), clock, 0.2)
    assert caplog.records
    assert MARK not in caplog.text.lower()
    assert not any(login in caplog.text.lower() for login in LOGINS)

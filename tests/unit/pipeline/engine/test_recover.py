"""Restarts: what was committed stays, what was not is made again, and nothing counts twice."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import orjson
import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
)
from pipeline.chat.message import Watch as Joined
from pipeline.engine.engine import Engine
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.records import iso, utc, window_start
from warehouse.store.store import Store

Start = Callable[..., Engine]


@pytest.fixture
def t0() -> float:
    """The start of a window a few hours ago: real enough for the buffer to keep it."""
    return float(window_start(time.time() - 3 * 3600))


@pytest.fixture
def launch(folder: DataFolder) -> Iterator[Start]:
    """A pipeline on the folder; called again, the one before is as if killed."""
    running: list[Engine] = []

    def start(source: str = "live", **values: object) -> Engine:
        _kill(running)
        store, anew = Store(folder.warehouse), source == "replay"
        engine = Engine(folder, settings(**values), source, store, anew=anew)
        running.append(engine)
        return engine

    yield start
    _kill(running)


def _kill(running: list[Engine]) -> None:
    for engine in running:
        engine.state.store.close()
        for hour in list(engine.state.buffer._files):
            engine.state.buffer._drop_file(hour)


class Chat:
    """A channel's items, by seconds after t0."""

    def __init__(self, t0: float, channel: str = "demo") -> None:
        self.t0, self.channel = t0, channel

    def say(self, at: float, text: str = "great", chatter: str = "ann") -> Message:
        return Message(f"{self.channel}{at}{chatter}", self.channel, self.t0 + at, chatter, text)

    def start(self, at: float, name: str = "one") -> StreamStart:
        return StreamStart(self.channel, self.t0 + at, f"{self.channel}:{name}", title="A title")

    def end(self, at: float) -> StreamEnd:
        return StreamEnd(self.channel, self.t0 + at)

    def watch(self, at: float) -> Joined:
        return Joined(self.channel, self.t0 + at)

    def heard(self, at: float) -> Heard:
        return Heard(self.channel, self.t0 + at)

    def lost(self, at: float) -> Lost:
        return Lost(self.channel, self.t0 + at)

    def turn(self, now: float, *items: Item) -> Batch:
        return Batch(self.t0 + now, items)


def windows(engine: Engine, t0: float, channel: str = "demo") -> dict[float, tuple[object, ...]]:
    """Stored windows: start after t0 -> (stream, messages, observed seconds)."""
    found = stored(
        engine.state.store,
        f"SELECT epoch(start) - {t0}, stream_id, n_messages, observed_s FROM windows "
        f"WHERE channel = '{channel}' ORDER BY start",
    )
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1:] for row in found}


def lost_power(engine: Engine) -> None:
    """What is in memory is gone; what was taken in a second ago is on disk."""
    engine.state.buffer.flush()


def test_open_windows_are_made_again_from_the_buffer(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(20, chat.start(0), chat.watch(0), chat.say(1), chat.say(10)))
    engine.feed(chat.turn(40, chat.say(31), chat.say(39)))
    engine.commit()
    engine.feed(chat.turn(50, chat.say(45), chat.heard(50)))
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(66, chat.watch(60), chat.say(61), chat.heard(66)))
    engine.commit()
    assert windows(engine, t0) == {0: ("demo:one", 2, 30.0), 30: ("demo:one", 3, 20.0)}


def test_a_message_told_again_after_a_restart_counts_once(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    first, second = chat.say(1), chat.say(31)
    engine.feed(chat.turn(40, chat.start(0), chat.watch(0), first, second))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(70, first, second, chat.say(32)))
    engine.commit()
    assert {s: w[1] for s, w in windows(engine, t0).items()} == {0: 1, 30: 2}
    assert engine.state.intake.counts.duplicates == 2


def test_a_stream_that_ended_before_the_restart_is_left_alone(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(20, chat.start(0), chat.watch(0), chat.say(1), chat.say(31)))
    engine.feed(chat.turn(100, chat.say(45), chat.heard(60), chat.end(60)))
    engine.commit()
    before = windows(engine, t0)
    streams = stored(engine.state.store, "SELECT * EXCLUDE rev FROM streams")
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(400))
    engine.finish()
    assert windows(engine, t0) == before
    assert stored(engine.state.store, "SELECT * EXCLUDE rev FROM streams") == streams


def test_the_last_windows_of_a_stream_that_has_ended_still_close(launch: Start, t0: float) -> None:
    chat, other = Chat(t0), Chat(t0, "other")
    engine = launch()
    engine.feed(chat.turn(20, chat.start(0), chat.watch(0), chat.say(1), other.start(-60)))
    engine.feed(chat.turn(36, chat.say(31)))
    engine.feed(chat.turn(40, chat.say(38), chat.heard(40), chat.end(40)))
    engine.commit()  # the end is told, its window still open
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(70))
    engine.commit()
    assert windows(engine, t0) == {0: ("demo:one", 1, 30.0), 30: ("demo:one", 2, 10.0)}


def test_the_end_of_an_earlier_stream_does_not_end_the_one_going_on(
    launch: Start, t0: float
) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(70, chat.start(0), chat.watch(0), chat.say(1), chat.end(60)))
    engine.feed(chat.turn(160, chat.start(90, "two"), chat.say(91), chat.say(121)))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(200, chat.watch(165), chat.say(166)))
    engine.commit()
    assert {s: w[:2] for s, w in windows(engine, t0).items()} == {
        0: ("demo:one", 1), 30: ("demo:one", 0), 90: ("demo:two", 1), 120: ("demo:two", 1),
        150: ("demo:two", 1),
    }  # fmt: skip
    assert engine.state.intake.track("demo").on


def test_a_stream_the_warehouse_does_not_know_yet_is_taken_from_the_buffer(
    launch: Start, t0: float
) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(10, chat.start(0), chat.watch(0), chat.say(1)))
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(40))
    engine.commit()
    assert windows(engine, t0) == {0: ("demo:one", 1, 1.0)}


def test_a_session_nobody_announced_goes_on_after_a_restart(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(40, chat.watch(0), chat.say(1), chat.say(35)))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(70, chat.watch(50), chat.say(51)))
    engine.commit()
    names = {w[0] for w in windows(engine, t0).values()}
    assert len(names) == 1
    assert {s: w[1] for s, w in windows(engine, t0).items()} == {0: 1, 30: 2}


def test_what_was_watched_since_long_ago_is_still_seen(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(1, chat.start(0), chat.watch(0)))
    for k in range(1, 300):
        engine.feed(chat.turn(30 * k, chat.say(30 * k - 1), chat.heard(30 * k)))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(30 * 299 + 100))
    engine.commit()
    found = windows(engine, t0)
    assert found[30 * 298] == ("demo:one", 1, 30.0)
    assert found[30 * 299][1:] == (0, 0.0)


def test_time_between_the_kill_and_the_restart_is_not_observed(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(40, chat.start(0), chat.watch(0), chat.heard(40)))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(155, chat.watch(110), chat.heard(155)))
    engine.commit()
    seen = {s: w[2] for s, w in windows(engine, t0).items()}
    assert seen == {0: 30.0, 30: 10.0, 60: 0.0, 90: 10.0, 120: 30.0}


def test_a_connection_lost_before_the_restart_stays_lost(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(20, chat.start(0), chat.watch(0), chat.heard(10), chat.lost(15)))
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(40, chat.heard(40)))
    engine.commit()
    assert windows(engine, t0) == {0: ("demo:one", 0, 10.0)}


def test_a_late_message_counts_after_a_restart_too(launch: Start, t0: float) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(100, chat.start(0), chat.watch(0), chat.say(1), chat.end(60)))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.feed(chat.turn(105, chat.say(2, chatter="bob")))
    engine.feed(chat.turn(200))
    engine.commit()
    assert {s: w[1] for s, w in windows(engine, t0).items()} == {0: 2, 30: 0}
    assert (engine.state.intake.counts.late, engine.state.intake.counts.dropped) == (1, 0)


def test_a_term_three_chatters_used_before_a_restart_is_still_one(launch: Start, t0: float) -> None:
    chat = Chat(t0 - t0 % 86400 + 3600)  # well inside a day
    said = [chat.say(k, "zorblax", f"u{k}") for k in range(3)]
    query = (
        f"SELECT (epoch(start) - {chat.t0})::INTEGER, n FROM window_terms "
        "WHERE term = 'zorblax' ORDER BY 1"
    )
    found = []
    for channel, is_killed in (("demo", False), ("other", True)):
        chat.channel = channel
        engine = launch(retention_h=720)
        engine.feed(chat.turn(40, chat.start(0), *(replace(m, channel=channel) for m in said)))
        engine.feed(chat.turn(8000, chat.say(7999)))
        engine.commit()
        if is_killed:
            lost_power(engine)
            engine = launch(retention_h=720)
        engine.feed(chat.turn(8100, chat.say(8001, "zorblax"), chat.say(8002, "qwibble")))
        engine.commit()
        found.append(
            stored(engine.state.store, query.replace("WHERE", f"WHERE channel='{channel}' AND"))
        )
    assert found == [[(0, 3), (7980, 1)]] * 2


def test_a_late_message_that_a_crash_left_in_the_buffer_alone_is_counted(
    launch: Start, t0: float
) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(100, chat.start(0), chat.watch(0), chat.say(1), chat.say(31)))
    engine.commit()
    engine.feed(chat.turn(140, chat.say(2), chat.say(3, "!song")))
    lost_power(engine)  # it waits to be counted
    engine = launch()
    for now in (141, 142):
        engine.feed(chat.turn(now))
    engine.commit()
    query = "SELECT n_messages, n_late FROM windows ORDER BY start LIMIT 2"
    assert stored(engine.state.store, query) == [
        (2, 1), (1, 0),
    ]  # fmt: skip


def test_the_body_keeps_its_channel_id_and_state_after_a_restart(
    launch: Start, t0: float, folder: DataFolder
) -> None:
    chat = Chat(t0)
    info = ChannelInfo("demo", "4242", "Demo", "en")
    engine = launch()
    engine.know([info])
    said = [chat.say(k, "привет как дела") for k in range(1, 61)]
    engine.feed(chat.turn(70, chat.start(0), chat.watch(0), *said))
    engine.housekeeping()
    engine.commit()
    lost_power(engine)
    (folder.latest / "4242.json").unlink()
    engine = launch()
    engine.know([info])
    assert [path.name for path in folder.latest.iterdir()] == ["4242.json"]
    assert b'"status":"stale"' in (folder.latest / "4242.json").read_bytes()
    assert rows(folder, "SELECT channel_id, readable FROM channels") == [("4242", 0.0)]


def test_text_that_grew_too_old_while_it_was_off_is_gone_at_start(
    launch: Start, t0: float, folder: DataFolder
) -> None:
    chat = Chat(t0)
    engine = launch()
    engine.feed(chat.turn(40, chat.start(0), chat.watch(0), chat.say(1)))
    lost_power(engine)
    assert any(folder.buffer.iterdir())
    launch(retention_h=1)
    assert not any(folder.buffer.iterdir())


def test_a_replay_told_again_in_the_same_folder_changes_nothing(launch: Start, t0: float) -> None:
    chat = Chat(t0 - 86400 * 400)
    one = [chat.start(0), chat.watch(0), chat.say(1), chat.say(31), chat.heard(60), chat.end(60)]
    two = [chat.start(600, "two"), chat.watch(600), chat.say(601), chat.heard(630), chat.end(630)]
    found = []
    for until in (700, 650, 700):  # the second time it is killed before its end
        engine = launch("replay")
        for now in range(10, until, 10):
            items = (i for i in (*one, *two) if now - 10 <= i.at - chat.t0 < now)
            engine.feed(chat.turn(now, *items))
        engine.commit()
        found.append(windows(engine, chat.t0))
    assert found[0] == found[1] == found[2]
    assert found[0] == {
        0: ("demo:one", 1, 30.0), 30: ("demo:one", 1, 30.0), 600: ("demo:two", 1, 30.0),
    }  # fmt: skip
    ended = stored(engine.state.store, "SELECT stream_id, ended_at IS NULL FROM streams ORDER BY 1")
    assert ended == [("demo:one", False), ("demo:two", False)]


def test_a_moment_is_served_again_and_not_told_again(
    launch: Start, t0: float, folder: DataFolder
) -> None:
    chat = Chat(t0)
    calm = [chat.say(30 * k + s, "good", f"u{s}") for k in range(40) for s in (3, 13, 23)]
    laughs = [chat.say(1210 + k / 2, "lol", f"v{k}") for k in range(160)]
    engine = launch()
    engine.feed(chat.turn(1236, chat.start(0), chat.watch(0), *calm, *laughs[:30]))
    engine.commit()
    lost_power(engine)
    engine = launch()
    engine.know([ChannelInfo("demo", "42")])
    engine.feed(chat.turn(1326, *laughs))
    engine.commit()
    found = stored(engine.state.store, f'SELECT epoch("at") - {t0}, detail FROM events')
    assert found == [(1210, "lol x 30, 12 times as busy")]
    served = orjson.loads((folder.latest / "42.json").read_bytes())["moment"]
    assert served["at"] == iso(utc(t0 + 1210))
    assert (served["text"], served["n"]) == ("Laughter: lol x 30, 12 times as busy", 30)
    engine.feed(chat.turn(1400, chat.end(1390)))
    engine.commit()
    assert orjson.loads((folder.latest / "42.json").read_bytes())["moment"] is None


def test_another_source_in_the_same_folder_starts_its_own_clock(launch: Start, t0: float) -> None:
    live, past = Chat(t0), Chat(t0 - 86400 * 30, "past")
    engine = launch("live")
    engine.feed(live.turn(40, live.start(0), live.watch(0), live.say(1)))
    engine.commit()
    engine = launch("simulated")
    engine.feed(past.turn(20, past.start(0), past.watch(0), past.say(1)))
    engine.feed(past.turn(70, past.say(31), past.heard(60)))
    engine.commit()
    found = windows(engine, past.t0, "past")
    assert found == {0: ("past:one", 1, 30.0), 30: ("past:one", 1, 30.0)}


def test_a_replay_that_was_killed_leaves_no_stream_on_for_ever(launch: Start, t0: float) -> None:
    chat, other = Chat(t0), Chat(t0 + 600, "other")
    engine = launch("replay")
    engine.feed(chat.turn(40, chat.start(0), chat.watch(0), chat.say(1), chat.say(31)))
    engine.commit()
    engine = launch("replay")
    engine.feed(other.turn(40, other.start(0), other.watch(0)))
    engine.commit()
    ended = stored(
        engine.state.store, f"SELECT stream_id, epoch(ended_at) - {t0} FROM streams ORDER BY 1"
    )
    assert ended == [("demo:one", 30), ("other:one", None)]

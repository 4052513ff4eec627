"""Messages that come when memory has let go of their window: counted once, from the buffer."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pipeline.chat.message import Batch, Heard, Item, Lost, Message, StreamEnd, StreamStart, Watch
from pipeline.engine.engine import Engine
from pipeline.windows import segments
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

Start = Callable[..., Engine]


@pytest.fixture
def t0() -> float:
    """The start of an hour some hours ago: real enough for the buffer to keep it."""
    return (time.time() - 5 * 3600) // 3600 * 3600


@pytest.fixture
def launch(folder: DataFolder) -> Iterator[Start]:
    """A pipeline on the folder; called again, the one before is as if killed."""
    running: list[Engine] = []

    def start(**values: object) -> Engine:
        for engine in running:
            let_go(engine)
        running.append(Engine(folder, settings(**values), "live", Store(folder.warehouse)))
        return running[-1]

    yield start
    let_go(running[-1])


def let_go(engine: Engine) -> None:
    engine.state.store.close()
    engine.state.buffer.close()


def say(at: float, text: str = "great", chatter: str = "ann", **more: object) -> Message:
    return Message(f"{at}{chatter}", "demo", at, chatter, text, **more)  # type: ignore[arg-type]


def stream(engine: Engine, t0: float, minutes: int = 70) -> None:
    """A stream with a message in every window, seen all the time."""
    engine.feed(Batch(t0, (StreamStart("demo", t0, "s1"), Watch("demo", t0))))
    for k in range(minutes * 2):
        end = t0 + 30 * (k + 1)
        said = (say(end - 20, chatter=f"u{k % 4}"), Heard("demo", end))
        engine.feed(Batch(end, said))
    engine.feed(Batch(end + 6))
    engine.commit()


def turn(engine: Engine, *items: Item, turns: int = 3) -> None:
    """The items in one turn, and turns in which nothing comes; each is committed."""
    engine.feed(Batch(engine.state.clock, items))
    for _ in range(turns - 1):
        engine.feed(Batch(engine.state.clock))
        engine.commit()


ROW = "SELECT n_messages, n_filtered, n_late, observed_s, stream_id, mean_compound FROM windows "


def row(engine: Engine, at: float) -> tuple[object, ...]:
    (found,) = stored(engine.state.store, f"{ROW} WHERE epoch(start) = {int(at)}")
    return found


def counts(engine: Engine) -> tuple[int, int, int]:
    found = engine.state.intake.counts
    return found.late, found.duplicates, found.dropped


def test_a_message_an_hour_late_is_in_its_window(
    launch: Start, t0: float, folder: DataFolder
) -> None:
    engine = launch()
    stream(engine, t0)
    assert row(engine, t0 + 60) == (1, 0, 0, 30.0, "s1", 0.6249)
    turn(engine, say(t0 + 61, "terrible", "bob"), say(t0 + 62, "!song", "bob"))
    mean = pytest.approx((0.6249 - 0.4767) / 2)
    assert row(engine, t0 + 60) == (2, 1, 2, 30.0, "s1", mean)
    assert counts(engine) == (2, 0, 0)
    at = f"epoch(start) = {int(t0 + 60)}"
    assert rows(folder, f"SELECT n_messages FROM windows WHERE {at}") == [(2,)]
    assert rows(folder, f"SELECT text FROM samples WHERE {at} ORDER BY rank") == [
        ("great",), ("terrible",),
    ]  # fmt: skip
    terms = f"SELECT term, n FROM window_terms WHERE {at} AND kind <> 'rest' ORDER BY term"
    assert rows(folder, terms) == [("great", 1), ("terrible", 1)]
    hour = f"epoch(hour) = {int(t0)}"
    assert rows(folder, f"SELECT n_messages, n_late FROM window_hours WHERE {hour}") == [(121, 2)]


def test_who_spoke_late_in_a_window_that_was_not_observed_was_heard(
    launch: Start, t0: float
) -> None:
    engine = launch()
    engine.feed(Batch(t0, (StreamStart("demo", t0, "s1"), Watch("demo", t0), say(t0 + 1))))
    engine.feed(Batch(t0 + 29, (Lost("demo", t0 + 29),)))
    engine.feed(Batch(t0 + 121, (Watch("demo", t0 + 121), say(t0 + 122))))
    engine.feed(Batch(t0 + 7300, (say(t0 + 7290),)))
    engine.commit()
    unheard = stored(engine.state.store, f"{ROW} WHERE observed_s = 0 ORDER BY start")
    turn(engine, say(t0 + 61, "terrible", "bob"))
    assert row(engine, t0 + 60)[0] == 1 and row(engine, t0 + 60)[3] == 0.001, unheard


def test_many_late_messages_of_a_turn_are_each_in_their_window(launch: Start, t0: float) -> None:
    engine = launch()
    stream(engine, t0)
    late = [say(t0 + 30 * k + 1, "good", f"v{k}") for k in range(0, 60, 3)]
    turn(engine, *late, turns=20 // 4 + 1)  # four windows a pass
    for k in range(60):
        assert row(engine, t0 + 30 * k)[:3] == ((2, 0, 1) if k % 3 == 0 else (1, 0, 0))
    assert counts(engine) == (20, 0, 0)


def test_late_messages_count_once_before_and_after_a_restart(launch: Start, t0: float) -> None:
    engine = launch()
    stream(engine, t0, minutes=150)
    late = say(t0 + 61, "terrible", "bob")
    turn(engine, late)
    turn(engine, late)
    engine = launch()
    turn(engine, late)  # nothing in memory goes back so far
    turn(engine, say(t0 + 65, chatter="eve"))
    assert row(engine, t0 + 60)[:5] == (3, 0, 2, 30.0, "s1")
    assert counts(engine) == (1, 1, 0)


def test_a_window_of_before_a_restart_keeps_its_terms_and_lines(
    launch: Start, t0: float, folder: DataFolder
) -> None:
    engine = launch()
    engine.feed(Batch(t0, (StreamStart("demo", t0, "s1"), Watch("demo", t0))))
    engine.feed(Batch(t0 + 40, tuple(say(t0 + k, "zorblax great", f"u{k}") for k in range(4))))
    engine.feed(Batch(t0 + 7300, (say(t0 + 7290),)))
    engine.commit()
    engine = launch()
    turn(engine, say(t0 + 5, "u2 is terrible zorblax", "bob"))
    at = f"epoch(start) = {int(t0)}"
    terms = f"SELECT term, n FROM window_terms WHERE {at} AND kind <> 'rest' ORDER BY term"
    assert rows(folder, terms) == [("great", 4), ("terrible", 1), ("zorblax", 5)]
    # nobody remembers that u2 is a name
    assert rows(folder, f"SELECT text FROM samples WHERE {at}") == [("zorblax great",)]


def test_what_is_read_a_turn_is_bounded(
    launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = launch()
    stream(engine, t0, minutes=30)
    monkeypatch.setattr(segments, "_SLICE", 1000)
    turn(engine, say(t0 + 61), turns=2)
    assert row(engine, t0 + 60)[0] == 1  # 10 kB take ten turns and more
    turn(engine, turns=30)
    assert row(engine, t0 + 60)[:3] == (2, 0, 1)


def test_a_buffer_written_anew_meanwhile_is_read_from_its_start(
    launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = launch()
    stream(engine, t0, minutes=30)
    monkeypatch.setattr(segments, "_SLICE", 1000)
    turn(engine, say(t0 + 61, "fine"), turns=5)
    engine.state.buffer.rewrite(
        lambda item: replace(item, text="x") if isinstance(item, Message) else item
    )
    assert row(engine, t0 + 60)[0] == 1
    turn(engine, turns=30)
    assert row(engine, t0 + 60) == (2, 0, 1, 30.0, "s1", 0.0)


def test_a_window_the_buffer_has_lost_lines_of_stays_as_it_is(launch: Start, t0: float) -> None:
    engine = launch()
    stream(engine, t0, minutes=30)
    engine.state.buffer.rewrite(lambda item: None if isinstance(item, Message) else item)
    turn(engine, say(t0 + 61, "terrible"))
    turn(engine, say(t0 + 62, "terrible"))
    assert row(engine, t0 + 60) == (2, 0, 1, 30.0, "s1", pytest.approx(-0.4767))


def test_without_a_buffer_a_message_counts_until_a_minute_after_closing(
    launch: Start, t0: float
) -> None:
    engine = launch(retention_h=0)
    stream(engine, t0, minutes=5)  # the clock is 306 s on
    turn(engine, say(t0 + 241), say(t0 + 181))
    assert row(engine, t0 + 240)[:3] == (2, 0, 1)
    assert row(engine, t0 + 180)[:3] == (1, 0, 0)
    assert counts(engine) == (1, 0, 1)


def test_a_message_of_when_no_stream_was_on_is_dropped(launch: Start, t0: float) -> None:
    engine = launch()
    stream(engine, t0, minutes=5)
    turn(engine, say(t0 - 100))
    assert stored(engine.state.store, "SELECT count(*) FROM windows") == [(10,)]
    assert counts(engine) == (0, 0, 1)


def test_a_late_message_of_an_earlier_stream_leaves_the_forecasts_of_this_one(
    launch: Start, t0: float
) -> None:
    engine = launch(forecast=True)
    stream(engine, t0, minutes=40)
    at = t0 + 2420
    engine.feed(Batch(at, (StreamEnd("demo", t0 + 2400), StreamStart("demo", t0 + 2410, "s2"))))
    for k in range(12):
        engine.feed(Batch(at + 30 * (k + 1), (say(at + 30 * k), Heard("demo", at + 30 * (k + 1)))))
    engine.commit()
    newest = engine.state.forecasts.latest["demo"].cutoff
    assert len(engine.state.forecasts._logs["demo", "words"].session()) == 12
    turn(engine, say(t0 + 31, "terrible"))
    assert row(engine, t0 + 30)[:3] == (2, 0, 1)
    assert (engine.state.forecasts._logs["demo", "words"].stream_id, newest) == (
        "s2", engine.state.forecasts.latest["demo"].cutoff,
    )  # fmt: skip
    shown = [w.start for w in engine.state.moods.of("demo").windows]
    assert shown == sorted(shown)


def test_what_waits_at_the_end_is_done_at_the_end(launch: Start, t0: float) -> None:
    engine = launch()
    stream(engine, t0, minutes=30)
    engine.feed(Batch(engine.state.clock, (say(float(window_start(t0 + 61))),)))
    engine.finish()
    assert row(engine, t0 + 60)[:3] == (2, 0, 1)

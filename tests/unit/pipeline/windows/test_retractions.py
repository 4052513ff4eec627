"""Messages that were taken back are in no window, no line to show, and no file any more."""

import time
from collections.abc import Iterator

import pytest

from pipeline.chat.message import Batch, Heard, Item, Message, Retract, StreamStart, Watch
from pipeline.engine.engine import Engine
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

OTHERS = ("ann", "bob", "eve")


@pytest.fixture
def t0() -> float:
    """The start of a window twenty minutes ago."""
    return float(window_start(time.time() - 1200))


@pytest.fixture
def engine(folder: DataFolder, store: Store, t0: float) -> Iterator[Engine]:
    engine = Engine(folder, settings(), "live", store)
    begin(engine, t0)
    yield engine
    engine.finish()


def begin(engine: Engine, t0: float) -> None:
    """A window in which three say something, and one of them something else."""
    lines = [say(t0 + k, f"a great day {who}", who) for k, who in enumerate(OTHERS)]
    wrong = say(t0 + 9, "terrible secret", "bob", "wrong")
    opened = StreamStart("demo", t0, "s1"), Watch("demo", t0)
    engine.feed(Batch(t0 + 10, (*opened, *lines, wrong)))


def say(at: float, text: str, who: str = "ann", name: str = "", where: str = "demo") -> Message:
    return Message(name or f"{at}{who}", where, at, who, text)


def to(engine: Engine, at: float, *items: Item) -> None:
    """Half a minute's steps until `at`, then the items, and a few turns to work on them."""
    clock = max(engine.state.clock, at - 600)  # a fresh one's is 0
    while clock < at:
        clock = min(at, clock + 30)
        engine.feed(Batch(clock, (Heard("demo", clock),)))
    for turn in range(4):
        engine.feed(Batch(clock, items if turn == 0 else ()))
        engine.commit()


def n(engine: Engine, at: float) -> tuple[int, int]:
    """(n_messages, n_filtered) of the window."""
    (found,) = stored(
        engine.state.store,
        "SELECT n_messages, n_filtered FROM windows "
        f"WHERE channel = 'demo' AND epoch(start) = {int(at)}",
    )
    return found


def texts(folder: DataFolder, at: float) -> set[str]:
    query = f"SELECT text FROM samples WHERE epoch(start) = {int(at)}"
    return {text for (text,) in rows(folder, query)}


def written(folder: DataFolder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.buffer.iterdir())


def test_a_message_taken_back_in_time_is_never_counted(
    engine: Engine, folder: DataFolder, t0: float
) -> None:
    to(engine, t0 + 36, Retract("demo", t0 + 12, message_id="wrong"))
    assert n(engine, t0) == (3, 0)
    assert "terrible secret" not in texts(folder, t0)
    assert b"secret" not in written(folder)


@pytest.mark.parametrize("later", [50, 60 * 9])
def test_a_message_taken_back_later_leaves_its_window_and_all_that_tells_of_it(
    engine: Engine, folder: DataFolder, t0: float, later: int
) -> None:
    to(engine, t0 + later)
    assert n(engine, t0) == (4, 0)
    assert "terrible secret" in texts(folder, t0)
    to(engine, t0 + later, Retract("demo", t0 + later, message_id="wrong"))
    assert n(engine, t0) == (3, 0)
    assert not any("secret" in text for text in texts(folder, t0))
    assert b"secret" not in written(folder)
    terms = rows(folder, f"SELECT term FROM window_terms WHERE epoch(start) = {int(t0)}")
    assert ("terrible",) not in terms and ("great",) in terms
    assert engine.state.intake.counts.retracted == 1


@pytest.mark.parametrize("later", [50, 60 * 9])
def test_all_that_a_chatter_had_said_there_goes_and_nothing_else(
    engine: Engine, t0: float, later: int
) -> None:
    elsewhere = (StreamStart("other", t0, "o1"), say(t0 + 9, "hi", "bob", where="other"))
    to(engine, t0 + 10, *elsewhere)
    to(engine, t0 + later, Retract("demo", t0 + later, chatter="Bob"))
    assert n(engine, t0) == (2, 0)
    assert stored(
        engine.state.store, "SELECT sum(n_messages) FROM windows WHERE channel = 'other'"
    ) == [(1,)]


def test_what_a_chatter_says_afterwards_counts(engine: Engine, t0: float) -> None:
    back = Retract("demo", t0 + 20, chatter="bob")
    to(engine, t0 + 20, back, say(t0 + 21, "sorry", "bob"))
    to(engine, t0 + 36)
    assert n(engine, t0) == (3, 0)


@pytest.mark.parametrize("later", [50, 60 * 9])
def test_a_cleared_channel_has_a_silent_window_without_terms(
    engine: Engine, folder: DataFolder, t0: float, later: int
) -> None:
    to(engine, t0 + later, Retract("demo", t0 + later))
    assert stored(
        engine.state.store,
        "SELECT n_messages, n_chatters, mean_compound, observed_s FROM windows "
        f"WHERE epoch(start) = {int(t0)}",
    ) == [(0, 0, None, 30.0)]
    for where in (stored(engine.state.store, TERMS), rows(folder, TERMS)):
        assert (int(t0),) not in where
    assert texts(folder, t0) == set()
    assert b"great" not in written(folder)


TERMS = "SELECT DISTINCT epoch(start)::BIGINT FROM window_terms"


def test_a_message_that_comes_after_it_was_taken_back_is_not_counted(
    engine: Engine, t0: float
) -> None:
    to(engine, t0 + 20, Retract("demo", t0 + 20, message_id="late"))
    to(engine, t0 + 21, say(t0 + 19, "too late", "ann", "late"))
    to(engine, t0 + 36)
    assert n(engine, t0) == (4, 0)


def test_a_command_taken_back_is_counted_as_filtered_no_longer(engine: Engine, t0: float) -> None:
    to(engine, t0 + 10, say(t0 + 11, "!song", "ann", "command"))
    to(engine, t0 + 200)
    assert n(engine, t0) == (4, 1)
    to(engine, t0 + 200, Retract("demo", t0 + 200, message_id="command"))
    assert n(engine, t0) == (4, 0)


def test_what_is_not_known_is_taken_back_without_harm(engine: Engine, t0: float) -> None:
    to(engine, t0 + 200, *(Retract("demo", t0 + 200, message_id=i) for i in ("", "x", '"\\\n')))
    to(engine, t0 + 200, Retract("nowhere", t0 + 200), Retract("demo", t0 + 200, chatter="zoe"))
    to(engine, t0 + 230)
    assert n(engine, t0) == (0, 0)  # the empty id cleared it: so the source said


def test_a_restart_does_not_bring_it_back(folder: DataFolder, store: Store, t0: float) -> None:
    engine = Engine(folder, settings(), "live", store)
    begin(engine, t0)
    engine.feed(Batch(t0 + 12, (Retract("demo", t0 + 12, message_id="wrong"),)))
    engine.feed(Batch(t0 + 13))
    engine.state.buffer.flush()
    engine.state.buffer.close()  # killed before the window closed
    again = Engine(folder, settings(), "live", store)
    to(again, t0 + 40)
    assert n(again, t0) == (3, 0)
    again.finish()


def test_with_no_retention_what_is_in_memory_still_goes(
    folder: DataFolder, store: Store, t0: float
) -> None:
    engine = Engine(folder, settings(retention_h=0), "live", store)
    begin(engine, t0)
    to(engine, t0 + 50, Retract("demo", t0 + 50, message_id="wrong"))
    assert n(engine, t0) == (3, 0)
    engine.finish()


def test_thousands_at_once_are_worked_off_in_turns(engine: Engine, t0: float) -> None:
    to(engine, t0 + 200, *(Retract("demo", t0 + 200, message_id=f"x{k}") for k in range(9000)))
    assert len(engine.state.retractions.waiting) < 5000
    to(engine, t0 + 200, Retract("demo", t0 + 200, message_id="wrong"))
    for _ in range(300):
        engine.feed(Batch(engine.state.clock))
    engine.commit()
    assert engine.state.retractions.waiting == []
    assert n(engine, t0) == (3, 0)

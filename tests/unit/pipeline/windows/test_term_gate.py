"""Which terms are kept: those that moved the window, if they are nobody's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.hashing import Hasher
from pipeline.scoring.scored import Scored
from pipeline.windows.term_gate import BY_CONTRIBUTION, BY_COUNT, REST, Gate, window_terms
from tests.helpers.build import SALT

HASHER = Hasher(SALT)
DAY = 20_454


@pytest.fixture
def gate() -> Gate:
    return Gate({"good"}.__contains__, HASHER.of)


def test_a_known_term_needs_no_second_chatter(gate: Gate) -> None:
    assert gate.admits("demo", "good", DAY)
    assert not gate.admits("demo", "xyzzy", DAY)


def test_an_unknown_term_needs_three_chatters_of_that_day(gate: Gate) -> None:
    for chatter in (1, 1, 2, 2):
        gate.used("demo", DAY, chatter, ["xyzzy"])
    assert not gate.admits("demo", "xyzzy", DAY)
    gate.used("demo", DAY, 3, ["xyzzy"])
    assert gate.admits("demo", "xyzzy", DAY)
    assert not gate.admits("demo", "xyzzy", DAY + 1)
    assert not gate.admits("other", "xyzzy", DAY)


def test_three_chatters_of_two_days_are_not_three_of_one(gate: Gate) -> None:
    for day, chatter in ((DAY, 1), (DAY, 2), (DAY + 1, 3), (DAY + 1, 1)):
        gate.used("demo", day, chatter, ["xyzzy"])
    assert not gate.admits("demo", "xyzzy", DAY)
    assert not gate.admits("demo", "xyzzy", DAY + 1)


def test_chatters_nobody_can_tell_apart_are_one(gate: Gate) -> None:
    for _ in range(10):
        gate.used("demo", DAY, 0, ["xyzzy"])
    assert not gate.admits("demo", "xyzzy", DAY)


def test_what_was_stored_before_a_restart_needs_nobody_again(gate: Gate) -> None:
    gate.admit("demo", DAY, ["xyzzy", "ann", "good"])
    gate.saw(HASHER.of("ann"))
    assert gate.admits("demo", "xyzzy", DAY)
    assert not gate.admits("demo", "ann", DAY)
    assert not gate.admits("demo", "xyzzy", DAY + 1)
    assert not gate.admits("other", "xyzzy", DAY)


def test_late_messages_around_midnight_do_not_undo_each_other(gate: Gate) -> None:
    for chatter in (1, 2, 3):
        gate.used("demo", DAY, chatter, ["before"])
        gate.used("demo", DAY + 1, chatter, ["after"])
    assert gate.admits("demo", "before", DAY)
    assert gate.admits("demo", "after", DAY + 1)
    assert not gate.admits("demo", "before", DAY + 1)


def test_a_message_of_a_day_long_gone_counts_for_none(gate: Gate) -> None:
    for chatter in (1, 2, 3):
        gate.used("demo", DAY + 5, chatter, ["new"])
        gate.used("demo", DAY + 6, chatter, ["newer"])
        gate.used("demo", DAY, chatter, ["old"])
    assert gate.admits("demo", "new", DAY + 5)
    assert not gate.admits("demo", "old", DAY)


def test_a_login_seen_lately_is_never_a_term_even_if_it_is_a_word(gate: Gate) -> None:
    gate.saw(HASHER.of("Good"))
    gate.saw(HASHER.of("bob_42"))
    for chatter in (1, 2, 3):
        gate.used("demo", DAY, chatter, ["bob_42"])
    assert not gate.admits("demo", "good", DAY)
    assert not gate.admits("demo", "bob_42", DAY)


def test_nobody_is_no_login(gate: Gate) -> None:
    gate.saw(0)
    assert gate.without_names("") == ""
    assert gate.admits("demo", "good", DAY)


def test_logins_are_masked_wherever_they_stand_in_a_line(gate: Gate) -> None:
    gate.saw(HASHER.of("bob_42"))
    assert gate.without_names("hi Bob_42, (bob_42) bob_423 bob") == "hi @…, (@…) bob_423 bob"


def test_memory_is_bounded(gate: Gate) -> None:
    for k in range(60_000):
        gate.saw(k + 1)
    gate.used("demo", DAY, 1, [f"t{k}" for k in range(5000)])
    assert len(gate.chatters) == 50_000
    assert 300 < len(gate._days["demo"][DAY].pending) <= 400


def scored(*terms: tuple[str, float]) -> Scored:
    return Scored(sum(part for _, part in terms), tuple((t, "word", p) for t, p in terms), False)


def test_contributions_are_shares_of_the_windows_mean() -> None:
    lines = [scored(("good", 0.4)), scored(("good", 0.2), ("bad", -0.3)), scored()]
    rows = window_terms(lines, 3, 0.1, lambda term: True)
    assert rows == [
        ("good", "word", 2, pytest.approx(0.2)),
        ("bad", "word", 1, pytest.approx(-0.1)),
        (REST, "rest", 0, pytest.approx(0.0)),
    ]


def test_what_may_not_be_named_goes_into_the_rest() -> None:
    rows = window_terms([scored(("secret", 0.4), ("good", 0.2))], 1, 0.6, {"good"}.__contains__)
    assert rows == [("good", "word", 1, 0.2), (REST, "rest", 1, pytest.approx(0.4))]


def test_the_fifteen_that_moved_most_and_five_by_count_are_kept() -> None:
    movers = [scored((f"m{k:02}", 0.01 * (k + 1))) for k in range(20)]
    talk = [scored(*((f"t{k}", 0.0) for _ in range(k + 2))) for k in range(8)]
    total = sum(line.compound for line in movers)
    rows = window_terms([*movers, *talk], 28, total / 28, lambda term: True)
    names = [row[0] for row in rows]
    assert len(rows) == BY_CONTRIBUTION + BY_COUNT + 1
    assert names[:15] == [f"m{k:02}" for k in range(19, 4, -1)]
    assert names[15:20] == ["t7", "t6", "t5", "t4", "t3"]
    assert sum(row[3] for row in rows) == pytest.approx(total / 28, abs=1e-12)


PARTS = st.floats(-1, 1, allow_nan=False)
LINE = st.lists(st.tuples(st.sampled_from("abcdefghij"), PARTS), max_size=5)


@given(st.lists(LINE, min_size=1, max_size=40), PARTS, st.sets(st.sampled_from("abcdefghij")))
def test_contributions_always_sum_to_the_mean(
    lines: list[list[tuple[str, float]]], mean: float, named: set[str]
) -> None:
    rows = window_terms((scored(*line) for line in lines), len(lines), mean, named.__contains__)
    assert sum(row[3] for row in rows) == pytest.approx(mean, abs=1e-9)
    assert {row[0] for row in rows} <= named | {REST}
    assert len({row[0] for row in rows}) == len(rows)
    assert sum(row[2] for row in rows) == sum(len(line) for line in lines)

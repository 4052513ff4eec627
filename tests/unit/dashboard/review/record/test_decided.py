"""Decisions on moments, folded from the events that tell them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.review.record.decided import Decisions, Own, folded
from warehouse.moments.decisions import LONGEST_S
from warehouse.moments.kinds import Moment
from warehouse.moments.placed import PlacedMoment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def event(minutes: float, kind: str, detail: str = "") -> dict[str, Any]:
    """A row of dash_moment_decisions."""
    return {"at": at(minutes).replace(tzinfo=None), "kind": f"moment_{kind}", "detail": detail}


def added(minutes: float, seconds: int = 40, text: str = "ours") -> dict[str, Any]:
    return event(minutes, "added", json.dumps({"seconds": seconds, "text": text}))


def test_the_last_decision_on_a_moment_holds_and_a_cleared_one_is_none() -> None:
    rows = [event(1, "kept"), event(2, "kept"), event(1, "dropped"), event(3, "dropped"),
            event(3, "cleared")]  # fmt: skip
    decided = folded(rows)
    assert decided.marks == {at(1): "drop", at(2): "keep"}
    assert decided.record == (2, 1)


def test_a_decision_is_on_the_moment_that_it_lies_in() -> None:
    decided = Decisions({at(1): "keep"})
    found = PlacedMoment(Moment("peak", 1, 4, 5.0), 30, at(0.5), ())
    assert decided.of(found) == "keep"
    later = PlacedMoment(Moment("peak", 3, 4, 5.0), 90, at(1.5), ())
    assert decided.of(later) == ""


def test_a_moment_that_begins_elsewhere_now_is_decided_anew() -> None:
    decided = folded([event(1, "dropped")])
    found = PlacedMoment(Moment("peak", 1, 4, 5.0), 30, at(0.5), ())
    assert decided.place(found) == at(1)
    again = folded([event(1, "dropped"), {**event(0, "kept"), "at": decided.place(found)}])
    assert again.of(found) == "keep"
    assert decided.place(PlacedMoment(found.moment, 90, at(1.5), ())) == at(1.5)


def test_a_moment_in_the_window_that_a_stream_began_in_is_of_it() -> None:
    decided = folded([event(1, "kept"), event(0.5, "kept")])
    assert list(decided.within(at(1.2), at(60)).marks) == [at(1)]


def test_dropping_a_range_twice_or_a_moment_where_one_begins_drops_nothing_else() -> None:
    range_ = added(5 + 1 / 60_000)
    drop = {**range_, "kind": "moment_dropped"}
    found = PlacedMoment(Moment("peak", 10, 11, 5.0), 300, at(5), ())
    assert folded([range_, drop, drop]).of(found) == ""
    decided = folded([range_, event(5, "dropped")])
    assert decided.of(found) == "drop" and len(decided.own) == 1


def test_a_range_is_there_until_it_is_dropped_and_counts_as_no_decision_on_a_moment() -> None:
    assert folded([added(5)]).own == (Own(at(5), 40, "ours"),)
    gone = folded([added(5), event(5, "dropped")])
    assert (gone.own, gone.record) == ((), (0, 0))
    assert folded([added(5), event(5, "dropped"), added(5, 50)]).own == (Own(at(5), 50, "ours"),)


def test_a_range_that_cannot_be_read_is_none() -> None:
    for detail in ("", "{", "[1]", "null", '{"seconds": "9", "text": "x"}', '{"seconds": 9}'):
        assert folded([event(5, "added", detail)]).own == ()
    for seconds in (-5, 0, LONGEST_S + 1, 10**12, True):
        assert folded([added(1, seconds)]).own == ()


def test_decisions_of_another_stream_are_left_out() -> None:
    decided = folded([event(1, "kept"), event(90, "kept"), added(2), added(91)])
    within = decided.within(NOON, at(60))
    assert within.marks == {at(1): "keep"}
    assert [own.at for own in within.own] == [at(2)]

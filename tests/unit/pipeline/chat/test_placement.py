"""When past streams began: as their log says, or where they are put."""

from datetime import UTC, datetime
from time import time

import pytest

from pipeline.chat.placement import place, refuse_impossible
from pipeline.chat.table import TableStream
from warehouse.errors import BadInput

DAY = 86400.0


def stream(name: str, date: str, last: float = 100.0, channel: str = "demo") -> TableStream:
    return TableStream(channel, name, date, 0.0, last, 10, f"{channel}:{name}")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def starts(*streams: TableStream, undated: bool = False) -> list[float]:
    return [p.started_at for p in place(streams, undated)]


@pytest.mark.parametrize(
    "date", ["2026-01-01T12:00:07", "2026-01-01 12:00:07", "2026-01-01T14:00:07+02:00"]
)
def test_a_full_time_is_taken_as_it_is(date: str) -> None:
    assert starts(stream("a", date)) == [at("2026-01-01T12:00:07")]


def test_streams_dated_by_day_follow_one_another_where_they_would_overlap() -> None:
    found = starts(
        stream("a", "2026-01-01", last=3600.5),
        stream("b", "2026-01-01", last=10.0),
        stream("c", "2026-01-01"),
        stream("d", "2026-01-03"),
    )
    midnight = at("2026-01-01")
    assert found == [midnight, midnight + 3630, midnight + 3660, at("2026-01-03")]
    assert all(start % 30 == 0 for start in found)


def test_a_stream_that_runs_over_midnight_pushes_the_next_day() -> None:
    found = starts(stream("a", "2026-01-01", last=DAY + 60), stream("b", "2026-01-02"))
    assert found == [at("2026-01-01"), at("2026-01-01") + DAY + 90]


def test_each_channel_has_its_own_days() -> None:
    found = starts(stream("a", "2026-01-01"), stream("b", "2026-01-01", channel="other"))
    assert found == [at("2026-01-01")] * 2


def test_undated_streams_are_put_day_by_day_from_2000_and_marked_so() -> None:
    streams = [stream("a", ""), stream("b", "", last=DAY + 5), stream("c", "")]
    placed = place(streams, undated=True)
    assert [p.started_at for p in placed] == [
        at("2000-01-01"), at("2000-01-02"), at("2000-01-04"),
    ]  # fmt: skip
    assert all(p.undated for p in placed)


def test_undated_streams_are_refused_unless_that_was_said() -> None:
    with pytest.raises(BadInput, match="stream a of demo has no date; say --started-at, or"):
        place([stream("a", "")])


def test_a_given_start_is_for_one_stream_alone() -> None:
    given = datetime(2026, 1, 1, 12, tzinfo=UTC)
    (placed,) = place([stream("a", "")], started_at=given)
    assert (placed.started_at, placed.ended_at, placed.undated) == (
        given.timestamp(), given.timestamp() + 100, False,
    )  # fmt: skip
    with pytest.raises(BadInput, match="is for one stream, this is 2"):
        place([stream("a", ""), stream("b", "")], started_at=given)


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_is_named(date: str) -> None:
    with pytest.raises(BadInput, match="stream a of demo"):
        place([stream("a", date)])


@pytest.mark.parametrize(
    ("start", "said"),
    [("0001-01-01", "0001-01-01 00:00"), ("1969-12-31T23:59", "1969-12-31 23:59"),
     ("9999-12-31T23:59:59", "9999-12-31 23:59")],
)  # fmt: skip
def test_a_stream_of_a_time_when_nobody_chatted_is_refused(start: str, said: str) -> None:
    """No window could be made of it, and its messages would be lost."""
    given = datetime.fromisoformat(start).replace(tzinfo=UTC)
    with pytest.raises(BadInput, match=f"stream a of demo would .* at {said} UTC"):
        refuse_impossible(place([stream("a", "", last=60.0)], started_at=given), time())


def test_a_stream_that_is_yet_to_come_is_refused() -> None:
    """Readers take the newest window for the present."""
    placed = place([stream("a", "2026-01-01T12:00:00", last=600.0)])
    refuse_impossible(placed, at("2026-01-01T12:10:00"))
    with pytest.raises(BadInput, match="stream a of demo would end at 2026-01-01 12:10 UTC, which"):
        refuse_impossible(placed, at("2026-01-01T12:09:00"))

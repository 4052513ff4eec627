"""Streams as stretches of time: the newest stretch, and how dense they lie."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from dashboard.stream_times import MOST, PAUSE, StreamTimes

FIRST = datetime(2019, 3, 1, 18)
HOURS, DAY = timedelta(hours=4), timedelta(days=1)


def streams(*days: float, channel: str = "a", undated: bool = False) -> StreamTimes:
    """Four hours each, so many days after the first."""
    since = [FIRST + day * DAY for day in days]
    rows = {"channel": [channel] * len(since), "since": since, "until": [s + HOURS for s in since],
            "undated": [undated] * len(since)}  # fmt: skip
    return StreamTimes.of(pa.table(rows))


def both(one: StreamTimes, other: StreamTimes) -> StreamTimes:
    return StreamTimes(
        *(
            np.concatenate(pair)
            for pair in zip(vars(one).values(), vars(other).values(), strict=True)
        )
    )


def at(days: float) -> datetime:
    return (FIRST + days * DAY).replace(tzinfo=UTC)


def test_the_newest_stretch_begins_after_the_last_pause() -> None:
    pause = PAUSE / DAY
    assert streams(0, 400, 400 + pause, 420 + pause).newest_stretch() == (
        at(400), at(420 + pause) + HOURS,
    )  # fmt: skip
    assert streams(0, 400, 401 + pause).newest_stretch()[0] == at(401 + pause)


def test_the_newest_stretch_is_a_year_at_most_and_begins_with_a_stream() -> None:
    since, until = streams(*range(0, 1200, 7)).newest_stretch()
    assert until == at(1197) + HOURS
    assert until - MOST <= since < until - MOST + 7 * DAY
    assert (since - at(0)) % (7 * DAY) == timedelta()


def test_one_stream_longer_than_a_year_is_a_stretch() -> None:
    one = streams(0)
    long = StreamTimes(one.channel, one.since, one.until + np.timedelta64(500, "D"), one.undated)
    assert long.newest_stretch() == (at(0), at(500) + HOURS)


def test_streams_without_a_date_count_only_where_no_other_is() -> None:
    made_up = streams(0, 1, undated=True)
    assert len(both(made_up, streams(900)).dated().since) == 1
    assert made_up.dated().newest_stretch() == (at(0), at(1) + HOURS)


def test_density_is_of_the_channel_with_most_and_of_the_time_inside() -> None:
    found = both(streams(0, 1, 2), streams(0.5, channel="b"))
    n, share = found.density(at(0) + HOURS / 2, at(2))
    assert (n, share) == (2, pytest.approx((HOURS * 1.5) / (2 * DAY - HOURS / 2)))
    assert found.density(at(10), at(11)) == (0, 0.0)

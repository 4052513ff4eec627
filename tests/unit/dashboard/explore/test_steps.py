"""Steps of Explore: chosen by what there is, and the queries behind them against the windows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from dashboard import sections
from dashboard.explore import steps, week
from dashboard.time_span import Span
from tests.helpers.browser import published
from tests.helpers.browser.rows import WINDOW, channel, stream, window
from warehouse.published.reader import Reader
from warehouse.sql import sql

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
# (start, hours, messages a window): two in one hour, one over midnight, one over the clock's change
STREAMS = (
    (datetime(2026, 3, 2, 18, 10), 1.5, 4),
    (datetime(2026, 3, 2, 19, 50), 2.0, 2),
    (datetime(2026, 3, 28, 22, 0), 4.0, 5),
    (datetime(2026, 4, 30, 21, 40), 2.0, 0),
)
BASE = {"channels": ["a"], "since": datetime(2026, 3, 1), "until": datetime(2026, 6, 1),
        "basis": "words"}  # fmt: skip


@pytest.mark.parametrize(
    ("days", "streams", "on_air", "step"),
    [
        (1 / 24, 1, 1.0, "30s"), (8 / 24, 1, 1.0, "30s"), (1, 1, 0.2, "5min"), (3, 3, 0.2, "5min"),
        (7, 5, 0.1, "hour"), (40, 40, 0.9, "hour"), (40, 20, 0.1, "stream"),
        (90, 90, 0.9, "day"), (400, 90, 0.04, "stream"), (2000, 96, 0.01, "stream"),
        (300, 290, 0.2, "week"), (2000, 1500, 0.2, "week"), (3000, 1500, 0.2, "month"),
        (2000, 10, 0.9, "week"),
    ],
)  # fmt: skip
def test_the_step_follows_the_span_and_its_streams(
    days: float, streams: int, on_air: float, step: str
) -> None:
    span = Span(NOON - timedelta(days=days), NOON)
    assert steps.usual(span, streams, on_air).key == step


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    rows: list[Mapping[str, Any]] = []
    for begun, hours, n in STREAMS:
        first = begun.replace(tzinfo=UTC)
        for k in range(int(hours * 120)):
            mean = (0.2 if k % 2 else -0.1) if n else None
            rows.append(window("a", first + k * WINDOW, n, mean))
    on_air = [
        stream("a", b.replace(tzinfo=UTC), b.replace(tzinfo=UTC) + h * HOUR, undated=k == 0)
        for k, (b, h, _) in enumerate(STREAMS)
    ]
    tables = {"windows": rows, "streams": on_air, "channels": [channel("a")]}
    return Reader(published.write(tmp_path_factory.mktemp("steps"), tables))


def windows(reader: Reader) -> pd.DataFrame:
    every = reader.query("dash_series", **BASE, step_s=30, offset_s=0).to_pandas()
    return every.assign(weighted=every["mean"].fillna(0) * every["n"])


def test_a_row_a_stream_has_the_messages_of_its_hours(reader: Reader) -> None:
    found = reader.query("dash_series_streams", **BASE).to_pylist()
    assert [row["start"] for row in found] == [begun for begun, _, _ in STREAMS]
    assert [row["until"] for row in found] == [b + h * HOUR for b, h, _ in STREAMS]
    # 19:00 to 19:40 of the first counts for the second, which begins within that hour
    first = sum(1 for k in range(180) if STREAMS[0][0] + k * WINDOW < datetime(2026, 3, 2, 19))
    assert [row["n"] for row in found] == [4 * first, 4 * (180 - first) + 480, 2400, 0]
    assert found[2]["mean"] == pytest.approx(0.05)
    assert found[3]["mean"] is None and found[3]["windows"] == 240
    assert sum(row["n"] for row in found) == windows(reader)["n"].sum()


def test_a_stream_is_cut_at_the_ends_of_the_span(reader: Reader) -> None:
    inside = {**BASE, "since": datetime(2026, 3, 28, 23), "until": datetime(2026, 3, 29, 1)}
    (row,) = reader.query("dash_series_streams", **inside).to_pylist()
    assert (row["start"], row["until"]) == (inside["since"], inside["until"])
    assert row["n"] == 240 * 5


def at(*when: int) -> datetime:
    return datetime(2026, *when)


@pytest.mark.parametrize(
    ("unit", "starts"),
    [
        ("day", [at(3, 1, 23), at(3, 27, 23), at(3, 28, 23), at(4, 29, 22), at(4, 30, 22)]),
        ("week", [at(3, 1, 23), at(3, 22, 23), at(4, 26, 22)]),
        ("month", [at(2, 28, 23), at(3, 31, 22), at(4, 30, 22)]),
    ],
)
def test_days_weeks_and_months_are_the_readers_over_a_change_of_the_clock(
    reader: Reader, unit: str, starts: list[datetime]
) -> None:
    around = Span(at(1, 1).replace(tzinfo=UTC), at(7, 1).replace(tzinfo=UTC))
    froms, offsets = week.zone_steps(around, BERLIN)
    found = reader.query(
        "dash_series_calendar", **BASE, unit=unit, zone_from=froms, zone_offset_s=offsets
    ).to_pylist()
    # streams over midnight fall on both sides of it: the last begins on 30 April, 23:40
    assert [row["start"] for row in found] == starts
    every = windows(reader)
    for row in found:
        inside = every[(every["start"] >= row["start"]) & (every["start"] < row["until"])]
        assert row["n"] == inside["n"].sum()
        assert row["mean"] == (
            pytest.approx(inside["weighted"].sum() / row["n"]) if row["n"] else None
        )
    there = [row["until"].replace(tzinfo=UTC).astimezone(BERLIN) for row in found]
    assert all((t.hour, t.minute) == (0, 0) for t in there)


def test_the_nearest_hours_are_told_on_both_sides(reader: Reader) -> None:
    span = {"channels": ["a"], "since": at(3, 10), "until": at(3, 11)}
    (found,) = reader.query("dash_nearest", **span, least=1).to_pylist()
    assert found == {"before": at(3, 2, 21), "after": at(3, 28, 22)}
    late = {**span, "since": at(5, 2), "until": at(5, 3)}
    (silent,) = reader.query("dash_nearest", **late, least=0).to_pylist()
    assert silent == {"before": at(4, 30, 23), "after": None}
    (spoken,) = reader.query("dash_nearest", **late, least=1).to_pylist()
    assert spoken["before"] == at(3, 29, 1)


def test_when_streams_were_on_is_told_with_what_has_no_date(reader: Reader) -> None:
    found = reader.query("dash_stream_times", channels=["a"], now=at(6, 1)).to_pylist()
    assert [row["undated"] for row in found] == [True, False, False, False]
    assert found[0]["until"] == STREAMS[0][0] + 1.5 * HOUR


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dash_series_streams", BASE),
        ("dash_series_calendar",
         {**BASE, "unit": "week", "zone_from": [at(1, 1)], "zone_offset_s": [3600]}),
        ("dash_nearest", {"channels": ["a"], "since": at(3, 10), "until": at(3, 11), "least": 1}),
    ],
)  # fmt: skip
def test_the_sql_that_is_shown_runs_as_it_stands(
    reader: Reader, name: str, values: dict[str, Any]
) -> None:
    shown = sections.filled(sql(name), values)
    assert rounded(reader.run(shown)) == rounded(reader.query(name, **values))


def rounded(table: pa.Table) -> list[list[Any]]:
    """Rows; sums that several threads make may differ in the last digits."""
    return [
        [round(value, 9) if isinstance(value, float) else value for value in row.values()]
        for row in table.to_pylist()
    ]


def test_points_of_the_calendar_begin_before_the_span(reader: Reader) -> None:
    """The first month began before the first hour, and the zone is known from before that."""
    inside = {**BASE, "since": at(3, 28), "until": at(4, 1)}
    around = Span(at(2, 25).replace(tzinfo=UTC), at(5, 2).replace(tzinfo=UTC))
    froms, offsets = week.zone_steps(around, BERLIN)
    (row,) = reader.query(
        "dash_series_calendar", **inside, unit="month", zone_from=froms, zone_offset_s=offsets
    ).to_pylist()
    assert (row["start"], row["until"]) == (at(2, 28, 23), at(3, 31, 22))

"""Streams, days, weeks and months as points: seen at any span, and never joined over a pause."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.charts import timeline
from dashboard.charts.points import activity_points, mood_points
from dashboard.stream_times import PAUSE

FIRST = datetime(2019, 3, 1, 18)
BLUE = "#2b83c6"


def point(day: float, n: int = 900, mean: float | None = 0.1, observed_s: float = 14_400.0) -> Any:
    start = FIRST + timedelta(days=day)
    return {"start": start, "until": start + timedelta(hours=4), "n": n, "sd": 0.3,
            "mean": mean if n else None, "observed_s": observed_s}  # fmt: skip


SILENT = point(3, n=0)
UNSEEN = point(4, n=0, observed_s=0.0)


def test_a_dot_stands_in_the_middle_of_what_it_is_of() -> None:
    (dots,) = mood_points("a", [point(0), SILENT], UTC, BLUE)
    assert dots.mode == "markers"
    assert list(dots.x) == [FIRST + timedelta(hours=2)]
    assert "1 Mar 2019, 18:00, 4 h" in dots.customdata[0][0]
    assert "900 messages, 3.8 / min" in dots.customdata[0][0]


def test_a_month_is_told_by_its_days() -> None:
    month = {**point(0), "start": datetime(2019, 3, 1), "until": datetime(2019, 4, 1)}
    assert "1 Mar 2019 to 31 Mar 2019" in mood_points("a", [month], UTC, BLUE)[0].customdata[0][0]


def test_activity_is_bars_of_one_channel_and_dots_of_several() -> None:
    rows = [point(0), SILENT, UNSEEN]
    bar = activity_points("a", rows, UTC, True, BLUE)
    assert (bar.type, list(bar.y)) == ("bar", [3.75, 0.0])
    assert list(bar.width) == [4 * 3_600_000] * 2
    assert bar.marker.line.width > 0, "seen where four hours are no pixel"
    several = activity_points("a", rows, UTC, False, BLUE)
    assert (several.mode, list(several.y)) == ("markers", [3.75, 0.0])


def test_the_trend_breaks_where_no_stream_came() -> None:
    pause = PAUSE.days + 1
    days = [*range(0, 50, 5), *range(45 + pause, 95 + pause, 5)]
    rows = [point(day, mean=0.1 + 0.01 * (day % 2)) for day in days]
    band, line, dots = mood_points("a", rows, UTC, BLUE)
    assert len(dots.x) == 20
    assert [k for k, y in enumerate(line.y) if y is None] == [10, 21]
    assert band.fill == "toself" and list(band.y).count(None) == 2


def test_few_points_between_pauses_have_no_line() -> None:
    rows = [point(day) for day in (*range(0, 40, 5), 400, 401)]
    _, line, dots = mood_points("a", rows, UTC, BLUE)
    assert (len(line.x), len(dots.x)) == (9, 10)
    assert [t.name for t in mood_points("a", rows[:7], UTC, BLUE)] == ["a"]


def test_a_timeline_of_points_has_no_line_but_trends() -> None:
    rows = [point(day) for day in range(0, 40, 5)]
    figure = timeline.timeline({"<b>": rows, "b": rows}, [], 0, UTC)
    assert {t.mode for t in figure.data if t.name != "Trend" and "95" not in t.name} == {"markers"}
    assert figure.data[2].name == "&lt;b&gt;"

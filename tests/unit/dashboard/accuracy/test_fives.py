"""Five minutes as forecast and as they came: the query, calibration, words, and their charts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.accuracy import accuracy_charts, opening, steps
from dashboard.accuracy.calibration import pit
from dashboard.accuracy.replays import five_chart
from tests.helpers.browser import published
from tests.helpers.browser.rows import forecast, window
from warehouse.published.reader import Reader
from warehouse.records import FIVE, utc
from warehouse.trust import ENOUGH

MIDNIGHT = datetime(2026, 11, 20)
WINDOW = timedelta(seconds=30)
BASE = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
OF = {"channels": ["a"], "model": "lstm-1", "basis": "words", "limit": 99}


def fives(root: Path, windows: list[Mapping[str, Any]], **more: Any) -> Any:
    """Rows of dash_fives for one forecast, made at midnight."""
    made = [{**forecast("a", utc(BASE), "lstm-1", 0.0, 0.2), **more}]
    reader = Reader(published.write(root, {"windows": windows, "forecasts": made}))
    return reader.query("dash_fives", **OF, since=MIDNIGHT, until=MIDNIGHT + WINDOW)


def ten(n: int = 3, mean: float | None = 0.1, **more: Any) -> list[Mapping[str, Any]]:
    return [window("a", utc(BASE + 30 * k), n, mean, **more) for k in range(10)]


def test_five_minutes_are_the_mean_over_all_their_messages(tmp_path: Path) -> None:
    """What lies before and after them, was not seen whole or was read otherwise is no part."""
    windows = [
        window("a", utc(BASE - 30), 50, 0.9), window("a", utc(BASE + 300), 50, 0.9),
        *ten()[:8], window("a", utc(BASE + 240), 6, 0.4),
        window("a", utc(BASE + 270), 50, 0.9, observed_s=20.0),
    ]  # fmt: skip
    (row,) = fives(tmp_path, windows).to_pylist()
    assert row["n"] == 30
    assert row["mean"] == pytest.approx((24 * 0.1 + 6 * 0.4) / 30)
    assert (row["five_q10"], row["five_q90"]) == (-0.1, 0.1)


@pytest.mark.parametrize("spoke", [8, 7])
def test_with_fewer_than_eight_windows_of_chat_they_are_not_judged(
    tmp_path: Path, spoke: int
) -> None:
    silent = [window("a", utc(BASE + 30 * k), 0, None) for k in range(spoke, 10)]
    assert fives(tmp_path, [*ten()[:spoke], *silent]).num_rows == (spoke == 8)


def test_what_was_read_otherwise_or_not_forecast_is_not_judged(tmp_path: Path) -> None:
    assert fives(tmp_path / "a", ten(basis="emotes")).num_rows == 0
    assert fives(tmp_path / "b", ten(), five_q50=None).num_rows == 0
    assert fives(tmp_path / "c", ten()).num_rows == 1


def test_they_fall_into_the_bins_of_calibration(tmp_path: Path) -> None:
    """Bands at -0.15, -0.1, 0, 0.1, 0.15; a mean on an edge lies in the bin nearer the middle."""
    for mean, place in ((-0.2, 0), (-0.12, 1), (-0.1, 2), (0.0, 3), (0.1, 3), (0.12, 4), (0.2, 5)):
        rows = pit.in_bins(fives(tmp_path / str(mean), ten(mean=mean)))
        assert [(r["bin"], r["targets"]) for r in rows] == [(place, 1)]
    assert pit.in_bins(fives(tmp_path / "none", ten(n=0, mean=None))) == []


def test_ten_five_minutes_that_overlap_tell_as_much_as_one() -> None:
    rows = [{"bin": k, "targets": n} for k, n in enumerate((100, 75, 325, 325, 75, 100))]
    alone, together = pit.shares(rows), pit.shares(rows, 10)
    assert together[0]["half"] == pytest.approx(alone[0]["half"] * np.sqrt(10))
    windows = [r["targets"] for r in rows]
    assert "too sure of itself" in pit.verdict(windows)
    assert pit.verdict(windows, 10) == "Too few windows to tell (n = 1000); 2000 are needed."


def figures(**more: Any) -> dict[str, Any]:
    return {"skill": 0.14, "skill_low": 0.1, "targets": 5000, **more}


@pytest.mark.parametrize(
    ("of", "model", "said"),
    [
        (
            figures(), "lstm-1",
            "Over these 12 days DLD’s forecast of the next five minutes was clearly better than "
            "guessing the stream’s average: it knew 14 % of the predictable part.",
        ),
        (
            figures(skill=0.04, skill_low=-0.01), "lstm-1",
            "Over these 12 days DLD’s forecast of the next five minutes knew 4 % of the "
            "predictable part, which may still be chance.",
        ),
        (
            figures(skill=float("nan")), "ewma",
            "Over these 12 days EWMA’s forecast of the next five minutes was not better than "
            "guessing the stream’s average.",
        ),
        (
            figures(skill=0.0), "session_mean",
            "The session mean is the stream’s average itself: what every forecast is held against.",
        ),
        (
            figures(targets=240), "lstm-1",
            "Over these 12 days too few of DLD’s forecasts of the next five minutes could be "
            f"judged to say how good they are: 240 of {ENOUGH:,}.",
        ),
    ],
)  # fmt: skip
def test_the_first_sentence_needs_no_knowledge(of: dict[str, Any], model: str, said: str) -> None:
    assert opening.sentence(of, "Over these 12 days", model) == said


def test_the_first_sentence_says_of_which_mood_it_is() -> None:
    said = opening.sentence(figures(), "On this day", "lstm-1", "emotes")
    assert "DLD’s forecast of the mood by emotes in the next five minutes was clearly" in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "On this day"), (11, "Over these 12 days"), (2250, "From 3 Mar 2016 to 1 May 2022")],
)
def test_the_span_of_a_record_is_counted_or_named(days: int, said: str) -> None:
    first = date(2016, 3, 3)
    assert opening.over(first, first + timedelta(days=days)) == said


def by_step(*places: int) -> pd.DataFrame:
    n = len(places)
    return pd.DataFrame(
        {
            "model": ["m"] * n, "step": places, "skill": [0.2] * n, "skill_low": [0.1] * n,
            "skill_high": [0.3] * n, "coverage80": [0.8] * n, "coverage95": [0.95] * n,
            "targets": [100] * n,
        }
    )  # fmt: skip


def test_the_five_minutes_are_no_eleventh_window_on_an_axis_of_steps() -> None:
    """A mark apart from the line, with an interval of its own."""
    figure = accuracy_charts.skill_by_step(by_step(FIVE, 1, 2), "m", ["m"])
    band, line, mark = figure.data
    assert (list(band.x), list(line.x), list(mark.x)) == ([1, 2, 2, 1], [1, 2], [steps.AT])
    assert mark.mode == "markers" and mark.error_y.array == pytest.approx((0.1,))
    assert figure.layout.xaxis.ticktext[0] == "5 min"
    assert list(accuracy_charts.coverage_by_step(by_step(FIVE, 1), "m").data[1].x) == [steps.AT]


def test_a_record_of_before_has_no_place_for_them() -> None:
    figure = accuracy_charts.skill_by_step(by_step(1, 2), "m", ["m"])
    assert [list(t.x) for t in figure.data] == [[1, 2, 2, 1], [1, 2]]
    assert figure.layout.xaxis.range == (0.7, 10.3)


def test_one_forecast_is_a_band_with_a_dot_where_the_mood_came_out() -> None:
    row = {**forecast("a", utc(BASE), "m", 0.0, 0.2), "mean": 0.04, "usual": None}
    wide, narrow, middle, dot = five_chart.beside(row).data
    assert (list(wide.x[:2]), list(narrow.x[:2])) == (
        [pytest.approx(-0.15), pytest.approx(0.15)], [-0.1, 0.1],
    )  # fmt: skip
    assert (middle.name, list(middle.x)) == ("Forecast", [0.0])
    assert (dot.name, list(dot.x), dot.marker.symbol) == ("What came", [0.04], "circle-open")

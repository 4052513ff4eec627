"""The dashboard's figures: exact traces from a few rows."""

from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dashboard.accuracy import accuracy_charts, trials
from dashboard.accuracy.replays import replay_chart
from dashboard.charts import bars, style, timeline, traces
from dashboard.charts.series import margin, per_minute, runs, state, stretches, with_breaks
from dashboard.charts.style import FORECAST, HISTORY
from dashboard.health import keeping
from tests.helpers.browser.rows import trials as tuned

NOON = datetime(2026, 11, 22, 12)
BERLIN = ZoneInfo("Europe/Berlin")


def row(step: int, n: int, mean: float | None, observed_s: float = 30.0) -> dict[str, Any]:
    """A row of dash_series, the `step`-th 30 seconds after noon UTC."""
    start = NOON + timedelta(seconds=30 * step)
    return {"start": start, "n": n, "mean": mean, "sd": 0.3, "observed_s": observed_s}


ROWS = [row(0, 9, 0.2), row(1, 9, 0.3), row(2, 0, None), row(3, 0, None, 0.0), row(6, 4, 0.1)]


def forecast() -> dict[str, Any]:
    flat = {"q025": -0.2, "q10": -0.1, "q50": 0.1, "q90": 0.3, "q975": 0.4}
    cutoff = NOON + timedelta(seconds=210)
    return {"cutoff": cutoff, **{name: [value] * 10 for name, value in flat.items()}}


def test_a_missing_window_breaks_the_line_and_is_never_zero() -> None:
    line = traces.mood_line(ROWS, 30, UTC)
    assert list(line.y) == [0.2, 0.3, None, None, None, 0.1]
    assert line.x[4] == line.x[3], "a time, for arrays have one each; its y breaks the line"
    assert line.connectgaps is False
    assert line.line.color == HISTORY


def test_only_a_lone_point_gets_a_marker() -> None:
    assert list(traces.mood_line(ROWS, 30, UTC).marker.size) == [0, 0, 0, 0, 0, 5]


def test_times_are_the_readers_and_hovers_say_utc() -> None:
    line = traces.mood_line(ROWS[:1], 30, BERLIN)
    assert line.x[0] == datetime(2026, 11, 22, 13)
    assert "2026-11-22 12:00:00 UTC" in line.customdata[0][0]


def test_the_band_is_1_96_standard_errors_in_a_shape_for_each_stretch() -> None:
    band = traces.sure_band(ROWS, 30, UTC)
    assert band.y[:4] == pytest.approx([0.396, 0.496, 0.104, 0.004])
    assert band.y[4] is None
    assert band.y[5] == pytest.approx(0.1 + 1.96 * 0.3 / 2)
    assert band.fill == "toself"


def test_a_margin_needs_messages_and_a_spread() -> None:
    assert margin(0.3, 4) == pytest.approx(1.96 * 0.3 / sqrt(4))
    assert margin(None, 4) is None
    assert margin(0.3, 0) is None


def test_chat_silence_and_no_observation_are_three_things() -> None:
    assert [state(r["n"], r["observed_s"]) for r in ROWS] == [
        "chat", "chat", "silence", "unobserved", "chat",
    ]  # fmt: skip
    silent = traces.silence_marks(ROWS, UTC, -0.5)
    assert list(silent.x) == [NOON + timedelta(seconds=60)]
    assert stretches(ROWS, 30) == [(NOON + timedelta(seconds=90), NOON + timedelta(seconds=120))]
    assert traces.unobserved(ROWS, 30, UTC, 0, 1).fillpattern.shape == "/"


def test_breaks_stand_where_rows_are_missing() -> None:
    assert [p is None for p in with_breaks(ROWS, 30)] == [False, False, False, False, True, False]
    assert [len(run) for run in runs(with_breaks(ROWS, 30))] == [2, 1]


def test_a_rate_is_of_observed_time_and_missing_without_any() -> None:
    assert per_minute(row(0, 10, 0.1)) == 20.0
    assert per_minute(row(0, 5, 0.1, observed_s=15.0)) == 20.0
    assert per_minute(row(0, 0, None)) == 0.0
    assert per_minute(row(0, 0, None, observed_s=0.0)) is None


def test_the_forecast_is_dashed_green_and_joins_the_last_mean() -> None:
    *bands, line = traces.forecast_traces(forecast(), UTC, ROWS[-1])
    assert line.line.dash == "dash"
    assert line.line.color == FORECAST
    assert list(line.y) == [0.1] * 11
    assert line.x[0] == ROWS[-1]["start"]
    assert [list(band.y) for band in bands] == [
        [0.4] * 10 + [-0.2] * 10,
        [0.3] * 10 + [-0.1] * 10,
    ]


def test_after_silence_the_forecast_stands_alone() -> None:
    line = traces.forecast_traces(forecast(), UTC, ROWS[2])[-1]
    assert len(line.x) == 10


def test_one_channel_has_bars_and_several_have_lines() -> None:
    alone = timeline.timeline({"a": ROWS}, [], 30, UTC)
    both = timeline.timeline({"a": ROWS, "b": ROWS}, [], 30, UTC)
    assert [t.type for t in alone.data] == ["scatter", "scatter", "bar", "scatter", "scatter"]
    assert [t.type for t in both.data] == ["scatter"] * 6
    assert list(alone.data[2].y) == [18.0, 18.0, 0.0, None, None, 8.0]


def test_hostile_names_terms_and_events_are_text_in_every_figure() -> None:
    evil = "<b>x</b><script>"
    event = {"kind": evil, "at": NOON, "detail": evil}
    terms = [{"term": evil, "kind": "emote", "n": 2, "contribution": 0.1}]
    rows = [{"low": 0.0, "windows": 3, "n": 9}]
    for figure in (
        timeline.timeline({evil: ROWS}, [event], 30, UTC),
        bars.movers(terms),
        bars.histogram({evil: rows}, 0.05),
    ):
        drawn = figure.to_json().replace("\\u003c", "<")
        assert "<script" not in drawn
        assert "&lt;b&gt;x" in drawn.lower()


def test_a_busy_span_leaves_out_subs_gifts_and_cheers() -> None:
    events = [{"kind": "sub", "at": NOON, "detail": ""}] * 61
    raid = {"kind": "raid", "at": NOON, "detail": "a"}
    assert traces.shown_events([*events, raid]) == [raid]
    assert len(traces.shown_events(events[:60])) == 60


def test_the_longest_bar_leaves_room_for_its_number_on_a_phone() -> None:
    """About 190 of its 390 pixels are left beside the names."""
    moved = [{"term": "LUL", "kind": "emote", "n": 9, "contribution": c} for c in (0.01, -0.01)]
    (low, high), margin = (f := bars.movers(moved)).layout.xaxis.range, f.layout.margin.r
    assert high == -low
    assert 194 * (high - 0.01) / (high - low) + margin >= 48
    tables = {"buffer": 1_000_000, "tables": {"windows": [9, 4100]}}
    end = keeping.sizes(tables).layout.xaxis.range[1]
    assert 190 * (end - 1_000_000) / end + 8 >= 80


def test_movers_stand_strongest_outside_and_leave_the_rest_out() -> None:
    terms = [
        {"term": "*", "kind": "rest", "n": 9, "contribution": 0.9},
        {"term": "a", "kind": "emote", "n": 1, "contribution": 0.1},
        {"term": "b", "kind": "emote", "n": 2, "contribution": 0.3},
        {"term": "c", "kind": "word", "n": 3, "contribution": -0.2},
        {"term": "d", "kind": "word", "n": 3, "contribution": 0.0},
    ]
    figure = bars.movers(terms)
    assert list(figure.data[0].x) == [0.3, 0.1, -0.2]
    assert list(figure.layout.yaxis.ticktext) == ["b  (2)", "a  (1)", "c  (3)"]
    assert list(figure.data[0].text) == ["+0.3000", "+0.1000", "−0.2000"]


def test_a_histogram_shows_shares_that_add_up_to_one() -> None:
    rows = [{"low": -0.05, "windows": 1, "n": 5}, {"low": 0.0, "windows": 3, "n": 9}]
    bar = bars.histogram({"a": rows}, 0.05).data[0]
    assert list(bar.y) == [0.25, 0.75]
    assert bar.x == pytest.approx((-0.025, 0.025))


def scores(skill: float = 0.2) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": ["lstm-1", "session_mean", "last_value"],
            "step": [1, 1, 1],
            "skill": [skill, 0.0, -4.0],
            "skill_low": [0.1, 0.0, -5.0],
            "skill_high": [0.3, 0.0, -3.0],
            "coverage80": [0.81, 0.8, 0.7],
            "coverage95": [0.94, 0.95, 0.9],
            "targets": [100, 100, 100],
        }
    )


def test_skill_by_step_names_what_lies_below_the_picture() -> None:
    figure = accuracy_charts.skill_by_step(scores(), "lstm-1", ["lstm-1", "last_value"])
    assert [t.name for t in figure.data] == ["95 % interval", "lstm-1", "Last value"]
    assert list(figure.data[0].y) == [0.3, 0.1]
    both = pd.concat([scores(), scores().assign(step=0, skill=[0.1, 0.0, -5.0])])
    assert accuracy_charts.out_of_sight(both) == [
        "Last value (−5.00, five minutes)", "Last value (−4.00, step 1)",
    ]  # fmt: skip


def test_coverage_is_drawn_beside_its_level() -> None:
    figure = accuracy_charts.coverage_by_step(scores(), "lstm-1")
    assert [list(t.y) for t in figure.data] == [[0.94], [0.81]]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.95, 0.8]


def test_a_replayed_forecast_shows_what_came_as_open_dots() -> None:
    cutoff = NOON + timedelta(seconds=60)
    figure = replay_chart.replayed(ROWS, {**forecast(), "cutoff": cutoff}, 0.25, UTC)
    by = {t.name: t for t in figure.data}
    assert list(by["History"].y) == [0.2, 0.3]
    assert list(by["What happened"].y) == [0.1]
    assert by["What happened"].marker.symbol == "circle-open"
    assert list(by["Session mean"].y) == [0.25, 0.25]


def test_every_trial_is_a_mark_and_the_best_so_far_a_line() -> None:
    figure = trials.loss_by_trial([trials._parsed(row) for row in tuned()[:4]])
    marks = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert marks == {"done": ([0], [0.95]), "pruned": ([1], [0.99]), "best so far": ([0], [0.95])}
    hostile = [{**tuned()[2], "scores": '{"losses": [0.9]}'}]
    (trace, _) = trials.loss_by_trial([trials._parsed(row) for row in hostile]).data
    assert trace.customdata[0][0] == "units &lt;b&gt;x&lt;/b&gt;"
    odd = [{**tuned()[2], "scores": f'{{"losses": 5, "loss": 1{"0" * 400}}}'}]
    assert [trials._parsed(row)["last"] for row in odd] == [None]


@pytest.mark.parametrize("name", [n for n in vars(style) if n.startswith("CONFIG")])
def test_every_chart_writes_a_date_as_the_pages_do(name: str) -> None:
    config = getattr(style, name)
    written = config["locales"][config["locale"]]["format"]
    assert datetime(2026, 12, 1).strftime(written["dayMonthYear"]) == "1 Dec 2026"
    assert datetime(2026, 12, 1).strftime(written["dayMonth"]) == "1 Dec"

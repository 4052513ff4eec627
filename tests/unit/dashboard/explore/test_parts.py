"""What Explore works out: spans, zones, correlations, parts of streams, differences of terms."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard import sections
from dashboard.explore import activity, aligned, parts, risen, spread, view, week, zoom
from dashboard.time_span import Span
from tests.helpers.browser import published
from warehouse.config import DataFolder
from warehouse.published.reader import Reader
from warehouse.sql import sql

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def naive(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute)


def marked(*ends: object) -> dict[str, Any]:
    return {"selection": {"box": [{"x": list(ends), "xref": "x"}]}}


def test_a_marked_stretch_is_the_readers_time_in_whole_minutes() -> None:
    found = zoom.boxed(marked("2026-11-22 13:20:40.1234", "2026-11-22 13:05:10"), BERLIN)
    assert found == Span(naive(12, 5).replace(tzinfo=UTC), naive(12, 21).replace(tzinfo=UTC))


def test_a_stretch_is_a_minute_at_least() -> None:
    found = zoom.boxed(marked("2026-11-22 12:00:00", "2026-11-22 12:00:00.5"), UTC)
    assert found == Span(NOON, NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"selection": {"box": []}},
        marked(),
        marked("<script>", "x"),
        marked("0001-01-01", "9999-12-31"),
        {"selection": {"box": [{"y": [1, 2]}]}},
    ],
)
def test_what_is_no_stretch_of_time_changes_nothing(event: dict[str, Any]) -> None:
    assert zoom.boxed(event, BERLIN) is None


def test_a_span_moves_by_half_of_itself_and_widens_about_its_middle() -> None:
    span = Span(NOON, NOON + 2 * HOUR)
    assert zoom.moved(span, -0.5) == Span(NOON - HOUR, NOON + HOUR)
    assert zoom.moved(span, 0.5) == Span(NOON + HOUR, NOON + 3 * HOUR)
    assert zoom.wider(span) == Span(NOON - HOUR, NOON + 3 * HOUR)


def test_a_span_never_leaves_the_years_that_can_be_told() -> None:
    whole = Span(zoom.FIRST, zoom.FIRST + timedelta(days=366 * 30))
    assert zoom.moved(whole, -0.5) == whole
    assert zoom.wider(whole).since == zoom.FIRST
    last = Span(zoom.LAST - HOUR, zoom.LAST)
    assert zoom.moved(last, 0.5) == last


def test_a_long_span_is_widened_to_full_units_of_utc() -> None:
    span = Span(NOON + timedelta(minutes=1), NOON + timedelta(hours=2))
    assert view.widened(span, HOUR) == Span(NOON, NOON + 2 * HOUR)
    day = view.widened(span, view.DAY)
    assert day == Span(naive(0).replace(tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


def test_more_channels_make_a_span_long_for_terms_sooner() -> None:
    span = Span(NOON, NOON + 24 * HOUR)
    assert not view.View(["a", "b"], span, UTC).by_days
    assert view.View(["a", "b", "c"], span, UTC).by_days
    assert not view.View(["a"], Span(NOON, NOON + 72 * HOUR), UTC).is_long
    assert view.View(["a"], Span(NOON, NOON + 73 * HOUR), UTC).is_long


def test_a_zone_is_told_with_every_change_of_the_clock() -> None:
    span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    times, offsets = week.zone_steps(span, BERLIN)
    assert times == [datetime(2026, 3, 1), datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)]
    assert offsets == [3600, 7200, 3600]
    assert week.zone_steps(span, UTC) == ([datetime(2026, 3, 1)], [0])


def cell(weekday: int, hour: int, n: int, mean: float | None) -> dict[str, Any]:
    return {"weekday": weekday, "hour": hour, "hours": 1, "observed_s": 3600.0, "n": n,
            "mean": mean, "sd": 0.3 if n else None}  # fmt: skip


def test_cells_have_their_number_and_few_messages_stand_in_brackets() -> None:
    rows = [cell(1, 0, 100, 0.2), cell(1, 1, 100, -0.1), cell(2, 0, 4, 0.9), cell(2, 1, 0, None)]
    drawn = week.heat(rows, "mood", 3600).data[0]
    assert [drawn.text[0][0], drawn.text[0][1]] == ["+0.20", "−0.10"]
    assert [drawn.text[1][0], drawn.text[1][1], drawn.text[6][23]] == ["(+0.90)", "", ""]
    assert (drawn.zmin, drawn.zmax) == (-0.2, 0.2), "few messages do not set the colours"
    assert drawn.customdata[6][23] == ""
    assert "100 messages in 1 hour" in drawn.customdata[0][0]
    assert "Sun 23:00 UTC" in drawn.customdata[0][0]
    assert "nobody spoke" in drawn.customdata[1][1]


def test_differences_that_chance_makes_stay_pale() -> None:
    """Cells of 100 messages with sd 0.3 are sure to ± 0.059."""
    rows = [cell(1, 0, 100, 0.02), cell(1, 1, 100, -0.02), cell(2, 0, 100, 0.0)]
    drawn = week.heat(rows, "usual", 0).data[0]
    assert drawn.zmax == pytest.approx(2 * 1.96 * 0.3 / 10)


def test_the_usual_is_the_mean_of_all_messages() -> None:
    rows = [cell(1, 0, 300, 0.2), cell(1, 1, 100, -0.2), cell(2, 1, 0, None)]
    assert week.usual_of(rows) == pytest.approx(0.1)
    assert week.value(rows[1], "usual", 0.1) == pytest.approx(-0.3)
    assert week.value(rows[0], "rate", 0.1) == 5.0
    assert week.usual_of([]) == 0.0


def test_equal_values_share_their_ranks() -> None:
    assert activity.ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_a_monotone_link_is_one_and_noise_is_not_told() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 400))
    r, _, high, worth = activity.correlation(x, np.exp(x)) or (0.0,) * 4
    assert (r, high > 0.999) == (pytest.approx(1.0), True)
    assert worth == pytest.approx(400, rel=0.05)
    _, low, high, _ = activity.correlation(x, y) or (0.0,) * 4
    assert low < 0 < high


def test_points_that_resemble_their_neighbours_are_worth_fewer() -> None:
    """Two drifting series have nothing to do with each other; told in at most a few of 40."""
    rng = np.random.default_rng(2)
    told = 0
    for _ in range(40):
        x, y = np.zeros((2, 300))
        noise = rng.normal(size=(2, 300))
        for k in range(1, 300):
            x[k], y[k] = 0.9 * x[k - 1] + noise[0, k], 0.9 * y[k - 1] + noise[1, k]
        _, low, high, worth = activity.correlation(x, y) or (0.0,) * 4
        assert worth < 100
        told += not low <= 0 <= high
    assert told <= 6


def test_too_few_points_have_no_correlation() -> None:
    assert activity.correlation(np.arange(19.0), np.arange(19.0)) is None
    assert activity.correlation(np.arange(30.0), np.ones(30)) is None
    assert "too little to tell (n = 0 points; 20 are needed)" in activity.sentence([])


def test_a_correlation_is_said_with_its_interval_and_n() -> None:
    rows = [
        {"n": k + 1, "observed_s": 30.0, "mean": k / 100, "start": NOON + timedelta(seconds=30 * k)}
        for k in range(40)
    ]
    said = activity.sentence(rows)
    assert said.startswith("busier times are clearly happier. r = +1.00 (95 %: ")
    assert "n = 40 points, worth " in said
    falling = activity.sentence([{**r, "mean": -r["mean"]} for r in rows])
    assert falling.startswith("busier times are clearly unhappier. r = −1.00")


def test_classes_have_equally_many_points_and_the_mean_of_their_messages() -> None:
    rate, n = np.arange(10.0), np.array([1.0, 3.0] * 5)
    mood = np.array([0.0, 0.4] * 5)
    found = activity.classes(rate, mood, n)
    assert [c["points"] for c in found] == [2] * 5
    assert [c["mean"] for c in found] == pytest.approx([0.3] * 5)
    error = (2 * (0.25**2 * 0.3**2 + 0.75**2 * 0.1**2)) ** 0.5
    assert found[0]["half"] == pytest.approx(1.96 * error)
    assert found[4]["n"] == 4


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(30, "22 Nov 2026, 12:00:00 to 12:00:30"), (3600, "22 Nov 2026, 12:00 to 13:00")],
)
def test_a_span_of_seconds_is_told_with_them(seconds: int, told: str) -> None:
    since = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert Span(since, since + timedelta(seconds=seconds)).text(UTC) == told


@pytest.mark.parametrize(("slowest", "fastest"), [(3.2, 8.9), (5.5, 7.4), (0.2, 190.0)])
def test_the_axis_of_activity_has_two_numbers_or_more(slowest: float, fastest: float) -> None:
    shown = [t for t in activity._ticks([slowest, 6.0, fastest]) if slowest <= t <= fastest]
    assert 2 <= len(shown) <= 10


def test_many_points_are_drawn_by_webgl_and_few_as_ever() -> None:
    rows = [{"n": 1 + k % 9, "observed_s": 30.0, "mean": 0.1, "start": NOON} for k in range(2001)]
    assert [t.type for t in activity.scatter({"a": rows}).data] == ["scattergl", "scatter"]
    assert [t.type for t in activity.scatter({"a": rows[:9]}).data] == ["scatter", "scatter"]


def stream(name: str, start: datetime, end: datetime | None, **more: Any) -> dict[str, Any]:
    return {"stream_id": f"{name}:{start}", "channel": name, "started_at": start, "ended_at": end,
            "title": "one", "category": "Chess", **more}  # fmt: skip


def change(at: datetime, kind: str, detail: str | None) -> dict[str, Any]:
    return {"channel": "a", "at": at, "kind": kind, "detail": detail}


def test_a_stream_is_cut_where_its_title_or_category_changed() -> None:
    changes = [change(naive(12), "category", "Go"), change(naive(13), "title", "two")]
    found = parts.parts([stream("a", naive(11), naive(14))], changes, naive(11, 30), naive(20))
    assert found == [
        parts.Part("a", naive(11, 30), naive(12), "one", "Chess"),
        parts.Part("a", naive(12), naive(13), "one", "Go"),
        parts.Part("a", naive(13), naive(14), "two", "Go"),
    ]


def test_what_was_told_before_the_span_still_holds_in_it() -> None:
    found = parts.parts(
        [stream("a", naive(8), None)], [change(naive(9), "category", None)], naive(10), naive(11)
    )
    assert found == [parts.Part("a", naive(10), naive(11), "one", "")]


def test_a_stream_ends_where_the_next_one_begins() -> None:
    both = [stream("a", naive(10), naive(12)), stream("a", naive(8), naive(11), title="old")]
    found = parts.parts(both, [], naive(0), naive(23))
    assert [(p.title, p.since, p.until) for p in found] == [
        ("old", naive(8), naive(10)),
        ("one", naive(10), naive(12)),
    ]


def test_moods_are_summed_by_what_was_on() -> None:
    pieces = [
        parts.Part("a", naive(8), naive(9), "one", "Chess"),
        parts.Part("a", naive(9), naive(10), "two", ""),
        parts.Part("a", naive(10), naive(11), "one", "Chess"),
    ]
    sums = [
        {"part": 0, "n": 2, "weighted": 1.0, "squares": 1.0, "observed_s": 3600.0},
        {"part": 1, "n": 0, "weighted": 0.0, "squares": 0.0, "observed_s": 3600.0},
        {"part": 2, "n": 2, "weighted": 0.0, "squares": 1.0, "observed_s": 0.0},
    ]
    chess, none = parts.summed(pieces, sums, "category")
    assert (chess["category"], chess["n"], chess["mean"], chess["parts"]) == ("Chess", 4, 0.25, 2)
    assert chess["half"] == pytest.approx(1.96 * ((2 - 4 * 0.25**2) / 3 / 4) ** 0.5)
    assert chess["per_minute"] == pytest.approx(4 / 60)
    assert (none["category"], none["n"], none["mean"], none["half"]) == ("not told", 0, None, None)


def test_before_and_after_a_change_are_told_with_their_difference() -> None:
    places = [change(naive(9), "title", "two"), change(naive(10), "title", "three")]
    sums = [
        {"place": 0, "after": False, "n": 4, "weighted": 0.4, "squares": 1.0},
        {"place": 0, "after": True, "n": 4, "weighted": 1.2, "squares": 1.0},
        {"place": 1, "after": True, "n": 1, "weighted": 0.5, "squares": 0.25},
    ]
    late, early = parts.before_and_after(places, sums)
    assert early["difference"] == pytest.approx(0.2)
    errors = [(1 - 4 * m**2) / 3 / 4 for m in (0.1, 0.3)]
    assert early["half"] == pytest.approx(1.96 * sum(errors) ** 0.5)
    assert (late["n_before"], late["n_after"], late["difference"]) == (0, 1, None)


def test_a_difference_of_rates_has_its_interval() -> None:
    row = {"n": 40, "n_before": 10, "total": 1000, "total_before": 1000, "phi": 2.0}
    low, change_, high = risen.difference(row)
    assert change_ == pytest.approx(30)
    half = 1.96 * 1000 * (2 * (0.04 / 1000 + 0.01 / 1000)) ** 0.5
    assert (low, high) == (pytest.approx(30 - half), pytest.approx(30 + half))


def test_a_stretch_is_a_twentieth_of_the_span_in_whole_windows() -> None:
    assert risen.unit_of(Span(NOON, NOON + timedelta(minutes=1))) == 30
    assert risen.unit_of(Span(NOON, NOON + 3 * HOUR)) == 540


@pytest.mark.parametrize(
    ("rate", "said"), [(0.0, "0"), (0.042, "0.042"), (1.24, "1.2"), (9.94, "9.9"), (35.4, "35")]
)
def test_uses_per_thousand_are_short(rate: float, said: str) -> None:
    assert risen.per_thousand(rate) == said


def test_more_and_less_differ_in_shape_too() -> None:
    line = {"term": "<b>x</b>", "kind": "emote", "n": 9, "n_before": 1, "rate": 9.0,
            "rate_before": 1.0, "change": 8.0, "change_low": 4.0, "change_high": 12.0}  # fmt: skip
    figure = risen.changes([line, {**line, "change": -8.0}])
    assert [t.marker.symbol for t in figure.data] == ["triangle-up", "triangle-down"]
    assert [len(t.x) for t in figure.data] == [1, 1]
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;x&lt;/b&gt;  (1 → 9)"


@pytest.mark.parametrize(
    ("place", "said"), [(0, "0"), (1, "1"), (2, "2"), (3, "3–4"), (4, "5–8"), (12, "1,025–2,048")]
)
def test_bins_of_counts_are_named_by_what_they_hold(place: int, said: str) -> None:
    assert spread.label(place) == said


def test_shares_of_counts_add_up_and_bins_between_are_drawn() -> None:
    rows = [{"channel": "a", "bin": 0, "windows": 1}, {"channel": "a", "bin": 3, "windows": 3}]
    drawn = spread.counts({"a": rows}).data[0]
    assert list(drawn.x) == ["0", "1", "2", "3–4"]
    assert list(drawn.y) == [0.25, 0, 0, 0.75]


def test_buckets_of_a_stream_begin_with_it() -> None:
    start = datetime(2026, 11, 22, 11, 47, 30, tzinfo=UTC)
    for step in aligned.STEPS:
        offset = aligned.offset_of(start, step)
        origin = aligned.ZERO - timedelta(seconds=offset)
        assert (start.replace(tzinfo=None) - origin) % timedelta(seconds=step) == timedelta()
        assert 0 <= offset < step


def test_the_longest_stream_sets_the_step() -> None:
    assert aligned.step_of(HOUR) == 30
    assert aligned.step_of(4 * HOUR) == 120
    assert aligned.step_of(timedelta(days=30)) == 3600


def test_values_are_written_as_sql_has_them() -> None:
    assert sections.literal(["it's", "b"]) == "['it''s', 'b']"
    assert sections.literal(NOON.astimezone(BERLIN)) == "TIMESTAMP '2026-11-22 12:00:00'"
    assert sections.literal(None) == "NULL"
    assert "\n" not in sections.literal("a\n--; DROP TABLE windows")


def test_a_query_is_shown_with_its_values_and_runs_as_it_stands(folder: DataFolder) -> None:
    published.demo(folder.root, NOON)
    values: dict[str, Any] = {
        "channels": ["demo_busy", "it's $since -- not"],
        "since": NOON - timedelta(days=1),
        "until": NOON,
    }
    text = sections.filled(sql("dash_summary"), values)
    found = Reader(folder).run(text)
    assert found.num_rows == 1
    utc = {k: v.replace(tzinfo=None) if k != "channels" else v for k, v in values.items()}
    assert found == Reader(folder).query("dash_summary", **utc)
    comments = [line for line in text.splitlines() if line.startswith("--")]
    assert comments == [line for line in sql("dash_summary").splitlines() if line[:2] == "--"]

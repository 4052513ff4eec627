"""Queries of Explore and Forecast accuracy against what the rows add up to, worked out apart."""

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dashboard.accuracy import sizes, skill
from dashboard.accuracy.calibration import pit
from dashboard.explore import risen, spread, week
from dashboard.time_span import Span
from tests.helpers.browser import published
from tests.helpers.browser.rows import channel, forecast, score, term, window
from warehouse.forecast_metrics import SUMMED
from warehouse.published.reader import Reader
from warehouse.records import utc
from warehouse.sql import sql

MIDNIGHT = datetime(2026, 11, 20)
WINDOW = timedelta(seconds=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = {"channels": ["a", "b"], "since": MIDNIGHT, "until": MIDNIGHT + 4 * DAY}
ALONE = {**BOTH, "channels": ["a"]}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Four days of two channels, a window in ten minutes; LUL rises on the last two of a."""
    rng = np.random.default_rng(1)
    tables: dict[str, list[Mapping[str, Any]]] = {"windows": [], "window_terms": []}
    for name in ("a", "b"):
        for k in range(4 * 144):
            at = utc((MIDNIGHT - datetime(1970, 1, 1)).total_seconds() + 600 * k)
            n = int(rng.integers(0, 12))
            mean = float(rng.normal(0.1, 0.2)) if n else None
            seen = 30.0 if k % 7 else 12.0
            tables["windows"].append(window(name, at, n, mean, observed_s=seen))
            if n:
                lul = int(rng.poisson(0.5 + 2.0 * (name == "a" and k >= 288)))
                parts = [("LUL", lul), ("Pog", int(rng.poisson(1.0)))]
                tables["window_terms"] += [
                    term(name, at, what, uses, 0.01 * uses) for what, uses in parts if uses
                ]
                tables["window_terms"].append(term(name, at, "*", n, 0.02, "rest"))
    folder = published.write(tmp_path_factory.mktemp("long"), tables)
    return Reader(folder)


def same(one: list[dict[str, Any]], two: list[dict[str, Any]]) -> bool:
    """Equal rows, but for the last digits of sums in another order."""
    assert len(one) == len(two) > 0
    return all(
        a.keys() == b.keys()
        and all(
            math.isclose(a[k], b[k], rel_tol=1e-9, abs_tol=1e-12)
            if isinstance(a[k], float)
            else a[k] == b[k]
            for k in a
        )
        for a, b in zip(one, two, strict=True)
    )


def rows(reader: Reader, name: str, **values: Any) -> list[dict[str, Any]]:
    basis = {"basis": "words"} if "$basis" in sql(name) else {}
    found: list[dict[str, Any]] = reader.query(name, **basis, **values).to_pylist()
    return found


@pytest.mark.parametrize("name", ["dash_summary", "dash_terms"])
def test_sums_of_hours_and_days_say_what_the_windows_say(reader: Reader, name: str) -> None:
    rolled = {"dash_summary": "dash_summary_hours", "dash_terms": "dash_terms_days"}[name]
    more = {"limit": 5} if name == "dash_terms" else {}
    assert same(rows(reader, name, **BOTH, **more), rows(reader, rolled, **BOTH, **more))


def change(reader: Reader, name: str, **more: Any) -> list[dict[str, Any]]:
    since = MIDNIGHT + 2 * DAY
    values = {"channels": ["a"], "before": MIDNIGHT, "since": since, "until": since + 2 * DAY}
    return rows(reader, name, **values, limit=5, least=10, **more)


def test_a_term_that_rose_is_told_with_its_evidence_and_a_steady_one_is_not(
    reader: Reader,
) -> None:
    lul, pog = change(reader, "dash_terms_change", unit_s=3600)
    assert (lul["term"], pog["term"], lul["tried"]) == ("LUL", "Pog", 2)
    assert risen.is_told(lul) and not risen.is_told(pog)
    windows = pd.DataFrame(rows(reader, "dash_series", **ALONE, step_s=30, offset_s=0))
    uses = pd.DataFrame(rows(reader, "dash_stream_terms", channel="a", since=MIDNIGHT,
                             until=MIDNIGHT + 4 * DAY))  # fmt: skip
    uses = uses[uses["term"] == "LUL"].set_index("start")["n"]
    table = pd.DataFrame({"t": windows.set_index("start")["n"], "n": uses}).fillna(0)
    hours = table[table["t"] > 0].groupby(lambda at: at.floor("h")).sum()
    now = hours.index >= pd.Timestamp(MIDNIGHT + 2 * DAY)
    sides = [hours[now], hours[~now]]
    (t1, n1), (t0, n0) = ((s["t"].sum(), s["n"].sum()) for s in sides)
    assert (lul["n"], lul["n_before"], lul["total"], lul["total_before"]) == (n1, n0, t1, t0)
    beyond = sum(((s["n"] - s["n"].sum() / s["t"].sum() * s["t"]) ** 2).sum() for s in sides)
    phi = max(1.0, beyond / (n1 + n0) * len(hours) / (len(hours) - 2))
    assert lul["phi"] == pytest.approx(phi)
    error = math.sqrt(phi * (n1 + n0) / (t1 + t0) * (1 / t1 + 1 / t0))
    assert lul["z"] == pytest.approx((n1 / t1 - n0 / t0) / error)


def test_days_say_of_terms_what_windows_say_in_stretches_of_a_day(reader: Reader) -> None:
    by_days = change(reader, "dash_terms_change_days")
    assert same(by_days, change(reader, "dash_terms_change", unit_s=86400))


def test_bursts_of_a_term_are_not_told_as_a_change(tmp_path: Path) -> None:
    """40 uses against 4, all of them in one burst: ten times as many, and no evidence."""
    tables: dict[str, list[Mapping[str, Any]]] = {"windows": [], "window_terms": []}
    for k in range(240):
        at = utc((MIDNIGHT - datetime(1970, 1, 1)).total_seconds() + 30 * k)
        tables["windows"].append(window("a", at, 10, 0.1))
        burst = {200: 40, 40: 4}.get(k, 0)
        steady = 1 + (k >= 120) if k % 2 else 0
        for what, n in (("burst", burst), ("steady", steady)):
            if n:
                tables["window_terms"].append(term("a", at, what, n, 0.01))
    reader = Reader(published.write(tmp_path, tables))
    since = MIDNIGHT + HOUR
    found = {
        r["term"]: r
        for r in rows(reader, "dash_terms_change", channels=["a"], before=MIDNIGHT, since=since,
                      until=since + HOUR, limit=5, least=5, unit_s=180)
    }  # fmt: skip
    assert found["steady"]["phi"] == 1.0 and risen.is_told(found["steady"])
    assert found["burst"]["phi"] > 10 and not risen.is_told(found["burst"])


def test_a_span_without_one_before_has_nothing_to_compare_with(reader: Reader) -> None:
    values = {"channels": ["a"], "before": MIDNIGHT - DAY, "since": MIDNIGHT,
              "until": MIDNIGHT + DAY, "limit": 5, "least": 1}  # fmt: skip
    assert rows(reader, "dash_terms_change_days", **values) == []
    assert rows(reader, "dash_terms_change", **values, unit_s=600) == []


def test_windows_are_counted_by_their_messages_where_seen_whole(reader: Reader) -> None:
    windows = rows(reader, "dash_series", **ALONE, step_s=30, offset_s=0)
    whole = [w["n"] for w in windows if w["observed_s"] == 30]
    found = rows(reader, "dash_counts", **ALONE)
    for row in found:
        low, _, high = spread.label(row["bin"]).partition("–")
        within = [n for n in whole if int(low) <= n <= int(high or low)]
        assert (row["windows"], row["n"]) == (len(within), sum(within))
    assert sum(row["windows"] for row in found) == len(whole)


def test_hours_have_their_own_spread(reader: Reader) -> None:
    found = rows(reader, "dash_histogram_hours", **BOTH, width=0.05, least=1)
    hours = rows(reader, "dash_series_hours", **BOTH, step_s=3600, offset_s=0)
    spoken = [h for h in hours if h["n"]]
    assert sum(r["windows"] for r in found) == len(spoken)
    for row in found:
        lows = [
            math.floor(h["mean"] / 0.05) * 0.05 for h in spoken if h["channel"] == row["channel"]
        ]
        assert row["windows"] == sum(math.isclose(low, row["low"], abs_tol=1e-9) for low in lows)
    loud = rows(reader, "dash_histogram_hours", **BOTH, width=0.05, least=35)
    assert sum(r["windows"] for r in loud) == sum(h["n"] >= 35 for h in spoken) > 0
    assert rows(reader, "dash_counts_hours", **BOTH) == [], "no hour has 120 windows here"


def test_an_hour_read_in_two_ways_is_one_hour_of_messages(tmp_path: Path) -> None:
    base = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
    windows = [
        window("a", utc(base + 30 * k), 1, 0.1, basis="words" if k < 60 else "emotes")
        for k in range(120)
    ]
    reader = Reader(published.write(tmp_path, {"windows": windows}))
    found = rows(reader, "dash_counts_hours", **BOTH)
    assert [(r["bin"], r["windows"], r["n"]) for r in found] == [(8, 1, 120)]


def test_a_cell_of_the_week_is_of_the_readers_hour_over_a_change_of_the_clock(
    tmp_path: Path,
) -> None:
    """Noon in Berlin is 10 UTC in summer, 11 in winter; both are Saturdays around 25 October."""
    starts = [datetime(2026, 10, 24, 10), datetime(2026, 10, 31, 11)]
    means = ((2, 0.5), (4, -0.1))
    windows = [
        window("a", utc((at - datetime(1970, 1, 1)).total_seconds()), n, mean)
        for at, (n, mean) in zip(starts, means, strict=True)
    ]
    later = window("a", utc((starts[1] + DAY - datetime(1970, 1, 1)).total_seconds()), 0, None)
    reader = Reader(published.write(tmp_path, {"windows": [*windows, later]}))
    span = Span(utc(windows[0]["start"].timestamp()), utc(later["start"].timestamp()) + HOUR)
    times, offsets = week.zone_steps(span, ZoneInfo("Europe/Berlin"))
    found = rows(reader, "dash_week", channel="a", since=starts[0], until=starts[1] + 2 * DAY,
                 zone_from=times, zone_offset_s=offsets)  # fmt: skip
    saturday, sunday = found
    assert (saturday["weekday"], saturday["hour"], saturday["n"], saturday["hours"]) == (
        6,
        12,
        6,
        2,
    )
    assert saturday["mean"] == pytest.approx((2 * 0.5 - 4 * 0.1) / 6)
    squares = (1 + 3) * 0.3**2 + 2 * 0.25 + 4 * 0.01
    assert saturday["sd"] == pytest.approx(((squares - 6 * 0.1**2) / 5) ** 0.5)
    assert (sunday["weekday"], sunday["n"], sunday["mean"], sunday["hours"]) == (7, 0, None, 0)


def test_parts_of_streams_have_the_sums_of_their_windows(reader: Reader) -> None:
    since, middle, until = MIDNIGHT + 2 * HOUR, MIDNIGHT + 9 * HOUR, MIDNIGHT + 20 * HOUR
    lists = {"part_channel": ["a", "a", "b"], "part_since": [since, middle, since],
             "part_until": [middle, until, middle]}  # fmt: skip
    span = {"since": MIDNIGHT, "until": MIDNIGHT + DAY}
    found = rows(reader, "dash_parts", **lists, **span)
    assert [r["part"] for r in found] == [0, 1, 2]
    for row, name, a, b in zip(found, "aab", (since, middle, since), (middle, until, middle),
                               strict=True):  # fmt: skip
        (summary,) = rows(reader, "dash_summary", channels=[name], since=a, until=b)
        assert (row["n"], row["observed_s"]) == (summary["n"], summary["observed_s"])
        assert row["weighted"] / row["n"] == pytest.approx(summary["mean"])
    assert same(found, rows(reader, "dash_parts_hours", **lists, **span))


def test_around_a_moment_both_sides_leave_out_its_own_window(tmp_path: Path) -> None:
    base = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
    windows = [window("a", utc(base + 30 * k), 2, k / 10) for k in range(7)]
    reader = Reader(published.write(tmp_path, {"windows": windows}))
    at = MIDNIGHT + 3.5 * WINDOW
    before, after = rows(reader, "dash_around", place_channel=["a"], place_at=[at], reach_s=60,
                         since=MIDNIGHT, until=MIDNIGHT + DAY)  # fmt: skip
    assert (before["after"], before["n"], before["weighted"]) == (False, 4, pytest.approx(0.6))
    assert (after["after"], after["n"], after["weighted"]) == (True, 4, pytest.approx(1.8))
    assert after["squares"] == pytest.approx(2 * 0.3**2 + 2 * (0.16 + 0.25))


def test_windows_of_blocks_come_once_with_what_lies_around_and_their_basis(
    tmp_path: Path,
) -> None:
    """Two blocks of a minute that overlap by what is told around them."""
    base = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
    windows = [
        window("a", utc(base + 30 * k), 2, 0.1, basis="words" if k % 2 else "emotes")
        for k in range(20)
    ]
    reader = Reader(published.write(tmp_path, {"windows": windows}))
    found = rows(reader, "dash_event_windows", block_channel=["a", "a"],
                 block_at=[MIDNIGHT + 4 * WINDOW, MIDNIGHT + 6 * WINDOW], length_s=60, before_s=60,
                 after_s=90, since=MIDNIGHT, until=MIDNIGHT + DAY)  # fmt: skip
    assert [r["start"] for r in found] == [MIDNIGHT + k * WINDOW for k in range(2, 11)]
    assert [(r["n"], r["n_read"], r["weighted"]) for r in found[:2]] == [(2, 0, 0.0), (2, 2, 0.2)]


def test_events_are_counted_by_kind_and_listed_by_time(tmp_path: Path) -> None:
    events = [
        {"channel": c, "at": MIDNIGHT + k * HOUR, "kind": kind, "event_id": f"{c}{k}", "detail": ""}
        for c in "ab"
        for k, kind in enumerate(("raid", "sub", "raid", "moment_kept"))
    ]
    reader = Reader(published.write(tmp_path, {"events": events}))
    kinds = rows(reader, "dash_event_kinds", **BOTH, hidden=["moment_kept"])
    assert [(r["kind"], r["n"]) for r in kinds] == [("raid", 4), ("sub", 2)]
    at = rows(reader, "dash_event_times", **BOTH, kind="raid", limit=3)
    assert [(r["channel"], r["at"].hour) for r in at] == [("a", 0), ("a", 2), ("b", 2)]


def test_where_the_truth_lay_is_counted_by_bin(tmp_path: Path) -> None:
    """Bands at -0.3, -0.2, 0, 0.2, 0.3; a mean on an edge lies in the bin nearer the middle."""
    base = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
    means = [-0.4, -0.25, -0.2, -0.1, 0.1, 0.2, 0.25, 0.3, 0.4, 0.0]
    windows = [window("a", utc(base + 30 * k), 3, mean) for k, mean in enumerate(means)]
    windows.append(window("a", utc(base + 300), 0, None))
    windows.append(window("a", utc(base + 330), 3, 0.0, observed_s=20.0))
    made = [forecast("a", utc(base + 30 * (k - 1)), "lstm-1", 0.0, 0.2) for k in range(12)]
    other = [forecast("a", utc(base), "ridge", 0.9, 0.01)]
    reader = Reader(published.write(tmp_path, {"windows": windows, "forecasts": [*made, *other]}))
    found = rows(reader, "dash_pit", channels=["a"], model="lstm-1", step=2,
                 since=MIDNIGHT - WINDOW, until=MIDNIGHT + DAY)  # fmt: skip
    assert {r["bin"]: r["targets"] for r in found} == {0: 1, 1: 1, 2: 2, 3: 3, 4: 2, 5: 1}
    shares = pit.shares(found)
    assert [s["windows"] for s in shares] == [1, 1, 2, 3, 2, 1]
    assert shares[0]["ratio"] == pytest.approx(0.1 / 0.025)
    assert shares[2]["expected"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ((25, 75, 400, 400, 75, 25), "About as much fell outside the 95 % band as should"),
        ((100, 75, 325, 325, 75, 100), "too sure of itself (20.0 % of 5 %)"),
        ((2, 20, 478, 478, 20, 2), "too timid (0.4 % of 5 %)"),
        ((25, 75, 600, 200, 75, 25), "it forecast too high (70.0 % below)"),
        ((25, 75, 200, 600, 75, 25), "it forecast too low (30.0 % below)"),
        ((1, 2, 3, 4, 5, 6), "Too few windows to tell (n = 21)"),
    ],
)
def test_calibration_is_said_in_plain_words(windows: tuple[int, ...], said: str) -> None:
    assert said in pit.verdict(windows)


def test_only_the_newest_forecasts_are_looked_at() -> None:
    until = datetime(2026, 11, 20)
    since = until - 30 * DAY
    assert pit.narrowed((since, until), 1, most=2880) == (until - DAY, until)
    assert pit.narrowed((since, until), 4, most=2880) == (until - 6 * HOUR, until)
    assert pit.narrowed((since, until), 0) == (until - 20_000 * WINDOW, until)
    assert pit.narrowed((until - HOUR, until), 1) == (until - HOUR, until)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Six channels of different sizes, eight days of scores; half of them of before width95."""
    rng = np.random.default_rng(3)
    base = (MIDNIGHT - datetime(1970, 1, 1)).total_seconds()
    tables: dict[str, list[Mapping[str, Any]]] = {"forecast_scores": [], "windows": []}
    for k in range(6):
        name = f"c{k}"
        tables["windows"] += [window(name, utc(base + 30 * j), 11, 0.1) for j in range(5)]
        for back in range(8):
            later = {} if back < 4 else {"width95": 500.0, "counts": 110, "volume_error": 330.0}
            for model in ("lstm-1", "session_mean"):
                error = 21.0 if model == "session_mean" else float(rng.uniform(16, 20))
                day = date(2026, 11, 20) + timedelta(days=back)
                tables["forecast_scores"].append(
                    score(name, day, model, 1, error, n=1000 * (k + 1), **later)
                )
    tables["channels"] = [channel(f"c{k}") for k in range(6)]
    return Reader(published.write(tmp_path_factory.mktemp("scored"), tables))


ALL = {
    "channels": [f"c{k}" for k in range(6)],
    "since": MIDNIGHT,
    "until": MIDNIGHT + 8 * DAY,
    "basis": "words",
    **SUMMED,
}


CELLS = """
    SELECT s.*, 0.09::DOUBLE * s.targets AS noise, b.n AS base_n,
        b.squared_error AS base_squared_error,
        0.09::DOUBLE * b.targets AS base_noise
    FROM forecast_scores s JOIN forecast_scores b USING (channel, day, step)
    WHERE b.model = 'session_mean'
"""


def test_sums_by_block_score_as_the_cells_do(scored: Reader) -> None:
    cells = scored.run(CELLS).to_pandas()
    plain = skill.scored(cells, ["model", "step"]).set_index("model")
    found = skill.scored(scored.query("dash_skill", **ALL).to_pandas(), ["model", "step"])
    found = found.set_index("model")
    for column in ("skill", "nmse", "floor", "crps", "mae", "coverage80", "targets", "n"):
        assert found.loc["lstm-1", column] == pytest.approx(plain.loc["lstm-1", column])
    assert found.loc["lstm-1", "width95"] == pytest.approx(500 * 24 / (24 * 3500))
    assert found.loc["lstm-1", "volume_error"] == pytest.approx(3.0)
    assert found.loc["lstm-1", "counts"] == 24 * 110
    half = found["skill_high"] - found["skill"]
    assert half["lstm-1"] == pytest.approx(
        (plain["skill_high"] - plain["skill"])["lstm-1"], rel=0.5
    )


def test_channels_and_days_add_up_to_the_whole(scored: Reader) -> None:
    whole = scored.query("dash_skill", **ALL).to_pandas()
    whole = whole[whole["model"] == "lstm-1"]
    one = {"model": "lstm-1", "step": 1}
    by_channel = scored.query("dash_skill_channels", **ALL, **one).to_pandas()
    days = scored.query("dash_skill_days", **ALL, step=1, days=1).to_pandas()
    weeks = scored.query("dash_skill_days", **ALL, step=1, days=7).to_pandas()
    for column in ("targets", "n", "squared_error", "noise", "base_n", "counts", "n_width95"):
        total = whole[column].sum()
        assert by_channel[column].sum() == pytest.approx(total)
        for table in (days, weeks):
            assert table.loc[table["model"] == "lstm-1", column].sum() == pytest.approx(total)
    assert by_channel.groupby("channel")["block"].nunique().tolist() == [8] * 6
    assert days["day"].nunique() == 8
    assert sorted(weeks["day"].unique()) == [date(2026, 11, 20), date(2026, 11, 27)]


def test_channels_are_parted_by_their_size(scored: Reader) -> None:
    cells = scored.query("dash_skill_channels", **ALL, model="lstm-1", step=1).to_pandas()
    parted = sizes.by_size(cells)
    assert parted is not None
    told = skill.scored(parted, ["size"])
    assert told["size"].astype(str).tolist() == [
        "10 to 20 messages",
        "30 to 40 messages",
        "50 to 60 messages",
    ]
    assert told["targets"].tolist() == [1600.0] * 3
    assert told["skill_low"].notna().all()
    few = cells[cells["channel"].isin(["c0", "c1", "c2"])]
    assert sizes.by_size(few) is None
